//! Objects that cannot be moved: the run ends, says so, and moves the others.

use anyhow::Result;
use drayage_sim::s3::S3ServerOptions;
use serde_json::{Value, json};

use crate::planted::{count, report_file};
use crate::two_services::{FROM, TwoServices};

/// The most bytes that a key may have.
const KEY_BYTES_MAX: usize = 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_moved_is_named_with_its_reason() -> Result<()> {
    let unreadable_prefix = Some(format!("{FROM}secret/"));
    let options = S3ServerOptions { unreadable_prefix, ..S3ServerOptions::default() };
    let services = TwoServices::start_with(options).await?;
    let too_long = "k".repeat(KEY_BYTES_MAX - FROM.len());
    for key in ["a.pdf", "secret/b.pdf", too_long.as_str(), "z.pdf"] {
        services.give(key, key).await?;
    }
    let moved = services.transfer(&json!({})).await?;
    assert!(moved.accounted_for && moved.complete && !moved.clean, "{moved:#?}");
    assert_eq!((moved.copied.objects, count(&moved, "missing")), (2, 2), "{moved:#?}");
    for key in ["a.pdf", "z.pdf"] {
        assert_eq!(services.arrived(key).as_deref(), Some(key.as_bytes()));
    }
    let report = report_file(&services.stack, &moved, "summary.json").await?;
    let report: Value = serde_json::from_str(&report)?;
    let told = |key: &str| {
        let top = report["top"].as_array().unwrap().iter();
        let mut of_key = top.filter(|difference| difference["key"] == key);
        let difference = of_key.next().unwrap();
        assert_eq!(difference["verdict"], "missing");
        difference["problem"].as_str().unwrap_or_default().to_owned()
    };
    let problem = told("secret/b.pdf");
    assert!(problem.contains("AccessDenied") || problem.contains("403"), "{problem}");
    assert!(problem.contains("hint: grant s3:GetObject"), "{problem}");
    let problem = told(&too_long);
    assert!(problem.contains("1025 bytes") && problem.contains("shorter prefix"), "{problem}");
    Ok(())
}
