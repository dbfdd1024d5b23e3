//! One record of a batch: what is left to do is done, and the ledger says how it ended.

use drayage_aws::objects::{Copied, CopyError, CopyRequest};
use drayage_domain::counts::Counts;
use drayage_domain::destination_key::DestinationKey;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::outcome::{FailureClass, GoneReason, Outcome, SkipReason};
use drayage_domain::plan::Plan;
use drayage_domain::row::{FileRow, Proof, SourceIdentity};
use drayage_domain::settle::{self, Remaining};
use drayage_domain::settled_row::{Settling, shortened};
use drayage_domain::source_url::ParsedSource;
use drayage_domain::state::{FileEvent, FileState, next};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;
use tokio::time::Instant;

use crate::batch::Budget;
use crate::context::{RecordRules, RunContext};
use crate::group::Fetched;
use crate::key::{self, Assigned};
use crate::uploads::Uploads;

/// A record with all that is needed to settle it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) context: &'a RunContext,
    pub(crate) rules: &'a RecordRules,
    pub(crate) entry: &'a ManifestEntry,
    pub(crate) row: Option<&'a FileRow>,
    pub(crate) budget: Budget,
}

/// How the work on a record ends.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The ledger knows the outcome.
    Settled(Settled),
    /// Not begun, or broken off without having had its share of time; another delivery does it.
    OutOfTime,
}

/// What a settled record adds to the counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    outcome: Outcome,
    bytes: u64,
    requests: u32,
    server_side: bool,
}

impl Settled {
    const fn plain(outcome: Outcome) -> Self {
        Self { outcome, bytes: 0, requests: 0, server_side: false }
    }

    /// Adds the record to its batch's counts.
    pub(crate) fn count_into(self, counts: &mut Counts) {
        counts.add(self.outcome);
        counts.bytes_copied += self.bytes;
        counts.requests += u64::from(self.requests);
        counts.server_side_copies += u64::from(self.server_side);
    }
}

/// A finished copy, whichever way it was made.
#[derive(Debug)]
struct Copy {
    source: SourceIdentity,
    proof: Proof,
    requests: u32,
    server_side: bool,
}

