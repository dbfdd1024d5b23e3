//! Developer tasks that are too long for shell: the linters of state machine definitions, of templates and of what watches
//! the stack, the checks of the workspace's layout and of the runbook. Run as `cargo xtask <task>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to a terminal"
)]

mod asl;
mod finding;
mod layout;
mod monitoring;
mod runbook;
mod sbom;
mod template;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::finding::Finding;

#[derive(Debug, Parser)]
#[command(about = "Developer tasks of the workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Checks every definition under statemachine/ against our rules.
    LintAsl,
    /// Checks the invariants of ARCHITECTURE.md that a script can check.
    LintLayout,
    /// Checks that the runbook has an entry for every label, error name and alarm.
    LintRunbook,
    /// Checks the templates under infra/ against our rules, and docs/permissions.md against the template.
    LintTemplate,
    /// Writes docs/permissions.md: who may do what, and why.
    Permissions,
    /// Checks that the monitoring stack watches what functions tell.
    LintMonitoring,
    /// Writes the bill of materials of what is shipped, as `CycloneDX`.
    Sbom {
        /// What the functions are built for, such as `aarch64-unknown-linux-gnu`.
        #[arg(long)]
        target: String,
        /// File to write to.
        out: PathBuf,
    },
    /// Writes the definitions with their substitutions filled in, for validators that do not know substitutions.
    RenderAsl {
        /// Directory to write to; created if it is missing.
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::LintAsl => asl::lint_all().map(|findings| report("lint-asl", &findings)),
        Task::LintLayout => layout::lint_all().map(|findings| report("lint-layout", &findings)),
        Task::LintRunbook => runbook::lint_all().map(|findings| report("lint-runbook", &findings)),
        Task::LintTemplate => template::lint_all().map(|found| report("lint-template", &found)),
        Task::Permissions => template::write_permissions().map(|()| ExitCode::SUCCESS),
        Task::LintMonitoring => {
            monitoring::lint_all().map(|findings| report("lint-monitoring", &findings))
        }
        Task::Sbom { target, out } => sbom::write(&target, &out).map(|()| ExitCode::SUCCESS),
        Task::RenderAsl { out } => asl::render_all(&out).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

/// Prints the findings. 0: none, 1: some; 2 (elsewhere): the check itself could not be done.
fn report(task: &str, findings: &[Finding]) -> ExitCode {
    for finding in findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        eprintln!("{task}: nothing to report");
        ExitCode::SUCCESS
    } else {
        eprintln!("{task}: {} findings", findings.len());
        ExitCode::FAILURE
    }
}
