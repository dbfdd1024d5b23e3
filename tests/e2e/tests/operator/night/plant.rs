//! What goes wrong in the night, how its causes are removed, and what has to be there in the end.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_s3::primitives::ByteStream;
use drayage_domain::manifest;
use drayage_domain::row::FileRow;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::files::{Fault, FaultKind, ServedFile};
use serde_json::json;

const OBJECT: &str = "DocListEntry__c";
const FIELD: &str = "Document__c";
/// Files whose source is in order all the time.
const ORDINARY: usize = 24;
/// Files below a prefix that may not be read.
const DENIED: usize = 4;
const FORBIDDEN: u16 = 403;
/// How what is planted has to be told.
pub(super) const LABELS: [&str; 3] =
    ["source_gone.object_missing", "failed.access_denied", "failed.unsupported_scheme"];

/// A stack, and what its records must have in the end: the path on the file server, by record.
#[derive(Debug)]
pub(super) struct Night {
    pub(super) stack: LocalStack,
    ordinary: BTreeMap<String, String>,
    missing: (String, String),
    denied: BTreeMap<String, String>,
    misspelt: (String, String),
}

impl Night {
    /// Deploys a stack and plants what is wrong from the beginning.
    pub(super) async fn begin() -> Result<Self> {
        let parameters =
            StackParameters::default().with("BatchSize", "10").with("CopyMaxReceiveCount", "2");
        let stack =
            LocalStack::builder().small_files().files(1).parameters(parameters).start().await?;
        // Only files that are served here count.
        for id in stack.org()?.snapshot(OBJECT).keys() {
            stack.org()?.soft_delete(OBJECT, id)?;
        }
        let mut ordinary = BTreeMap::new();
        for number in 0..ORDINARY {
            let path = format!("/ordinary/{number}.pdf");
            ordinary.insert(served(&stack, &path)?, path);
        }
        let path = "/moved/contract.pdf".to_owned();
        let missing = (served(&stack, &path)?, path);
        stack.simulated()?.files.remove(&missing.1);
        let mut denied = BTreeMap::new();
        for number in 0..DENIED {
            let path = format!("/denied/{number}.pdf");
            denied.insert(served(&stack, &path)?, path.clone());
            let fault = Fault::always(FaultKind::Status(FORBIDDEN));
            ensure!(stack.simulated()?.files.set_fault(&path, Some(fault)), "{path} is not there");
        }
        let path = "/ordinary/misspelt.pdf".to_owned();
        let misspelt = (served(&stack, &path)?, path);
        let wrong = format!("htp:{}{}", stack.simulated()?.files.base_url(), misspelt.1);
        stack.org()?.update(OBJECT, &misspelt.0, json!({FIELD: wrong}))?;
        Ok(Self { stack, ordinary, missing, denied, misspelt })
    }

    /// Makes a line of a batch unreadable.
    pub(super) async fn poison(&self, run: &str) -> Result<()> {
        let bucket = self.stack.stack().output("StateBucket")?;
        let key = manifest::batch_key(run, 2);
        let s3 = &self.stack.clients().s3;
        let object = s3.get_object().bucket(bucket).key(&key).send().await?;
        let text = String::from_utf8(object.body.collect().await?.to_vec())?;
        let mut lines: Vec<&str> = text.lines().collect();
        ensure!(lines.len() > 1, "batch 2 has no lines");
        lines[1] = "{\"sequence\": poison";
        let poisoned = ByteStream::from(lines.join("\n").into_bytes());
        s3.put_object().bucket(bucket).key(&key).body(poisoned).send().await?;
        Ok(())
    }

    /// Somebody deletes one copy and overwrites another.
    pub(super) async fn harm_copies(&self) -> Result<()> {
        let bucket = self.stack.stack().output("DestinationBucket")?;
        let rows = self.rows().await?;
        let copied: Vec<&str> = self
            .ordinary
            .keys()
            .filter_map(|id| rows.get(id))
            .filter(|row| row.proof.is_some())
            .filter_map(|row| row.destination_key.as_deref())
            .collect();
        ensure!(copied.len() >= 2, "{} files were copied", copied.len());
        let s3 = &self.stack.clients().s3;
        s3.delete_object().bucket(bucket).key(copied[0]).send().await?;
        let other = ByteStream::from_static(b"not what was here");
        s3.put_object().bucket(bucket).key(copied[1]).body(other).send().await?;
        Ok(())
    }

    /// Removes the causes: the file is put back, access is granted, the URL corrected.
    pub(super) fn repair(&self) -> Result<()> {
        let files = &self.stack.simulated()?.files;
        files.put(&self.missing.1, file(&self.missing.1), None);
        for path in self.denied.values() {
            ensure!(files.set_fault(path, None), "{path} is not there");
        }
        let right = format!("{}{}", files.base_url(), self.misspelt.1);
        Ok(self.stack.org()?.update(OBJECT, &self.misspelt.0, json!({FIELD: right}))?)
    }

    /// Every record has a copy with the bytes of its source, by what is in the bucket.
    pub(super) async fn every_file_is_there(&self) -> Result<()> {
        let bucket = self.stack.stack().output("DestinationBucket")?;
        let rows = self.rows().await?;
        let mut expected = self.ordinary.clone();
        expected.extend(self.denied.clone());
        expected.extend([self.missing.clone(), self.misspelt.clone()]);
        for (id, path) in &expected {
            let row = rows.get(id).with_context(|| format!("{id} has no row"))?;
            let key = row.destination_key.as_deref().with_context(|| format!("{id} has no key"))?;
            let object = self.stack.clients().s3.get_object().bucket(bucket).key(key).send().await;
            let object = object.with_context(|| format!("{id} has no copy"))?;
            let bytes = object.body.collect().await?.to_vec();
            ensure!(bytes == content(path), "the copy of {id} has other bytes");
        }
        Ok(())
    }

    async fn rows(&self) -> Result<BTreeMap<String, FileRow>> {
        let rows = drayage_local::check::rows(&self.stack).await?;
        Ok(rows.into_iter().map(|row| (row.record_id.clone(), row)).collect())
    }
}

/// Inserts a record and the file that it points at; returns the record's id.
fn served(stack: &LocalStack, path: &str) -> Result<String> {
    let files = &stack.simulated()?.files;
    files.put(path, file(path), None);
    let url = format!("{}{path}", files.base_url());
    Ok(stack.org()?.insert(OBJECT, json!({"Name": "NIGHT", FIELD: url}))?)
}

fn file(path: &str) -> ServedFile {
    ServedFile::new(content(path), "application/pdf")
}

/// No two paths hold the same.
fn content(path: &str) -> Vec<u8> {
    format!("%PDF-1.4\n% {path}\n{}", "all of it ".repeat(400)).into_bytes()
}
