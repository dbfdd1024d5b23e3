//! Where things are: the checkout, Cargo's target directory and what lies in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What Cargo keeps at the top of a target directory. It writes the second only into directories that it made itself.
const TARGET_MARKS: [&str; 2] = [".rustc_info.json", "CACHEDIR.TAG"];

/// The paths that everything else is derived from.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    profile: PathBuf,
}

impl Workspace {
    /// Finds the target directory from the running executable, so that `CARGO_TARGET_DIR`, `--target-dir` and a
    /// configured directory are all respected without asking how Cargo was called.
    pub fn locate() -> Result<Self> {
        let executable = std::env::current_exe().context("the running program has no path")?;
        let target = executable
            .ancestors()
            .find(|directory| TARGET_MARKS.iter().any(|mark| directory.join(mark).is_file()))
            .with_context(|| {
                format!(
                    "{} is not in a Cargo target directory; hint: run it through `cargo run -p drayage-local` or \
                     scripts/demo",
                    executable.display()
                )
            })?;
        // Tests run from <profile>/deps, programs from <profile>.
        let mut profile = executable.parent().context("the running program has no directory")?;
        if profile.ends_with("deps") {
            profile = profile.parent().unwrap_or(target);
        }
        Ok(Self { root: checkout()?, target: target.to_path_buf(), profile: profile.to_path_buf() })
    }

    /// The checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where Cargo puts the binaries of the profile that the running program was built with.
    pub fn binaries(&self) -> &Path {
        &self.profile
    }

    /// The directory in the target directory that belongs to the local stack.
    pub fn drayage(&self) -> PathBuf {
        self.target.join("drayage")
    }

    /// A program of the Python environment, such as `aws` or `ministack`.
    pub fn venv_program(&self, name: &str) -> Result<PathBuf> {
        let program = self.drayage().join("venv").join("bin").join(name);
        if !program.is_file() {
            bail!(
                "{} does not exist; hint: scripts/demo and scripts/test create the Python environment with the \
                 emulator and the AWS CLI on their first run",
                program.display()
            );
        }
        Ok(program)
    }
}

fn checkout() -> Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).context("the package has no checkout around it")?;
    if !root.join("Cargo.toml").is_file() {
        bail!(
            "the checkout at {} is gone; hint: build drayage-local again from the checkout you want to use",
            root.display()
        );
    }
    Ok(root.to_path_buf())
}
