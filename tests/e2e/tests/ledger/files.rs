//! Rows, key claims and scans.

use std::collections::BTreeSet;

use drayage_aws::ledger::{KeyClaim, LedgerError};
use drayage_domain::row::{Checksum, FileRow, Proof, ProofLevel, SourceIdentity};
use drayage_domain::state::{FileEvent, FileState};
use futures::future::join_all;

use crate::support::{empty_ledger, row};

fn complete(record_id: &str) -> FileRow {
    FileRow {
        source: Some(SourceIdentity {
            size_bytes: Some(u64::MAX),
            etag: Some("\u{e9}tag".to_owned()),
            last_modified: None,
        }),
        proof: Some(Proof {
            size_bytes: 5_497_558_138_880,
            etag: "d41d8cd98f00b204e9800998ecf8427e-3".to_owned(),
            checksum: Some(Checksum {
                algorithm: "CRC64NVME".to_owned(),
                value: "rosUhgp5k4g=".to_owned(),
            }),
            level: ProofLevel::MultipartEtag,
        }),
        message: Some(String::new()),
        system_modstamp: Some("2026-01-01T00:00:00.000+0000".to_owned()),
        ..row(record_id, FileState::Verified)
    }
}

#[tokio::test]
async fn every_url_comes_back_byte_for_byte() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let long = format!("https://x/{}", "%20\u{1f600}".repeat(10_000));
    let urls = [
        None,
        Some(""),
        Some(" "),
        Some("null"),
        Some("  https://x/a%2Fb+c%20d?e=f#g \t\r\n"),
        Some("\u{0}\u{feff}\u{1f600}e\u{301}\u{e9}\\\"'"),
        Some(long.as_str()),
    ];
    let mut ids = Vec::new();
    let mut expected = Vec::new();
    for (index, url) in urls.into_iter().enumerate() {
        let new = FileRow {
            original_url: url.map(str::to_owned),
            ..complete(&format!("record-{index}"))
        };
        let written = ledger.write_row(&new, FileEvent::CopyVerified, None).await.unwrap();
        assert_eq!(written, FileRow { version: 1, ..new.clone() });
        ids.push(new.record_id.clone());
        expected.push(written);
    }
    let read: Vec<FileRow> = ledger.rows(&ids).await.unwrap().into_values().collect();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn a_row_without_anything_optional_comes_back() {
    let fixture = empty_ledger().await;
    let bare = FileRow {
        account_id: None,
        account_name: None,
        original_url: None,
        destination_key: None,
        ..row("INVALID#run#1", FileState::Failed)
    };
    let written = fixture.ledger.write_row(&bare, FileEvent::CopyFailed, None).await.unwrap();
    let read = fixture.ledger.rows(std::slice::from_ref(&bare.record_id)).await.unwrap();
    assert_eq!(read.get(&bare.record_id), Some(&written));
}

#[tokio::test]
async fn who_has_not_seen_the_newest_version_is_refused() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let new = row("a", FileState::Verified);
    let first = ledger.write_row(&new, FileEvent::CopyVerified, None).await.unwrap();
    let second = ledger.write_row(&first, FileEvent::Confirmed, Some(&first)).await.unwrap();
    assert_eq!((first.version, second.version), (1, 2));
    let late = FileRow { message: Some("late".to_owned()), ..first.clone() };
    for seen in [None, Some(&first)] {
        let error = ledger.write_row(&late, FileEvent::CopyVerified, seen).await.unwrap_err();
        assert!(matches!(error, LedgerError::Conflict { .. }), "{error}");
    }
    let vanished = FileRow { record_id: "b".to_owned(), ..first };
    let error =
        ledger.write_row(&vanished, FileEvent::Confirmed, Some(&vanished)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Conflict { .. }), "{error}");
    let read = ledger.rows(&["a".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!(read.into_values().collect::<Vec<_>>(), [second]);
}

#[tokio::test]
async fn of_several_writers_that_saw_the_same_row_one_wins() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let new = row("a", FileState::Verified);
    let seen = ledger.write_row(&new, FileEvent::CopyVerified, None).await.unwrap();
    let rivals: Vec<FileRow> = (0..8)
        .map(|rival| FileRow { message: Some(format!("rival {rival}")), ..seen.clone() })
        .collect();
    let answers = join_all(
        rivals.iter().map(|rival| ledger.write_row(rival, FileEvent::Confirmed, Some(&seen))),
    )
    .await;
    let (written, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((written.len(), refused.len()), (1, 7));
    let read = ledger.rows(&["a".to_owned()]).await.unwrap();
    assert_eq!(read.into_values().next(), written.into_iter().next().and_then(Result::ok));
}

#[tokio::test]
async fn a_key_belongs_to_the_first_record_that_asks() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    assert_eq!(ledger.claim_key("k", "a").await.unwrap(), KeyClaim::Granted);
    assert_eq!(ledger.claim_key("k", "a").await.unwrap(), KeyClaim::Granted);
    assert_eq!(ledger.claim_key("k", "b").await.unwrap(), KeyClaim::TakenBy("a".to_owned()));
    assert_eq!(ledger.claim_key("k\u{e9} ", "b").await.unwrap(), KeyClaim::Granted);
}

#[tokio::test]
async fn of_several_records_that_want_a_key_at_once_one_gets_it() {
    let fixture = empty_ledger().await;
    let names: Vec<String> = (0..12).map(|index| format!("record-{index}")).collect();
    let claims = join_all(names.iter().map(|name| fixture.ledger.claim_key("k", name))).await;
    let mut winners = BTreeSet::new();
    for (name, claim) in names.iter().zip(claims) {
        match claim.unwrap() {
            KeyClaim::Granted => winners.insert(name.clone()),
            KeyClaim::TakenBy(owner) => winners.insert(owner),
        };
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
}

#[tokio::test]
async fn more_rows_than_one_request_takes_are_read_and_scanned() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let ids: Vec<String> = (0..205).map(|index| format!("record-{index:03}")).collect();
    let written = join_all(ids.iter().map(|id| async move {
        ledger.claim_key(&format!("key of {id}"), id).await.unwrap();
        let new = row(id, FileState::Verified);
        ledger.write_row(&new, FileEvent::CopyVerified, None).await.unwrap()
    }))
    .await;

    let mut asked = ids.clone();
    asked.extend(ids.iter().take(3).cloned());
    asked.push("nobody".to_owned());
    let read = ledger.rows(&asked).await.unwrap();
    assert_eq!(read.into_values().collect::<Vec<_>>(), written);
    assert!(ledger.rows(&[]).await.unwrap().is_empty());

    let mut scanned = Vec::new();
    let mut cursor = None;
    let mut pages = 0;
    loop {
        let (rows, next) = ledger.scan_rows(cursor.as_deref(), 60).await.unwrap();
        assert!(rows.len() <= 60);
        scanned.extend(rows);
        pages += 1;
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(pages >= 7, "{pages}");
    scanned.sort_unstable_by(|left, right| left.record_id.cmp(&right.record_id));
    assert_eq!(scanned, written);
}
