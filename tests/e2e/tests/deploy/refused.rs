//! What keeps a deployment back is told by name, all at once, and before anything is asked or changed.

use std::os::unix::fs::symlink;

use anyhow::{Context as _, Result};
use drayage_local::Emulator;
use tokio::process::Command;

use crate::support::{checkout, parameters, run, script};

#[tokio::test(flavor = "multi_thread")]
async fn values_that_do_not_fit_are_refused_together_without_a_call() -> Result<()> {
    let emulator = Emulator::start().await?;
    let wrong = parameters()
        .with("BatchSize", "0")
        .with("DestinationBucket", "Not_A_Bucket")
        .with("Bucket", "typed wrong");
    let mut command = script(&emulator, &wrong)?;
    command.args(["--no-account-checks", "--artefact-bucket", "artefacts"]);
    let before = emulator.log_tail(usize::MAX);
    let refused = run(&mut command, "").await?;
    assert!(!refused.succeeded, "{}", refused.text);
    for part in [
        "nothing was built or deployed: 3 problems",
        "parameter BatchSize",
        "BatchSize must be from 1 to 1000.",
        "parameter DestinationBucket",
        "parameter Bucket does not exist",
    ] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    assert_eq!(emulator.log_tail(usize::MAX), before, "the emulator was called");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_tools_is_told_which_and_how_to_get_them() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let programs = std::env::var_os("PATH").context("no PATH")?;
    for program in ["bash", "dirname"] {
        let places = std::env::split_paths(&programs).map(|place| place.join(program));
        let found = places.into_iter().find(|path| path.is_file()).context("no bash")?;
        symlink(found, directory.path().join(program))?;
    }
    let mut command = Command::new("bash");
    command.arg(checkout("scripts/deploy")).args(["--environment", "example"]);
    let refused = run(command.env("PATH", directory.path()), "").await?;
    assert!(!refused.succeeded, "{}", refused.text);
    for part in ["https://rustup.rs", "install build-essential", "install Python 3.10"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    Ok(())
}
