//! The functions as zips that Lambda takes: one file `bootstrap` each. The same binary always makes the same bytes, so that a
//! deployment of what is deployed already changes nothing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use zip::write::SimpleFileOptions;

/// More would slow down cold starts, and is a sign of something in the binary that does not belong there.
pub(crate) const ZIP_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What becomes of the binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Release builds, stripped by their profile: packed as small as possible.
    Release,
    /// Debug builds for an emulator on this machine: stripped here, and packed fast.
    Emulator,
}

impl Purpose {
    fn level(self) -> i64 {
        match self {
            Self::Release => 9,
            Self::Emulator => 1,
        }
    }
}

/// The zip of a function.
#[derive(Debug, Clone)]
pub(crate) struct Zip {
    pub(crate) function: String,
    pub(crate) path: PathBuf,
}

/// Zips the functions of `binaries` into `cache`, all at a time; a zip is kept until its binary changes.
pub(crate) fn make(
    functions: &[String],
    binaries: &Path,
    cache: &Path,
    purpose: Purpose,
) -> Result<Vec<Zip>> {
    fs::create_dir_all(cache).with_context(|| format!("{} cannot be created", cache.display()))?;
    let zip = |function: &String| -> Result<Zip> {
        let path = cache.join(function);
        one(function, &binary(binaries, function), &path, purpose)?;
        Ok(Zip { function: function.clone(), path })
    };
    std::thread::scope(|scope| {
        let started: Vec<_> =
            functions.iter().map(|function| scope.spawn(move || zip(function))).collect();
        let joined = started.into_iter().map(|thread| match thread.join() {
            Ok(made) => made,
            Err(_) => bail!("a thread that zips has panicked"),
        });
        joined.collect()
    })
}

/// `NAME/bootstrap`, as cargo-lambda puts it, or the program itself, as Cargo does.
fn binary(binaries: &Path, function: &str) -> PathBuf {
    let bootstrap = binaries.join(function).join("bootstrap");
    if bootstrap.is_file() { bootstrap } else { binaries.join(function) }
}

fn one(function: &str, binary: &Path, archive: &Path, purpose: Purpose) -> Result<()> {
    let modified = check_fresh(binary, function)?;
    if fs::metadata(archive).and_then(|made| made.modified()).is_ok_and(|made| made > modified) {
        return Ok(());
    }
    let cache = archive.parent().unwrap_or(archive);
    let scratch = tempfile::tempdir_in(cache).context("no temporary directory")?;
    let packed = match purpose {
        Purpose::Emulator => strip(binary, scratch.path()),
        Purpose::Release => binary.to_path_buf(),
    };
    let unfinished = scratch.path().join("archive");
    write(&packed, &unfinished, purpose.level())
        .with_context(|| format!("{function} cannot be zipped"))?;
    // Renamed into place, so that a reader never sees half of it.
    fs::rename(&unfinished, archive).context("the zip cannot be put in place")
}

/// When the binary was made, or an error when it is missing or older than a source it was made from.
fn check_fresh(binary: &Path, function: &str) -> Result<SystemTime> {
    let Ok(metadata) = fs::metadata(binary) else {
        bail!(
            "the function binary {} is missing; hint: cargo build --workspace --bins, or leave out --no-build and --binaries",
            binary.display()
        );
    };
    let modified = metadata.modified()?;
    // Cargo writes the sources that a binary was made from next to it, in the form of a Makefile rule.
    let rule = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    for source in rule_sources(&rule) {
        let changed = fs::metadata(&source).and_then(|source| source.modified());
        if changed.is_ok_and(|changed| changed > modified) {
            bail!(
                "the binary of {function} is older than {}; hint: cargo build --workspace --bins",
                source.display()
            );
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
fn strip(binary: &Path, scratch: &Path) -> PathBuf {
    let stripped = scratch.join("bootstrap");
    let mut command = Command::new("strip");
    command.arg("-o").arg(&stripped).arg(binary).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => stripped,
        Ok(_) | Err(_) => binary.to_path_buf(),
    }
}

fn write(bootstrap: &Path, archive: &Path, level: i64) -> Result<()> {
    let options = SimpleFileOptions::default()
        // The earliest time that a zip can hold; that of the build would make other bytes each time.
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755)
        .compression_level(Some(level));
    let mut writer = zip::ZipWriter::new(File::create(archive)?);
    writer.start_file("bootstrap", options)?;
    io::copy(&mut File::open(bootstrap)?, &mut writer)?;
    writer.finish()?;
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
    fn the_same_binary_makes_the_same_bytes_later() {
        let directory = tempfile::tempdir().unwrap();
        let binaries = directory.path().join("binaries");
        fs::create_dir_all(binaries.join("copy")).unwrap();
        let bootstrap = binaries.join("copy").join("bootstrap");
        fs::write(&bootstrap, "#!/bin/sh\n".repeat(1000)).unwrap();
        let functions = ["copy".to_owned()];
        let made = |cache: &str| {
            let cache = directory.path().join(cache);
            let zips = make(&functions, &binaries, &cache, Purpose::Release).unwrap();
            fs::read(&zips[0].path).unwrap()
        };
        let first = made("first");
        let year = std::time::Duration::from_hours(24 * 365);
        let modified = fs::metadata(&bootstrap).unwrap().modified().unwrap();
        File::open(&bootstrap).unwrap().set_modified(modified - year).unwrap();
        assert_eq!(made("second"), first);
        let mut zip = zip::ZipArchive::new(io::Cursor::new(first)).unwrap();
        let mut entry = zip.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("#!/bin/sh\n"));
    }
}
