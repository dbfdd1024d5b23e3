//! What every command that reads shows of a stack with a known content, on two widths, with and without colours, and as JSON; and what is
//! said where something is wrong. A new command is one line in a table.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo nextest run -p drayage-e2e --test operator`, and a look at the difference.

mod settled;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::known::Known;
use crate::known::runs::{BACKUP, MIGRATE};
use crate::terminal::{Shown, Terminal};
use settled::Settled;

/// Commands that read, by the name of their snapshots.
const READS: [(&str, &[&str]); 12] = [
    ("status", &["status"]),
    ("status-runs", &["status", "--runs"]),
    ("status-errors", &["status", "--errors"]),
    ("status-accounts", &["status", "--accounts"]),
    ("status-few-runs", &["status", "--runs", "3"]),
    ("status-errors-of-backup", &["status", "--errors", "--run", BACKUP]),
    ("status-errors-of-migrate", &["status", "--errors", "--run", MIGRATE]),
    ("status-readiness", &["status", "--readiness"]),
    ("status-all", &["status", "--all"]),
    ("accounts", &["accounts"]),
    ("schedule", &["schedule", "show"]),
    ("doctor", &["doctor"]),
];

/// Commands that cannot be carried out, with the exit status that they have to end with.
const REFUSALS: [(&str, i32, &[&str]); 12] = [
    ("no-command", 2, &[]),
    ("unknown-command", 2, &["statsu"]),
    ("unknown-stack", 3, &["approve", "r-1", "--yes", "--stack", "nobody"]),
    ("approve-nonsense", 2, &["approve", "../other/run", "--yes"]),
    ("approve-unknown", 2, &["approve", "nobody", "--yes"]),
    ("rollback-of-nothing", 2, &["rollback"]),
    ("rollback-without-scope", 2, &["rollback", "--from-ledger"]),
    ("rollback-without-yes", 2, &["rollback", "--from-ledger", "--all", "--execute"]),
    ("report-unknown", 2, &["report", "nobody"]),
    ("report-ambiguous", 2, &["report", "backup-2026"]),
    ("retry-unknown", 2, &["retry", "nobody"]),
    ("stop-unknown", 2, &["stop", "nobody"]),
];

/// What is wrong around `dray`: another environment, and how it says so. All end with 3.
const SURROUNDINGS: [(&str, &[(&str, &str)]); 4] = [
    ("nothing-listens", &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]),
    ("no-region", &[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "")]),
    ("no-credentials", &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]),
    ("stack-by-environment", &[("DRAYAGE_STACK", "elsewhere")]),
];

const WIDTHS: [u16; 2] = [80, 140];
/// Narrower than any table.
const NARROW: u16 = 20;
/// What must never be shown: it stands in the query of every URL.
const SECRET: &str = "SECRET";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_looks_as_before() -> Result<()> {
    let known = Known::start().await?;
    let terminal = Terminal::of(&known.stack);
    let settled = Settled::of(&known.stack)?;
    for (name, arguments) in READS {
        for width in WIDTHS {
            let at = terminal.with("COLUMNS", &width.to_string());
            let plain = at.dray(&with(arguments, &["--color", "never"])).await?;
            fits(&plain, width).with_context(|| format!("{name} at {width}"))?;
            insta::assert_snapshot!(format!("{name}-{width}"), settled.text(&plain));
        }
        let coloured = terminal.dray(&with(arguments, &["--color", "always"])).await?;
        insta::assert_snapshot!(format!("{name}-colour"), settled.text(&coloured).escape_debug());
        let narrow = terminal.with("COLUMNS", &NARROW.to_string());
        let narrow = narrow.dray(&with(arguments, &["--color", "never"])).await?;
        // Sentences are left to such a terminal to break.
        fits(&narrow, u16::MAX).with_context(|| format!("{name} at {NARROW}"))?;
        let json = terminal.dray(&with(arguments, &["--json"])).await?;
        let document: Value = serde_json::from_str(&json.stdout)
            .with_context(|| format!("{name} prints no document: {}", json.text()))?;
        ensure!(document.is_object(), "{name}: {document}");
        insta::assert_snapshot!(format!("{name}-json"), settled.text(&json));
        for shown in [&coloured, &narrow, &json] {
            ensure!(!shown.text().contains(SECRET), "{name}: {}", shown.text());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_told_with_a_hint() -> Result<()> {
    let known = Known::start().await?;
    let terminal = Terminal::of(&known.stack);
    let settled = Settled::of(&known.stack)?;
    for (name, status, arguments) in REFUSALS {
        let shown = terminal.expect(status, arguments).await?;
        refused(&shown).with_context(|| format!("{name}: {}", shown.text()))?;
        insta::assert_snapshot!(name, settled.text(&shown));
    }
    for (name, environment) in SURROUNDINGS {
        let other = environment
            .iter()
            .fold(terminal.clone(), |terminal, (variable, value)| terminal.with(variable, value));
        let shown = other.expect(3, &["approve", "r-1", "--yes"]).await?;
        refused(&shown).with_context(|| format!("{name}: {}", shown.text()))?;
        insta::assert_snapshot!(name, settled.text(&shown));
    }
    Ok(())
}

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

/// Nothing on standard output, and words for a person on the other.
fn refused(shown: &Shown) -> Result<()> {
    ensure!(shown.stdout.is_empty(), "standard output is for data");
    // The parser of the command line has its own words for hints.
    let helps = ["hint: ", "For more information", "Usage:"];
    ensure!(helps.iter().any(|words| shown.stderr.contains(words)), "nothing helps");
    Ok(())
}

/// No line is wider than the terminal or ends in blanks, nothing moves the cursor, and no secret is shown.
fn fits(shown: &Shown, width: u16) -> Result<()> {
    for line in shown.stdout.lines() {
        // What people copy is never broken, so a single word may be wider.
        let is_word = !line.trim().contains(' ');
        ensure!(is_word || columns(line) <= usize::from(width), "wider than {width}: {line:?}");
        ensure!(line.trim_end() == line, "blanks at the end: {line:?}");
        let disturbs = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        ensure!(!line.contains(disturbs), "disturbs the terminal: {line:?}");
    }
    ensure!(!shown.text().contains(SECRET), "a query string is shown");
    Ok(())
}

/// Columns that a line takes, as a terminal counts them: two for wide characters, none for those that join others.
fn columns(line: &str) -> usize {
    let of = |c: char| match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}' => 2,
        _ => 1,
    };
    line.chars().map(of).sum()
}
