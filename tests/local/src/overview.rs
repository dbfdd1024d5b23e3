//! What a demo shows at its end: how every record ended, what it took, and whether it can be believed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use drayage_domain::row::FileRow;
use drayage_domain::run::Summary;
use drayage_domain::state::FileState;
use indicatif::HumanBytes;
use serde::Serialize;

use crate::check::CheckReport;
use crate::progress::precise;

const ACCOUNTS_SHOWN: usize = 8;
const NAME_WIDTH_MAX: usize = 40;
/// Used where no terminal tells its width.
const WIDTH_WITHOUT_TERMINAL: u16 = 100;

/// Everything that is known about a finished demo run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// What the execution put out.
    pub summary: Summary,
    /// Seconds from the start of the execution to its end.
    pub duration_seconds: f64,
    /// How many records have to end how; absent for an external Salesforce API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<BTreeMap<String, u64>>,
    /// Requests that the simulated Salesforce API answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salesforce_requests: Option<u64>,
    /// The independent check.
    pub check: CheckReport,
    /// The accounts with the most files.
    pub accounts: Vec<AccountTotal>,
    /// Where to look: name and address.
    pub locations: BTreeMap<String, String>,
}

/// The files of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTotal {
    /// Id, or nothing for records without account.
    pub id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Verified files.
    pub verified: u64,
    /// Other records.
    pub others: u64,
    /// Bytes of the verified files.
    pub bytes: u64,
}

/// The accounts of the ledger's rows, those with the most verified files first.
pub fn accounts(rows: &[FileRow]) -> Vec<AccountTotal> {
    let mut totals: BTreeMap<Option<&str>, AccountTotal> = BTreeMap::new();
    for row in rows {
        let total = totals.entry(row.account_id.as_deref()).or_insert_with(|| AccountTotal {
            id: row.account_id.clone(),
            name: row.account_name.clone(),
            verified: 0,
            others: 0,
            bytes: 0,
        });
        if row.state == FileState::Verified {
            total.verified += 1;
            total.bytes += row.proof.as_ref().map_or(0, |proof| proof.size_bytes);
        } else {
            total.others += 1;
        }
    }
    let mut sorted: Vec<AccountTotal> = totals.into_values().collect();
    sorted.sort_by_key(|account| Reverse((account.verified, account.bytes)));
    sorted.truncate(ACCOUNTS_SHOWN);
    sorted
}

impl Overview {
    /// Whether the sums add up, the outcomes are the expected ones, and the independent check has passed.
    pub fn ok(&self) -> bool {
        self.sums_add_up()
            && self.check.passed()
            && self
                .expected
                .as_ref()
                .is_none_or(|expected| *expected == self.summary.counts.outcomes)
    }

    fn sums_add_up(&self) -> bool {
        self.summary.accounted_for && self.summary.counts.records() == self.summary.enumerated
    }

    /// The overview as text, as wide as the terminal. It has no colours.
    pub fn text(&self, has_terminal: bool) -> String {
        let places: Vec<String> =
            self.locations.iter().map(|(name, address)| format!("  {name:<22}{address}")).collect();
        [
            ("How the records ended", self.outcome_table(has_terminal).to_string()),
            ("What it took", self.totals_table(has_terminal).to_string()),
            ("Accounts with the most files", self.account_table(has_terminal).to_string()),
            ("Sums", self.sums()),
            ("Ledger and destination compared", self.compared()),
            ("Independent check", self.check_text()),
            ("Where to look", places.join("\n")),
        ]
        .map(|(title, body)| format!("\n{title}\n{body}\n"))
        .concat()
    }

    fn outcome_table(&self, has_terminal: bool) -> Table {
        let counted = &self.summary.counts.outcomes;
        let mut table = table(has_terminal);
        let Some(expected) = &self.expected else {
            table.set_header(["end state", "records"]);
            for (label, count) in counted {
                table.add_row([label.clone(), count.to_string()]);
            }
            align_right(&mut table, &[1]);
            return table;
        };
        table.set_header(["end state", "expected", "actual", ""]);
        let labels: BTreeSet<&String> = counted.keys().chain(expected.keys()).collect();
        for label in labels {
            let [wanted, actual] =
                [expected, counted].map(|counts| counts.get(label).copied().unwrap_or_default());
            let verdict = if wanted == actual { "ok" } else { "DIFFERS" };
            table.add_row([label, &wanted.to_string(), &actual.to_string(), verdict]);
        }
        align_right(&mut table, &[1, 2]);
        table
    }

