//! The two sides of a shard.

use std::sync::Arc;

use drayage_aws::clients::Clients;
use drayage_aws::inventory::s3_inventory::S3InventoryReport;
use drayage_aws::inventory::{
    CompareError, Comparison, ComparisonOptions, InFolder, Inventory, InventoryError, LedgerLookup,
    ListingInventory, Lookup, NoObjects, Party, S3Lookup, S3Place, SortedInventory, Sorter,
    ledger_inventory,
};
use drayage_aws::ledger::Ledger;
use drayage_domain::reconcile::filter::Filter;
use drayage_domain::reconcile::input::InventoryReport;
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
/// Rows of the ledger, or of a report, that are sorted in memory before they go to the local disk, in bytes.
const SORT_MEMORY_BYTES: usize = 16 * 1024 * 1024;

/// One shard, and what there is to know about it.
pub(crate) struct Work<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) settings: &'a Settings,
    pub(crate) reconciliation: &'a Reconciliation,
    pub(crate) shard: &'a Shard,
    pub(crate) round: u32,
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
            filter: self.filter()?,
            after,
            recheck: self.reconciliation.input.rechecks(self.round),
        };
        Ok(Comparison::new(source, destination, options))
    }

    fn filter(&self) -> Result<Filter, FunctionError> {
        self.reconciliation
            .input
            .filter
            .filter()
            .map_err(|problems| FunctionError::input(&problems))
    }

    async fn bucket(&self, side: Side, range: KeyRange) -> Result<Party, Unready> {
        let Reconciliation { input, source, destination, .. } = self.reconciliation;
        let (place, asked) = match side {
            Side::Source => (source, &input.source),
            Side::Destination => (destination, &input.destination),
        };
        let place = buckets::place(self.clients, self.settings, place, side).await?;
        let (folder, range) = (&self.shard.folder, range.below(&self.shard.folder));
        let looked_at = side == Side::Source || input.looks_at_destination(self.round);
        let report = asked.as_ref().and_then(|asked| asked.inventory.as_ref());
        let (inventory, lookup): (Box<dyn Inventory>, Option<Arc<dyn Lookup>>) = match report {
            _ if !looked_at => (Box::new(NoObjects), None),
            None => (Box::new(ListingInventory::new(place.below(folder), range)), None),
            Some(report) => {
                let sorted = read_report(report, &place, folder, &range)
                    .await
                    .map_err(|error| CompareError::Inventory { side, error })?;
                (Box::new(sorted), Some(Arc::new(S3Lookup::new(place.clone()))))
            }
        };
        Ok(Party {
            inventory: Box::new(InFolder::new(inventory, folder)),
            witness: Witness::Bucket,
            place: Some(place),
            lookup,
        })
    }

    /// What the ledger has proven, whether or not its records are still there: the copies stay.
    async fn ledger(&self, range: &KeyRange, state: &mut ShardState) -> Result<Party, Unready> {
        let Settings { files_table, runs_table, .. } = self.settings;
        let ledger = Ledger::new(self.clients.dynamodb(), files_table, runs_table);
        let prefix = &self.reconciliation.source.prefix;
        let sweep = ledger_inventory(&ledger, prefix, range, Sorter::new(SORT_MEMORY_BYTES))
            .await
            .map_err(|error| CompareError::Inventory { side: Side::Source, error })?;
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

/// What a report says of a folder of a place, in keys relative to the folder. The report is read as a whole each time.
async fn read_report(
    report: &InventoryReport,
    place: &S3Place,
    folder: &str,
    range: &KeyRange,
) -> Result<SortedInventory, InventoryError> {
    let client = place.client.clone();
    let opened = S3InventoryReport::open(client, &report.bucket, &report.manifest).await?;
    let prefix = place.whole_key(folder);
    opened.of_bucket(&place.bucket)?.read(&prefix, range, Sorter::new(SORT_MEMORY_BYTES)).await
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

impl From<CompareError> for Unready {
    fn from(error: CompareError) -> Self {
        Self::Compare(error)
    }
}
