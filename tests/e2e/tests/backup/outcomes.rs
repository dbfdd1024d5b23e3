//! What the ledger and the bucket hold, in a form that tests compare.

use std::collections::BTreeMap;

use anyhow::Result;
use drayage_domain::row::FileRow;
use drayage_local::LocalStack;

/// Every ledger row by record id.
pub(crate) async fn rows(stack: &LocalStack) -> Result<BTreeMap<String, FileRow>> {
    let rows = drayage_local::check::rows(stack).await?;
    Ok(rows.into_iter().map(|row| (row.record_id.clone(), row)).collect())
}

/// Every object of the destination with its `ETag` and time of last modification: any write shows.
pub(crate) async fn objects(stack: &LocalStack) -> Result<BTreeMap<String, (String, String)>> {
    let bucket = stack.stack().output("DestinationBucket")?;
    let mut objects = BTreeMap::new();
    let mut pages = stack.clients().s3.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = pages.next().await {
        for object in page?.contents() {
            let etag = object.e_tag().unwrap_or_default().to_owned();
            let modified =
                object.last_modified().map(|time| format!("{time:?}")).unwrap_or_default();
            objects.insert(object.key().unwrap_or_default().to_owned(), (etag, modified));
        }
    }
    Ok(objects)
}

/// `expected` with `label` instead of `verified`: what a run that copies nothing counts.
pub(crate) fn with_verified_as(
    expected: &BTreeMap<String, u64>,
    label: &str,
) -> BTreeMap<String, u64> {
    expected
        .iter()
        .map(|(name, count)| {
            (if name == "verified" { label.to_owned() } else { name.clone() }, *count)
        })
        .collect()
}
