//! Files that are much larger than the memory of the process that copies them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod resume;
mod sink;
mod source;
mod trickle;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use sink::Sink;
use source::Source;

const GIBIBYTE: u64 = 1 << 30;
/// A quarter of the smallest memory that the template allows is left for everything else.
const PEAK_MAX_KIB: u64 = 128 * 1024;

/// Ends its process, whatever becomes of the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The highest resident memory of a process so far, in KiB.
fn peak_kib(process: &Child) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_is_streamed_in_little_memory() -> Result<()> {
    let source = Source::start(GIBIBYTE).await?;
    let sink = Sink::start().await?;
    let child = Command::new(env!("CARGO_BIN_EXE_stream-file"))
        .args([&format!("{}/large.bin", source.origin), &source.origin])
        .env("AWS_ENDPOINT_URL", &sink.endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the copying process cannot be started")?;
    let mut process = Process(child);
    let output = process.0.stdout.take().context("its output")?;
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map(|_| line)
    })
    .await??;
    let peak = peak_kib(&process.0)?;
    assert_eq!(line.trim(), source.checksum(), "the copying process proves another file");
    let received = sink.completed().context("a completed upload")?;
    assert_eq!((received.size_bytes, &received.checksum), (GIBIBYTE, &source.checksum()));
    assert_eq!(received.parts, 128, "8 MiB each");
    assert!(peak < PEAK_MAX_KIB, "{peak} KiB at the peak");
    drop(process.0.stdin.take());
    assert!(process.0.wait()?.success());
    Ok(())
}
