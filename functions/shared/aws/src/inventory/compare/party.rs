//! What is compared, and how.

use std::sync::Arc;

use drayage_domain::reconcile::Level;
use drayage_domain::reconcile::filter::Filter;
use drayage_domain::reconcile::judge::Witness;

use super::super::{Inventory, S3Place};
use super::court::Better;
use super::{Lookup, S3Lookup};

/// One of the two sides.
pub struct Party {
    /// What the side has; starts after the position that the comparison goes on from.
    pub inventory: Box<dyn Inventory>,
    /// What stands behind the inventory.
    pub witness: Witness,
    /// The bucket that evidence is taken from; `None` for the ledger.
    pub place: Option<S3Place>,
    /// For an inventory that may be out of date: who knows better. Asked about every key that is not in order.
    pub lookup: Option<Arc<dyn Lookup>>,
}

/// How to compare.
#[derive(Debug, Clone)]
pub struct ComparisonOptions {
    /// How far to go.
    pub level: Level,
    /// Which keys the comparison is about. The others are passed over, and counted nowhere.
    pub filter: Filter,
    /// Keys that wait for evidence at the same time.
    pub cases_max: usize,
    /// Folders of a key that make its group in the tally, for objects without account.
    pub group_segments: usize,
    /// The last key that is decided already.
    pub after: Option<String>,
    /// Whether buckets are asked about each key that their listings show missing, extra or of another size, before that is
    /// told: one `HEAD` of each listed side and such key. Keys that are created or deleted between the two listings are told
    /// wrongly without it. Leave it out where such keys are only the work to do, as in the first round of a transfer.
    pub recheck: bool,
}

impl Party {
    pub(super) fn better(&self, recheck: bool) -> Better {
        match (&self.lookup, &self.place) {
            (Some(lookup), _) => Better::First(Arc::clone(lookup)),
            (None, Some(place)) if recheck => Better::Again(Arc::new(S3Lookup::new(place.clone()))),
            (None, _) => Better::Nobody,
        }
    }
}

impl std::fmt::Debug for Party {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Party")
            .field("witness", &self.witness)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
