//! The steps of a backup, of an analysis, of a transfer and of runs that write records, each killed around each of its side effects.

mod analyze;
mod approval;
mod copy;
mod dead_letter;
mod enumerate;
mod run;
mod switch;
mod switch_plan;
mod switch_urls;
mod transfer;

use anyhow::Result;
use drayage_sim::files::{Fault, FaultKind, ServedFile};
use serde_json::{Value, json};

use crate::state::Snapshot;
use crate::world::{Lab, World};

/// Starts the run and enumerates it: what the org holds is in batches.
async fn enumerated(world: &World<'_>, input: &Value) -> Result<()> {
    world.succeed("preflight", World::start_event(input)).await?;
    let answer = world.succeed("enumerate", World::run_event()).await?;
    anyhow::ensure!(answer["done"] == true, "{answer}");
    Ok(())
}

/// Records of every kind: copied by the storage service, streamed, sharing a file, of equal names, refused by the source,
/// missing there, and excluded. Nine of them.
async fn records_of_every_kind(lab: &Lab) -> Result<()> {
    let account = lab.org().insert("Account", json!({"Name": "Crash & Sons"}))?;
    lab.source_object("one.pdf", b"%PDF-1.4 one").await?;
    lab.source_object("a/same.pdf", b"%PDF-1.4 same name, first").await?;
    lab.source_object("b/same.pdf", b"%PDF-1.4 same name, second").await?;
    let serve = |path, bytes: &'static [u8], fault| {
        lab.files.put(path, ServedFile::new(bytes, "application/pdf"), fault);
    };
    serve("/two.pdf", b"%PDF-1.4 two", None);
    serve("/shared.pdf", b"%PDF-1.4 shared", None);
    serve("/refused.pdf", b"%PDF-1.4 refused", Some(Fault::always(FaultKind::Status(403))));
    let base = lab.files.base_url();
    let source = format!("s3://{}", crate::world::SOURCE);
    for url in [
        format!("{source}/one.pdf"),
        format!("{base}/two.pdf"),
        format!("{base}/shared.pdf"),
        format!("{base}/shared.pdf"),
        format!("{base}/refused.pdf"),
        format!("{base}/missing.pdf"),
        format!("{base}/excluded.exe"),
        format!("{source}/a/same.pdf"),
        format!("{source}/b/same.pdf"),
    ] {
        lab.record(&account, Some(&url))?;
    }
    Ok(())
}

/// A world that is enumerated in batches of `batch_size`.
async fn enumerated_world(lab: &Lab, batch_size: u32) -> Result<Snapshot> {
    let world = lab.world().await?;
    enumerated(&world, &json!({"batchSize": batch_size})).await?;
    Snapshot::of(&world).await
}
