//! An HTTP server that answers with anything but the file.

use anyhow::Result;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::files::{Fault, FaultKind};
use serde_json::json;

use crate::support::{Case, add, assert_ended};

const EXPIRED: &str =
    "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
const S3_ERROR: &str = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>";
const SIGNATURE: &str = "?X-Amz-Credential=c&X-Amz-Expires=60&X-Amz-Signature=5ec2e7";

/// Statuses with their outcomes.
const STATUSES: [(u16, &str); 15] = [
    (204, "failed.source_status"),
    (206, "failed.source_status"),
    (304, "failed.source_status"),
    (400, "failed.source_status"),
    (401, "failed.access_denied"),
    (403, "failed.access_denied"),
    (404, "source_gone.object_missing"),
    (408, "failed.source_timeout"),
    (410, "source_gone.object_missing"),
    (416, "failed.source_status"),
    (429, "failed.throttled"),
    (500, "failed.source_unavailable"),
    (502, "failed.source_unavailable"),
    (503, "failed.throttled"),
    (504, "failed.source_unavailable"),
];

fn always(stack: &LocalStack) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (status, expected) in STATUSES {
        let fault = Fault::always(FaultKind::Status(status));
        cases.push(add(stack, &format!("status {status}"), "", Some(fault), expected)?);
    }
    let redirect = |to: &str| FaultKind::Redirect(to.to_owned());
    let again = format!("{}/hostile/redirect-to-itself.pdf", stack.simulated()?.files.base_url());
    for (behaviour, query, kind, expected) in [
        ("429 that does not say when", "", FaultKind::StatusPage(429, ""), "failed.throttled"),
        ("503 that does not say when", "", FaultKind::StatusPage(503, ""), "failed.throttled"),
        ("expired", SIGNATURE, FaultKind::StatusPage(403, EXPIRED), "failed.source_expired"),
        ("not signed", "", FaultKind::StatusPage(403, EXPIRED), "failed.access_denied"),
        ("html page", "", FaultKind::ErrorPage, "failed.error_page"),
        ("xml page", "", FaultKind::XmlPage(S3_ERROR), "failed.error_page"),
        ("cut at once", "", FaultKind::CutAfterQuarters(0), "failed.short_body"),
        ("cut after a quarter", "", FaultKind::CutAfterQuarters(1), "failed.short_body"),
        ("cut in the middle", "", FaultKind::CutAfterQuarters(2), "failed.short_body"),
        ("cut after three quarters", "", FaultKind::CutAfterQuarters(3), "failed.short_body"),
        ("endless", "", FaultKind::Endless, "skipped.too_large"),
        ("foreign", "", redirect("https://evil.example.net/a.pdf"), "failed.redirect_refused"),
        ("private", "", redirect("http://10.0.0.1/a.pdf"), "failed.redirect_refused"),
        ("loopback", "", redirect("http://127.0.0.1:9/a.pdf"), "failed.redirect_refused"),
        ("metadata", "", redirect("http://169.254.169.254/latest/"), "failed.redirect_refused"),
        ("other scheme", "", redirect("file:///etc/passwd"), "failed.redirect_refused"),
        ("redirect to itself", "", redirect(&again), "failed.redirect_refused"),
        ("no validators", "", FaultKind::Bare, "verified"),
    ] {
        cases.push(add(stack, behaviour, query, Some(Fault::always(kind)), expected)?);
    }
    cases.push(add(stack, "as it should be", "", None, "verified")?);
    Ok(cases)
}

/// Faults that end after so many requests. Three attempts are made.
fn passing(stack: &LocalStack) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (kind, name) in [
        (FaultKind::Status(429), "429"),
        (FaultKind::Status(500), "500"),
        (FaultKind::StatusPage(503, "busy"), "503"),
        (FaultKind::Status(408), "408"),
        (FaultKind::CutAfterQuarters(0), "cut at once"),
        (FaultKind::CutAfterQuarters(3), "cut late"),
    ] {
        for times in [1, 2] {
            let fault = Fault::times(times, kind.clone());
            let behaviour = format!("{name} for {times}");
            cases.push(add(stack, &behaviour, "", Some(fault), "verified")?);
        }
    }
    let fault = Fault::times(3, FaultKind::Status(502));
    cases.push(add(stack, "502 for all attempts", "", Some(fault), "failed.source_unavailable")?);
    Ok(cases)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_one_outcome() -> Result<()> {
    let parameters = StackParameters::default().with("MaxFileSizeMb", "1");
    let stack = LocalStack::builder().files(0).seed(41).parameters(parameters).start().await?;
    let mut cases = always(&stack)?;
    cases.extend(passing(&stack)?);
    let summary = stack.run_backup(&json!({})).await?;
    assert_ended(&stack, &summary, &cases).await?;
    assert_eq!(summary.enumerated, u64::try_from(cases.len())?);

    // What passes by itself was asked for three times at most, what is final once.
    let files = &stack.simulated()?.files;
    let asked = |behaviour: &str| {
        let case = cases.iter().find(|case| case.behaviour == behaviour).unwrap();
        files.requests(&case.path).get
    };
    for once in ["status 403", "status 404", "status 416", "expired", "html page", "foreign"] {
        assert_eq!(asked(once), 1, "{once}");
    }
    for thrice in ["status 429", "503 that does not say when", "502 for all attempts"] {
        assert_eq!(asked(thrice), 3, "{thrice}");
    }

    // Everything clears up: the next run copies what failed, and nothing else.
    for case in cases.iter_mut().filter(|case| case.expected != "verified") {
        files.set_fault(&case.path, None);
        case.expected = "verified";
    }
    let verified_before = summary.counts.outcomes["verified"];
    let again = stack.run_backup(&json!({"mode": "incremental"})).await?;
    // A file that was too large counts as decided, and incremental trusts an unchanged URL; full looks again.
    let last = stack.run_backup(&json!({})).await?;
    assert_ended(&stack, &last, &cases).await?;
    let copied = again.counts.outcomes.get("verified").copied().unwrap_or_default()
        + last.counts.outcomes.get("verified").copied().unwrap_or_default();
    assert_eq!(copied + verified_before, u64::try_from(cases.len())?);
    Ok(())
}
