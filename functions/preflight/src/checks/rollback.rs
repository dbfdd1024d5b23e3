//! What a rollback is started with: a run that has switched records, or a rollback file.

use drayage_aws::ledger::Ledger;
use drayage_aws::objects::{Storage, StorageError};
use drayage_domain::problem::Problem;
use drayage_domain::switch::line::Direction;
use drayage_lambda_kit::error::{FunctionError, ROLLBACK_FILE_INVALID, STORAGE_UNAVAILABLE};

/// The run has to be one that writes new URLs.
pub(crate) async fn check_run(ledger: &Ledger, run_id: &str) -> Result<(), FunctionError> {
    let run = ledger.run(run_id).await?;
    check_kind(run_id, run.as_ref().map(|run| run.kind.as_str()))
}

fn check_kind(run_id: &str, kind: Option<&str>) -> Result<(), FunctionError> {
    let message = match kind {
        Some(kind) if kind == Direction::Switch.kind() => return Ok(()),
        Some(kind) => format!("{run_id:?} is a run of {kind}, which switches nothing"),
        None => format!("{run_id:?} is not in the ledger"),
    };
    let hint =
        "give the id of a migrate run; if the ledger is lost, give its rollback file as `file`";
    Err(FunctionError::input(&[Problem::new("run", message, hint)]))
}

/// The file has to be in the state bucket. What is in it is read when the plan is made.
pub(crate) async fn check_file(
    storage: &Storage,
    bucket: &str,
    key: &str,
) -> Result<(), FunctionError> {
    if key.starts_with("s3://") {
        let problem = Problem::new(
            "file",
            format!("{key} is not in the state bucket"),
            format!("copy it to s3://{bucket}/rollback-files/, and give its address there"),
        );
        return Err(FunctionError::input(&[problem]));
    }
    match storage.head(bucket, key).await {
        Ok(Some(file)) => check_size(bucket, key, Some(file.size_bytes)),
        Ok(None) => check_size(bucket, key, None),
        Err(error @ (StorageError::Denied { .. } | StorageError::Refused { .. })) => {
            Err(FunctionError::new(ROLLBACK_FILE_INVALID, error.to_string()))
        }
        Err(error) => Err(FunctionError::new(STORAGE_UNAVAILABLE, error.to_string())),
    }
}

fn check_size(bucket: &str, key: &str, size_bytes: Option<u64>) -> Result<(), FunctionError> {
    let what = match size_bytes {
        Some(1..) => return Ok(()),
        Some(0) => "is empty",
        None => "does not exist",
    };
    Err(FunctionError::new(
        ROLLBACK_FILE_INVALID,
        format!(
            "s3://{bucket}/{key} {what}; hint: give the key of a rollback file in the state bucket, such as \
             runs/<run>/rollback.jsonl, which the summary of a migrate names as rollbackFile"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use drayage_lambda_kit::error::INPUT_INVALID;

    use super::*;

    #[test]
    fn only_a_migrate_can_be_put_back() {
        assert_eq!(check_kind("m", Some("migrate")), Ok(()));
        for (kind, told) in [(Some("backup"), "a run of backup"), (None, "not in the ledger")] {
            let error = check_kind("r", kind).unwrap_err();
            assert_eq!(error.name, INPUT_INVALID);
            assert!(error.message.contains(told) && error.message.contains("hint:"), "{error}");
        }
    }

    #[test]
    fn a_rollback_file_has_to_be_there() {
        assert_eq!(check_size("b", "k", Some(1)), Ok(()));
        for (size, told) in [(Some(0), "is empty"), (None, "does not exist")] {
            let error = check_size("b", "k", size).unwrap_err();
            assert_eq!(error.name, ROLLBACK_FILE_INVALID);
            assert!(error.message.contains(told) && error.message.contains("hint:"), "{error}");
        }
    }
}
