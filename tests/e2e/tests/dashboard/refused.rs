//! Who does not have the token, or comes by another name, gets nothing from the program as it is installed.

use anyhow::{Context as _, Result, ensure};
use drayage_local::LocalStack;
use reqwest::header::{COOKIE, HOST, ORIGIN};
use reqwest::{Client, StatusCode};

use crate::dray::Dray;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_host_or_origin_is_refused() -> Result<()> {
    let stack = LocalStack::builder().files(1).start().await?;
    let dray = Dray::start(&stack).await?;
    let (base, token) = dray.url.split_once("/?token=").context("no token")?;
    let port = base.rsplit(':').next().context("no port")?;
    ensure!(base == format!("http://127.0.0.1:{port}") && token.len() >= 32, "{}", dray.url);
    let client = Client::builder().no_proxy().build()?;
    let cookie = format!("dray-{port}={token}");
    let get = |path: &str| client.get(format!("{base}{path}"));
    let paused = |origin: &str| {
        let post = client.post(format!("{base}/api/pause")).header(COOKIE, &cookie);
        post.header(ORIGIN, origin).header("X-Drayage", "1").json(&serde_json::json!({}))
    };
    for (request, what) in [
        (get("/"), "no token"),
        (get("/?token=0000"), "a wrong token"),
        (get("/events").header(COOKIE, format!("dray-{port}=0000")), "a wrong cookie"),
        (get(&format!("/api/runs?token={token}")), "a token in the address of something else"),
        (get("/api/runs").header(COOKIE, &cookie).header(HOST, "evil.example"), "another host"),
        (paused("http://evil.example"), "another origin"),
    ] {
        let status = request.send().await?.status();
        ensure!(status == StatusCode::FORBIDDEN, "{what}: {status}");
    }
    ensure!(get("/api/runs").header(COOKIE, &cookie).send().await?.status() == StatusCode::OK);
    ensure!(
        stack.ledger()?.paused().await?.is_none(),
        "a page of another origin has paused the work"
    );
    Ok(())
}
