//! Copies one file over HTTP with the product's own transfer and its defaults, so that a test can measure the process.
//!
//! `stream-file <url> <origin>` copies the file at `url` into the S3 of the environment, prints its checksum, and stays
//! until its standard input ends: what a process has used can be read only while it exists.

use std::io::Read as _;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use drayage_aws::clients::Clients;
use drayage_aws::objects::{
    Copied, CopyRequest, HttpSource, HttpSourceOptions, Limiter, LimiterOptions, Sources, Transfer,
    TransferOptions,
};
use drayage_domain::allow_list::AllowList;
use drayage_domain::destination_key::DestinationKey;
use drayage_domain::source_url::{self, Parsed, SourceRules};
use tokio::time::Instant;

const MAX_FILE_BYTES: u64 = 5 << 30;
const LIMIT: Duration = Duration::from_mins(5);

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("the file's URL")?;
    let origin = arguments.next().context("the origin to allow")?;
    let checksum = copy(&url, &origin).await?;
    println(&checksum)?;
    tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await??;
    Ok(())
}

async fn copy(url: &str, origin: &str) -> Result<String> {
    let Ok(allow) = AllowList::parse(origin) else { bail!("{origin} is no origin") };
    let rules =
        SourceRules { allow: &allow, s3_access: false, own_bucket: None, custom_hosts: &[] };
    let Parsed::Source(source) = source_url::parse(Some(url), &rules)? else {
        bail!("{url} is no source");
    };
    let http = HttpSource::new(HttpSourceOptions::new(allow.clone()))?;
    let transfer = Transfer::new(
        TransferOptions::new("destination", MAX_FILE_BYTES),
        Clients::load().await.s3(),
        Sources { s3: None, http },
        Limiter::new(LimiterOptions::up_to(1)),
    );
    let key = DestinationKey::new("uploads/large.bin".to_owned())?;
    let request = CopyRequest {
        source: &source.location,
        key: key.as_str(),
        file_name: &source.file_name,
        known: None,
        listed: None,
        copied: None,
        uploads: None,
        deadline: Instant::now() + LIMIT,
    };
    let Copied::Done { proof, server_side: false, .. } = Box::pin(transfer.copy(&request)).await?
    else {
        bail!("the file was not streamed");
    };
    Ok(proof.checksum.context("a checksum")?.value)
}

fn println(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
