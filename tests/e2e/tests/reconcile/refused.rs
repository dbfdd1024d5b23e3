//! Transfers that are refused before anything is copied: `transfer` fails under the name of the error, with every problem.

use anyhow::{Result, bail};
use drayage_local::Ended;
use serde_json::{Value, json};

use crate::two_services::{FROM, OURS, THEIRS, TO, TwoServices};

async fn failure(services: &TwoServices, input: &Value) -> Result<(String, String)> {
    match services.run(input).await? {
        Ended::Failed { error, cause } => Ok((error, cause)),
        Ended::Succeeded(output) => bail!("it was not refused: {output}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_copied_by_a_transfer_that_cannot_work() -> Result<()> {
    let services = TwoServices::start().await?;
    services.give("a.pdf", "a").await?;
    let place =
        |bucket: &str, prefix: &str| json!({"bucket": bucket, "prefix": prefix, "access": "keys"});
    for (input, name, parts) in [
        (json!({"source": place("no-bucket-here", FROM)}), "InputInvalid", vec!["no-bucket-here"]),
        (json!({"destination": place("nor-here", TO)}), "InputInvalid", vec!["nor-here"]),
        (
            json!({"maxRounds": 99, "storageClass": "cheap", "overwrit": "never"}),
            "InputInvalid",
            vec!["overwrit"],
        ),
        (
            json!({"maxRounds": 99, "storageClass": "cheap", "filter": {"include": []}}),
            "InputInvalid",
            vec!["maxRounds", "storageClass", "filter.include"],
        ),
        (json!({"source": null}), "InputInvalid", vec!["source"]),
        (
            json!({
                "source": place(THEIRS, FROM),
                "destination": place(THEIRS, "in/deeper/"),
            }),
            "InputInvalid",
            vec!["destination", "overlap"],
        ),
    ] {
        let (error, cause) = failure(&services, &input).await?;
        assert_eq!(error, name, "{input}: {cause}");
        assert!(cause.contains("hint:"), "{cause}");
        assert!(parts.iter().all(|part| cause.contains(part)), "{input}: {cause}");
        assert!(!cause.trim_start().starts_with('{'), "the child's cause is passed on: {cause}");
    }
    assert!(services.destination.server().keys(OURS).is_empty());
    assert!(services.transfer(&json!({})).await?.clean, "no lock is left behind");
    Ok(())
}
