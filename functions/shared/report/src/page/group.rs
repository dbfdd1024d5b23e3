//! Where the differences are: accounts, or folders.

use drayage_domain::reconcile::{GroupTally, Tally};

use super::shown::{Shown, Size, length};
use crate::text::number;

/// Groups that are shown before the reader asks for all.
const FIRST: usize = 12;
/// Units of a bar at its full length.
const BAR: u64 = 1000;
/// Shortest stretch that is still seen.
const STRETCH_MIN: u64 = 10;

/// One group.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: Shown,
    pub(super) source: (String, Size),
    pub(super) destination: (String, Size),
    pub(super) differences: String,
    pub(super) not_verifiable: String,
    pub(super) has_differences: bool,
    pub(super) has_doubts: bool,
    /// Lengths of the stretches: in order, not verifiable, different.
    pub(super) ok: u64,
    pub(super) unknown: u64,
    pub(super) attention: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Groups {
    pub(super) first: Vec<Row>,
    pub(super) rest: Vec<Row>,
}

impl Groups {
    /// Those with most to do first, then the largest.
    pub(super) fn of(tally: &Tally) -> Self {
        let mut groups: Vec<(&str, &GroupTally)> =
            tally.groups.iter().map(|(name, group)| (name.as_str(), group)).collect();
        groups.sort_by_key(|(name, group)| {
            let findings = group.differences.saturating_add(group.not_verifiable);
            (u64::MAX - findings, u64::MAX - keys(group), *name)
        });
        let largest = groups
            .iter()
            .map(|(_, group)| keys(group))
            .chain([keys(&tally.other_groups)])
            .max()
            .unwrap_or_default();
        let mut rows: Vec<Row> =
            groups.iter().map(|(name, group)| row(group_name(name), group, largest)).collect();
        if tally.other_groups != GroupTally::default() {
            rows.push(row(Shown::new("(all other groups)"), &tally.other_groups, largest));
        }
        // A few more rows are better than a fold that hides a few.
        let first = if rows.len() <= FIRST + 3 { rows.len() } else { FIRST };
        let rest = rows.split_off(first);
        Self { first: rows, rest }
    }
}

fn group_name(name: &str) -> Shown {
    Shown::new(if name.is_empty() { "(in no folder)" } else { name })
}

/// Keys of the group, as far as its counts tell: no fewer than either side has.
fn keys(group: &GroupTally) -> u64 {
    group
        .source
        .objects
        .max(group.destination.objects)
        .max(group.differences.saturating_add(group.not_verifiable))
}

fn row(name: Shown, group: &GroupTally, largest: u64) -> Row {
    let stretch = |count: u64| match length(count, largest, BAR) {
        0 => 0,
        length => length.max(STRETCH_MIN),
    };
    let all = stretch(keys(group));
    let attention = stretch(group.differences).min(all);
    let unknown = stretch(group.not_verifiable).min(all - attention);
    Row {
        name,
        source: (number(group.source.objects), Size::new(group.source.bytes)),
        destination: (number(group.destination.objects), Size::new(group.destination.bytes)),
        differences: number(group.differences),
        not_verifiable: number(group.not_verifiable),
        has_differences: group.differences > 0,
        has_doubts: group.not_verifiable > 0,
        ok: all - attention - unknown,
        unknown,
        attention,
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::reconcile::Volume;

    use super::*;

    #[test]
    fn the_group_with_most_to_do_comes_first_and_bars_stay_in_their_frame() {
        let of = |objects, differences| GroupTally {
            source: Volume { objects, bytes: 1 },
            differences,
            ..GroupTally::default()
        };
        let mut tally = Tally::default();
        tally.groups.insert("large/".to_owned(), of(1_000_000, 0));
        tally.groups.insert("bad/".to_owned(), of(3, 3));
        tally.groups.insert(String::new(), of(5, u64::MAX));
        let groups = Groups::of(&tally);
        let names: Vec<_> = groups.first.iter().map(|row| row.name.to_string()).collect();
        assert_eq!(names, ["<bdi>(in no folder)</bdi>", "<bdi>bad/</bdi>", "<bdi>large/</bdi>"]);
        assert!(groups.first.iter().all(|row| row.ok + row.unknown + row.attention <= BAR));
    }
}
