//! Installs the clients under the target directory, once: pinned versions, a stamp that names them, and a file lock
//! so that two test processes do not install at the same time.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The pins and drivers, beside this crate's sources.
pub(crate) const FIDELITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fidelity");

/// Set to 1 to go without these checks on a machine where the clients cannot be installed. CI refuses it.
const SKIP: &str = "DRAYAGE_SKIP_FIDELITY";

/// The Python that has simple-salesforce, or `None` when the checks are skipped.
pub(crate) fn python() -> Option<PathBuf> {
    client("simple-salesforce (PyPI)", install_python)
}

/// The Node.js that has jsforce, or `None` when the checks are skipped.
pub(crate) fn node() -> Option<PathBuf> {
    client("jsforce (npm)", install_node)
}

fn client(name: &str, install: fn(&Path) -> anyhow::Result<PathBuf>) -> Option<PathBuf> {
    let skip = env::var_os(SKIP).is_some_and(|value| value == "1");
    if skip && env::var_os("CI").is_none() {
        eprintln!("NOT TESTED: {SKIP}=1, so the simulator was not checked with {name}");
        return None;
    }
    // CARGO_TARGET_TMPDIR is <target>/tmp.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    match install(&target.join("drayage/fidelity")) {
        Ok(program) => Some(program),
        Err(error) => panic!(
            "{name} could not be installed, so the simulator was NOT checked with it: {error:#}\n\
             hint: the test needs the package registries; {SKIP}=1 goes without (not in CI)"
        ),
    }
}

fn install_python(cache: &Path) -> anyhow::Result<PathBuf> {
    let home = cache.join("venv");
    let requirements = Path::new(FIDELITY).join("requirements.txt");
    once(&home, &[&requirements], || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        run(Command::new(home.join("bin/pip"))
            .args(["install", "--quiet", "--no-deps", "--disable-pip-version-check", "-r"])
            .arg(&requirements))
    })?;
    Ok(home.join("bin/python"))
}

/// jsforce needs Node.js 22, which comes from the registry as a package of its own.
fn install_node(cache: &Path) -> anyhow::Result<PathBuf> {
    let home = cache.join("node");
    let pins = ["package.json", "package-lock.json"].map(|name| Path::new(FIDELITY).join(name));
    once(&home, &[&pins[0], &pins[1]], || {
        fs::create_dir_all(&home)?;
        for pin in &pins {
            fs::copy(pin, home.join(pin.file_name().context("a pin has a name")?))?;
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&home))?;
        run(Command::new(home.join("node_modules/.bin/node")).arg("--version"))
    })?;
    Ok(home.join("node_modules/.bin/node"))
}

/// Runs `install` unless the stamp beside `home` shows that it was done with the same pins.
fn once(
    home: &Path,
    pins: &[&Path],
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cache = home.parent().context("the cache directory has a parent")?;
    fs::create_dir_all(cache)?;
    let lock = File::create(home.with_extension("lock"))?;
    lock.lock().context("locking the cache directory")?;
    let mut wanted = String::new();
    for pin in pins {
        wanted.push_str(&fs::read_to_string(pin)?);
    }
    let stamp = home.with_extension("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    if stamp.exists() {
        fs::remove_file(&stamp)?;
    }
    eprintln!("installing the clients of the fidelity tests into {}", home.display());
    install()?;
    fs::write(&stamp, wanted).context("writing the stamp")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}
