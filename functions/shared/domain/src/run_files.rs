//! Where a run keeps its objects in the state bucket. Lifecycle rules know prefixes only, so the first part of a key says how long
//! the object lives: what a run has planned, done and found is kept for ever, because it is the audit trail and undoes the run; what
//! only its own invocations read is removed some time after it.

/// The prefix of what is kept for ever.
pub const KEPT: &str = "runs/";

/// The prefix of temporary documents, which the state bucket's lifecycle rule expires. No run lives as long as they do.
pub const WORK: &str = "work/";

/// The key of an object that is kept.
pub fn kept(run_id: &str, file: &str) -> String {
    format!("{KEPT}{run_id}/{file}")
}

/// The key of a temporary document.
pub fn temporary(run_id: &str, file: &str) -> String {
    format!("{WORK}{run_id}/{file}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::work;
    use crate::{analysis, manifest, object_batch, switch};

    #[test]
    fn the_audit_trail_and_what_undoes_a_run_never_expire() {
        let kept = [
            manifest::run_prefix("r"),
            manifest::batches_prefix("r"),
            manifest::batch_key("r", 1),
            manifest::summary_key("r"),
            object_batch::results_key("r", 1),
            analysis::analysis_key("r"),
            analysis::accounts_key("r"),
            work::report_key("r", "index.html"),
            switch::plan::plan_key("r"),
            switch::plan::list_key("r"),
            switch::plan::rollback_file_key("r"),
            switch::results::results_key("r", 1),
            switch::verification::verification_key("r", 1),
            switch::summary::review_key("r"),
            switch::summary::report_key("r"),
            switch::approval::approval_key("r"),
        ];
        for key in kept {
            assert!(key.starts_with("runs/r/") && !key.starts_with(WORK), "{key}");
        }
    }

    #[test]
    fn what_only_a_runs_own_invocations_read_expires() {
        let temporary = [
            analysis::progress_key("r"),
            switch::lane::lanes_prefix("r"),
            switch::lane::lane_key("r", 1),
            work::run_key("r"),
            work::shards_prefix("r", 1),
            work::shard_key("r", 1, 1),
            work::state_key("r", 1, 1),
            work::findings_key("r", 1, 1, 1),
            work::round_key("r", 1),
        ];
        for key in temporary {
            assert!(key.starts_with("work/r/") && !key.starts_with(KEPT), "{key}");
        }
    }
}
