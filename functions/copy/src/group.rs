//! Records of a batch that point at the same source object: it is fetched once.

use std::collections::BTreeMap;

use drayage_aws::objects::CopyError;
use drayage_domain::destination_key::DestinationKey;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::plan::Plan;
use drayage_domain::row::{FileRow, Proof, SourceIdentity};
use drayage_lambda_kit::error::FunctionError;

use crate::batch::Budget;
use crate::context::{RecordRules, RunContext};
use crate::file::{Ending, File};

/// What the group has learned about its source object.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// It is in the destination under this key; further records get a copy of the copy.
    Copied {
        /// The key.
        key: DestinationKey,
        /// The source version.
        source: SourceIdentity,
        /// The copy and its proof.
        proof: Proof,
    },
    /// It cannot be fetched; asking again for the next record would give the same answer.
    Failed(CopyError),
    /// It is larger than the maximum.
    TooLarge(u64),
}

/// Groups entries by source location, in the order of the manifest. An entry without a file to copy is its own group.
pub(crate) fn by_source(entries: &[ManifestEntry]) -> Vec<Vec<&ManifestEntry>> {
    let mut groups: Vec<Vec<&ManifestEntry>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        let location = match &entry.plan {
            Plan::Copy { source, .. } => serde_json::to_string(&source.location).ok(),
            Plan::Skip { .. }
            | Plan::Refuse { .. }
            | Plan::RecordDeleted
            | Plan::AccountRenamed => None,
        };
        let position = location.as_ref().and_then(|location| known.get(location)).copied();
        if let Some(group) = position.and_then(|position| groups.get_mut(position)) {
            group.push(entry);
            continue;
        }
        if let Some(location) = location {
            known.insert(location, groups.len());
        }
        groups.push(vec![entry]);
    }
    groups
}

/// Settles a group, one record after the other.
pub(crate) async fn settle(
    context: &RunContext,
    rules: &RecordRules,
    group: Vec<&ManifestEntry>,
    rows: &BTreeMap<String, FileRow>,
    budget: Budget,
) -> Vec<Result<Ending, FunctionError>> {
    let mut fetched = None;
    let mut endings = Vec::with_capacity(group.len());
    for entry in group {
        let row = rows.get(&entry.ledger_id(&context.run_id));
        let file = File { context, rules, entry, row, budget };
        // Boxed: the future of a transfer is large, and a batch holds one per group.
        endings.push(Box::pin(file.settle(&mut fetched)).await);
    }
    endings
}

#[cfg(test)]
mod tests {
    use drayage_domain::outcome::SkipReason;
    use drayage_domain::record::SourceRecord;

    use super::*;

    fn copy(sequence: u64, url: &str) -> ManifestEntry {
        let plan = serde_json::from_value(serde_json::json!({
            "action": "copy",
            "source": {
                "location": {
                    "via": "http", "url": url, "scheme": "https", "host": "x", "port": 443,
                    "presigned": false
                },
                "file_name": "a"
            },
            "destinationKey": "uploads/a",
            "destinationKeyIfTaken": "uploads/a-1"
        }))
        .unwrap();
        ManifestEntry { sequence, record: SourceRecord::default(), plan }
    }

    #[test]
    fn records_that_share_a_url_form_a_group() {
        let skip = ManifestEntry {
            sequence: 3,
            record: SourceRecord::default(),
            plan: Plan::Skip { reason: SkipReason::NoUrl },
        };
        let entries =
            [copy(1, "https://x/a"), copy(2, "https://x/b"), skip, copy(4, "https://x/a")];
        let groups: Vec<Vec<u64>> = by_source(&entries)
            .iter()
            .map(|group| group.iter().map(|entry| entry.sequence).collect())
            .collect();
        assert_eq!(groups, [vec![1, 4], vec![2], vec![3]]);
    }
}
