//! Reconciliation: whether two places hold the same objects, and what to do where they do not.
//!
//! Two inventories (listings of buckets, or the ledger) are walked in the order of their keys ([`merge`]); every key
//! that either of them knows ends in exactly one [`Verdict`]. Keys on both sides are compared by the cheapest evidence
//! that settles the matter ([`judge`], [`etag`]). Verdicts are counted ([`Tally`]), everything that is not a match is
//! written down ([`Difference`]), and [`repair`] says what a fix may do about it. [`ranges`] cuts a key space into
//! pieces that can be listed at once; [`filter`] says which objects of a bucket a run is about.

pub mod etag;
pub mod filter;
pub mod input;
pub mod judge;
pub mod merge;
pub mod ranges;
pub mod repair;
pub mod work;

mod difference;
mod level;
mod object;
mod report;
mod summary;
mod tally;
mod verdict;

pub use difference::{Difference, Seen, Worst};
pub use level::Level;
pub use object::{Object, Side};
pub use report::{
    BucketAccess, Cost, CostItem, Partial, Phase, Place, Report, Review, Round, TOP_MAX,
    manual_review,
};
pub use summary::ReconcileSummary;
pub use tally::{
    GROUP_NAME_BYTES_MAX, GROUPS_MAX, GroupTally, Requests, SizeHistogram, Tally, Volume, group_of,
};
pub use verdict::{Category, Doubt, Verdict};
