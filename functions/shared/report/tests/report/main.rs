//! Every file of a report, from models as runs make them and as only a hostile bucket can make them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod any_difference;
mod differences;
mod fix_script;
mod html;
mod page;
mod sample;
mod summary;
mod switch;
mod switch_sample;
