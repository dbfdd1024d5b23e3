//! What is written for people names commands and fields that exist.

mod commands;
mod cost;
mod json;

use std::path::PathBuf;

/// A file of the checkout.
fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
