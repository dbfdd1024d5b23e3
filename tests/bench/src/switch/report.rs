//! The figures of all contenders side by side.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::calls::Calls;
use super::stage::Requests;
use crate::usage::median;

/// What the figures of the other tool do not pay for.
const NOT_THE_SAME: &str = "simple-salesforce writes, and nothing else: it does not compare a record before it \
overwrites it, does not read back what arrived, keeps nothing that undoes it, and cannot be told what a broken run has done.";
/// The services that have a column.
const SERVICES: [&str; 4] = ["DynamoDB", "S3", "SQS", "Step Functions"];

/// One turn of one contender, over all records.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Turn {
    pub(crate) contender: String,
    /// Of ours the whole execution, with planning and summary; of the other tool the update without start and login.
    pub(crate) wall_seconds: f64,
    /// Of ours the part that writes, reads back and verifies.
    pub(crate) switch_seconds: f64,
    /// Of the functions, or of the other tool's process.
    pub(crate) cpu_seconds: f64,
    /// As the simulator has counted them.
    pub(crate) calls: Calls,
    /// To AWS.
    pub(crate) requests: Requests,
    /// The rollback; only ours has one.
    pub(crate) undo: Option<Undo>,
}

/// What the way back took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Undo {
    pub(crate) wall_seconds: f64,
    pub(crate) calls: Calls,
}

/// All contenders, in the order of their first turns.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    records: usize,
    contenders: Vec<Turn>,
    not_the_same: &'static str,
}

impl Report {
    /// Shows the median of every figure of a contender's turns.
    pub(crate) fn new(records: usize, turns: &[Turn]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for turn in turns {
            if !names.contains(&turn.contender) {
                names.push(turn.contender.clone());
            }
        }
        let of = |name: &String| {
            turns.iter().filter(|turn| turn.contender == *name).cloned().collect::<Vec<_>>()
        };
        let contenders = names.iter().filter_map(|name| middle(of(name))).collect();
        Self { records, contenders, not_the_same: NOT_THE_SAME }
    }

    /// Tables for people.
    pub(crate) fn tables(&self) -> String {
        format!("{}\n\n{}\n\n{NOT_THE_SAME}", self.salesforce(), self.aws())
    }

    fn salesforce(&self) -> Table {
        let mut table = table(&[
            "contender",
            "API calls",
            "per 1,000 records",
            "read",
            "write",
            "read back",
            "verify",
            "other",
            "records/s",
            "records/s, switch alone",
            "records/s, rollback",
            "calls, rollback",
            "CPU s per 1,000 records",
        ]);
        for turn in &self.contenders {
            let Calls { read, write, read_back, verify, other } = turn.calls;
            let counts = [read, write, read_back, verify, other].map(|count| count.to_string());
            let undo = turn.undo.map_or(["-".to_owned(), "-".to_owned()], |undo| {
                [self.per_second(undo.wall_seconds), undo.calls.total().to_string()]
            });
            let total = turn.calls.total();
            table.add_row(
                [
                    turn.contender.clone(),
                    total.to_string(),
                    format!("{:.1}", precise(total) * 1_000.0 / self.count()),
                ]
                .into_iter()
                .chain(counts)
                .chain([self.per_second(turn.wall_seconds), self.per_second(turn.switch_seconds)])
                .chain(undo)
                .chain([format!("{:.2}", turn.cpu_seconds * 1_000.0 / self.count())]),
            );
        }
        table
    }

    /// Requests per file of the functions.
    fn aws(&self) -> Table {
        let header = SERVICES.map(|service| format!("{service} per file"));
        let mut names = vec!["contender"];
        names.extend(header.iter().map(String::as_str));
        names.push("others per file");
        let mut table = table(&names);
        for turn in self.contenders.iter().filter(|turn| !turn.requests.is_empty()) {
            let of = |wanted: &dyn Fn(&str) -> bool| {
                let services = turn.requests.iter().filter(|(service, _)| wanted(service));
                let sum: u64 = services.flat_map(|(_, operations)| operations.values()).sum();
                format!("{:.4}", precise(sum) / self.count())
            };
            let cells = SERVICES.map(|service| of(&|name| name == service));
            let others = of(&|name| !SERVICES.contains(&name));
            table.add_row([turn.contender.clone()].into_iter().chain(cells).chain([others]));
        }
        table
    }

    fn count(&self) -> f64 {
        precise(self.records as u64)
    }

    fn per_second(&self, seconds: f64) -> String {
        format!("{:.0}", self.count() / seconds)
    }
}

/// The median of every time, and the most calls and requests.
fn middle(turns: Vec<Turn>) -> Option<Turn> {
    let figure = |of: fn(&Turn) -> f64| median(turns.iter().map(of));
    let (wall_seconds, switch_seconds) =
        (figure(|turn| turn.wall_seconds), figure(|turn| turn.switch_seconds));
    let cpu_seconds = figure(|turn| turn.cpu_seconds);
    let undo_seconds = median(turns.iter().filter_map(|turn| Some(turn.undo?.wall_seconds)));
    let turn = turns.into_iter().max_by_key(|turn| turn.calls.total())?;
    let undo = turn.undo.map(|undo| Undo { wall_seconds: undo_seconds, ..undo });
    Some(Turn { wall_seconds, switch_seconds, cpu_seconds, undo, ..turn })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn precise(count: u64) -> f64 {
    count as f64
}

/// A table whose columns after the first are figures.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn turn(contender: &str, wall_seconds: f64, write: u64) -> Turn {
        let calls = Calls { write, ..Calls::default() };
        let is_ours = contender.starts_with("ours");
        let put = BTreeMap::from([("PutItem".to_owned(), 1_000), ("Query".to_owned(), 10)]);
        Turn {
            contender: contender.to_owned(),
            wall_seconds,
            switch_seconds: wall_seconds,
            cpu_seconds: 1.0,
            calls,
            requests: if is_ours {
                BTreeMap::from([("DynamoDB".to_owned(), put)])
            } else {
                BTreeMap::new()
            },
            undo: is_ours.then_some(Undo { wall_seconds, calls }),
        }
    }

    #[test]
    fn medians_of_turns_stand_side_by_side() {
        let turns = vec![
            turn("ours, bulk", 1.0, 4),
            turn("simple-salesforce, bulk2", 0.5, 3),
            turn("ours, bulk", 9.0, 5),
            turn("simple-salesforce, bulk2", 0.5, 3),
            turn("ours, bulk", 2.0, 4),
        ];
        let report = Report::new(500, &turns);
        let [ours, theirs] = report.contenders.as_slice() else { panic!("{report:?}") };
        assert!((ours.wall_seconds - 2.0).abs() < 1e-9 && ours.calls.total() == 5, "{ours:?}");
        assert!((ours.undo.unwrap().wall_seconds - 2.0).abs() < 1e-9);
        assert!(theirs.undo.is_none());
        let tables = report.tables();
        // 5 calls for 500 records; 1,010 requests for 500 files; only the product is in the second table.
        assert!(tables.contains("10.0") && tables.contains("2.0200"), "{tables}");
        assert_eq!(tables.matches("simple-salesforce, bulk2").count(), 1, "{tables}");
        assert!(tables.ends_with(NOT_THE_SAME));
    }
}
