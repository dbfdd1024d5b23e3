//! Starts a server for a client, runs the client's driver, and reads its report.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use drayage_sim::salesforce::{Org, Server, ServerConfig};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::install::FIDELITY;

/// Longest run of a driver; a good one takes a few seconds.
const DRIVER_TIME_MAX: Duration = Duration::from_mins(3);

/// simple-salesforce, through a TLS proxy that makes the simulator look like `*.salesforce.com`.
pub(crate) async fn simple_salesforce(python: &Path, org: &Org, updates: &Value) -> Value {
    let config =
        ServerConfig { port: 0, instance_url: Some("https://acme.my.salesforce.com".to_owned()) };
    let server = Server::start(org.clone(), config).await.unwrap();
    let mut input = common(org, updates);
    let port = server.base_url().rsplit(':').next().unwrap();
    input["port"] = json!(port.parse::<u16>().unwrap());
    input["private_key"] = org.jwt_secret(server.base_url()).unwrap()["private_key"].clone();
    let mut command = Command::new(python);
    command.arg("simple_salesforce_driver.py").env_remove("NO_PROXY").env_remove("no_proxy");
    let report = run(command, &input).await;
    server.shutdown().await.unwrap();
    report
}

/// jsforce, which may speak plain HTTP to any address.
pub(crate) async fn jsforce(node: &Path, org: &Org, updates: &Value) -> Value {
    let server = Server::start(org.clone(), ServerConfig::default()).await.unwrap();
    let mut input = common(org, updates);
    input["base_url"] = json!(server.base_url());
    input["assertion"] = json!(assertion(org, server.base_url()));
    // The driver is run from the directory that has node_modules, where Node.js looks for packages.
    let home = node.ancestors().nth(3).unwrap();
    let driver = home.join("jsforce_driver.mjs");
    std::fs::copy(Path::new(FIDELITY).join("jsforce_driver.mjs"), &driver).unwrap();
    let mut command = Command::new(node);
    command.arg(driver);
    let report = run(command, &input).await;
    server.shutdown().await.unwrap();
    report
}

fn common(org: &Org, updates: &Value) -> Value {
    let config = org.config();
    let who = config.credentials;
    json!({
        "client_id": who.client_id, "client_secret": who.client_secret,
        "username": who.username, "password": who.password, "security_token": who.security_token,
        "object": config.object, "url_field": config.url_field, "updates": updates,
    })
}

/// A signed assertion; jsforce leaves the signing to its caller.
fn assertion(org: &Org, audience: &str) -> String {
    let secret = org.jwt_secret(audience).unwrap();
    let claims = json!({
        "iss": secret["client_id"], "sub": secret["username"], "aud": audience,
        "exp": 4_102_444_800_000_u64,
    });
    let key =
        EncodingKey::from_rsa_pem(secret["private_key"].as_str().unwrap().as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
}

async fn run(mut command: Command, input: &Value) -> Value {
    command
        .current_dir(FIDELITY)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = tokio::time::timeout(DRIVER_TIME_MAX, child.wait_with_output())
        .await
        .unwrap_or_else(|_elapsed| panic!("the driver did not end within {DRIVER_TIME_MAX:?}"))
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the driver failed: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}
