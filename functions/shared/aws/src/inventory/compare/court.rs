//! Decides about one key: by what the inventories show, by a closer look where they may be wrong, by evidence.
//!
//! Two kinds of inventory may be wrong. A report, or an index, is as old as it is: its side is looked up before anything
//! else is made of a key that is not in order. A listing is true when it is read, but the two sides are not read at the same
//! moment: what is created or deleted in between looks missing or extra. A closer look at both sides settles that.

use std::sync::Arc;

use drayage_domain::reconcile::filter::Filter;
use drayage_domain::reconcile::judge::{self, Case, Step, Terms};
use drayage_domain::reconcile::{Doubt, Object, Requests, Side, Verdict};

use super::super::InventoryError;
use super::super::evidence::Examiner;
use super::{CompareError, Lookup};

/// A key whose verdict is known.
#[derive(Debug)]
pub(super) struct Judged {
    /// `None`: that of the objects.
    key: Option<String>,
    /// `None`: the comparison is not about it, or neither side has it on a closer look.
    pub(super) verdict: Option<Verdict>,
    pub(super) source: Option<Object>,
    pub(super) destination: Option<Object>,
}

impl Judged {
    pub(super) fn key(&self) -> &str {
        let object = || self.source.as_ref().or(self.destination.as_ref());
        self.key.as_deref().or_else(|| Some(&object()?.key)).unwrap_or_default()
    }
}

/// Who is asked about the keys of a side that are not in order.
pub(super) enum Better {
    /// Nobody: what the inventory shows counts.
    Nobody,
    /// The inventory may be out of date: asked before evidence is taken.
    First(Arc<dyn Lookup>),
    /// Asked before a verdict is told that a change between the two listings would explain.
    Again(Arc<dyn Lookup>),
}

/// Decides about pairs.
pub(super) struct Court {
    terms: Terms,
    filter: Filter,
    pub(super) examiner: Examiner,
    source: Better,
    destination: Better,
}

/// What a closer look shows.
enum Found {
    Now(Option<Object>),
    /// The service refuses to tell.
    Refused(Doubt),
}

