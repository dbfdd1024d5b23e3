//! The run that a person means.

use super::known::Known;
use super::{RunView, gather};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

/// So many of the newest runs are looked through for one whose id begins as given.
const LOOKED_THROUGH: usize = 100;
/// So many are told where the name fits none, or several.
const TOLD: usize = 5;
/// The newest run.
const LAST: &str = "last";
const HINT: &str =
    "give a run's id or its beginning, `last` or `last-<kind>`; `dray status --runs 50` lists them";

/// What was given.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'a> {
    Last(Option<Kind>),
    Id(&'a str),
}

pub(super) async fn find(connection: &Connection, name: &str) -> Result<RunView, Failure> {
    match wanted(name)? {
        Wanted::Last(kind) => Box::pin(last(connection, kind)).await,
        Wanted::Id(id) => match Box::pin(gather::by_id(connection, id)).await? {
            Some(run) => Ok(run),
            None => Box::pin(by_beginning(connection, id)).await,
        },
    }
}

fn wanted(name: &str) -> Result<Wanted<'_>, Failure> {
    if name == LAST {
        return Ok(Wanted::Last(None));
    }
    if let Some(kind) = name.strip_prefix("last-") {
        return Kind::from_name(kind).map(|kind| Wanted::Last(Some(kind))).ok_or_else(|| {
            let kinds = Kind::ALL.map(|kind| format!("last-{}", kind.name())).join(", ");
            Failure::usage(
                format!("there is no kind of run {kind:?}"),
                format!("give one of {kinds}"),
            )
        });
    }
    let id = if name.starts_with("arn:") { name.rsplit(':').next().unwrap_or("") } else { name };
    // Names of executions; anything else would lead to another key of the state bucket.
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if id.is_empty() || !id.chars().all(is_name) || id.chars().all(|c| c == '.') {
        return Err(Failure::usage(format!("{name:?} is no run"), HINT));
    }
    Ok(Wanted::Id(id))
}

async fn last(connection: &Connection, kind: Option<Kind>) -> Result<RunView, Failure> {
    // Those that may contain a run of the kind tell which are steps of others.
    let mut kinds = vec![Kind::SinglePhase, Kind::Transfer, Kind::Migrate];
    kinds.extend(kind);
    kinds.sort_unstable();
    kinds.dedup();
    let kinds = if kind.is_some() { kinds.as_slice() } else { Kind::ALL.as_slice() };
    let depth = if kind.is_some() { LOOKED_THROUGH } else { 1 };
    let found = gather::list(connection, kinds, depth, false).await?;
    let newest = found.into_iter().find(|run| kind.is_none_or(|kind| run.kind == kind.name()));
    let Some(run) = newest else {
        let what = kind.map_or_else(String::new, |kind| format!(" of the kind {}", kind.name()));
        return Err(Failure::usage(
            format!("the stack {} has no run{what} yet", connection.stack.name),
            "start one, such as `dray backup`",
        ));
    };
    Box::pin(complete(connection, run)).await
}

async fn complete(connection: &Connection, run: Known) -> Result<RunView, Failure> {
    let is_paused = connection.ledger.paused().await?.is_some();
    Box::pin(gather::completed(connection, run, is_paused)).await
}

async fn by_beginning(connection: &Connection, beginning: &str) -> Result<RunView, Failure> {
    let mut runs = gather::list(connection, &Kind::ALL, LOOKED_THROUGH, true).await?;
    match choice(&runs, beginning)? {
        Some(index) => Box::pin(complete(connection, runs.swap_remove(index))).await,
        None => Err(Failure::usage(
            format!("there is no run {beginning}{}", near(&runs, beginning)),
            HINT,
        )),
    }
}

/// Which of them begins so.
fn choice(runs: &[Known], beginning: &str) -> Result<Option<usize>, Failure> {
    let mut fit: Vec<(usize, &Known)> =
        runs.iter().enumerate().filter(|(_, run)| run.run_id.starts_with(beginning)).collect();
    // A run and its steps begin alike; the run is meant.
    if fit.len() > 1 {
        fit.retain(|(_, run)| run.parent_run.is_none());
    }
    match fit.as_slice() {
        [(index, _)] => Ok(Some(*index)),
        [] => Ok(None),
        several => {
            let told: Vec<&str> =
                several.iter().take(TOLD).map(|(_, run)| run.run_id.as_str()).collect();
            Err(Failure::usage(
                format!("{} runs begin with {beginning}: {}", several.len(), told.join(", ")),
                "give more of the id",
            ))
        }
    }
}

/// Those that look most like it, or the newest.
fn near(runs: &[Known], name: &str) -> String {
    let alike = |run: &&Known| {
        run.run_id.chars().zip(name.chars()).take_while(|(one, other)| one == other).count()
    };
    let mut runs: Vec<&Known> = runs.iter().filter(|run| run.parent_run.is_none()).collect();
    if runs.is_empty() {
        return "; there is none at all yet".to_owned();
    }
    runs.sort_by_key(|run| std::cmp::Reverse(alike(run)));
    let told: Vec<&str> = runs.iter().take(TOLD).map(|run| run.run_id.as_str()).collect();
    format!("; near are {}", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_has_to_be_of_one_run() {
        let runs = ["backup-2", "backup-1", "migrate-1", "migrate-1-backup"];
        let mut runs = runs.map(|id| Known::new(id, "backup"));
        runs[3].parent_run = Some("migrate-1".to_owned());
        assert_eq!(choice(&runs, "backup-1"), Ok(Some(1)));
        assert_eq!(choice(&runs, "migrate"), Ok(Some(2)));
        assert_eq!(choice(&runs, "migrate-1-b"), Ok(Some(3)));
        assert_eq!(choice(&runs, "x"), Ok(None));
        let failure = choice(&runs, "backup").unwrap_err();
        assert_eq!(failure.message, "2 runs begin with backup: backup-2, backup-1");
        assert_eq!(near(&runs, "migrata"), "; near are migrate-1, backup-2, backup-1");
        assert_eq!(near(&[], "x"), "; there is none at all yet");
    }

    #[test]
    fn a_run_is_named_in_several_ways() {
        assert_eq!(wanted("last"), Ok(Wanted::Last(None)));
        assert_eq!(wanted("last-backup"), Ok(Wanted::Last(Some(Kind::Backup))));
        assert_eq!(wanted("arn:aws:states:eu-west-1:1:execution:m:r-1"), Ok(Wanted::Id("r-1")));
        assert_eq!(wanted("r-1.repair-2"), Ok(Wanted::Id("r-1.repair-2")));
        for wrong in ["last-week", "", "../x", "..", "arn:x:", "a b"] {
            assert_eq!(wanted(wrong).unwrap_err().kind, crate::failure::Kind::Usage, "{wrong}");
        }
    }
}
