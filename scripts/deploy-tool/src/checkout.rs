//! Where things are: the checkout, and what this tool keeps in Cargo's target directory.

use std::path::{Path, PathBuf};

use crate::options::Architecture;

/// The paths that everything else is derived from.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    root: PathBuf,
    target: PathBuf,
}

impl Checkout {
    pub(crate) fn new(target: &Path) -> Self {
        Self { root: root(), target: target.to_path_buf() }
    }

    /// Another checkout than the one that this tool was built from.
    pub(crate) fn at(self, root: PathBuf) -> Self {
        Self { root, ..self }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// What is not Cargo's own: Python environments, zips, staged stacks.
    pub(crate) fn drayage(&self) -> PathBuf {
        self.target.join("drayage")
    }

    /// Where the functions are put that are built for Lambda.
    pub(crate) fn built(&self, architecture: Architecture) -> PathBuf {
        self.target.join("lambda").join(architecture.name())
    }

    /// The template of the product.
    pub(crate) fn template(&self) -> PathBuf {
        self.root.join("infra").join("template.yaml")
    }
}

/// The checkout that this program was built from.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}
