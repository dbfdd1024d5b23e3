//! What is listed, in which order, and how it looks.

use clap::Parser;

use super::*;
use crate::test_support::assert_looks;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: ListAccounts,
}

fn arguments(words: &[&str]) -> ListAccounts {
    Line::try_parse_from(["accounts"].iter().chain(words)).unwrap().arguments
}

fn account(id: Option<&str>, name: Option<&str>, files: u64) -> AccountView {
    AccountView {
        account_id: id.map(str::to_owned),
        account_name: name.map(str::to_owned),
        files,
        bytes: files * 1_500_000,
        verified: files / 2,
        switched: files / 4,
        skipped: 1,
        needs_attention: files % 4,
        ..AccountView::default()
    }
}

fn found() -> Accounts {
    let accounts = vec![
        account(Some("001000000000001AAX"), Some("Acme Ltd"), 12_345),
        account(
            Some("001000000000002AAX"),
            Some("\u{202e}evil\u{1b}[31m GmbH & a very long name that goes on"),
            12,
        ),
        account(None, None, 3),
    ];
    let total = total_of(&accounts);
    Accounts { from: "ledger".to_owned(), accounts, total }
}

#[test]
fn accounts_are_filtered_sorted_and_cut_and_the_sum_is_of_all_that_fit() {
    let names = |words: &[&str]| -> Vec<u64> {
        chosen(found(), &arguments(words)).accounts.iter().map(|one| one.files).collect()
    };
    assert_eq!(names(&[]), [12_345, 12, 3]);
    assert_eq!(names(&["--sort", "name"]), [12_345, 12, 3]);
    assert_eq!(names(&["--sort", "attention"]), [3, 12_345, 12]);
    assert_eq!(names(&["--filter", "ACME"]), [12_345]);
    assert_eq!(names(&["--filter", "0002aax"]), [12]);
    let cut = chosen(found(), &arguments(&["--sort", "bytes", "--limit", "1"]));
    assert_eq!((cut.accounts.len(), cut.total.files), (1, 12_360));
}

#[test]
fn accounts_look_as_they_did() {
    assert_looks("accounts", "ledger", |look| text(&found(), &found().accounts, look));
    let analysed = Accounts { from: "analysis analyze-1".to_owned(), ..found() };
    assert_looks("accounts", "analysis", |look| text(&analysed, &analysed.accounts, look));
}

#[test]
fn an_empty_ledger_says_what_to_do() {
    let look = Look { width: 80, colour: false, lines: false };
    let empty = Accounts { from: "ledger".to_owned(), ..Accounts::default() };
    assert!(text(&empty, &[], look).contains("dray analyze"));
    assert_eq!(text(&found(), &[], look), "No account fits.");
}
