//! The two sides of a shard.

use std::sync::Arc;

use drayage_aws::clients::Clients;
use drayage_aws::inventory::{
    CompareError, Comparison, ComparisonOptions, InventoryError, LedgerLookup, ListingInventory,
    Party, Sorter, ledger_inventory,
};
use drayage_aws::ledger::Ledger;
use drayage_domain::reconcile::filter::Filter;
use drayage_domain::reconcile::judge::Witness;
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::work::{Reconciliation, Shard, ShardState};
use drayage_domain::reconcile::{Partial, Side};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::buckets;
use drayage_lambda_kit::error::FunctionError;

/// Keys that wait for a HEAD or for bytes at the same time.
const CASES_MAX: usize = 64;
/// Folders of a key that make its group, where no account does.
const GROUP_SEGMENTS: usize = 1;
/// Rows of the ledger that are sorted in memory before they go to the local disk, in bytes.
const SORT_MEMORY_BYTES: usize = 16 * 1024 * 1024;

/// One shard, and what there is to know about it.
pub(crate) struct Work<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) settings: &'a Settings,
    pub(crate) reconciliation: &'a Reconciliation,
    pub(crate) shard: &'a Shard,
}

impl Work<'_> {
    /// Both sides, from where the shard's state is.
    pub(crate) async fn begin(&self, state: &mut ShardState) -> Result<Comparison, Unready> {
        let after = state.position.clone().or_else(|| self.shard.range.after.clone());
        let range = KeyRange { after: after.clone(), until: self.shard.range.until.clone() };
        let source = if self.reconciliation.input.source.is_some() {
            self.bucket(Side::Source, range.clone()).await?
        } else {
            self.ledger(&range, state).await?
        };
        let destination = self.bucket(Side::Destination, range).await?;
        let options = ComparisonOptions {
            level: self.reconciliation.input.level(),
            cases_max: CASES_MAX,
            group_segments: GROUP_SEGMENTS,
            filter: Filter::default(),
            after,
        };
        Ok(Comparison::new(source, destination, options))
    }

    async fn bucket(&self, side: Side, range: KeyRange) -> Result<Party, Unready> {
        let place = match side {
            Side::Source => &self.reconciliation.source,
            Side::Destination => &self.reconciliation.destination,
        };
        let place = buckets::place(self.clients, self.settings, place, side).await?;
        Ok(Party {
            inventory: Box::new(ListingInventory::new(place.clone(), range)),
            witness: Witness::Bucket,
            place: Some(place),
            lookup: None,
        })
    }

    /// What the ledger has proven, whether or not its records are still there: the copies stay.
    async fn ledger(&self, range: &KeyRange, state: &mut ShardState) -> Result<Party, Unready> {
        let Settings { files_table, runs_table, .. } = self.settings;
        let ledger = Ledger::new(self.clients.dynamodb.clone(), files_table, runs_table);
        let prefix = &self.reconciliation.source.prefix;
        let sweep =
            ledger_inventory(&ledger, prefix, range, Sorter::new(SORT_MEMORY_BYTES)).await?;
        if sweep.elsewhere > 0 && state.incomplete_because.is_empty() {
            state.incomplete_because.push(Partial {
                side: Side::Source,
                prefix: String::new(),
                reason: format!(
                    "{} copies of the ledger do not lie below {}; hint: they were made with another destination \
                     prefix, and are compared when the stack has that prefix again",
                    sweep.elsewhere, self.reconciliation.destination.description
                ),
            });
        }
        Ok(Party {
            inventory: Box::new(sweep.inventory),
            witness: Witness::Ledger,
            place: None,
            lookup: Some(Arc::new(LedgerLookup::new(ledger, prefix))),
        })
    }
}

/// Why a comparison cannot be begun.
#[derive(Debug)]
pub(crate) enum Unready {
    /// A side cannot be read.
    Compare(CompareError),
    /// Something else.
    Function(FunctionError),
}

impl From<FunctionError> for Unready {
    fn from(error: FunctionError) -> Self {
        Self::Function(error)
    }
}

impl From<InventoryError> for Unready {
    fn from(error: InventoryError) -> Self {
        Self::Compare(CompareError::Inventory { side: Side::Source, error })
    }
}
