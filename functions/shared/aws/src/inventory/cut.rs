//! What two places are compared in: ranges of keys, and where a role may list some folders only, those folders.
//!
//! A permission to list can be limited to prefixes by a condition on `s3:prefix`. Then the place as a whole is refused, while
//! a listing that asks for an allowed folder is answered. Which folders there are is told by the other side; whatever stays
//! refused is named, and so is what lies outside of folders.

use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::{Partial, Side};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::listing::{S3Place, folders};
use super::{InventoryError, split};

/// Folders that are tried one by one. Each is a request, and a piece of its own.
pub const FOLDERS_MAX: usize = 1_000;
/// Folders that are tried at the same time.
const PROBES_AT_ONCE: usize = 16;

/// One of the places.
#[derive(Debug, Clone)]
pub struct CutSide {
    /// Where it is.
    pub place: S3Place,
    /// Whether the comparison lists it. Otherwise it reads a report, and a refused listing is nobody's loss.
    pub listed: bool,
}

/// Keys that can be compared by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What the keys begin with, relative to the places; listings have to ask for it. Empty for no limit.
    pub folder: String,
    /// Which keys, relative to the places.
    pub range: KeyRange,
}

/// What there is to compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// In the order of keys, without overlap. Never empty.
    pub pieces: Vec<Piece>,
    /// What no piece is about.
    pub unreadable: Vec<Partial>,
}

/// A side that cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {} cannot be listed: {error}", side.name())]
pub struct CutError {
    /// Which.
    pub side: Side,
    /// Why. Never that a listing is refused.
    pub error: InventoryError,
}

/// Cuts two places into about `wanted` pieces. Where one of them may be listed in some folders only, each of those is a piece
/// at least. If nothing can be found out about what may be listed, there is one piece, and comparing it says why.
pub async fn cut(source: &CutSide, destination: &CutSide, wanted: usize) -> Result<Cut, CutError> {
    let (at_source, at_destination) =
        tokio::join!(probe(source, Side::Source), probe(destination, Side::Destination));
    let (at_source, at_destination) = (at_source?, at_destination?);
    let (readable, denied, side) = match (&at_source, &at_destination) {
        (Access::Listed, Access::Denied(error)) if destination.listed => {
            (&source.place, error, Side::Destination)
        }
        (Access::Denied(error), Access::Listed) if source.listed => {
            (&destination.place, error, Side::Source)
        }
        (Access::Listed, _) => return whole(&source.place, Side::Source, wanted).await,
        (_, Access::Listed) => return whole(&destination.place, Side::Destination, wanted).await,
        (Access::Denied(_) | Access::Unknown, Access::Denied(_) | Access::Unknown) => {
            return Ok(Cut { pieces: vec![everything()], unreadable: Vec::new() });
        }
    };
    let refused = match side {
        Side::Source => &source.place,
        Side::Destination => &destination.place,
    };
    Folders { readable, refused, side }.cut(denied, wanted).await
}

/// Whether a place may be listed as a whole.
enum Access {
    Listed,
    Denied(InventoryError),
    /// It is not listed anyway, and cannot be.
    Unknown,
}

async fn probe(side: &CutSide, name: Side) -> Result<Access, CutError> {
    match side.place.probe().await {
        Ok(()) => Ok(Access::Listed),
        Err(error @ InventoryError::AccessDenied { .. }) => Ok(Access::Denied(error)),
        Err(error) if side.listed => Err(CutError { side: name, error }),
        Err(_not_needed) => Ok(Access::Unknown),
    }
}

fn everything() -> Piece {
    Piece { folder: String::new(), range: KeyRange::ALL }
}

async fn whole(place: &S3Place, side: Side, wanted: usize) -> Result<Cut, CutError> {
    let (ranges, _) =
        split(place, KeyRange::ALL, wanted).await.map_err(|error| CutError { side, error })?;
    let piece = |range| Piece { folder: String::new(), range };
    Ok(Cut { pieces: ranges.into_iter().map(piece).collect(), unreadable: Vec::new() })
}

/// Two places, one of which is refused as a whole.
struct Folders<'a> {
    readable: &'a S3Place,
    refused: &'a S3Place,
    /// Which side is refused.
    side: Side,
}

impl Folders<'_> {
    async fn cut(&self, denied: &InventoryError, wanted: usize) -> Result<Cut, CutError> {
        let found = folders(self.readable, FOLDERS_MAX).await.map_err(|e| self.of_readable(e))?;
        let Some(found) = found else {
            let reason = format!(
                "{denied}; and the {} has more than {FOLDERS_MAX} folders, too many to find out which of them may be \
                 listed; hint: name a longer prefix for both sides",
                self.side.other().name()
            );
            return Ok(Cut {
                pieces: vec![everything()],
                unreadable: vec![self.partial("", reason)],
            });
        };
        let mut unreadable = Vec::new();
        let mut open = Vec::new();
        for (folder, answer) in self.probe_all(found).await? {
            match answer {
                None => open.push(folder),
                Some(error) => unreadable.push(self.partial(&folder, error.to_string())),
            }
        }
        if open.is_empty() {
            return Ok(Cut { pieces: vec![everything()], unreadable: Vec::new() });
        }
        let outside =
            format!("except what lies in a folder of the {}: {denied}", self.side.other().name());
        unreadable.insert(0, self.partial("", outside));
        let share = wanted.div_ceil(open.len());
        let mut pieces = Vec::new();
        for folder in open {
            let place = self.readable.below(&folder);
            let (ranges, _) = split(&place, KeyRange::ALL, share)
                .await
                .map_err(|error| self.of_readable(error))?;
            pieces.extend(
                ranges
                    .into_iter()
                    .map(|range| Piece { range: range.inside(&folder), folder: folder.clone() }),
            );
        }
        Ok(Cut { pieces, unreadable })
    }

    /// Every folder with the refusal of its listing, if there is one; in order.
    async fn probe_all(
        &self,
        folders: Vec<String>,
    ) -> Result<Vec<(String, Option<InventoryError>)>, CutError> {
        let probe = |folder: String| async move {
            match self.refused.below(&folder).probe().await {
                Ok(()) => Ok((folder, None)),
                Err(error @ InventoryError::AccessDenied { .. }) => Ok((folder, Some(error))),
                Err(error) => Err(CutError { side: self.side, error }),
            }
        };
        stream::iter(folders).map(probe).buffered(PROBES_AT_ONCE).try_collect().await
    }

    fn partial(&self, folder: &str, reason: String) -> Partial {
        Partial { side: self.side, prefix: folder.to_owned(), reason }
    }

    fn of_readable(&self, error: InventoryError) -> CutError {
        CutError { side: self.side.other(), error }
    }
}

#[cfg(test)]
mod tests;
