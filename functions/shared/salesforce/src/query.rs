//! Reading by REST: pages by server-side cursor, pages by key, and counts.

use std::fmt;

use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::record::{self, Record};
use crate::soql::{Soql, SoqlError};

/// Most records of one REST page. The batch size is a hint: pages may be shorter.
pub const QUERY_PAGE_RECORDS_MAX: u16 = 2000;

/// Most ids of one `IN` list; with their quotes about 13,500 bytes of [`ENCODED_QUERY_BYTES_MAX`], which leaves room for a list
/// of fields.
pub const QUERY_IDS_MAX: u16 = 500;

/// Least batch size Salesforce accepts.
const QUERY_PAGE_RECORDS_MIN: u16 = 200;

/// Room for the query in a URL of 16,384 characters, the path included.
pub(crate) const ENCODED_QUERY_BYTES_MAX: usize = 16_000;

const QUERY: &str = "query";
const QUERY_NEXT: &str = "query next page";
const KEYSET: &str = "query page by id";
const EXPECTED_PAGE: &str = "a page of records";

/// One page of a query.
#[derive(Clone, PartialEq)]
pub struct QueryPage {
    /// Records of the whole query, as Salesforce counts them.
    pub total: u64,
    /// Records of this page.
    pub records: Vec<Record>,
    /// Where the next page is, for [`Client::query_next`]; `None` on the last page.
    pub next: Option<String>,
}

impl fmt::Debug for QueryPage {
    /// Without the records: their values do not belong in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueryPage")
            .field("records", &self.records.len())
            .field("total", &self.total)
            .field("next", &self.next)
            .finish()
    }
}

/// One page in the order of ids.
#[derive(Clone, PartialEq)]
pub struct KeysetPage {
    /// Records with exactly the fields of the query.
    pub records: Vec<Record>,
    /// Id to continue after; `None` when there is nothing left.
    pub next_after: Option<String>,
}

impl fmt::Debug for KeysetPage {
    /// Without the records: their values do not belong in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeysetPage")
            .field("records", &self.records.len())
            .field("next_after", &self.next_after)
            .finish()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageReply {
    total_size: u64,
    done: bool,
    next_records_url: Option<String>,
    #[serde(default)]
    records: Vec<Record>,
}

impl Client {
    /// Counts records with a `SELECT COUNT() FROM ...` query.
    pub async fn count(&self, soql: &str) -> Result<u64, SalesforceError> {
        let selection = soql.split_whitespace().nth(1).unwrap_or_default();
        if !selection.eq_ignore_ascii_case("COUNT()") {
            return Err(invalid("count", "the query does not select COUNT()".to_owned()));
        }
        let request = self.query_request("count", soql)?;
        let reply: PageReply = self.json(request, "a count").await?;
        Ok(reply.total_size)
    }

    /// Runs a query and returns its first page. `batch_size` is 200 to 2,000 records.
    ///
    /// Parents are flattened: `{"Account__r": {"Name": "Acme"}}` becomes `Account__r.Name`; [`Soql::align`] completes
    /// null parents.
    pub async fn query_page(
        &self,
        soql: &str,
        batch_size: u16,
    ) -> Result<QueryPage, SalesforceError> {
        if !(QUERY_PAGE_RECORDS_MIN..=QUERY_PAGE_RECORDS_MAX).contains(&batch_size) {
            return Err(invalid(QUERY, format!("batch size {batch_size} is not 200 to 2000")));
        }
        let mut request = self.query_request(QUERY, soql)?;
        request.headers.push(("Sforce-Query-Options", format!("batchSize={batch_size}")));
        self.page(request).await
    }

    /// Returns the page that [`QueryPage::next`] points at. Cursors live for two days.
    pub async fn query_next(&self, next_records_url: &str) -> Result<QueryPage, SalesforceError> {
        if !is_cursor_path(next_records_url) {
            return Err(invalid(
                QUERY_NEXT,
                "the next page is not a path under /services/data".to_owned(),
            ));
        }
        self.page(ApiRequest::get(QUERY_NEXT, next_records_url.to_owned())).await
    }

