//! The parts of a status that were asked for, read at the same time.

use futures::future::OptionFuture;
use futures::try_join;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Asked, errors_text, overview_text, readiness_text, runs_text, tables};
use crate::accounts;
use crate::connection::Connection;
use crate::export::Table;
use crate::failure::{Failure, Verdict};
use crate::human::Moment;
use crate::layout::heading;
use crate::output::Look;
use crate::view::{self, Accounts, Attention, Overview, Readiness, RunStatus, RunView, Runs};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) overview: Option<Overview>,
    pub(super) runs: Option<Runs>,
    pub(super) accounts: Option<Accounts>,
    pub(super) errors: Option<Attention>,
    /// The run that the errors are of.
    pub(super) run: Option<String>,
    pub(super) readiness: Option<Readiness>,
}

pub(super) async fn read(connection: &Connection, asked: &Asked) -> Result<Found, Failure> {
    let run = match &asked.run {
        Some(name) => Some(view::find_run(connection, name).await?.run_id),
        None => None,
    };
    let rows = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let overview = if_asked(asked.overview.then(|| view::overview(connection)));
    let runs = if_asked(asked.runs.map(|count| view::runs(connection, rows(count), false)));
    let seen = accounts::seen();
    let accounts = if_asked(asked.accounts.then(|| view::accounts(connection, &*seen)));
    let errors = if_asked(
        asked.errors.map(|count| view::attention(connection, rows(count), run.as_deref())),
    );
    let readiness = if_asked(asked.readiness.then(|| view::readiness(connection)));
    let (overview, runs, accounts, errors, readiness) =
        try_join!(overview, runs, accounts, errors, readiness)?;
    Ok(Found { overview, runs, accounts, errors, run, readiness })
}

async fn if_asked<T>(
    asked: Option<impl Future<Output = Result<T, Failure>>>,
) -> Result<Option<T>, Failure> {
    OptionFuture::from(asked).await.transpose()
}

impl Found {
    /// One part is its own document; several are a document with a field for each.
    pub(super) fn document(&self) -> Value {
        let parts = [
            ("overview", value(self.overview.as_ref())),
            ("runs", value(self.runs.as_ref())),
            ("accounts", value(self.accounts.as_ref())),
            ("errors", value(self.errors.as_ref())),
            ("readiness", value(self.readiness.as_ref())),
        ];
        let mut parts: Vec<(&str, Value)> =
            parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        if parts.len() == 1 {
            return parts.pop().map(|(_, value)| value).unwrap_or_default();
        }
        Value::Object(
            parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
        )
    }

    pub(super) fn table(&self) -> Table {
        if let Some(runs) = &self.runs {
            return tables::runs_table(&runs.runs);
        }
        if let Some(found) = &self.accounts {
            return tables::accounts_table(&found.accounts);
        }
        self.errors.as_ref().map(|found| tables::errors_table(&found.rows)).unwrap_or_default()
    }

    pub(super) fn text(&self, look: Look, moment: &Moment) -> String {
        let mut parts: Vec<(&str, String)> = Vec::new();
        if let Some(overview) = &self.overview {
            parts.push(("Overview", overview_text::text(overview, look, moment)));
        }
        if let Some(readiness) = &self.readiness {
            parts.push(("Readiness", readiness_text::text(readiness, look)));
        }
        if let Some(runs) = &self.runs {
            parts.push(("Runs", runs_text::text(runs, look, moment)));
        }
        if let Some(found) = &self.accounts {
            parts.push(("Accounts", accounts::text(found, &found.accounts, look)));
        }
        if let Some(errors) = &self.errors {
            parts.push(("Errors", errors_text::text(errors, self.run.as_deref(), look, moment)));
        }
        if parts.len() == 1 {
            return parts.pop().map(|(_, text)| text).unwrap_or_default();
        }
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(name, text)| format!("{}\n{text}", heading(look, &name.to_uppercase())))
            .collect();
        parts.join("\n\n")
    }

    /// Whether something is left for a person.
    pub(super) fn verdict(&self) -> Verdict {
        let is_left = self.overview.as_ref().is_some_and(left_in_overview)
            || self.runs.as_ref().is_some_and(|runs| newest_failed(&runs.runs))
            || self.accounts.as_ref().is_some_and(|found| found.total.needs_attention > 0)
            || self.errors.as_ref().is_some_and(|errors| errors.total() > 0)
            || self.readiness.as_ref().is_some_and(|readiness| !readiness.ready);
        if is_left { Verdict::Left } else { Verdict::Clean }
    }
}

fn value<T: Serialize>(part: Option<&T>) -> Option<Value> {
    part.and_then(|part| serde_json::to_value(part).ok())
}

pub(super) fn left_in_overview(overview: &Overview) -> bool {
    let ledger = &overview.ledger;
    ledger.needs_attention.values().any(|count| *count > 0)
        || ledger.dead_letters > 0
        || overview.accounted_for == Some(false)
        || newest_failed(&overview.latest)
}

/// Whether the newest run that has ended did not end well.
fn newest_failed(newest_first: &[RunView]) -> bool {
    let ended = newest_first.iter().find(|run| !run.status.goes_on());
    ended.is_some_and(|run| match run.status {
        RunStatus::Failed | RunStatus::Stopped | RunStatus::TimedOut | RunStatus::Lost => true,
        RunStatus::Running
        | RunStatus::WaitingForApproval
        | RunStatus::Paused
        | RunStatus::Succeeded
        | RunStatus::Skipped => false,
    })
}
