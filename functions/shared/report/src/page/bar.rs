//! The bar that shows a whole in its parts.

/// Its units at its full length.
pub(super) const BAR: u64 = 1000;

/// A stretch of the bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The class in the style sheet that colours it.
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) start: u64,
    pub(super) length: u64,
}
