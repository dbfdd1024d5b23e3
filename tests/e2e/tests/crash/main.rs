//! Crashes. Every step is run twice, and killed before and after each of its side effects; whole backups lose their
//! Lambdas at random times; messages come twice, and late. Nothing may be lost, and nothing counted twice.
//!
//! How many backups are disturbed at random, and of what size, is set by `DRAYAGE_CRASH_SEEDS` and
//! `DRAYAGE_CRASH_FILES`; long runs use `DRAYAGE_CRASH_SEEDS=10 DRAYAGE_CRASH_FILES=1000`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../backup/control.rs"]
mod control;
mod effect;
mod every_effect;
mod gate;
mod lambda;
mod messages;
mod own_orgs;
mod random_kills;
mod records;
mod state;
mod steps;
mod times;
mod world;
