//! `dray report`: downloads the report of a run, and opens it.

mod fetch;
mod names;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use self::fetch::Fetched;
use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::output::{counted, data, json, note};
use crate::view::{RunStatus, RunView, find_run};

const EXAMPLES: &str = "Examples:
  dray report last                          the page of the newest run, in the browser
  dray report last-reconcile --all          with the tables, the plan and the script beside it, too
  dray report RUN --all -o reports/ --json  for scripts: what was downloaded, as JSON

Exit status:
  0  the files are there
  1  the run has no report, or not every file could be written
  3  AWS or the stack cannot be reached";

/// Downloads the page that a run has written for people, and opens it in the browser where there is one.
///
/// Files that are there already are replaced, each in one step. Nothing is changed in AWS.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Report {
    /// The run: its id or the beginning of it, the ARN of its execution, last, or last-KIND such as last-backup.
    run: String,
    /// Also the tables, scripts, plans and lists of the run.
    #[arg(long)]
    all: bool,
    /// Where the files go [default: ./drayage-RUN].
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Do not open the page.
    #[arg(long)]
    no_open: bool,
}

/// What was downloaded.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Downloaded {
    run_id: String,
    files: Vec<Fetched>,
}

/// `dray report`.
pub(crate) async fn run(arguments: &Report, common: &Common) -> Result<Verdict, Failure> {
    if let Some(directory) = &arguments.output
        && directory.exists()
        && !directory.is_dir()
    {
        return Err(Failure::usage(
            format!("{} is not a directory", directory.display()),
            "give a directory by --output; it is made if it is not there",
        ));
    }
    let connection = Connection::open(&common.stack).await?;
    let run = find_run(&connection, &arguments.run).await?;
    let downloaded = download(&connection, &run, arguments).await?;
    if common.json {
        json(&serde_json::to_value(&downloaded).unwrap_or_default())?;
        return Ok(Verdict::Clean);
    }
    let paths: Vec<&str> = downloaded.files.iter().map(|file| file.path.as_str()).collect();
    data(&paths.join("\n"))?;
    let bytes = downloaded.files.iter().map(|file| file.bytes).sum();
    let count = counted(downloaded.files.len() as u64, "file");
    note(&format!("{count}, {}", indicatif::HumanBytes(bytes)));
    let page = downloaded.files.iter().find(|file| file.name == names::PAGE);
    if let Some(page) = page
        && !arguments.no_open
        && has_browser()
    {
        open_page(Path::new(&page.path));
    }
    Ok(Verdict::Clean)
}

async fn download(
    connection: &Connection,
    run: &RunView,
    arguments: &Report,
) -> Result<Downloaded, Failure> {
    let page = names::page_key(run, &connection.stack.state_bucket);
    let keys = if arguments.all {
        fetch::listed(connection, &run.run_id, &page).await?
    } else {
        vec![page]
    };
    let directory = match &arguments.output {
        Some(directory) => directory.clone(),
        None => names::directory(&run.run_id)?,
    };
    let files = fetch::all(connection, &keys, &directory).await?;
    if files.is_empty() {
        return Err(none(run));
    }
    Ok(Downloaded { run_id: run.run_id.clone(), files })
}

fn none(run: &RunView) -> Failure {
    let hint = match run.status {
        RunStatus::Running | RunStatus::WaitingForApproval | RunStatus::Paused => {
            "it is written when the run ends; dray status tells how far it is"
        }
        RunStatus::Succeeded
        | RunStatus::Failed
        | RunStatus::Stopped
        | RunStatus::TimedOut
        | RunStatus::Skipped
        | RunStatus::Lost => {
            "runs that were broken off and runs without a comparison have none; dray status lists the others, and --all gets what \
             else the run has written"
        }
    };
    Failure::failed(format!("the {} {} has no report", run.kind, run.run_id), hint)
}

/// A person who looks at a terminal, and a display: not a build server, not a session over SSH.
fn has_browser() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let needs_display = cfg!(all(unix, not(target_os = "macos")));
    std::io::stdout().is_terminal()
        && !is_set("CI")
        && (!needs_display || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
}

/// The page is there, whether or not a browser shows it.
fn open_page(page: &Path) {
    if let Err(error) = open::that_detached(page) {
        note(&format!("note: the browser could not be started ({error}); open the page yourself"));
    }
}

#[cfg(test)]
mod tests;
