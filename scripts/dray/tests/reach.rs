//! The real program, where AWS or the stack cannot be reached: each reason has its own message, hint and exit status 3.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what is not there is a failed test"
)]

use std::path::Path;
use std::process::{Command, Output};

const CONFIG: &str = "
[default]
region = eu-west-1

[profile keys]
region = eu-central-1
aws_access_key_id = of-the-profile
aws_secret_access_key = secret

[profile signed-out]
region = eu-west-1
sso_session = office
sso_account_id = 123456789012
sso_role_name = admin

[sso-session office]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
";

/// `dray schedule show` in a home of its own, on a machine without instance metadata.
fn dray(home: &Path, words: &[&str], variables: &[(&str, &str)]) -> std::io::Result<Output> {
    std::fs::write(home.join("config"), CONFIG)?;
    Command::new(env!("CARGO_BIN_EXE_dray"))
        .args(["schedule", "show"])
        .args(words)
        .env_clear()
        .env("HOME", home)
        .env("AWS_CONFIG_FILE", home.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", home.join("none"))
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
        .envs(variables.iter().copied())
        .output()
}

fn told(words: &[&str], variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = dray(home.path(), words, variables).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "of-the-environment"), ("AWS_SECRET_ACCESS_KEY", "secret")];

#[test]
fn without_credentials_it_says_how_to_sign_in() {
    let told = told(&[], &[]);
    assert!(told.starts_with("error: there are no AWS credentials"), "{told}");
    assert!(told.contains("\nhint: run aws configure"), "{told}");
}

#[test]
fn without_a_region_it_asks_for_one() {
    let told = told(&[], &[KEYS[0], KEYS[1], ("AWS_CONFIG_FILE", "/dev/null")]);
    assert!(told.starts_with("error: no AWS region is configured\nhint: give --region"), "{told}");
}

#[test]
fn an_unknown_profile_is_told_as_such() {
    let told = told(&["--profile", "nobody"], &[]);
    assert!(told.starts_with("error: there is no AWS profile nobody"), "{told}");
}

#[test]
fn a_profile_that_is_signed_out_is_told_with_the_command_that_signs_in() {
    let told = told(&["--profile", "signed-out"], &[]);
    assert!(told.starts_with("error: the sign-in of the profile signed-out is over"), "{told}");
    assert!(told.ends_with("hint: aws sso login --profile signed-out\n"), "{told}");
}

#[test]
fn an_address_that_nobody_listens_on_is_named() {
    let told = told(&["--endpoint-url", "http://127.0.0.1:1"], &KEYS);
    assert!(told.starts_with("error: http://127.0.0.1:1 does not answer"), "{told}");
}

/// Answers whatever is asked as CloudFormation does to somebody who may not ask.
async fn refusing() -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>";
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(403).set_body_raw(body, "text/xml"))
        .mount(&server)
        .await;
    server
}

/// Whose keys were used where, for one request.
async fn used(words: &'static [&'static str]) -> String {
    let server = refusing().await;
    let address = server.uri();
    let home = tempfile::tempdir().unwrap();
    let output = tokio::task::spawn_blocking(move || {
        let mut line = words.to_vec();
        line.extend(["--endpoint-url", &address]);
        dray(home.path(), &line, &KEYS)
    });
    let output = output.await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("(AccessDenied): not you"), "{told}");
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "what is refused is not asked again");
    requests[0].headers["authorization"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_on_the_command_line_goes_before_the_environment() {
    let environment = used(&[]).await;
    assert!(environment.contains("of-the-environment/") && environment.contains("/eu-west-1/"));
    let profile = used(&["--profile", "keys"]).await;
    assert!(profile.contains("of-the-profile/") && profile.contains("/eu-central-1/"), "{profile}");
    let region = used(&["--profile", "keys", "--region", "us-west-2"]).await;
    assert!(region.contains("of-the-profile/") && region.contains("/us-west-2/"), "{region}");
}
