//! A staging directory: the template, the state machines and the function binaries, laid out as the template's
//! relative paths expect them.
//!
//! Debug binaries are large, so each is stripped and zipped once and then kept until it changes. The template names a
//! directory per function; a zip in its place is uploaded as it is by `aws cloudformation package`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::process::Command;
use zip::write::SimpleFileOptions;

use crate::tool;
use crate::workspace::Workspace;

/// The functions of the template; package, binary and directory carry the same name.
pub(crate) const FUNCTIONS: [&str; 12] = [
    "preflight",
    "enumerate",
    "analyze",
    "copy",
    "dead-letter",
    "reconcile-plan",
    "reconcile",
    "reconcile-report",
    "switch-plan",
    "switch-urls",
    "approval",
    "finalize",
];

/// The largest zip that Lambda takes is 50 MB for a direct upload
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>); a fast level is enough for loopback.
const COMPRESSION_LEVEL: i64 = 1;
/// As many deployments could replace a zip while one links it; each replaces it once.
const LINK_ATTEMPTS_MAX: u32 = 10;

/// A staging directory of one deployment; deleted when dropped. Several stacks are deployed at once by tests.
#[derive(Debug)]
pub(crate) struct Stage {
    directory: TempDir,
}

impl Stage {
    /// Fills a staging directory. The zips come from a cache that all deployments share.
    pub(crate) async fn prepare(workspace: &Workspace) -> Result<Self> {
        let cache = workspace.drayage().join("lambda");
        fs::create_dir_all(&cache).context("the cache of zips cannot be created")?;
        let directory = tempfile::Builder::new()
            .prefix("stage-")
            .tempdir_in(workspace.drayage())
            .context("the staging directory cannot be created")?;
        for part in ["infra", "statemachine"] {
            let source = workspace.root().join(part);
            if !source.is_dir() {
                bail!("{} is missing; hint: the checkout is not complete", source.display());
            }
            copy_directory(&source, &directory.path().join(part))
                .with_context(|| format!("{part} cannot be staged"))?;
        }
        let lambda = directory.path().join("target").join("lambda");
        fs::create_dir_all(&lambda).context("the staging directory cannot be created")?;
        let staged = FUNCTIONS.map(|function| stage_function(workspace, &cache, function));
        futures::future::try_join_all(staged).await?;
        for function in FUNCTIONS {
            link(&cache.join(function), &lambda.join(function))
                .with_context(|| format!("{function} cannot be staged"))?;
        }
        Ok(Self { directory })
    }

    /// The template.
    pub(crate) fn template(&self) -> PathBuf {
        self.directory.path().join("infra").join("template.yaml")
    }
}

/// Strips and zips one function unless the zip at hand was made from the same binary.
async fn stage_function(workspace: &Workspace, cache: &Path, function: &str) -> Result<()> {
    let binary = workspace.binaries().join(function);
    let modified = check_fresh(&binary, function)?;
    let archive = cache.join(function);
    if archive.is_file() && fs::metadata(&archive)?.modified()? > modified {
        return Ok(());
    }
    let scratch = tempfile::tempdir_in(cache).context("no temporary directory")?;
    let stripped = strip(&binary, scratch.path()).await?;
    let unfinished = scratch.path().join("archive");
    let made = unfinished.clone();
    tokio::task::spawn_blocking(move || make_zip(&stripped, &made))
        .await?
        .with_context(|| format!("{function} cannot be zipped"))?;
    // Renamed into place, so that a reader never sees half of it.
    fs::rename(&unfinished, &archive).context("the zip cannot be put in place")
}

/// A link costs nothing, and stays whole when another deployment replaces the zip. One that is replaced at this very moment has
/// no name any more, and cannot be linked: then the new one is.
fn link(archive: &Path, target: &Path) -> io::Result<()> {
    for _ in 1..LINK_ATTEMPTS_MAX {
        match fs::hard_link(archive, target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            linked => return linked,
        }
    }
    fs::hard_link(archive, target)
}

