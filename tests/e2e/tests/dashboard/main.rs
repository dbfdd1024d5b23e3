//! The dashboard's page in a real headless browser, against a running local stack.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

// The same driver as in the tests of the page alone, which belong to a program and cannot be a library's.
#[path = "../../../../scripts/dray/src/dashboard/browser.rs"]
mod browser;
mod dray;
mod live;
mod refused;
mod shown;
