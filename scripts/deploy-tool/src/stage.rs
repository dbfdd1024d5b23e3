//! A staging directory: the templates, the state machines and the zips of the functions, laid out as the template's relative
//! paths expect them. The template names a directory per function; a zip in its place is uploaded as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::zips::Zip;

/// As many deployments could replace a zip while one links it; each replaces it once.
const LINK_ATTEMPTS_MAX: u32 = 10;

/// A staging directory of one deployment; deleted when dropped. Several stacks are deployed at once by tests.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Deleted when dropped.
    _directory: TempDir,
    template: PathBuf,
}

impl Stage {
    /// Stages what stands around `template`: its own directory, and `statemachine` beside that.
    pub(crate) fn prepare(work: &Path, template: &Path, zips: &[Zip]) -> Result<Self> {
        fs::create_dir_all(work)
            .with_context(|| format!("{} cannot be created", work.display()))?;
        let directory = tempfile::Builder::new()
            .prefix("stage-")
            .tempdir_in(work)
            .context("the staging directory cannot be created")?;
        let infra = template.parent().context("the template has no directory")?;
        let machines = infra.parent().map(|around| around.join("statemachine"));
        let machines = machines.context("the template's directory has nothing around it")?;
        for (source, part) in [(infra, "infra"), (&machines, "statemachine")] {
            if !source.is_dir() {
                bail!("{} is missing; hint: the checkout is not complete", source.display());
            }
            copy_directory(source, &directory.path().join(part))
                .with_context(|| format!("{part} cannot be staged"))?;
        }
        let lambda = directory.path().join("target").join("lambda");
        fs::create_dir_all(&lambda).context("the staging directory cannot be created")?;
        for zip in zips {
            link(&zip.path, &lambda.join(&zip.function))
                .with_context(|| format!("{} cannot be staged", zip.function))?;
        }
        let name = template.file_name().context("the template has no name")?;
        let template = directory.path().join("infra").join(name);
        Ok(Self { _directory: directory, template })
    }

    /// The staged template.
    pub(crate) fn template(&self) -> &Path {
        &self.template
    }
}

/// A link costs nothing, and stays whole when another deployment replaces the zip. One that is replaced at this very moment has
/// no name any more, and cannot be linked: then the new one is.
fn link(archive: &Path, target: &Path) -> io::Result<()> {
    for _ in 1..LINK_ATTEMPTS_MAX {
        match fs::hard_link(archive, target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            linked => return linked,
        }
    }
    fs::hard_link(archive, target)
}

/// Copies a directory with everything in it.
fn copy_directory(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let copy = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_templates_and_zips_lie_where_the_template_looks_for_them() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for path in ["checkout/infra/template.yaml", "checkout/infra/nested.yaml", "zips/copy"] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), path).unwrap();
        }
        let template = at("checkout/infra/template.yaml");
        let zips = [Zip { function: "copy".to_owned(), path: at("zips/copy") }];
        let told = Stage::prepare(&at("work"), &template, &zips).unwrap_err().to_string();
        assert!(told.contains("statemachine is missing"), "{told}");
        fs::create_dir(at("checkout/statemachine")).unwrap();
        let stage = Stage::prepare(&at("work"), &template, &zips).unwrap();
        assert!(stage.template().with_file_name("nested.yaml").is_file());
        assert!(stage.template().with_file_name("../target/lambda/copy").is_file());
    }
}