/// When the binary was made, or an error when it is missing or older than a source it was made from.
fn check_fresh(binary: &Path, function: &str) -> Result<SystemTime> {
    let hint =
        format!("hint: cargo build {}", FUNCTIONS.map(|name| format!("-p {name}")).join(" "));
    let Ok(metadata) = fs::metadata(binary) else {
        bail!("the function binary {} is missing; {hint}", binary.display());
    };
    let modified = metadata.modified()?;
    // Cargo writes the sources that a binary was made from next to it, in the form of a Makefile rule.
    let rule = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    for source in rule_sources(&rule) {
        let changed = fs::metadata(&source).and_then(|source| source.modified());
        if changed.is_ok_and(|changed| changed > modified) {
            bail!("the binary of {function} is older than {}; {hint}", source.display());
        }
    }
    Ok(modified)
}

/// The prerequisites of a Makefile rule, in which a blank within a path is escaped.
fn rule_sources(rule: &str) -> Vec<PathBuf> {
    let Some((_, sources)) = rule.lines().next().unwrap_or_default().split_once(": ") else {
        return Vec::new();
    };
    sources
        .replace("\\ ", "\0")
        .split_whitespace()
        .map(|source| PathBuf::from(source.replace('\0', " ")))
        .collect()
}

/// A copy without debug symbols; the binary itself where `strip` is not installed.
async fn strip(binary: &Path, scratch: &Path) -> Result<PathBuf> {
    let stripped = scratch.join("bootstrap");
    let mut command = Command::new("strip");
    command.arg("-o").arg(&stripped).arg(binary);
    match tool::run(&mut command, "strip the binary", "").await {
        Ok(_) => Ok(stripped),
        Err(_) => Ok(binary.to_path_buf()),
    }
}

fn make_zip(bootstrap: &Path, archive: &Path) -> Result<()> {
    let options = SimpleFileOptions::default()
        .unix_permissions(0o755)
        .compression_level(Some(COMPRESSION_LEVEL));
    let mut writer = zip::ZipWriter::new(File::create(archive)?);
    writer.start_file("bootstrap", options)?;
    io::copy(&mut File::open(bootstrap)?, &mut writer)?;
    writer.finish()?;
    Ok(())
}

/// Copies a directory with everything in it.
fn copy_directory(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let copy = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_rule_names_its_sources_with_their_blanks() {
        let rule = "/t/debug/copy: /a/b.rs /with\\ blank/c.rs\n";
        assert_eq!(rule_sources(rule), [Path::new("/a/b.rs"), Path::new("/with blank/c.rs")]);
        assert!(rule_sources("").is_empty());
    }

    #[test]
    fn a_binary_older_than_its_source_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (binary, source) = (directory.path().join("copy"), directory.path().join("lib.rs"));
        assert!(
            check_fresh(&binary, "copy").unwrap_err().to_string().contains("hint: cargo build")
        );
        fs::write(&binary, "").unwrap();
        fs::write(&source, "").unwrap();
        let rule = format!("copy: {}\n", source.display().to_string().replace(' ', "\\ "));
        fs::write(binary.with_extension("d"), rule).unwrap();
        let now = fs::metadata(&binary).unwrap().modified().unwrap();
        let hour = std::time::Duration::from_hours(1);
        File::open(&source).unwrap().set_modified(now - hour).unwrap();
        assert!(check_fresh(&binary, "copy").is_ok());
        File::open(&source).unwrap().set_modified(now + hour).unwrap();
        assert!(check_fresh(&binary, "copy").unwrap_err().to_string().contains("is older than"));
    }

    #[test]
    fn a_zip_holds_an_executable_bootstrap() {
        let directory = tempfile::tempdir().unwrap();
        let (program, archive) = (directory.path().join("program"), directory.path().join("zip"));
        fs::write(&program, "#!/bin/sh\n").unwrap();
        make_zip(&program, &archive).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(&archive).unwrap()).unwrap();
        let mut entry = zip.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert_eq!(text, "#!/bin/sh\n");
    }
}
