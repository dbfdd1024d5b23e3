//! Repoints the records of a backup in every mode, in turn with simple-salesforce writing the same URLs into the same records.
//!
//! After every turn the records are read from the simulator's memory: they hold the new URLs, and the original ones again
//! after the rollback, or there is no figure at all.

mod calls;
mod peer;
mod records;
mod report;
mod stage;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use drayage_domain::switch::mode::UpdateMode;
use drayage_local::progress::note;
use serde_json::{Map, Value};

use self::peer::Way;
use self::records::Urls;
pub(crate) use self::report::Report;
use self::report::{Turn, Undo};
use self::stage::{Requests, Stage};

#[derive(Debug, Args)]
pub(crate) struct SwitchArguments {
    /// The Python that has simple-salesforce.
    #[arg(long)]
    python: PathBuf,
    /// Number of records.
    #[arg(long, default_value_t = 5_000)]
    records: usize,
    /// A tenth of the records.
    #[arg(long)]
    quick: bool,
    /// Seed of the data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Modes of ours, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "guarded,collections,bulk")]
    modes: Vec<Mode>,
    /// Turns of every contender; the median of each figure is shown.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A mode of ours; named as in the input of a `migrate` execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Guarded,
    Collections,
    Bulk,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Collections => "collections",
            Self::Bulk => "bulk",
        }
    }

    const fn update_mode(self) -> UpdateMode {
        match self {
            Self::Guarded => UpdateMode::Guarded,
            Self::Collections => UpdateMode::Collections,
            Self::Bulk => UpdateMode::Bulk,
        }
    }
}

/// Gives every contender its turns.
pub(crate) async fn switch(arguments: &SwitchArguments) -> Result<Report> {
    let records = if arguments.quick { arguments.records / 10 } else { arguments.records };
    ensure!(records > 0, "hint: --records 5000");
    ensure!(!arguments.modes.is_empty(), "hint: --modes guarded,collections,bulk");
    let stage = Stage::set(records, arguments.seed).await?;
    let mut new_urls: Option<Urls> = None;
    let mut turns = Vec::new();
    for _ in 0..arguments.repeat {
        for mode in &arguments.modes {
            let turn = Box::pin(ours(&stage, *mode, &mut new_urls))
                .await
                .with_context(|| format!("ours, {}", mode.name()))?;
            turns.push(told(turn, records));
        }
        for way in Way::ALL {
            let new_urls = new_urls.as_ref().context("nobody has switched anything")?;
            let turn =
                theirs(arguments, &stage, way, new_urls).await.with_context(|| way.label())?;
            turns.push(told(turn, records));
        }
    }
    Ok(Report::new(records, &turns))
}

fn told(turn: Turn, records: usize) -> Turn {
    note(&format!("{}: {records} records in {:.2} s", turn.contender, turn.wall_seconds));
    turn
}

/// A migrate and its rollback.
///
/// * `new_urls`: what the records have to hold; found out by the first turn.
async fn ours(stage: &Stage, mode: Mode, new_urls: &mut Option<Urls>) -> Result<Turn> {
    let migrate = stage.migrate(mode.name()).await?;
    let taken = migrate.summary.mode.as_ref().map(|decision| decision.mode);
    ensure!(taken == Some(mode.update_mode()), "the run took the mode {taken:?}");
    match new_urls {
        Some(new_urls) => records::ensure_held(stage.org()?, new_urls)?,
        None => *new_urls = Some(stage.new_urls().await?),
    }
    let rollback = stage.rollback(mode.name()).await?;
    records::ensure_held(stage.org()?, &stage.originals)?;
    Ok(Turn {
        contender: format!("ours, {}", mode.name()),
        wall_seconds: migrate.wall_seconds,
        switch_seconds: migrate.switch_seconds,
        cpu_seconds: migrate.cpu_seconds,
        calls: migrate.calls,
        requests: migrate.requests,
        undo: Some(Undo { wall_seconds: rollback.wall_seconds, calls: rollback.calls }),
    })
}

async fn theirs(
    arguments: &SwitchArguments,
    stage: &Stage,
    way: Way,
    new_urls: &Urls,
) -> Result<Turn> {
    let org = stage.org()?;
    let field = org.config().url_field;
    let updates: Vec<Value> = new_urls
        .iter()
        .map(|(id, url)| {
            let row = [("Id".to_owned(), id.as_str().into()), (field.clone(), url.as_str().into())];
            Value::Object(Map::from_iter(row))
        })
        .collect();
    org.record_calls();
    let took = peer::update(&arguments.python, &stage.peers, way, &updates).await;
    let recorded = org.take_recorded();
    let took = took?;
    records::ensure_held(org, new_urls)?;
    records::reset(org, &stage.originals)?;
    Ok(Turn {
        contender: way.label().to_owned(),
        wall_seconds: took.wall_seconds,
        switch_seconds: took.wall_seconds,
        cpu_seconds: took.cpu_seconds,
        calls: calls::Calls::of(&recorded)?,
        requests: Requests::new(),
        undo: None,
    })
}
