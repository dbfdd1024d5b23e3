//! Rules about what the local emulator silently ignores, so that a green local run proves something.

use serde_json::Value;

use super::definition::Machine;
use crate::finding::Finding;

/// The emulator ignores `ItemBatcher`: children would get another input than on AWS.
pub(super) fn no_item_batcher(machine: &Machine<'_>) -> Vec<Finding> {
    machine
        .maps()
        .filter(|state| state.field("ItemBatcher").is_some())
        .map(|state| {
            Finding::new(
                &state.place,
                "emulator",
                "ItemBatcher is ignored by the emulator; put the items of a batch into one manifest object",
            )
        })
        .collect()
}

/// The emulator ignores `ResultWriter` and returns the results themselves. That makes no difference only where the
/// result is dropped.
pub(super) fn result_writer_drops_the_result(machine: &Machine<'_>) -> Vec<Finding> {
    machine
        .maps()
        .filter(|state| {
            state.field("ResultWriter").is_some()
                && state.field("ResultPath") != Some(&Value::Null)
        })
        .map(|state| {
            Finding::new(
                &state.place,
                "emulator",
                "ResultWriter is ignored by the emulator; drop the result with \"ResultPath\": null",
            )
        })
        .collect()
}
