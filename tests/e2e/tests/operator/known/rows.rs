//! The files of the known ledger.

use anyhow::{Context as _, Result};
use drayage_aws::ledger::Ledger;
use drayage_domain::outcome::{FailureClass, GoneReason, SkipReason, WriteFailure};
use drayage_domain::row::FileRow;
use drayage_domain::state::FileEvent::{
    CopyFailed, CopyVerified, Excluded, FoundDrifted, FoundEdited, FoundGone, RestoreConfirmed,
    RestoreIntended, SwitchAbandoned, SwitchConfirmed, SwitchIntended,
};
use drayage_domain::state::{FileEvent, FileState, next};
use serde_json::json;

use super::runs::{BACKUP, MIGRATE};

const ACCOUNTS: [&str; 6] = [
    "Acme, Inc.",
    "漢字会社 & Söhne GmbH",
    // Turns the reading direction, colours the terminal, and breaks the line.
    "evil\u{202e}gnp.exe\u{1b}[31mred\r\nnext line\u{7}",
    "👩\u{200d}👩\u{200d}👧 Family e\u{301}clair",
    "=HYPERLINK(\"https://x.example\")",
    "A name that is much longer than any column of any table on any terminal that anybody has ever seen, and longer still, \
     and that does not end where one would expect it to end, but goes on",
];

/// How the files of the known ledger stand: what has happened to each, with the label of its reason.
fn stories() -> Vec<(&'static [FileEvent], Option<&'static str>)> {
    let mut stories: Vec<(&'static [FileEvent], Option<&'static str>)> = vec![
        (&[CopyVerified], None),
        (&[CopyVerified], None),
        (&[CopyVerified, SwitchIntended, SwitchConfirmed], None),
        (&[CopyVerified, SwitchIntended, SwitchConfirmed], None),
        (&[CopyVerified, SwitchIntended], None),
        (&[CopyVerified, SwitchIntended, SwitchConfirmed, RestoreIntended, RestoreConfirmed], None),
        (&[CopyVerified, FoundDrifted], None),
        (&[CopyVerified, SwitchIntended, SwitchConfirmed, FoundEdited], None),
    ];
    for reason in WriteFailure::ALL {
        stories.push((&[CopyVerified, SwitchIntended, SwitchAbandoned], Some(reason.label())));
    }
    stories.extend(FailureClass::ALL.iter().map(|class| (&[CopyFailed][..], Some(class.label()))));
    stories.extend(SkipReason::ALL.iter().map(|reason| (&[Excluded][..], Some(reason.label()))));
    stories.extend(GoneReason::ALL.iter().map(|reason| (&[FoundGone][..], Some(reason.label()))));
    stories
}

/// Writes all of them.
pub(super) async fn write(ledger: &Ledger) -> Result<()> {
    for (number, (events, reason)) in stories().into_iter().enumerate() {
        let mut row = row(number, reason)?;
        let mut seen: Option<FileRow> = None;
        for &event in events {
            let before = seen.as_ref().map_or(FileState::Discovered, |row| row.state);
            row.state = next(before, event)?;
            seen = Some(ledger.write_row(&row, event, seen.as_ref()).await?);
        }
    }
    Ok(())
}

/// The account of every sixth record is one and the same; every seventh record has none.
fn row(number: usize, reason: Option<&str>) -> Result<FileRow> {
    let account = (number % 7 != 6).then_some(number % ACCOUNTS.len());
    let name = account.and_then(|account| ACCOUNTS.get(account));
    let id = account.map(|account| format!("00100000000000{account}AAA"));
    let folder = id.as_deref().unwrap_or("none");
    let message = reason.map(|reason| {
        format!("what was found in place of the file, which is {reason}: \u{1b}[2Jan answer that disturbs")
    });
    let row = json!({
        "recordId": format!("a0B0000000{number:05}AAA"),
        "accountId": id,
        "accountName": name,
        "originalUrl": format!("https://files.example.com/in/{number}.pdf?signature=SECRET"),
        "destinationKey": format!("uploads/{folder}/An_account/{number}.pdf"),
        "proof": {"sizeBytes": 1_000_000 * (number + 1), "etag": "0123", "level": "etag"},
        "state": FileState::Discovered,
        "reason": reason,
        "message": message,
        "runId": if number.is_multiple_of(2) { BACKUP } else { MIGRATE },
        "at": format!("2026-01-05T02:{:02}:00Z", number % 60),
        "newUrl": format!("https://drayage-destination.example/uploads/{number}.pdf"),
        "switchedBy": MIGRATE,
        "attempts": number % 4,
        "version": 0,
    });
    serde_json::from_value(row).context("the row of a file has another shape")
}
