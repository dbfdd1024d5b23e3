//! An org with a few entries, a server, and a small client that is logged in.

use drayage_sim::salesforce::{FaultPlan, Org, OrgConfig, Server, ServerConfig, ServerHandle};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// The object that the tests use.
pub(crate) const ENTRY: &str = "DocListEntry__c";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The error code of a refused request.
    pub(crate) fn code(&self) -> String {
        self.json()[0]["errorCode"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

/// A served org with one account and `entries` entries of it.
pub(crate) struct Site {
    pub(crate) org: Org,
    pub(crate) server: ServerHandle,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
    pub(crate) account: String,
    /// Ids of the entries, in order.
    pub(crate) ids: Vec<String>,
}

impl Site {
    pub(crate) async fn new(entries: usize) -> Self {
        Self::with_config(entries, OrgConfig::default()).await
    }

    pub(crate) async fn with_config(entries: usize, config: OrgConfig) -> Self {
        let org = Org::new(config).unwrap();
        let account = org.insert("Account", json!({"Name": "Acme"})).unwrap();
        let ids = (0..entries)
            .map(|number| {
                let fields = json!({
                    "Name": format!("Entry {number}"), "Document__c": format!("https://old.example/{number}"),
                    "Account__c": account,
                });
                org.insert(ENTRY, fields).unwrap()
            })
            .collect();
        let server = Server::start(org.clone(), ServerConfig::default()).await.unwrap();
        // A fresh connection per call: a cut one must not decide what the next call sees.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let mut site = Self { org, server, http, token: String::new(), account, ids };
        site.log_in().await;
        site
    }

    /// Takes a new access token.
    pub(crate) async fn log_in(&mut self) {
        let secret = self.org.client_credentials_secret("");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", secret["client_id"].as_str().unwrap()),
            ("client_secret", secret["client_secret"].as_str().unwrap()),
        ];
        let answer =
            self.send(self.anonymous(Method::POST, "/services/oauth2/token").form(&form)).await;
        answer.json()["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    pub(crate) fn faults(&self, plan: FaultPlan) {
        self.org.set_faults(plan);
    }

    /// A request without a session; `path` starts at the root.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.base_url()))
    }

    /// A request with the session; `path` starts below the API version.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, &format!("/services/data/v66.0/{path}")).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap()
    }

    /// Fails when the connection is cut before or within the answer.
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Answer {
        self.send(self.request(Method::GET, "query").query(&[("q", soql)])).await
    }

    /// Updates one entry's URL by row.
    pub(crate) async fn update(&self, id: &str, url: &str) -> Answer {
        self.patch(&format!("sobjects/{ENTRY}/{id}"), json!({"Document__c": url})).await
    }

    /// Updates URLs in one collections call and gives the list of results.
    pub(crate) async fn update_all(&self, rows: &[(&str, &str)]) -> Value {
        let answer = self.patch("composite/sobjects", collection(rows, false)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    pub(crate) fn url_of(&self, id: &str) -> Value {
        self.org.get(ENTRY, id).unwrap()["Document__c"].clone()
    }
}

/// The body of a collections update.
pub(crate) fn collection(rows: &[(&str, &str)], all_or_none: bool) -> Value {
    let records: Vec<Value> = rows
        .iter()
        .map(|(id, url)| json!({"attributes": {"type": ENTRY}, "id": id, "Document__c": url}))
        .collect();
    json!({"allOrNone": all_or_none, "records": records})
}