    fn totals_table(&self, has_terminal: bool) -> Table {
        let counts = &self.summary.counts;
        let seconds = self.duration_seconds.max(0.001);
        let duration = Duration::from_secs_f64(self.duration_seconds);
        let mut table = table(has_terminal);
        let mut row = |name: &str, value: String| {
            table.add_row([name.to_owned(), value]);
        };
        row("run", self.summary.run_id.clone());
        row("duration", format!("{:.1} s", duration.as_secs_f64()));
        row(
            "records",
            format!("{} ({:.0}/s)", counts.records(), precise(counts.records()) / seconds),
        );
        row("bytes copied", HumanBytes(counts.bytes_copied).to_string());
        row("copied by S3 itself", counts.server_side_copies.to_string());
        row("requests for files", counts.requests.to_string());
        if let Some(requests) = self.salesforce_requests {
            row("Salesforce requests", requests.to_string());
        }
        row("batches", self.summary.batches.to_string());
        row("need attention", self.summary.needs_attention.to_string());
        table
    }

    fn account_table(&self, has_terminal: bool) -> Table {
        let mut table = table(has_terminal);
        table.set_header(["account", "id", "verified", "others", "bytes"]);
        for account in &self.accounts {
            table.add_row([
                printable(account.name.as_deref().unwrap_or("(no name)")),
                account.id.clone().unwrap_or_else(|| "(no account)".to_owned()),
                account.verified.to_string(),
                account.others.to_string(),
                HumanBytes(account.bytes).to_string(),
            ]);
        }
        align_right(&mut table, &[2, 3, 4]);
        table
    }

    fn sums(&self) -> String {
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for (label, count) in &self.summary.counts.outcomes {
            let kind = label.split_once('.').map_or(label.as_str(), |(kind, _)| kind);
            *kinds.entry(kind).or_default() += count;
        }
        let parts: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let verdict = if self.sums_add_up() { "adds up" } else { "DOES NOT ADD UP" };
        format!("  {} enumerated = {}: {verdict}", self.summary.enumerated, parts.join(" + "))
    }

    fn compared(&self) -> String {
        let Some(found) = &self.summary.reconciliation else {
            return "  not compared".to_owned();
        };
        let verdicts: Vec<String> =
            found.verdicts.iter().map(|(label, count)| format!("{count} {label}")).collect();
        let verdict = match (found.complete, found.clean) {
            (true, true) => "clean",
            (true, false) => "DIFFERENCES LEFT",
            (false, _) => "INCOMPLETE",
        };
        format!(
            "  {} keys in {} rounds, {} copied again; {}: {verdict}",
            found.compared,
            found.rounds,
            found.repairs,
            verdicts.join(", ")
        )
    }

    fn check_text(&self) -> String {
        let check = &self.check;
        let not_comparable = match check.not_comparable {
            0 => String::new(),
            count => format!("; {count} cannot be compared from here"),
        };
        let verdict = match check.problem_count {
            0 => "passed".to_owned(),
            count => format!("{count} PROBLEMS"),
        };
        let mut lines = vec![format!(
            "  {} objects ({}) in the destination bucket; {} have the bytes of their source{not_comparable}: {verdict}",
            check.objects,
            HumanBytes(check.object_bytes),
            check.equal
        )];
        lines.extend(check.problems.iter().map(|what| format!("  - {}", printable_line(what))));
        lines.join("\n")
    }
}

/// An empty table, as wide as the terminal.
pub(crate) fn table(has_terminal: bool) -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if has_terminal {
        table.load_style(presets::UTF8_FULL_CONDENSED);
    } else {
        table.load_style(presets::ASCII_FULL_CONDENSED);
        table.set_width(WIDTH_WITHOUT_TERMINAL);
    }
    table
}

/// Aligns columns of numbers.
pub(crate) fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// A name of user data, fit for a table cell: short, and without characters that move the cursor or the reading
/// direction.
fn printable(name: &str) -> String {
    let safe = printable_line(name);
    if safe.chars().count() <= NAME_WIDTH_MAX {
        return safe;
    }
    let cut: String = safe.chars().take(NAME_WIDTH_MAX - 1).collect();
    format!("{cut}…")
}

/// Text of user data without characters that move the cursor or the reading direction.
pub(crate) fn printable_line(text: &str) -> String {
    text.chars()
        .map(|character| if is_disturbing(character) { '\u{fffd}' } else { character })
        .collect()
}

fn is_disturbing(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_disturb_the_table() {
        assert_eq!(printable("a\u{202e}b\tc\u{1b}[31m"), "a\u{fffd}b\u{fffd}c\u{fffd}[31m");
        assert_eq!(printable(&"x".repeat(50)).chars().count(), NAME_WIDTH_MAX);
    }
}
