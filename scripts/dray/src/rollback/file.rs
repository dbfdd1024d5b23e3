//! The rollback file that a person gives: checked before anything is started, and put where the state machine reads it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use drayage_domain::switch::input::RollbackInput;
use drayage_domain::switch::rollback_file::{RollbackFileError, RollbackReader};
use sha2::{Digest as _, Sha256};

use super::Request;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::note;

/// Content type of JSON lines.
const CONTENT_TYPE: &str = "application/x-ndjson";
const GOOD_FILE: &str =
    "give the file that a migrate run has written: runs/<run>/rollback.jsonl of the state bucket";

/// A rollback file, by where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RollbackFile {
    /// On this machine; it is uploaded under a key that names its content.
    Local { path: PathBuf, key: String },
    /// In a bucket already.
    Stored { bucket: String, key: String },
}

impl RollbackFile {
    /// Looks at what a person gave; reads and checks a local file.
    pub(super) fn open(given: &str) -> Result<Self, Failure> {
        if let Some(place) = given.strip_prefix("s3://") {
            return match place.split_once('/') {
                Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                    Ok(Self::Stored { bucket: bucket.to_owned(), key: key.to_owned() })
                }
                Some(_) | None => Err(Failure::usage(
                    format!("{given} does not name an object"),
                    "give s3://<state bucket>/runs/<run>/rollback.jsonl",
                )),
            };
        }
        let path = PathBuf::from(given);
        let hash = checked(&path)?;
        Ok(Self::Local { key: format!("rollback-files/{hash}.jsonl"), path })
    }

    /// The key in the state bucket, where it is or will be.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Local { key, .. } | Self::Stored { key, .. } => key,
        }
    }
}

/// The input, once its file is where the state machine finds it.
pub(super) async fn with_key(
    connection: &Connection,
    request: &Request,
) -> Result<RollbackInput, Failure> {
    let state_bucket = &connection.stack.state_bucket;
    match &request.file {
        None => {}
        Some(RollbackFile::Stored { bucket, key }) => {
            if bucket != state_bucket {
                return Err(Failure::usage(
                    format!(
                        "s3://{bucket}/{key} is not in the stack's state bucket, {state_bucket}"
                    ),
                    "download it, and give the local file",
                ));
            }
            if !connection.storage.exists(bucket, key).await? {
                return Err(Failure::failed(
                    format!("there is no s3://{bucket}/{key}"),
                    "a migrate run that has written leaves runs/<run>/rollback.jsonl",
                ));
            }
        }
        Some(RollbackFile::Local { path, key }) => {
            if !connection.storage.exists(state_bucket, key).await? {
                connection.storage.put_file(state_bucket, key, path, CONTENT_TYPE).await?;
            }
            note(&format!("{} is {}", path.display(), connection.stack.state(key)));
        }
    }
    Ok(request.input.clone())
}

/// SHA-256 of a file, as hexadecimal digits, if it is a rollback file and whole.
fn checked(path: &Path) -> Result<String, Failure> {
    let open = || File::open(path).map(BufReader::new);
    let mut reader = open().map_err(|error| unreadable(path, &error))?;
    check_whole(&mut reader).map_err(|error| {
        let text = error.to_string();
        let (what, hint) = text.split_once("; hint: ").unwrap_or((&text, GOOD_FILE));
        Failure::usage(format!("{}: {what}", path.display()), hint)
    })?;
    let mut reader = open().map_err(|error| unreadable(path, &error))?;
    let mut hasher = Sha256::new();
    loop {
        let piece = reader.fill_buf().map_err(|error| unreadable(path, &error))?;
        if piece.is_empty() {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(piece);
        let length = piece.len();
        reader.consume(length);
    }
}

/// Reads a rollback file to its end, line by line: whether it is of this stack's org and field, `switch-plan` knows.
fn check_whole(reader: &mut impl BufRead) -> Result<(), RollbackFileError> {
    RollbackReader::open(reader)?.try_for_each(|line| line.map(|_| ()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {error}", path.display()), GOOD_FILE)
}

#[cfg(test)]
mod tests {
    use drayage_domain::switch::rollback_file::{RollbackHeader, RollbackWriter};
    use serde_json::json;

    use super::*;
    use crate::failure::Kind;

    fn file(content: &str) -> Result<RollbackFile, Failure> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("roll back.jsonl");
        std::fs::write(&path, content).unwrap();
        RollbackFile::open(path.to_str().unwrap())
    }

    fn whole(records: usize) -> String {
        let header = RollbackHeader {
            run: "r".to_owned(),
            org: None,
            object: "O__c".to_owned(),
            field: "U__c".to_owned(),
            created_at: "2026-01-01T00:00:00Z".to_owned(),
        };
        let mut writer = RollbackWriter::new(Vec::new(), &header).unwrap();
        for number in 0..records {
            let line =
                json!({"recordId": format!("r{number}"), "from": "https://secret", "to": "b"});
            writer.write(&serde_json::from_value(line).unwrap()).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_local_file_is_named_by_its_content() {
        let one = file(&whole(1)).unwrap();
        assert_eq!(one.key(), file(&whole(1)).unwrap().key());
        assert_ne!(one.key(), file(&whole(2)).unwrap().key());
        let hash = hex::encode(Sha256::digest(whole(1)));
        assert_eq!(one.key(), format!("rollback-files/{hash}.jsonl"));
    }

    #[test]
    fn a_bad_file_is_refused_without_its_content() {
        let text = whole(2);
        let cut = text.lines().next().unwrap();
        for bad in ["", "{}\n", cut, &text.replace("secret", "changed"), &format!("{text}{text}")] {
            let failure = file(bad).unwrap_err();
            assert_eq!(failure.kind, Kind::Usage);
            assert!(
                !failure.hint.is_empty() && !failure.to_string().contains("https://"),
                "{failure}"
            );
        }
        let none = RollbackFile::open("/no/such/file").unwrap_err();
        assert!(none.message.contains("cannot be read"), "{none}");
    }

    #[test]
    fn an_object_has_bucket_and_key() {
        let stored = RollbackFile::open("s3://b/runs/r/rollback.jsonl").unwrap();
        assert_eq!(stored.key(), "runs/r/rollback.jsonl");
        assert!(RollbackFile::open("s3://b").is_err() && RollbackFile::open("s3://b/").is_err());
    }
}
