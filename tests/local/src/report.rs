//! The report of a run and its other files, fetched from the state bucket so that it can be opened after the emulator has ended.

use std::path::PathBuf;

use anyhow::{Context, Result};
use aws_sdk_s3::operation::get_object::GetObjectError;

use crate::local_stack::LocalStack;

/// Fetches every file of a run's report into a directory of the run, and returns the path of its page.
pub async fn fetch(stack: &LocalStack, run_id: &str) -> Result<PathBuf> {
    let bucket = stack.stack().output("StateBucket")?;
    let prefix = format!("runs/{run_id}/report/");
    let directory = directory(stack, run_id)?;
    let s3 = &stack.clients().s3;
    let listed = s3.list_objects_v2().bucket(bucket).prefix(&prefix).send().await;
    for object in listed.context("the report cannot be listed")?.contents() {
        let key = object.key().unwrap_or_default();
        let body = s3.get_object().bucket(bucket).key(key).send().await?.body.collect().await?;
        let file = directory.join(key.strip_prefix(&prefix).unwrap_or(key));
        std::fs::write(&file, body.into_bytes())
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(directory.join("index.html"))
}

/// Fetches one file of a run, such as `plan.csv`, into the same directory; `None` if the run has none of that name.
pub(crate) async fn fetch_file(
    stack: &LocalStack,
    run_id: &str,
    name: &str,
) -> Result<Option<PathBuf>> {
    let bucket = stack.stack().output("StateBucket")?;
    let key = format!("runs/{run_id}/{name}");
    let got = match stack.clients().s3.get_object().bucket(bucket).key(&key).send().await {
        Ok(got) => got,
        Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("{key} cannot be read")),
    };
    let file = directory(stack, run_id)?.join(name);
    std::fs::write(&file, got.body.collect().await?.into_bytes())
        .with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(Some(file))
}

fn directory(stack: &LocalStack, run_id: &str) -> Result<PathBuf> {
    let directory = stack.emulator().workspace().drayage().join("reports").join(run_id);
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("{} cannot be made", directory.display()))?;
    Ok(directory)
}
