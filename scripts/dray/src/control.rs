//! `dray pause`, `resume` and `stop`: the work of the stack, as a person steers it.

mod mappings;
mod nested;
mod pausing;
mod stopping;

pub(crate) use pausing::{Pause, Resume, pause, resume, run_pause, run_resume};
pub(crate) use stopping::{Stop, check as check_stop, run_stop, stop};
