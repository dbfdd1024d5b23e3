//! What a fix may do about a verdict: copy again, delete, or leave it to a person.
//!
//! A fix never makes things worse than it found them. It copies only what is shown to be missing or different, and it deletes
//! only where somebody has asked for that, and the source is known to the last key: a key that an unread part of the
//! source may hold is not extra.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::filter::Overwrite;
use super::verdict::{Category, Verdict};
use crate::outcome::named_reasons;

/// What a run does with objects that only the destination has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extras {
    /// Lists them.
    #[default]
    Keep,
    /// Says which it would delete.
    Show,
    /// Deletes them.
    Delete,
}

/// What is known of the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SourceRead {
    /// Its inventory has an unread part.
    #[default]
    InPart,
    /// It was read to its end, and has no object: more often a wrong prefix than a source that was emptied.
    Empty,
    /// It was read to its end.
    Whole,
}

/// What the fix of a run may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairRules {
    /// Whether anything is copied, instead of only shown.
    pub execute: bool,
    /// What happens to objects that the destination has.
    pub overwrite: Overwrite,
    /// What happens to objects that only the destination has.
    pub extras: Extras,
    /// What is known of the source.
    pub source: SourceRead,
    /// Whether everything that the source has is in the destination, as far as it may be copied.
    pub in_place: bool,
}

named_reasons! {
    /// Why an object of the destination stays as it is.
    KeepReason {
        /// Deleting was not asked for.
        NotAskedFor => "not_asked_for",
        /// The run only shows what it would do.
        NotExecuting => "not_executing",
        /// The source's inventory has unread parts.
        SourceIncomplete => "source_incomplete",
        /// The source has no object at all.
        SourceEmpty => "source_empty",
        /// Something of the source is not in the destination yet.
        NotInPlace => "not_in_place",
        /// The destination has the key, and nothing may be overwritten.
        Exists => "exists",
    }
}

impl KeepReason {
    /// A sentence for people, with a hint.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NotAskedFor => {
                "Extra objects are listed, not deleted; hint: look at them, then start the fix with deleteExtra."
            }
            Self::NotExecuting => {
                "The run only shows what it would delete; hint: start it with execute to have it done."
            }
            Self::SourceEmpty => {
                "The source has no object, so that everything would be deleted; hint: look at bucket, prefix and filter, and use the report's fix.sh if it is meant."
            }
            Self::NotInPlace => {
                "Extra objects are deleted only when everything of the source is in the destination; hint: mend what is missing or different first."
            }
            Self::Exists => {
                "The run overwrites nothing; hint: start it with overwrite \"if-different\" if the source is right."
            }
            Self::SourceIncomplete => {
                "A part of the source could not be read, and its keys may be there; hint: mend what the report says about the source, then compare again."
            }
        }
    }
}

/// What a fix does about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Repair {
    /// Nothing: it is in order.
    None,
    /// Copies it from the source, over what is in the destination.
    Copy,
    /// Would copy it, in a run that executes.
    WouldCopy,
    /// Deletes it from the destination.
    Delete,
    /// Lists it and leaves it alone.
    Keep {
        /// Why it is not deleted.
        reason: KeepReason,
    },
    /// Leaves it to a person; [`Verdict::recommendation`] tells what to do.
    Review,
}

impl RepairRules {
    /// Whether extra objects may be deleted, and if not, why. The reason that a person has to deal with first is told.
    pub const fn may_delete(&self) -> Result<(), KeepReason> {
        if matches!(self.extras, Extras::Keep) {
            Err(KeepReason::NotAskedFor)
        } else if matches!(self.source, SourceRead::InPart) {
            Err(KeepReason::SourceIncomplete)
        } else if matches!(self.source, SourceRead::Empty) {
            Err(KeepReason::SourceEmpty)
        } else if !self.in_place {
            Err(KeepReason::NotInPlace)
        } else if matches!(self.extras, Extras::Show) {
            Err(KeepReason::NotExecuting)
        } else {
            Ok(())
        }
    }

    /// What to do about a key with that verdict.
    pub const fn repair(&self, verdict: Verdict) -> Repair {
        match verdict.category() {
            Category::Match => Repair::None,
            Category::Missing | Category::SizeDiffers | Category::ContentDiffers => {
                if !self.overwrite.copies(verdict) {
                    Repair::Keep { reason: KeepReason::Exists }
                } else if self.execute {
                    Repair::Copy
                } else {
                    Repair::WouldCopy
                }
            }
            Category::Extra => match self.may_delete() {
                Ok(()) => Repair::Delete,
                Err(reason) => Repair::Keep { reason },
            },
            Category::NotVerifiable => Repair::Review,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::level::Level;
    use super::super::verdict::Doubt;
    use super::*;

    const ALLOWED: RepairRules = RepairRules {
        execute: true,
        overwrite: Overwrite::IfDifferent,
        extras: Extras::Delete,
        source: SourceRead::Whole,
        in_place: true,
    };

    #[rstest]
    #[case::all(ALLOWED, Ok(()))]
    #[case::not_asked(RepairRules { extras: Extras::Keep, ..ALLOWED }, Err(KeepReason::NotAskedFor))]
    #[case::shown(RepairRules { extras: Extras::Show, ..ALLOWED }, Err(KeepReason::NotExecuting))]
    #[case::unread(RepairRules { source: SourceRead::InPart, ..ALLOWED }, Err(KeepReason::SourceIncomplete))]
    #[case::empty(RepairRules { source: SourceRead::Empty, ..ALLOWED }, Err(KeepReason::SourceEmpty))]
    #[case::early(RepairRules { in_place: false, ..ALLOWED }, Err(KeepReason::NotInPlace))]
    #[case::nothing(RepairRules::default(), Err(KeepReason::NotAskedFor))]
    fn deleting_needs_every_permission(
        #[case] rules: RepairRules,
        #[case] expected: Result<(), KeepReason>,
    ) {
        assert_eq!(rules.may_delete(), expected);
        let expected = expected.map_or_else(|reason| Repair::Keep { reason }, |()| Repair::Delete);
        assert_eq!(rules.repair(Verdict::Extra), expected);
    }

    #[rstest]
    #[case(Verdict::Missing)]
    #[case(Verdict::SizeDiffers)]
    #[case(Verdict::ContentDiffers { level: Level::Bytes })]
    fn what_is_missing_or_different_is_copied(#[case] verdict: Verdict) {
        assert_eq!(ALLOWED.repair(verdict), Repair::Copy);
        assert_eq!(RepairRules { execute: false, ..ALLOWED }.repair(verdict), Repair::WouldCopy);
    }

    #[test]
    fn what_exists_is_kept_where_nothing_may_be_overwritten() {
        let rules = RepairRules { overwrite: Overwrite::Never, ..ALLOWED };
        let kept = Repair::Keep { reason: KeepReason::Exists };
        assert_eq!(rules.repair(Verdict::SizeDiffers), kept);
        assert_eq!(rules.repair(Verdict::Missing), Repair::Copy);
    }

    #[test]
    fn what_cannot_be_verified_is_left_to_a_person() {
        for &reason in Doubt::ALL {
            let verdict = Verdict::NotVerifiable { level: Level::Etag, reason };
            assert_eq!(ALLOWED.repair(verdict), Repair::Review);
        }
        assert_eq!(ALLOWED.repair(Verdict::Match { level: Level::Size }), Repair::None);
    }

    #[test]
    fn every_reason_to_keep_tells_what_to_do() {
        assert!(KeepReason::ALL.iter().all(|reason| reason.meaning().contains("hint: ")));
    }
}
