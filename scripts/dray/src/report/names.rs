//! Which objects of the state bucket belong to a report, and what they are called on the local disk.
//!
//! Invariant: a name that comes from a key is one plain file name, so that nothing is written outside of the directory.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::view::RunView;

/// The page for people.
pub(super) const PAGE: &str = "index.html";
/// What a run writes beside its report. Other files of a run are its memory, and `approval.json` holds the right to answer for it.
const BESIDE: [&str; 8] = [
    "summary.json",
    "plan.json",
    "plan.csv",
    "review.csv",
    "rollback.jsonl",
    "analysis.json",
    "accounts.csv",
    "analysis.csv",
];

/// Where the page of a run is: where its summary says, or where every run has it.
pub(super) fn page_key(run: &RunView, state_bucket: &str) -> String {
    let told = run
        .report
        .as_deref()
        .map(|address| address.strip_prefix(&format!("s3://{state_bucket}/")).unwrap_or(address));
    let key = told.filter(|key| key.starts_with("runs/") && key.ends_with("/report/index.html"));
    key.map_or_else(|| format!("runs/{}/report/{PAGE}", run.run_id), str::to_owned)
}

/// Where files go if nothing else is said.
pub(super) fn directory(run_id: &str) -> Result<PathBuf, Failure> {
    if is_plain(run_id) {
        return Ok(PathBuf::from(format!("drayage-{run_id}")));
    }
    Err(Failure::usage(format!("{run_id:?} cannot be a directory"), "name one by --output"))
}

/// Whether this key, below `runs/<run>/`, is for people.
pub(super) fn is_beside(key: &str) -> bool {
    key.rsplit('/').next().is_some_and(|name| BESIDE.contains(&name))
}

/// The file name of a key; `None` for one that cannot be a name here.
pub(super) fn name_of(key: &str) -> Option<&str> {
    key.rsplit('/').next().filter(|name| is_plain(name))
}

/// One path component, on every system; no hidden file, no device, no stream.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(['.', '-'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_leads_out_of_the_directory() {
        for key in
            ["runs/r/report/..", "runs/r/report/", "a/.ssh", "a/b\\c", "a/C:x", "a/\u{1b}[2J"]
        {
            assert_eq!(name_of(key), None, "{key}");
        }
        assert_eq!(name_of("runs/r/report/../../etc/passwd"), Some("passwd"));
        assert_eq!(name_of("runs/r/report/differences.csv"), Some("differences.csv"));
        assert!(directory("../x").is_err());
        assert_eq!(directory("r.reconcile").unwrap(), PathBuf::from("drayage-r.reconcile"));
    }

    #[test]
    fn what_gives_rights_away_stays_where_it_is() {
        assert!(is_beside("runs/r/rollback.jsonl"));
        assert!(!is_beside("runs/r/approval.json"));
    }
}
