//! Every strict rule, over HTTP.

mod copies;
mod generated;
mod listings;
mod tags;
mod uploads;
mod writes;

use reqwest::{Client, Method, Response};

use super::{S3Generated, S3Seed, S3Server, S3ServerOptions};

const MIB: usize = 1024 * 1024;

/// A server with bucket `b`, and a client of it.
struct Fixture {
    server: S3Server,
    client: Client,
}

/// An answer that has been read.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Self { status, headers, body: response.text().await.unwrap() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The text of the first element of that name.
    fn element(&self, name: &str) -> String {
        self.elements(name).first().map(|text| text.replace("&quot;", "\"")).unwrap_or_default()
    }

    fn elements(&self, name: &str) -> Vec<String> {
        let tag = format!("<{name}>");
        let pieces = self.body.split(&tag).skip(1);
        pieces.map(|piece| piece.split('<').next().unwrap().to_owned()).collect()
    }

    /// Status and error code.
    fn refusal(&self) -> (u16, String) {
        (self.status, self.element("Code"))
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

impl Fixture {
    async fn start(seeds: &[&str]) -> Self {
        let options = S3ServerOptions {
            buckets: vec!["b".to_owned()],
            seeds: seeds.iter().map(|seed| seed.parse::<S3Seed>().unwrap()).collect(),
            ..S3ServerOptions::default()
        };
        Self { server: S3Server::start(options).await.unwrap(), client: Client::new() }
    }

    /// With generated buckets besides.
    async fn generated(buckets: &[&str]) -> Self {
        let options = S3ServerOptions {
            buckets: vec!["b".to_owned()],
            generated: buckets
                .iter()
                .map(|bucket| bucket.parse::<S3Generated>().unwrap())
                .collect(),
            ..S3ServerOptions::default()
        };
        Self { server: S3Server::start(options).await.unwrap(), client: Client::new() }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = format!("{}{path}", self.server.endpoint());
        let mut request = self.client.request(method.parse::<Method>().unwrap(), url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    async fn put(&self, path: &str, body: &'static str) -> Answer {
        let answer = self.send("PUT", path, &[], body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }
}

#[tokio::test]
async fn requests_are_counted_by_operation_until_they_are_reset() {
    let fixture = Fixture::start(&[]).await;
    fixture.put("/b/k", "x").await;
    fixture.get("/b/k").await;
    fixture.get("/b/k").await;
    let stats = fixture.get("/_stats").await;
    assert_eq!(
        stats.body,
        r#"{"buckets":{"b":{"bytes":1,"objects":1}},"requests":{"GetObject":2,"PutObject":1}}"#
    );
    fixture.send("DELETE", "/_stats", &[], "").await;
    assert!(fixture.server.requests().is_empty());
}

#[tokio::test]
async fn what_is_not_known_is_refused() {
    let fixture = Fixture::start(&[]).await;
    for path in ["/b/k?versionId=1", "/b?acl", "/b?list-type=1", "/b/k?attributes"] {
        assert_eq!(fixture.get(path).await.refusal(), refused(501, "NotImplemented"), "{path}");
    }
    let dated = [("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT")];
    assert_eq!(fixture.send("GET", "/b/k", &dated, "").await.status, 501);
}

#[tokio::test]
async fn buckets_are_made_once_and_can_be_asked_for() {
    let fixture = Fixture::start(&[]).await;
    assert_eq!(fixture.send("PUT", "/new", &[], "").await.status, 200);
    assert_eq!(fixture.send("PUT", "/new", &[], "").await.status, 409);
    assert_eq!(fixture.send("HEAD", "/new", &[], "").await.status, 200);
    assert_eq!(fixture.send("HEAD", "/none", &[], "").await.status, 404);
    assert!(fixture.get("/new?location").await.body.contains("LocationConstraint"));
    assert_eq!(fixture.get("/none/k").await.refusal(), refused(404, "NoSuchBucket"));
    assert_eq!(fixture.get("/").await.elements("Name"), ["b", "new"]);
}
