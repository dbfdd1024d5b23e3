//! Objects that are copied from the source as it was listed, or deleted from the destination as it was listed.

use drayage_domain::object_batch::{OBJECTS_PER_BATCH, ObjectAction, ObjectEntry, ObjectOptions};
use drayage_domain::reconcile::Difference;
use drayage_domain::reconcile::repair::{Repair, RepairRules};
use drayage_domain::reconcile::work::Queued;
use drayage_domain::row::SourceIdentity;
use drayage_domain::run::Work;
use drayage_lambda_kit::error::FunctionError;

use crate::Context;
use crate::sums::Sums;

impl Context {
    pub(super) async fn queue_objects(
        &self,
        run_id: &str,
        round: u32,
        sums: &Sums,
        rules: RepairRules,
    ) -> Result<Queued, FunctionError> {
        let mut batches = self.batches(run_id, OBJECTS_PER_BATCH);
        let mut findings = self.findings(round, sums);
        while let Some(part) = findings.next_part().await? {
            for difference in part {
                let Some(action) = action(rules, &difference) else { continue };
                let sequence = batches.next_sequence();
                if sequence == 1 {
                    self.create_run(run_id, Work::Objects(self.object_options())).await?;
                }
                let size_bytes = difference.source.as_ref().map_or(0, |seen| seen.size_bytes);
                let copies = matches!(action, ObjectAction::Copy { .. });
                let entry = ObjectEntry { sequence, key: difference.key, action };
                if copies {
                    batches.copy(entry, size_bytes).await?;
                } else {
                    batches.delete(entry).await?;
                }
            }
        }
        batches.finish().await
    }

    fn object_options(&self) -> ObjectOptions {
        let reconciliation = &self.reconciliation;
        ObjectOptions {
            source: reconciliation.source.bucket.is_some().then(|| reconciliation.source.clone()),
            destination: reconciliation.destination.clone(),
            storage_class: reconciliation.input.storage_class.clone(),
            preserve_tags: reconciliation.input.preserve_tags.unwrap_or(true),
        }
    }
}

/// What is done with a key. While something is left to be copied, the rules delete nothing; when nothing is, they are asked
/// again, and find nothing to copy.
fn action(rules: RepairRules, difference: &Difference) -> Option<ObjectAction> {
    match (rules.repair(difference.verdict), &difference.source, &difference.destination) {
        (Repair::Copy, Some(listed), _) => Some(ObjectAction::Copy {
            source: SourceIdentity {
                size_bytes: Some(listed.size_bytes),
                etag: listed.etag.clone(),
                last_modified: None,
            },
        }),
        (Repair::Delete, _, Some(listed)) => {
            listed.etag.clone().map(|etag| ObjectAction::Delete { etag })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::reconcile::input::ReconcileInput;
    use drayage_domain::reconcile::repair::SourceRead;
    use drayage_domain::reconcile::{Level, Object, Verdict};
    use serde_json::json;

    use super::*;

    fn listed(verdict: Verdict) -> Difference {
        let object = Object { size_bytes: 5, etag: Some("e".to_owned()), ..Object::default() };
        let source = (verdict != Verdict::Extra).then_some(&object);
        let destination = (verdict != Verdict::Missing).then_some(&object);
        Difference::of(verdict, source, destination).unwrap()
    }

    fn input(more: &serde_json::Value) -> ReconcileInput {
        let mut input = json!({"source": {"bucket": "from"}, "fix": true});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ReconcileInput::parse(&input).unwrap()
    }

    #[test]
    fn the_listed_version_is_copied() {
        let rules = input(&json!({})).rules(SourceRead::Whole, false);
        let source =
            SourceIdentity { size_bytes: Some(5), etag: Some("e".to_owned()), last_modified: None };
        for verdict in
            [Verdict::Missing, Verdict::SizeDiffers, Verdict::ContentDiffers { level: Level::Etag }]
        {
            let expected = Some(ObjectAction::Copy { source: source.clone() });
            assert_eq!(action(rules, &listed(verdict)), expected);
        }
        assert_eq!(action(rules, &listed(Verdict::Extra)), None);
    }

    #[test]
    fn extra_objects_are_deleted_when_everything_allows_it() {
        let asked = input(&json!({"deleteExtra": true, "execute": true}));
        let extra = listed(Verdict::Extra);
        let deleted = Some(ObjectAction::Delete { etag: "e".to_owned() });
        assert_eq!(action(asked.rules(SourceRead::Whole, true), &extra), deleted);
        assert_eq!(action(asked.rules(SourceRead::InPart, true), &extra), None);
        assert_eq!(action(asked.rules(SourceRead::Empty, true), &extra), None);
        assert_eq!(
            action(asked.rules(SourceRead::Whole, false), &extra),
            None,
            "something is to be copied"
        );
        let shown = input(&json!({"deleteExtra": true}));
        assert_eq!(action(shown.rules(SourceRead::Whole, true), &extra), None);
    }

    #[test]
    fn an_object_without_etag_is_not_deleted() {
        let asked = input(&json!({"deleteExtra": true, "execute": true}));
        let mut extra = listed(Verdict::Extra);
        extra.destination.as_mut().unwrap().etag = None;
        assert_eq!(action(asked.rules(SourceRead::Whole, true), &extra), None);
    }
}