impl Court {
    pub(super) fn new(
        terms: Terms,
        filter: Filter,
        examiner: Examiner,
        (source, destination): (Better, Better),
    ) -> Self {
        Self { terms, filter, examiner, source, destination }
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> Requests {
        let mut sent = self.examiner.requests();
        for better in [&self.source, &self.destination] {
            if let Better::First(lookup) | Better::Again(lookup) = better {
                sent.add(&lookup.requests());
            }
        }
        sent
    }

    pub(super) fn is_about(&self, pair: &Pair) -> bool {
        self.filter.select_pair(pair.source.as_ref(), pair.destination.as_ref()).is_ok()
    }

    /// What the inventories alone tell, if that is enough.
    pub(super) fn at_once(&self, pair: &Pair) -> Option<Verdict> {
        let verdict = match (&pair.source, &pair.destination) {
            (Some(source), Some(destination)) => {
                judge::at_once(source, destination, self.terms.level).or_else(|| {
                    match Case::new(source.clone(), destination.clone(), self.terms).step() {
                        Step::Verdict(verdict) => Some(verdict),
                        Step::Look(_)
                        | Step::FindPartSizes { .. }
                        | Step::ConfirmParts { .. }
                        | Step::ReadOne { .. }
                        | Step::ReadBoth => None,
                    }
                })
            }
            (Some(_), None) => Some(Verdict::Missing),
            (None, _) => Some(Verdict::Extra),
        };
        let sides = [&self.source, &self.destination];
        let stale = sides.iter().any(|better| matches!(better, Better::First(_)));
        let again = sides.iter().any(|better| matches!(better, Better::Again(_)));
        verdict.filter(|verdict| {
            verdict.is_match() || !(stale || again && may_come_of_a_change(*verdict))
        })
    }

    /// Looks at sides that may be out of date, takes evidence, and looks again where a change may have come in between.
    pub(super) async fn judge(&self, mut pair: Pair) -> Result<Judged, CompareError> {
        let key = pair.key().to_owned();
        for side in [Side::Source, Side::Destination] {
            let Better::First(lookup) = self.better(side) else { continue };
            match look_up(side, lookup.as_ref(), &key).await? {
                Found::Now(object) => pair.set(side, object),
                Found::Refused(doubt) => return Ok(self.unknown(pair, doubt)),
            }
        }
        let verdict = self.weigh(&pair).await;
        if !verdict.is_some_and(may_come_of_a_change) {
            return Ok(Judged { key: Some(key), ..pair.judged(verdict) });
        }
        let mut changed = false;
        for side in [Side::Source, Side::Destination] {
            let Better::Again(lookup) = self.better(side) else { continue };
            match look_up(side, lookup.as_ref(), &key).await? {
                Found::Now(object) if pair.shows_other(side, object.as_ref()) => {
                    pair.set(side, object);
                    changed = true;
                }
                Found::Refused(doubt) if pair.get(side).is_none() => {
                    return Ok(self.unknown(pair, doubt));
                }
                // The listing has shown that it is there, and nothing says otherwise.
                Found::Now(_) | Found::Refused(_) => {}
            }
        }
        let verdict = if changed { self.weigh(&pair).await } else { verdict };
        Ok(Judged { key: Some(key), ..pair.judged(verdict) })
    }

    const fn better(&self, side: Side) -> &Better {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    async fn weigh(&self, pair: &Pair) -> Option<Verdict> {
        match (&pair.source, &pair.destination) {
            (Some(source), Some(destination)) => {
                let mut case = Case::new(source.clone(), destination.clone(), self.terms);
                Some(self.examiner.judge(&mut case).await)
            }
            (Some(_), None) => Some(Verdict::Missing),
            (None, Some(_)) => Some(Verdict::Extra),
            (None, None) => None,
        }
    }

    fn unknown(&self, pair: Pair, reason: Doubt) -> Judged {
        pair.judged(Some(Verdict::NotVerifiable { level: self.terms.level, reason }))
    }
}

/// Whether two listings that agree come to this verdict when something changes between them.
const fn may_come_of_a_change(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Missing
        | Verdict::Extra
        | Verdict::SizeDiffers
        | Verdict::NotVerifiable { reason: Doubt::Changed, .. } => true,
        // The others rest on equal ETags, or on evidence that was taken of the versions that were listed.
        Verdict::Match { .. } | Verdict::ContentDiffers { .. } | Verdict::NotVerifiable { .. } => {
            false
        }
    }
}

async fn look_up(side: Side, lookup: &dyn Lookup, key: &str) -> Result<Found, CompareError> {
    match lookup.find(key).await {
        Ok(object) => Ok(Found::Now(object)),
        Err(InventoryError::AccessDenied { .. }) => Ok(Found::Refused(Doubt::AccessDenied)),
        Err(InventoryError::Refused { .. }) => Ok(Found::Refused(Doubt::ReadFailed)),
        Err(error) => Err(CompareError::Inventory { side, error }),
    }
}

/// What is known of a key.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) source: Option<Object>,
    pub(super) destination: Option<Object>,
}

impl Pair {
    fn key(&self) -> &str {
        self.source.as_ref().or(self.destination.as_ref()).map_or("", |object| &object.key)
    }

    const fn get(&self, side: Side) -> Option<&Object> {
        match side {
            Side::Source => self.source.as_ref(),
            Side::Destination => self.destination.as_ref(),
        }
    }

    fn set(&mut self, side: Side, object: Option<Object>) {
        match side {
            Side::Source => self.source = object,
            Side::Destination => self.destination = object,
        }
    }

    /// Whether the object is not the version that is known. A `HEAD` leaves out things that a listing tells.
    fn shows_other(&self, side: Side, now: Option<&Object>) -> bool {
        let version = |object: &Object| (object.size_bytes, object.etag.clone());
        self.get(side).map(version) != now.map(version)
    }

    pub(super) fn judged(self, verdict: Option<Verdict>) -> Judged {
        Judged { key: None, verdict, source: self.source, destination: self.destination }
    }
}
