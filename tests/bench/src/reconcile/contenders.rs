//! The commands that are compared, and how to read what they say.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use drayage_domain::reconcile::{Category, Difference};
use serde_json::Value;
use tokio::process::Command;

use super::score::Said;
use crate::tools::{as_test_user, rclone_of};

/// Objects at once, for tools that have such a setting.
const CONCURRENCY: &str = "64";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contender {
    /// The product's comparison, level etag, all shards at the same time in one process.
    Ours,
    /// The same, one shard after the other: an invocation of the function has no more than one.
    OursInTurn,
    /// `rclone check`, with the listing that takes the fewest requests.
    Rclone,
    /// `s3sync --dry-run --check-etag --delete`, which tells what it would copy and delete. Its `--report-sync-status` sends a
    /// `HEAD` per key and does not see what is in the destination only.
    S3sync,
}

/// Where a run finds everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) rclone: &'a Path,
    pub(super) s3sync: Option<&'a Path>,
    /// A server with buckets `src` and `dst`.
    pub(super) endpoint: &'a str,
    /// An empty directory for what the tool says.
    pub(super) output: &'a Path,
}

impl Contender {
    pub(super) const ALL: [Self; 4] = [Self::Ours, Self::OursInTurn, Self::Rclone, Self::S3sync];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Ours => "ours, 8 shards at once",
            Self::OursInTurn => "ours, 1 shard at a time",
            Self::Rclone => "rclone check",
            Self::S3sync => "s3sync",
        }
    }

    pub(super) const fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::OursInTurn)
    }

    /// Exit codes of a run to its end; rclone ends with 1 if there are differences.
    pub(super) const fn exit_codes(self) -> &'static [i32] {
        match self {
            Self::Ours | Self::OursInTurn | Self::S3sync => &[0],
            Self::Rclone => &[0, 1],
        }
    }

    pub(super) fn command(self, places: Places<'_>) -> Result<Command> {
        let mut command = match self {
            Self::Ours => ours(places, "8")?,
            Self::OursInTurn => ours(places, "1")?,
            Self::Rclone => rclone(places),
            Self::S3sync => s3sync(places)?,
        };
        as_test_user(&mut command);
        Ok(command)
    }

    /// What the tool said of keys, from its output.
    pub(super) fn said(self, output: &Path) -> Result<Vec<(String, Said)>> {
        match self {
            Self::Ours | Self::OursInTurn => said_by_us(output),
            Self::Rclone => said_by_rclone(output),
            Self::S3sync => said_by_s3sync(output),
        }
    }
}

fn ours(places: Places<'_>, at_once: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["compare-buckets", "--endpoint", places.endpoint]);
    command.args(["--at-once", at_once, "--findings"]);
    command.arg(places.output).stdout(Stdio::null());
    Ok(command)
}

/// The files of `rclone check`: which flag writes each, and what a key in it means.
const RCLONE_FILES: [(&str, Said); 4] = [
    ("missing-on-dst", Said::Missing),
    ("missing-on-src", Said::Extra),
    ("differ", Said::Differs),
    ("error", Said::NotVerifiable),
];

fn rclone(places: Places<'_>) -> Command {
    let mut command = rclone_of(places.rclone, places.endpoint, places.endpoint);
    command.args(["check", "src:src", "dst:dst", "--fast-list", "--checkers", CONCURRENCY]);
    for (file, _) in RCLONE_FILES {
        command.arg(format!("--{file}")).arg(places.output.join(file));
    }
    // It tells every difference there again.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn s3sync(places: Places<'_>) -> Result<Command> {
    let mut command = Command::new(places.s3sync.context("s3sync is not there")?);
    command.args(["--dry-run", "--check-etag", "--delete", "--source-force-path-style"]);
    command.args(["--target-force-path-style", "--worker-size", CONCURRENCY, "--json-tracing"]);
    for side in ["source", "target"] {
        command.args([&format!("--{side}-endpoint-url"), places.endpoint]);
        command.args([&format!("--{side}-access-key"), "test"]);
        command.args([&format!("--{side}-secret-access-key"), "test"]);
        command.args([&format!("--{side}-region"), "us-east-1"]);
    }
    command.args(["s3://src/", "s3://dst/"]);
    command.stdout(std::fs::File::create(places.output.join("log"))?).stderr(Stdio::null());
    Ok(command)
}

fn said_by_us(output: &Path) -> Result<Vec<(String, Said)>> {
    let mut said = Vec::new();
    for file in std::fs::read_dir(output)? {
        for line in std::fs::read_to_string(file?.path())?.lines() {
            let difference: Difference = serde_json::from_str(line)?;
            let meant = match difference.verdict.category() {
                Category::Missing => Said::Missing,
                Category::Extra => Said::Extra,
                Category::SizeDiffers => Said::SizeDiffers,
                Category::ContentDiffers => Said::ContentDiffers,
                Category::NotVerifiable => Said::NotVerifiable,
                // Nobody writes these down; as a false alarm it is seen.
                Category::Match => Said::Differs,
            };
            said.push((difference.key, meant));
        }
    }
    Ok(said)
}

fn said_by_rclone(output: &Path) -> Result<Vec<(String, Said)>> {
    let mut said = Vec::new();
    for (file, meant) in RCLONE_FILES {
        let keys = std::fs::read_to_string(output.join(file))
            .with_context(|| format!("rclone has not written {file}"))?;
        said.extend(keys.lines().map(|key| (key.to_owned(), meant)));
    }
    Ok(said)
}

fn said_by_s3sync(output: &Path) -> Result<Vec<(String, Said)>> {
    let mut said = Vec::new();
    for line in std::fs::read_to_string(output.join("log"))?.lines() {
        let event: Value = serde_json::from_str(line)?;
        let field = |name: &str| event.pointer(&format!("/fields/{name}")).and_then(Value::as_str);
        let meant = match field("message") {
            Some("[dry-run] sync completed.") => Said::WouldCopy,
            Some("[dry-run] delete completed.") => Said::Extra,
            Some(_) | None => continue,
        };
        said.push((field("key").context("an event without key")?.to_owned(), meant));
    }
    Ok(said)
}
