//! A backup on a local stack is accounted for, and the independent check notices what was done to its result.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_s3::primitives::ByteStream;
use drayage_local::{CheckReport, LocalStack, check};
use serde_json::json;

#[tokio::test]
async fn the_check_passes_a_backup_and_notices_damage() {
    let stack = LocalStack::builder().files(30).seed(11).start().await.unwrap();
    let summary = stack.run_backup(&json!({})).await.unwrap();
    stack.assert_accounted(&summary).unwrap();
    let report = stack.check().await.unwrap();
    assert!(report.passed(), "{report:#?}");
    let verified = summary.counts.outcomes.get("verified").copied();
    assert_eq!((Some(report.objects), Some(report.equal)), (verified, verified));

    let rows = check::rows(&stack).await.unwrap();
    let keys: Vec<&str> = rows
        .iter()
        .filter(|r| r.proof.is_some())
        .filter_map(|r| r.destination_key.as_deref())
        .collect();
    let [changed, removed, ..] = keys.as_slice() else { panic!("two copies") };
    let damage = Damage { stack: &stack };
    damage.put(changed, "other bytes").await;
    damage.finds("differs from the source").await;
    damage.put("uploads/stray.pdf", "nobody's").await;
    damage.finds("uploads/stray.pdf exists but belongs to no verified record").await;
    let s3 = &stack.clients().s3;
    s3.delete_object().bucket(damage.bucket()).key(*removed).send().await.unwrap();
    let report = damage.finds("does not exist").await;
    assert_eq!(report.equal + 2, report.objects);
}

struct Damage<'a> {
    stack: &'a LocalStack,
}

impl Damage<'_> {
    fn bucket(&self) -> &str {
        self.stack.stack().output("DestinationBucket").unwrap()
    }

    async fn put(&self, key: &str, text: &'static str) {
        let body = ByteStream::from_static(text.as_bytes());
        let put = self.stack.clients().s3.put_object().bucket(self.bucket()).key(key).body(body);
        put.send().await.unwrap();
    }

    async fn finds(&self, what: &str) -> CheckReport {
        let report = self.stack.check().await.unwrap();
        let is_found = report.problems.iter().any(|problem| problem.contains(what));
        assert!(is_found && !report.passed(), "{report:#?}");
        report
    }
}