impl File<'_> {
    /// Does what is left to do. `fetched` is what the records before it have learned about the same source object.
    pub(crate) async fn settle(
        &self,
        fetched: &mut Option<Fetched>,
    ) -> Result<Ending, FunctionError> {
        if let Some(switched) = self.row
            && settle::edited_since_switch(self.entry, switched, self.rules.repair)
        {
            // The edit is known as one before anything is done about it, and what undoes the switch is still in the row then.
            let at = clock::now().to_string();
            let edited = self.settling(&at).edited_row(switched);
            let ledger = &self.context.ledger;
            let conflict =
                ledger.write_row(&edited, FileEvent::FoundEdited, Some(switched)).await?;
            return File { row: Some(&conflict), ..*self }.settle_rest(fetched).await;
        }
        self.settle_rest(fetched).await
    }

    async fn settle_rest(&self, fetched: &mut Option<Fetched>) -> Result<Ending, FunctionError> {
        match settle::remaining(self.entry, self.row, &self.context.run_id) {
            Remaining::Settled { outcome, bytes } => {
                Ok(Ending::Settled(Settled { bytes, ..Settled::plain(outcome) }))
            }
            Remaining::Copy => match &self.entry.plan {
                Plan::Copy { source, .. } => self.copy(source, fetched).await,
                // `settle::remaining` answers `Copy` for such a plan only.
                Plan::Skip { .. }
                | Plan::Refuse { .. }
                | Plan::RecordDeleted
                | Plan::AccountRenamed => {
                    Err(FunctionError::internal(&"a record without a file to copy"))
                }
            },
            Remaining::Exclude(reason) => self.exclude(reason, 0).await,
            Remaining::CountSkipped(reason) => Ok(settled(Outcome::Skipped(reason), 0)),
            Remaining::Fail(class, message) => self.fail(class, &message, 0).await,
            Remaining::Gone(reason) => self.gone(reason, None, 0).await,
            Remaining::Rename => self.confirm(self.row, None, Outcome::AccountRenamed, 0).await,
        }
    }

    async fn copy(
        &self,
        source: &ParsedSource,
        fetched: &mut Option<Fetched>,
    ) -> Result<Ending, FunctionError> {
        if Instant::now() >= self.budget.begin_until {
            return Ok(Ending::OutOfTime);
        }
        match fetched {
            Some(Fetched::Failed(error)) => return self.not_copied(error, 0).await,
            Some(Fetched::TooLarge(size_bytes)) => {
                tracing::debug!(size_bytes, "too large, like the record before it");
                return self.too_large(0).await;
            }
            Some(Fetched::Copied { .. }) | None => {}
        }
        let key = match key::assign(
            self.context,
            &self.rules.planner,
            self.entry,
            &source.file_name,
            self.row,
        )
        .await?
        {
            Assigned::Key(key) => key,
            Assigned::Refused(class, message) => return self.fail(class, &message, 0).await,
        };
        if let Some(Fetched::Copied { key: from, source, proof }) = fetched
            && self.known().is_none()
            && let Some(copy) = self.duplicate(from, &key, source, proof).await
        {
            return self.verified(&key, copy).await;
        }
        let begun = Instant::now();
        let record_id = self.entry.ledger_id(&self.context.run_id);
        let uploads = Uploads::new(&self.context.ledger, key.as_str(), record_id);
        let request = CopyRequest {
            source: &source.location,
            key: key.as_str(),
            file_name: &source.file_name,
            known: self.known(),
            listed: None,
            copied: self.known().and(self.row).and_then(|row| row.proof.as_ref()),
            uploads: Some(&uploads),
            deadline: self.budget.stop_at,
        };
        match Box::pin(self.context.transfer.copy(&request)).await {
            Ok(Copied::Done { source, proof, requests, server_side, .. }) => {
                *fetched = Some(Fetched::Copied {
                    key: key.clone(),
                    source: source.clone(),
                    proof: proof.clone(),
                });
                self.verified(&key, Copy { source, proof, requests, server_side }).await
            }
            Ok(Copied::Unchanged { source, requests }) => self.unchanged(source, requests).await,
            Ok(Copied::TooLarge { size_bytes, requests }) => {
                *fetched = Some(Fetched::TooLarge(size_bytes));
                self.too_large(requests).await
            }
            Err(error) if self.budget.broke_off(&error, begun.elapsed(), uploads.has_grown()) => {
                Ok(Ending::OutOfTime)
            }
            Err(error) => {
                uploads.give_up(&self.context.transfer, key.as_str()).await;
                let ending = self.not_copied(&error, error.requests).await;
                *fetched = Some(Fetched::Failed(error));
                ending
            }
        }
    }

    /// The source version of a proven copy of the same URL, if that copy is to be kept.
    fn known(&self) -> Option<&SourceIdentity> {
        self.row
            .filter(|row| row.original_url == self.entry.record.url && row.proof.is_some())
            .filter(|_| !self.rules.repair)
            .and_then(|row| row.source.as_ref())
    }

    /// A copy of the copy. If that does not work, the file is fetched like any other.
    async fn duplicate(
        &self,
        from: &DestinationKey,
        to: &DestinationKey,
        source: &SourceIdentity,
        proof: &Proof,
    ) -> Option<Copy> {
        let transfer = &self.context.transfer;
        let deadline = self.budget.stop_at;
        match transfer.duplicate(from.as_str(), proof, to.as_str(), deadline).await {
            Ok(duplicated) => Some(Copy {
                source: source.clone(),
                proof: duplicated.proof,
                requests: duplicated.requests,
                server_side: true,
            }),
            Err(error) => {
                tracing::info!(class = error.class.label(), "copy of the copy failed; fetching");
                None
            }
        }
    }

    async fn verified(&self, key: &DestinationKey, copy: Copy) -> Result<Ending, FunctionError> {
        let bytes = copy.proof.size_bytes;
        // Only a repair copies for a row that is still switched. Its record goes on pointing at the copy.
        let (state, event) = if self.is_switched() {
            (FileState::Switched, FileEvent::CopyRenewed)
        } else {
            (FileState::Verified, FileEvent::CopyVerified)
        };
        let row = FileRow {
            destination_key: Some(key.as_str().to_owned()),
            source: Some(copy.source),
            proof: Some(copy.proof),
            attempts: 0,
            ..self.new_row(state)
        };
        self.write(row, event).await?;
        Ok(Ending::Settled(Settled {
            outcome: Outcome::Verified,
            bytes,
            requests: copy.requests,
            server_side: copy.server_side,
        }))
    }

    /// The source is still what the proven copy was made from.
    async fn unchanged(
        &self,
        source: SourceIdentity,
        requests: u32,
    ) -> Result<Ending, FunctionError> {
        self.confirm(self.row, Some(source), Outcome::Unchanged, requests).await
    }

    /// Keeps the row's state and learns what is new about the record. A row that an earlier attempt left as failed
    /// becomes verified again.
    async fn confirm(
        &self,
        seen: Option<&FileRow>,
        source: Option<SourceIdentity>,
        outcome: Outcome,
        requests: u32,
    ) -> Result<Ending, FunctionError> {
        let Some(seen) = seen else {
            return Err(FunctionError::internal(&"a record without a row cannot be confirmed"));
        };
        let event = match next(seen.state, FileEvent::Confirmed) {
            Ok(_) if seen.state != FileState::SourceGone => FileEvent::Confirmed,
            Ok(_) | Err(_) => FileEvent::CopyVerified,
        };
        let confirmed = FileRow {
            account_id: self.new_row(seen.state).account_id,
            account_name: self.entry.record.account_name.clone(),
            system_modstamp: self.entry.record.system_modstamp.clone(),
            source: source.or_else(|| seen.source.clone()),
            ..seen.clone()
        };
        if event == FileEvent::CopyVerified {
            let row = FileRow {
                source: confirmed.source,
                attempts: 0,
                ..self.new_row(FileState::Verified)
            };
            self.write(row, event).await?;
        } else if confirmed != *seen {
            self.write(confirmed, event).await?;
        }
        Ok(settled(outcome, requests))
    }

    async fn not_copied(&self, error: &CopyError, requests: u32) -> Result<Ending, FunctionError> {
        if error.gone {
            return self.gone(GoneReason::ObjectMissing, Some(&error.message), requests).await;
        }
        self.fail(error.class, &error.message, requests).await
    }

    async fn too_large(&self, requests: u32) -> Result<Ending, FunctionError> {
        match settle::skip(SkipReason::TooLarge, self.row) {
            Remaining::Exclude(reason) => self.exclude(reason, requests).await,
            Remaining::CountSkipped(_)
            | Remaining::Settled { .. }
            | Remaining::Copy
            | Remaining::Fail(..)
            | Remaining::Gone(_)
            | Remaining::Rename => Ok(settled(Outcome::Skipped(SkipReason::TooLarge), requests)),
        }
    }

    async fn exclude(&self, reason: SkipReason, requests: u32) -> Result<Ending, FunctionError> {
        let row =
            FileRow { reason: Some(reason.label().to_owned()), ..self.new_row(FileState::Skipped) };
        self.write(row, FileEvent::Excluded).await?;
        Ok(settled(Outcome::Skipped(reason), requests))
    }

    async fn gone(
        &self,
        reason: GoneReason,
        message: Option<&str>,
        requests: u32,
    ) -> Result<Ending, FunctionError> {
        // A source that is gone must not hide that the record points at us; the run's counts say it.
        if reason == GoneReason::ObjectMissing && self.is_switched() {
            return Ok(settled(Outcome::SourceGone(reason), requests));
        }
        let row = FileRow {
            reason: Some(reason.label().to_owned()),
            message: message.map(shortened),
            ..self.new_row(FileState::SourceGone)
        };
        self.write(row, FileEvent::FoundGone).await?;
        Ok(settled(Outcome::SourceGone(reason), requests))
    }

    async fn fail(
        &self,
        class: FailureClass,
        message: &str,
        requests: u32,
    ) -> Result<Ending, FunctionError> {
        let outcome = Outcome::Failed(class);
        let state = self.row.map_or(FileState::Discovered, |row| row.state);
        // A file whose record is switched, or about to be, keeps its state: the run's counts say that it failed.
        if next(state, FileEvent::CopyFailed).is_err() {
            return Ok(settled(outcome, requests));
        }
        let at = clock::now().to_string();
        self.write(self.settling(&at).failed_row(class, message), FileEvent::CopyFailed).await?;
        Ok(settled(outcome, requests))
    }

    fn is_switched(&self) -> bool {
        self.row.is_some_and(|row| row.state == FileState::Switched)
    }

    fn new_row(&self, state: FileState) -> FileRow {
        self.settling(&clock::now().to_string()).row(state)
    }

    fn settling<'at>(&'at self, at: &'at str) -> Settling<'at> {
        let run_id = &self.context.run_id;
        Settling { entry: self.entry, seen: self.row, run_id, at }
    }

    async fn write(&self, row: FileRow, event: FileEvent) -> Result<(), FunctionError> {
        self.context.ledger.write_row(&row, event, self.row).await?;
        Ok(())
    }
}

fn settled(outcome: Outcome, requests: u32) -> Ending {
    Ending::Settled(Settled { requests, ..Settled::plain(outcome) })
}
