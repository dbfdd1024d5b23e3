//! `dray schedule`: shows, enables or disables the schedule of incremental backups.

mod change;
mod text;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::output::{Look, data, json as print_json, note};
use crate::view::schedule;

const EXAMPLES: &str = "Examples:
  dray schedule show                  when the next backup starts, and what it does
  dray schedule disable               no scheduled backups until `dray schedule enable`
  dray schedule show --json | jq .enabled

Exit status:
  0  done, also where nothing had to be changed
  1  starts could not be delivered: show found some in the schedule's dead-letter queue
  3  AWS or the stack cannot be reached";

/// Shows, enables or disables the schedule of incremental backups.
///
/// A run that is under way is not touched. The next deployment of the template sets the schedule back to its parameter
/// `ScheduleEnabled`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ScheduleCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    /// Shows the schedule, when it starts the next backup, and whether starts could not be delivered.
    Show,
    /// Lets the schedule start backups.
    Enable,
    /// Keeps the schedule from starting backups.
    Disable,
}

/// `dray schedule`.
pub(crate) async fn run(arguments: &ScheduleCommand, common: &Common) -> Result<Verdict, Failure> {
    let connection = Connection::open(&common.stack).await?;
    match arguments.action {
        Action::Show => show(&connection, common.json).await,
        Action::Enable => set(&connection, true, common.json).await,
        Action::Disable => set(&connection, false, common.json).await,
    }
}

/// Enables or disables the schedule, and nothing else of it. Returns whether that changed anything.
pub(crate) async fn set_enabled(connection: &Connection, enabled: bool) -> Result<bool, Failure> {
    change::set(connection, enabled).await
}

async fn show(connection: &Connection, as_json: bool) -> Result<Verdict, Failure> {
    let view = schedule(connection).await?;
    if as_json {
        print_json(&serde_json::to_value(&view).unwrap_or_default())?;
    } else {
        data(&text::text(&view, Look::of_standard_output(), &jiff::tz::TimeZone::system()))?;
    }
    Ok(if view.undelivered == 0 { Verdict::Clean } else { Verdict::Left })
}

async fn set(connection: &Connection, enabled: bool, as_json: bool) -> Result<Verdict, Failure> {
    let changed = change::set(connection, enabled).await?;
    let name = &connection.stack.schedule;
    if as_json {
        print_json(&json!({"name": name, "enabled": enabled, "changed": changed}))?;
    } else {
        let state = if enabled { "enabled" } else { "disabled" };
        let already = if changed { "" } else { "already " };
        data(&format!("the schedule {name} is {already}{state}"))?;
    }
    note(&text::lasts(&connection.stack.name, enabled));
    Ok(Verdict::Clean)
}
