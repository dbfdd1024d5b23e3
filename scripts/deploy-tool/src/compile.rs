//! Building the functions for Lambda with cargo-lambda, whose linker (zig) knows the C library of the Lambda runtime.
//!
//! The same sources, toolchain and tools make the same bytes wherever they are built: paths of this machine are mapped away, the
//! profile has one codegen unit and strips symbols. Nothing of a person's own flags takes part.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::options::{Architecture, BuildOptions};
use crate::template::Template;
use crate::tools;

/// The C library of `provided.al2023`: what is built here runs there.
/// <https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html>
const GLIBC: &str = "2.34";

/// Builds for a release.
pub(crate) fn run(options: &BuildOptions) -> Result<()> {
    let mut checkout = Checkout::new(&options.target_dir);
    if let Some(root) = &options.checkout {
        checkout = checkout.at(root.clone());
    }
    let functions = if options.functions.is_empty() {
        Template::read(&checkout.template())?.functions
    } else {
        options.functions.clone()
    };
    println!("{}", build(&checkout, options.architecture, &functions)?.display());
    Ok(())
}

/// Builds functions, and puts each into `NAME/bootstrap` of the directory that is returned.
pub(crate) fn build(
    checkout: &Checkout,
    architecture: Architecture,
    functions: &[String],
) -> Result<PathBuf> {
    let out = checkout.built(architecture);
    let mut command = Command::new("cargo");
    command
        .args(["lambda", "build", "--release", "--locked", "--disable-optimizations"])
        .args(["--target", &format!("{}.{GLIBC}", architecture.target())])
        .arg("--lambda-dir")
        .arg(&out)
        .current_dir(checkout.root())
        // Beside the ordinary build, which would be done anew with other flags.
        .env("CARGO_TARGET_DIR", checkout.target().join("lambda-build"))
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS");
    for function in functions {
        command.args(["--package", function]);
    }
    for (name, value) in flags(checkout) {
        command.env(name, value);
    }
    if tools::on_path("cargo-lambda").is_none() || tools::on_path("zig").is_none() {
        let mut path = tools::pinned(checkout)?.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path);
    }
    eprintln!("building {} functions for {}", functions.len(), architecture.name());
    // Cargo tells what it does on standard error; standard output is for whoever asked.
    let status = command
        .stdout(std::io::stderr())
        .status()
        .context("cargo cannot be started; hint: install Rust")?;
    if !status.success() {
        bail!("the functions cannot be built ({status}); hint: the compiler's messages are above");
    }
    Ok(out)
}

/// Flags that take this machine's paths out of what is built.
fn flags(checkout: &Checkout) -> [(&'static str, String); 3] {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let home = home.unwrap_or_else(|| PathBuf::from("/cargo"));
    // A later mapping goes before an earlier one.
    let mapped =
        [(checkout.root(), "/drayage"), (checkout.target(), "/target"), (home.as_path(), "/cargo")];
    let each = |option: &str| -> Vec<String> {
        mapped.iter().map(|(from, to)| format!("{option}={}={to}", from.display())).collect()
    };
    [
        ("CARGO_ENCODED_RUSTFLAGS", each("--remap-path-prefix").join("\u{1f}")),
        ("CFLAGS", each("-ffile-prefix-map").join(" ")),
        // For whatever writes a date: 1 January 1980, as in the zips.
        ("SOURCE_DATE_EPOCH", "315532800".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_of_this_machine_is_left_unmapped() {
        let checkout = Checkout::new(Path::new("/elsewhere/target"));
        let [(_, rust), (_, c), _] = flags(&checkout);
        for path in ["/elsewhere/target", checkout.root().to_str().unwrap()] {
            assert!(rust.contains(&format!("--remap-path-prefix={path}=/")), "{rust}");
            assert!(c.contains(&format!("-ffile-prefix-map={path}=/")), "{c}");
        }
    }
}
