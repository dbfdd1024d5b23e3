//! The backups before a run: records are repointed only where the newest backup has accounted for everything.

use drayage_aws::ledger::Ledger;
use drayage_domain::run::{RunOptions, RunRecord, RunState};
use drayage_lambda_kit::error::{FunctionError, NOT_READY};

/// So many backups are looked through, newest first, for one that was no dry run.
const BACKUPS_LOOKED_AT: u32 = 20;

/// The newest backup that was neither a dry run nor limited to listed records, and is not `own`, read consistently.
pub(crate) async fn newest(ledger: &Ledger, own: &str) -> Result<Option<RunRecord>, FunctionError> {
    let runs = ledger.runs("backup", BACKUPS_LOOKED_AT).await?;
    match newest_of(&runs, own) {
        // The list is of an index, which may be behind; how the run has ended is read where it is written.
        Some(run) => Ok(ledger.run(&run.run_id).await?),
        None => Ok(None),
    }
}

/// The newest backup has to have accounted for every record.
pub(crate) async fn check_newest(ledger: &Ledger, own: &str) -> Result<(), FunctionError> {
    check(newest(ledger, own).await?.as_ref())
}

fn newest_of<'a>(newest_first: &'a [RunRecord], own: &str) -> Option<&'a RunRecord> {
    newest_first.iter().find(|run| run.run_id != own && run.work.records().is_some_and(is_backup))
}

/// Neither a plan, nor a run over some listed records, which says nothing about the others.
const fn is_backup(options: &RunOptions) -> bool {
    !options.dry_run && options.records.is_none()
}

fn check(newest: Option<&RunRecord>) -> Result<(), FunctionError> {
    let message = match newest {
        None => "nothing was backed up yet; hint: start a backup first".to_owned(),
        Some(RunRecord { state: RunState::Succeeded, .. }) => return Ok(()),
        Some(RunRecord { state: RunState::Running, run_id, .. }) => format!(
            "backup {run_id} has not come to an end; hint: wait for it, or, if its execution was stopped, start a backup \
             and let it finish"
        ),
        Some(RunRecord { state: RunState::Failed, run_id, .. }) => format!(
            "backup {run_id}, the newest one, did not account for every record; hint: its summary in \
             runs/{run_id}/summary.json says what is missing; start a backup and let it finish"
        ),
    };
    Err(FunctionError::new(NOT_READY, message))
}

#[cfg(test)]
mod tests {
    use drayage_domain::run::{PreviousBackup, Work};
    use drayage_domain::run_input::BackupInput;
    use drayage_domain::settings::{Settings, variables};

    use super::*;

    fn backup(run_id: &str, dry_run: bool, state: RunState) -> RunRecord {
        let settings = Settings::from_lookup(|name| {
            let value = match name {
                variables::SOURCE_ACCESS => "https",
                variables::SOURCE_HOSTS => "files.example.com",
                variables::STATE_BUCKET => "state-bucket",
                variables::REGION => "eu-west-1",
                variables::FILES_TABLE
                | variables::RUNS_TABLE
                | variables::DESTINATION_BUCKET
                | variables::SALESFORCE_SECRET
                | variables::COPY_QUEUE_URL => "some-name",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap();
        let input = BackupInput { dry_run, ..BackupInput::default() };
        RunRecord {
            run_id: run_id.to_owned(),
            kind: "backup".to_owned(),
            execution_arn: "arn".to_owned(),
            started_at: "2026-11-20T01:00:00.000Z".to_owned(),
            ended_at: None,
            state,
            work: Work::Records(settings.options(&input)),
            records_expected: 1,
            summary: None,
        }
    }

    #[test]
    fn dry_runs_listed_records_and_the_run_itself_are_no_backup() {
        let mut listed = backup("listed", false, RunState::Succeeded);
        if let Work::Records(options) = &mut listed.work {
            options.records = Some(vec!["a0B000000000001AAA".to_owned()]);
        }
        let runs = [
            backup("own", false, RunState::Running),
            backup("dry", true, RunState::Succeeded),
            listed,
            backup("real", false, RunState::Succeeded),
            backup("older", false, RunState::Succeeded),
        ];
        assert_eq!(newest_of(&runs, "own").map(|run| run.run_id.as_str()), Some("real"));
        assert_eq!(newest_of(&runs[..3], "own"), None);
    }

    #[test]
    fn only_a_backup_that_accounted_for_everything_makes_ready() {
        assert_eq!(check(Some(&backup("b", false, RunState::Succeeded))), Ok(()));
        for (newest, told) in [
            (None, "start a backup first"),
            (Some(backup("b", false, RunState::Running)), "has not come to an end"),
            (Some(backup("b", false, RunState::Failed)), "did not account"),
        ] {
            let error = check(newest.as_ref()).unwrap_err();
            assert_eq!(error.name, NOT_READY);
            assert!(error.message.contains(told) && error.message.contains("hint:"), "{error}");
        }
    }

    #[test]
    fn the_hours_since_the_previous_backup_are_full_ones() {
        let previous = backup("b", false, RunState::Failed);
        let seen = PreviousBackup::of(&previous, "2026-11-21T02:59:59Z").unwrap();
        assert_eq!((seen.run_id.as_str(), seen.hours_before), ("b", 25));
        assert_eq!(PreviousBackup::of(&previous, "2026-11-20T01:00:00Z"), None);
        assert_eq!(PreviousBackup::of(&previous, "yesterday"), None);
    }
}
