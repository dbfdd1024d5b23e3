//! Which backup answers for the files of a stack: neither a plan, nor a run over some of them.

use drayage_domain::run::{RunOptions, RunRecord, RunState};

use crate::output::counted;

/// The newest run that the preflight of a migration holds for a backup, see `functions/preflight/src/checks/backups.rs`.
pub(super) fn newest(newest_first: &[RunRecord]) -> Option<&RunRecord> {
    newest_first.iter().find(|run| run.work.records().is_some_and(is_backup))
}

/// The newest ended backup of all files.
///
/// * `has_ended`: whether the execution of a run has ended that the ledger holds for running, as one does that was stopped in the AWS console.
pub(super) fn newest_whole(
    newest_first: &[RunRecord],
    has_ended: impl Fn(&str) -> bool,
) -> Option<&RunRecord> {
    let is_whole = |work: &RunOptions| is_backup(work) && limit(work).is_none();
    newest_first.iter().find(|run| {
        run.work.records().is_some_and(is_whole)
            && (run.state != RunState::Running || has_ended(&run.run_id))
    })
}

/// What a backup was limited to, so that it does not answer for the other files.
pub(super) fn limit(work: &RunOptions) -> Option<String> {
    match (&work.accounts, work.max_files) {
        (Some(accounts), _) => {
            let count = u64::try_from(accounts.len()).unwrap_or(u64::MAX);
            Some(counted(count, "account"))
        }
        (None, Some(files)) => Some(counted(files, "file")),
        (None, None) => None,
    }
}

const fn is_backup(work: &RunOptions) -> bool {
    !work.dry_run && work.records.is_none()
}

#[cfg(test)]
pub(super) mod tests {
    use drayage_domain::run::Work;
    use serde_json::json;

    use super::*;

    /// A backup that has ended so, with these options over those of a whole one.
    pub(in crate::view) fn backup(
        run_id: &str,
        state: RunState,
        change: impl FnOnce(&mut RunOptions),
    ) -> RunRecord {
        let mut work: Work = serde_json::from_value(json!({
            "over": "records", "mode": "full", "dryRun": false, "trigger": "manual",
            "queryApi": "auto", "bulkThreshold": 1, "accounts": null, "maxFiles": null,
            "fields": {
                "object": "O__c", "urlField": "U__c", "accountField": "A__c", "accountRelationship": "A__r",
            },
            "allowedExtensions": [], "maxFileBytes": 1, "batchSize": 1, "sourceAccess": "https",
            "sourceHosts": "h", "destinationBucket": "b", "destinationPrefix": "p",
            "newUrlBase": "https://b/", "urlLengthMax": 255,
        }))
        .unwrap();
        if let Work::Records(options) = &mut work {
            change(options);
        }
        RunRecord {
            run_id: run_id.to_owned(),
            kind: "backup".to_owned(),
            execution_arn: format!("arn:{run_id}"),
            started_at: "2026-01-01T00:00:00Z".to_owned(),
            ended_at: None,
            state,
            work,
            records_expected: 1,
            summary: None,
        }
    }

    #[test]
    fn only_a_whole_backup_answers_for_every_file() {
        let done = RunState::Succeeded;
        let runs = [
            backup("dry", done, |work| work.dry_run = true),
            backup("listed", done, |work| work.records = Some(vec!["a".to_owned()])),
            backup("some", done, |work| work.accounts = Some(vec!["a".to_owned()])),
            backup("few", done, |work| work.max_files = Some(5)),
            backup("running", RunState::Running, |_| {}),
            backup("stopped", RunState::Failed, |_| {}),
            backup("older", done, |_| {}),
        ];
        let whole = |ended: bool| newest_whole(&runs, |_| ended).map(|run| run.run_id.as_str());
        assert_eq!(whole(false), Some("stopped"));
        assert_eq!(whole(true), Some("running"));
        assert_eq!(newest(&runs).map(|run| run.run_id.as_str()), Some("some"));
        let limits: Vec<_> =
            runs.iter().filter_map(|run| run.work.records().and_then(limit)).collect();
        assert_eq!(limits, ["1 account", "5 files"]);
    }
}
