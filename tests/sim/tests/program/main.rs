//! The `salesforce-sim` program: it says when it is ready, writes a secret that works, and stops when told to.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::{ExitStatus, Stdio};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Starts the program and waits for its line.
async fn start(arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_salesforce-sim"))
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let ready = serde_json::from_str(&line).unwrap();
    (child, ready)
}

async fn stop(mut child: Child, signal: &str) -> ExitStatus {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    child.wait().await.unwrap()
}

async fn status(url: &str) -> u16 {
    reqwest::Client::new().get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_written_secret_logs_in_to_the_data() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret.json");
    let (child, ready) =
        start(&["--size", "25", "--seed", "9", "--write-secret", file.to_str().unwrap()]).await;
    let base = ready["base_url"].as_str().unwrap();
    let secret: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(secret["auth"], "jwt");
    assert_eq!(secret["login_url"], base);
    let claims = json!({
        "iss": secret["client_id"], "sub": secret["username"], "aud": base, "exp": 4_102_444_800_u64,
    });
    let pem = secret["private_key"].as_str().unwrap();
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.as_str()),
    ];
    let http = reqwest::Client::new();
    let token =
        http.post(format!("{base}/services/oauth2/token")).form(&form).send().await.unwrap();
    let token: Value = token.json().await.unwrap();
    let rows = http
        .get(format!("{base}/services/data/v66.0/query"))
        .query(&[("q", "SELECT COUNT() FROM DocListEntry__c")])
        .bearer_auth(token["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(rows.json::<Value>().await.unwrap()["totalSize"], 25);
    assert!(stop(child, "-TERM").await.success());
}

#[tokio::test]
async fn a_fault_plan_can_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("faults.json");
    let plan = json!({"calls": [{"endpoints": ["versions"], "times": 1, "kind": "unavailable"}]});
    std::fs::write(&file, plan.to_string()).unwrap();
    let (child, ready) = start(&["--faults", file.to_str().unwrap()]).await;
    let url = format!("{}/services/data", ready["base_url"].as_str().unwrap());
    assert_eq!(status(&url).await, 503);
    assert_eq!(status(&url).await, 200);
    assert!(stop(child, "-INT").await.success());
}
