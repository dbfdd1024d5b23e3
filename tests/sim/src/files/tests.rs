//! The file source over HTTP: validators, ranges, faults.

use reqwest::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED, RANGE};
use reqwest::{Client, StatusCode, redirect};

use super::*;

async fn server() -> (FileServer, Client, String) {
    let server = FileServer::start().await.unwrap();
    server.put("/a b+c.txt", ServedFile::new("0123456789", "text/plain"), None);
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let url = format!("{}/a%20b+c.txt", server.base_url());
    (server, client, url)
}

#[tokio::test]
async fn a_file_comes_with_type_and_validators() {
    let (server, client, url) = server().await;
    let answer = client.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain");
    assert_eq!(answer.headers()[LAST_MODIFIED], "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(answer.content_length(), Some(10));
    let etag = answer.headers()[ETAG].clone();
    assert_eq!(answer.text().await.unwrap(), "0123456789");
    let again = client.get(&url).header(IF_NONE_MATCH, etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let requests = server.requests("/a b+c.txt");
    assert_eq!((requests.get, requests.not_modified), (2, 1));
    assert_eq!(client.get(server.base_url()).send().await.unwrap().status(), 404);
    assert_eq!(server.requests_unknown(), 1);
}

#[tokio::test]
async fn ranges_are_served() {
    let (_server, client, url) = server().await;
    for (range, status, body) in [
        ("bytes=2-4", 206, "234"),
        ("bytes=7-", 206, "789"),
        ("bytes=-2", 206, "89"),
        ("bytes=8-99", 206, "89"),
        ("bytes=10-", 416, ""),
        ("lines=1-2", 200, "0123456789"),
    ] {
        let answer = client.get(&url).header(RANGE, range).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{range}");
        assert_eq!(answer.text().await.unwrap(), body, "{range}");
    }
}

#[tokio::test]
async fn faults_strike_as_often_as_asked() {
    let (server, client, url) = server().await;
    assert!(server.set_fault("/a b+c.txt", Some(Fault::times(1, FaultKind::Status(503)))));
    assert_eq!(client.get(&url).send().await.unwrap().status(), 503);
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    server.set_fault("/a b+c.txt", Some(Fault::always(FaultKind::ShortBody)));
    let short = client.get(&url).send().await.unwrap();
    assert_eq!(short.content_length(), Some(10));
    assert!(short.bytes().await.is_err());
    server.set_fault("/a b+c.txt", Some(Fault::always(FaultKind::Redirect("/b".to_owned()))));
    assert_eq!(client.get(&url).send().await.unwrap().headers()["location"], "/b");
    server.set_fault("/a b+c.txt", Some(Fault::always(FaultKind::ErrorPage)));
    let page = client.get(&url).send().await.unwrap();
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    server.set_fault("/a b+c.txt", Some(Fault::always(FaultKind::Bare)));
    let bare = client.get(&url).send().await.unwrap();
    assert!(bare.headers().get(ETAG).is_none() && bare.content_length().is_none());
    server.set_fault("/a b+c.txt", Some(Fault::always(FaultKind::Trickle)));
    let slow = client.get(&url).send().await.unwrap();
    assert_eq!(slow.text().await.unwrap(), "0123456789");
    assert_eq!(server.requests("/a b+c.txt").faults, 6);
}
