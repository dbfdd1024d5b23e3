//! Records that are repointed, and put back: whole executions of `migrate` and `rollback` on the emulator. What the records
//! hold, and how often they were written, is read from the simulated org itself and never through the product.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it has measured"
)]

mod approval;
mod books;
#[path = "../backup/control.rs"]
#[expect(dead_code, reason = "the copy queue is another test's")]
mod control;
mod edits;
mod faults;
mod faults_in_time;
mod journey;
mod modes;
mod notifications;
#[path = "../backup/pauses.rs"]
mod pauses;
mod pausing;
mod probe;
mod refused;
mod rollback;
mod rollback_file;
mod single_phase;
mod site;
