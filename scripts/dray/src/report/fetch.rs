//! Finds and downloads the files of a report: to a temporary file beside the place, then in its place in one step.

use std::path::Path;
use std::time::Duration;

use drayage_aws::objects::StorageError;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::names;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::note;

/// A list of differences takes about 300 bytes each: this is one of a hundred million.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024 * 1024;
/// A run has a handful of files; the rest of a listing that is longer is not of a report.
const FILES_MAX: i32 = 200;
/// How often the bar moves.
const TICK: Duration = Duration::from_millis(200);
const BAR: &str = "{msg}  {bytes}  {bytes_per_sec}  {elapsed}";

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fetched {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) bytes: u64,
}

/// Keys of everything that a run has for people, the page first.
pub(super) async fn listed(
    connection: &Connection,
    run_id: &str,
    page: &str,
) -> Result<Vec<String>, Failure> {
    let report = page.strip_suffix(names::PAGE).unwrap_or(page);
    let mut keys = vec![page.to_owned()];
    keys.extend(list(connection, report).await?.into_iter().filter(|key| key != page));
    let beside = list(connection, &format!("runs/{run_id}/")).await?;
    keys.extend(beside.into_iter().filter(|key| names::is_beside(key)));
    Ok(keys)
}

/// Keys that begin so, without those of deeper folders.
async fn list(connection: &Connection, prefix: &str) -> Result<Vec<String>, Failure> {
    let bucket = &connection.stack.state_bucket;
    let request = connection.clients.s3().list_objects_v2().bucket(bucket).prefix(prefix);
    let answer = request.delimiter("/").max_keys(FILES_MAX).send().await.map_err(|error| {
        Failure::refused(
            &format!("s3://{bucket}/{prefix} cannot be listed"),
            &error,
            "check that your role may do s3:ListBucket there",
        )
    })?;
    Ok(answer.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
}

/// Downloads those of the keys that there are, into the directory, which is made.
pub(super) async fn all(
    connection: &Connection,
    keys: &[String],
    directory: &Path,
) -> Result<Vec<Fetched>, Failure> {
    let mut files: Vec<Fetched> = Vec::new();
    for key in keys {
        let Some(name) = names::name_of(key) else {
            note(&format!("note: {key:?} is left out: it cannot be a file name"));
            continue;
        };
        if files.iter().any(|file| file.name == name) {
            continue;
        }
        let path = directory.join(name);
        if let Some(bytes) = one(connection, key, &path).await? {
            let path = path.display().to_string();
            files.push(Fetched { name: name.to_owned(), path, bytes });
        }
    }
    Ok(files)
}

/// How many bytes there are now; `None` if there is no such key, and then nothing is changed.
async fn one(connection: &Connection, key: &str, path: &Path) -> Result<Option<u64>, Failure> {
    let local = |error: &std::io::Error| {
        Failure::failed(
            format!("{} cannot be written: {error}", path.display()),
            "choose another directory by --output, and check that the disk has room",
        )
    };
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(|error| local(&error))?;
    // Removed by itself when anything fails, Ctrl-C included.
    let part = NamedTempFile::new_in(directory).map_err(|error| local(&error))?;
    let bucket = &connection.stack.state_bucket;
    let download = connection.storage.get_to_file(bucket, key, part.path(), FILE_BYTES_MAX);
    let download = Box::pin(download);
    let read = watched(download, part.path(), names::name_of(key).unwrap_or(key)).await?;
    if read.is_some() {
        part.persist(path).map_err(|error| local(&error.error))?;
    }
    Ok(read)
}

/// Shows how large the file has become, on a terminal.
async fn watched(
    mut download: impl Future<Output = Result<Option<u64>, StorageError>> + Unpin,
    part: &Path,
    name: &str,
) -> Result<Option<u64>, StorageError> {
    let bar = ProgressBar::no_length().with_message(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        bar.set_style(style);
    }
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + TICK, TICK);
    loop {
        tokio::select! {
            read = &mut download => {
                bar.finish_and_clear();
                return read;
            }
            _tick = ticks.tick() => {
                let bytes = std::fs::metadata(part).map_or(0, |file| file.len());
                bar.set_position(bytes);
            }
        }
    }
}
