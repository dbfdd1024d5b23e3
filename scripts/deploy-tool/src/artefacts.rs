//! The zips of a release, and how large they are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::checkout::{self, Checkout};
use crate::options::PackageOptions;
use crate::shown;
use crate::template::Template;
use crate::zips::{self, Purpose, ZIP_BYTES_MAX, Zip};

/// Makes the zips of a release.
pub(crate) fn run(options: &PackageOptions) -> Result<()> {
    let mut functions = if options.functions.is_empty() {
        Template::read(&Checkout::new(Path::new("")).template())?.functions
    } else {
        options.functions.clone()
    };
    functions.sort();
    let work = tempfile::tempdir().context("no temporary directory")?;
    let zips = zips::make(&functions, &options.binaries, work.path(), Purpose::Release)?;
    fs::create_dir_all(&options.out)
        .with_context(|| format!("{} cannot be created", options.out.display()))?;
    for zip in &zips {
        let target = options.out.join(format!("{}.zip", zip.function));
        fs::copy(&zip.path, &target)
            .with_context(|| format!("{} cannot be written", target.display()))?;
    }
    println!("{}", sizes(&zips)?);
    check_sizes(&zips)
}

/// The table of sizes.
pub(crate) fn sizes(zips: &[Zip]) -> Result<String> {
    let mut rows = Vec::new();
    for zip in zips {
        rows.push([zip.function.clone(), shown::mebibytes(fs::metadata(&zip.path)?.len())]);
    }
    let table = shown::table(["function", "zip"], &[1], rows);
    Ok(format!("{table}\n(at most {} each)", shown::mebibytes(ZIP_BYTES_MAX)))
}

/// An error that names the zips that are too large.
pub(crate) fn check_sizes(zips: &[Zip]) -> Result<()> {
    let mut large = Vec::new();
    for zip in zips {
        if fs::metadata(&zip.path)?.len() > ZIP_BYTES_MAX {
            large.push(zip.function.as_str());
        }
    }
    if large.is_empty() {
        return Ok(());
    }
    bail!(
        "larger than {}: {}; hint: is it a release build, and what is new in it? {} has the profile",
        shown::mebibytes(ZIP_BYTES_MAX),
        large.join(", "),
        checkout::root().join("Cargo.toml").display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_that_is_too_large_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let zip = |function: &str, bytes: u64| {
            let path = directory.path().join(function);
            fs::File::create(&path).unwrap().set_len(bytes).unwrap();
            Zip { function: function.to_owned(), path }
        };
        let small = zip("small", ZIP_BYTES_MAX);
        let large = zip("large", ZIP_BYTES_MAX + 1);
        assert!(check_sizes(std::slice::from_ref(&small)).is_ok());
        let told = check_sizes(&[small, large]).unwrap_err().to_string();
        assert!(told.contains("8.00 MiB: large;"), "{told}");
    }
}