    /// Returns up to `limit` (1 to 2,000) records whose ids follow `after`. The place to continue is one id, which
    /// survives any interruption; but ids are not chronological, so this must not be used to look for new records.
    pub async fn query_keyset_page(
        &self,
        soql: &Soql,
        after: Option<&str>,
        limit: u16,
    ) -> Result<KeysetPage, SalesforceError> {
        if !(1..=QUERY_PAGE_RECORDS_MAX).contains(&limit) {
            return Err(invalid(KEYSET, format!("page size {limit} is not 1 to 2000")));
        }
        let text = soql.keyset_soql(after, limit).map_err(|error| invalid_soql(KEYSET, &error))?;
        let mut page = self.page(self.query_request(KEYSET, &text)?).await?;
        let mut records = page.records;
        // LIMIT bounds the query, not the page: wide records come in several shorter pages.
        while let Some(next) = page.next {
            page = self.query_next(&next).await?;
            if page.records.is_empty() || records.len() + page.records.len() > usize::from(limit) {
                return Err(unfit_page(KEYSET, "an empty page, or more records than asked for"));
            }
            records.append(&mut page.records);
        }
        let records: Vec<Record> = records.into_iter().map(|record| soql.align(record)).collect();
        let next_after =
            if records.len() < usize::from(limit) { None } else { Some(last_id(&records, after)?) };
        Ok(KeysetPage { records, next_after })
    }

    fn query_request(
        &self,
        operation: &'static str,
        soql: &str,
    ) -> Result<ApiRequest, SalesforceError> {
        let encoded_bytes: usize = byte_serialize(soql.as_bytes()).map(str::len).sum();
        if encoded_bytes > ENCODED_QUERY_BYTES_MAX {
            return Err(invalid(
                operation,
                format!(
                    "the query has {encoded_bytes} bytes in a URL; {ENCODED_QUERY_BYTES_MAX} fit"
                ),
            ));
        }
        let mut request = ApiRequest::get(operation, self.data_path("query"));
        request.query.push(("q", soql.to_owned()));
        Ok(request)
    }

    async fn page(&self, request: ApiRequest) -> Result<QueryPage, SalesforceError> {
        let operation = request.operation;
        let reply: PageReply = self.json(request, EXPECTED_PAGE).await?;
        let next = match (reply.done, reply.next_records_url) {
            (true, _) => None,
            (false, Some(next)) if is_cursor_path(&next) => Some(next),
            (false, Some(_)) => {
                return Err(unfit_page(operation, "a next page outside /services/data"));
            }
            (false, None) => {
                return Err(unfit_page(operation, "an unfinished page without a next one"));
            }
        };
        let records = reply.records.into_iter().map(record::flatten).collect();
        Ok(QueryPage { total: reply.total_size, records, next })
    }
}

/// Whether text is a plain path under `/services/data`. Everything that could lead to another host or another resource
/// is refused: schemes, `//`, `..`, escapes, queries.
fn is_cursor_path(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let Some(rest) = text.strip_prefix("/services/data/") else { return false };
    rest.split('/').all(|segment| {
        !segment.is_empty() && !matches!(segment, "." | "..") && segment.bytes().all(plain)
    })
}

fn last_id(records: &[Record], after: Option<&str>) -> Result<String, SalesforceError> {
    records
        .last()
        .and_then(record::id)
        .filter(|id| record::is_id(id) && Some(*id) != after)
        .map(str::to_owned)
        .ok_or_else(|| unfit_page(KEYSET, "a last record without a new id"))
}

fn unfit_page(operation: &'static str, found: &str) -> SalesforceError {
    SalesforceError::Protocol { operation, expected: EXPECTED_PAGE, found: found.to_owned() }
}

fn invalid(operation: &'static str, problem: String) -> SalesforceError {
    SalesforceError::InvalidArgument { operation, problem }
}

fn invalid_soql(operation: &'static str, error: &SoqlError) -> SalesforceError {
    invalid(operation, error.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/services/data/v66.0/query/01gRO0000016PIAYA2-500", true)]
    #[case("https://evil.example/services/data/v66.0/query/x", false)]
    #[case("//evil.example/services/data/v66.0/query/x", false)]
    #[case("/services/data/../../evil", false)]
    #[case("/services/data/v66.0/./query", false)]
    #[case("/services/data//evil.example", false)]
    #[case("/services/data/%2e%2e/evil", false)]
    #[case("/services/data/\\evil.example", false)]
    #[case("/services/data/v66.0/query?q=x", false)]
    #[case("/services/data/v66.0/query#x", false)]
    #[case("/services/data/v66.0/query\n/x", false)]
    #[case("/services/data/@evil.example", false)]
    #[case("/services/database", false)]
    #[case("/services/data/", false)]
    #[case("", false)]
    fn a_cursor_cannot_leave_the_data_api(#[case] next: &str, #[case] expected: bool) {
        assert_eq!(is_cursor_path(next), expected);
    }
}
