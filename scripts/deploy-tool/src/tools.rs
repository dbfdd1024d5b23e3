//! Finding the programs that a deployment needs. What is not installed comes from the registry of Python packages, pinned, into
//! the target directory: a fresh machine needs Rust, Python and a C compiler only.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::problems::Problem;

/// The oldest AWS CLI of each major version that this is used with.
const AWS_CLI_MIN: [(u32, u32); 2] = [(1, 32), (2, 15)];

/// A program that people have installed.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let asked = Command::new("sh")
        .args(["-c", "command -v -- \"$1\"", "sh", name])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let path = String::from_utf8(asked.stdout).ok()?;
    (asked.status.success() && !path.trim().is_empty()).then(|| PathBuf::from(path.trim()))
}

/// The directory with the pinned programs, installed if it is not there.
pub(crate) fn pinned(checkout: &Checkout) -> Result<PathBuf> {
    let script = checkout.root().join("scripts").join("lib").join("venv.sh");
    let made = Command::new("bash")
        .arg(&script)
        .arg("deploy")
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} cannot be run", script.display()))?;
    if !made.status.success() {
        bail!(
            "the pinned tools cannot be installed; hint: see above; PyPI has to be reachable once"
        );
    }
    Ok(Path::new(String::from_utf8_lossy(&made.stdout).trim()).join("bin"))
}

/// The AWS CLI: the installed one if it is new enough, the pinned one otherwise.
pub(crate) fn aws_cli(checkout: &Checkout) -> Result<PathBuf> {
    if let Some(installed) = on_path("aws") {
        let told = Command::new(&installed).arg("--version").output();
        let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        match told.as_deref().map(aws_cli_version) {
            Ok(Some(version)) if new_enough(version) => return Ok(installed),
            _ => eprintln!("the installed AWS CLI is too old; taking the pinned one"),
        }
    }
    Ok(pinned(checkout)?.join("aws"))
}

/// Major and minor version in what `aws --version` prints, such as `aws-cli/2.17.0 Python/3.11.8`.
fn aws_cli_version(told: &str) -> Option<(u32, u32)> {
    let version = told.trim().strip_prefix("aws-cli/")?.split_whitespace().next()?;
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn new_enough((major, minor): (u32, u32)) -> bool {
    let of_major = AWS_CLI_MIN.iter().find(|(known, _)| *known == major);
    of_major.is_none_or(|(_, least)| minor >= *least) && major > 0
}

/// The problem, if Rust cannot compile for a target.
pub(crate) fn check_target(target: &str) -> Option<Problem> {
    let asked =
        Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let installed = asked.is_ok_and(|output| {
        output.status.success()
            && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    });
    (!installed).then(|| {
        Problem::new(
            format!("Rust has no standard library for {target}"),
            format!("rustup target add {target}, or --architecture for another processor"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_aws_cli_are_told_apart() {
        assert_eq!(aws_cli_version("aws-cli/1.46.2 Python/3.11.7 Linux/6"), Some((1, 46)));
        assert_eq!(aws_cli_version("aws-cli/2.17.0 Python/3.12"), Some((2, 17)));
        assert_eq!(aws_cli_version("something else"), None);
        for (version, expected) in
            [((1, 31), false), ((1, 46), true), ((2, 14), false), ((2, 15), true), ((3, 0), true)]
        {
            assert_eq!(new_enough(version), expected, "{version:?}");
        }
    }

    #[test]
    fn a_missing_program_and_a_missing_target_are_seen() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-anywhere").is_none());
        let told = check_target("riscv64gc-unknown-none-elf-nothing").unwrap().to_string();
        assert!(told.contains("rustup target add"), "{told}");
    }
}
