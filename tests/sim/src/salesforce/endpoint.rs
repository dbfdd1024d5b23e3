//! Names for the calls that the simulator serves, used by counters and fault plans.

use axum::http::Method;
use serde::{Deserialize, Serialize};

/// One kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /services/oauth2/token`
    Token,
    /// `POST /services/oauth2/revoke`
    Revoke,
    /// `GET /services/oauth2/userinfo`
    UserInfo,
    /// `GET /id/{org}/{user}`
    Identity,
    /// `POST /services/Soap/u/{version}`
    SoapLogin,
    /// `GET /services/data`
    Versions,
    /// `GET /services/data/{version}`
    Resources,
    /// `GET …/query?q=`
    Query,
    /// `GET …/query/{locator}`
    QueryMore,
    /// `GET …/queryAll?q=`
    QueryAll,
    /// `GET …/sobjects`
    #[serde(rename = "sobjects")]
    SObjects,
    /// `GET …/sobjects/{type}` and `GET …/sobjects/{type}/describe`
    Describe,
    /// `POST …/sobjects/{type}`
    RowCreate,
    /// `GET …/sobjects/{type}/{id}`
    RowGet,
    /// `PATCH …/sobjects/{type}/{id}`
    RowUpdate,
    /// `DELETE …/sobjects/{type}/{id}`
    RowDelete,
    /// `GET …/sobjects/{type}/deleted`
    Deleted,
    /// `GET …/sobjects/{type}/updated`
    Updated,
    /// `POST …/composite`
    Composite,
    /// `PATCH …/composite/sobjects`
    CollectionsUpdate,
    /// `POST …/composite/sobjects/{type}`
    CollectionsRetrieve,
    /// `POST …/jobs/query`
    BulkQueryCreate,
    /// `GET …/jobs/query/{id}`
    BulkQueryStatus,
    /// `GET …/jobs/query/{id}/results` and `resultPages`
    BulkQueryResults,
    /// `PATCH` or `DELETE …/jobs/query/{id}`
    BulkQueryEnd,
    /// `POST …/jobs/ingest`
    BulkIngestCreate,
    /// `PUT …/jobs/ingest/{id}/batches`
    BulkIngestUpload,
    /// `PATCH` or `DELETE …/jobs/ingest/{id}`
    BulkIngestEnd,
    /// `GET …/jobs/ingest/{id}`
    BulkIngestStatus,
    /// `GET …/jobs/ingest/{id}/{kind}Results` and `unprocessedrecords`
    BulkIngestResults,
    /// `GET …/limits`
    Limits,
    /// `/__sim/…`, the simulator's own controls
    Control,
    /// Anything else
    Other,
}

impl Endpoint {
    /// Every call of Bulk API 2.0.
    pub const BULK: [Self; 9] = [
        Self::BulkQueryCreate,
        Self::BulkQueryStatus,
        Self::BulkQueryResults,
        Self::BulkQueryEnd,
        Self::BulkIngestCreate,
        Self::BulkIngestUpload,
        Self::BulkIngestEnd,
        Self::BulkIngestStatus,
        Self::BulkIngestResults,
    ];

    /// Whether the call is there to read rows.
    pub(crate) fn reads_rows(self) -> bool {
        matches!(
            self,
            Self::Query
                | Self::QueryMore
                | Self::QueryAll
                | Self::RowGet
                | Self::CollectionsRetrieve
                | Self::BulkQueryResults
        )
    }

    /// Whether the call needs a session and uses up the daily allocation.
    pub fn counts_as_request(self) -> bool {
        !matches!(
            self,
            Self::Token
                | Self::Revoke
                | Self::UserInfo
                | Self::Identity
                | Self::SoapLogin
                | Self::Versions
                | Self::Control
                | Self::Other
        )
    }

    /// Names the call made by `method` on `path`.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["__sim", ..] => Self::Control,
            ["id", ..] => Self::Identity,
            ["services", "oauth2", "token"] => Self::Token,
            ["services", "oauth2", "revoke"] => Self::Revoke,
            ["services", "oauth2", "userinfo"] => Self::UserInfo,
            ["services", "Soap", ..] => Self::SoapLogin,
            ["services", "data"] => Self::Versions,
            ["services", "data", _] => Self::Resources,
            ["services", "data", _, rest @ ..] => Self::of_resource(method, rest),
            _ => Self::Other,
        }
    }

    fn of_resource(method: &Method, rest: &[&str]) -> Self {
        match rest {
            ["query"] => Self::Query,
            ["query" | "queryAll", _] => Self::QueryMore,
            ["queryAll"] => Self::QueryAll,
            ["limits"] => Self::Limits,
            ["sobjects"] => Self::SObjects,
            ["sobjects", _] if method == Method::GET => Self::Describe,
            ["sobjects", _] => Self::RowCreate,
            ["sobjects", _, "describe"] => Self::Describe,
            ["sobjects", _, "deleted"] => Self::Deleted,
            ["sobjects", _, "updated"] => Self::Updated,
            ["sobjects", _, _] if method == Method::PATCH => Self::RowUpdate,
            ["sobjects", _, _] if method == Method::DELETE => Self::RowDelete,
            ["sobjects", _, _] => Self::RowGet,
            ["composite"] => Self::Composite,
            ["composite", "sobjects"] => Self::CollectionsUpdate,
            ["composite", "sobjects", _] => Self::CollectionsRetrieve,
            ["jobs", "query"] => Self::BulkQueryCreate,
            ["jobs", "query", _] if method == Method::GET => Self::BulkQueryStatus,
            ["jobs", "query", _] => Self::BulkQueryEnd,
            ["jobs", "query", ..] => Self::BulkQueryResults,
            ["jobs", "ingest"] => Self::BulkIngestCreate,
            ["jobs", "ingest", _] if method == Method::GET => Self::BulkIngestStatus,
            ["jobs", "ingest", _] => Self::BulkIngestEnd,
            ["jobs", "ingest", _, "batches"] => Self::BulkIngestUpload,
            ["jobs", "ingest", ..] => Self::BulkIngestResults,
            _ => Self::Other,
        }
    }
}
