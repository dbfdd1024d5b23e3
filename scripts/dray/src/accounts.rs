//! `dray accounts`: lists the accounts, with how their files stand.

mod text;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Common;
use crate::connection::Connection;
use crate::export::Export;
use crate::failure::{Failure, Verdict};
use crate::output::{Look, data, json};
use crate::status::accounts_table;
use crate::view::{AccountView, Accounts, accounts, total_of};

pub(crate) use text::text;

const EXAMPLES: &str = "\
Examples:
  dray accounts
      All accounts, those with the most files first.
  dray accounts --sort attention --limit 10
      The ten accounts with the most records that need a person.
  dray accounts --filter acme
      Accounts with acme in their name or id, in any case.
  dray accounts --sort bytes --csv accounts.csv
      The whole list as a table for a spreadsheet.
  dray accounts --json | jq '.accounts[] | select(.switched < .files)'
      For programs; bytes are bytes.

The numbers are the ledger's: every record that a backup has looked at. Before the first backup they are those of the newest \
analysis, which knows neither sizes nor states. The whole ledger is read.";

#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ListAccounts {
    /// What comes first: the largest, or, for names, the first of the alphabet.
    #[arg(long, value_enum, default_value = "files")]
    sort: Sort,
    /// Only accounts with this text in their name or id, in any case.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Also write them into this file, as a table for spreadsheets (.csv) or as --json prints them (.json).
    #[arg(long, visible_alias = "csv", value_name = "FILE")]
    export: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    Files,
    Bytes,
    Name,
    Attention,
}

/// `dray accounts`.
pub(crate) async fn run(arguments: &ListAccounts, common: &Common) -> Result<Verdict, Failure> {
    let export = arguments.export.as_deref().map(Export::to).transpose()?;
    let connection = Connection::open(&common.stack).await?;
    let seen = seen();
    let found = Box::pin(accounts(&connection, &*seen)).await?;
    drop(seen);
    let found = chosen(found, arguments);
    let document = serde_json::to_value(&found).unwrap_or_default();
    if let Some(file) = export {
        file.write(&document, &accounts_table(&found.accounts))?;
    }
    if common.json {
        json(&document)?;
    } else {
        data(&text(&found, &found.accounts, Look::of_standard_output()))?;
    }
    Ok(Verdict::Clean)
}

/// Those that were asked for, and their sum.
fn chosen(found: Accounts, arguments: &ListAccounts) -> Accounts {
    let Accounts { from, mut accounts, .. } = found;
    if let Some(wanted) = &arguments.filter {
        let wanted = wanted.to_lowercase();
        let has = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.to_lowercase().contains(&wanted))
        };
        accounts.retain(|account| has(&account.account_name) || has(&account.account_id));
    }
    let name =
        |account: &AccountView| account.account_name.as_ref().map(|name| name.to_lowercase());
    match arguments.sort {
        Sort::Files => {}
        Sort::Bytes => accounts.sort_by_key(|account| std::cmp::Reverse(account.bytes)),
        Sort::Attention => {
            accounts.sort_by_key(|account| std::cmp::Reverse(account.needs_attention));
        }
        // Those without a name come last.
        Sort::Name => {
            accounts.sort_by_key(|account| (account.account_name.is_none(), name(account)));
        }
    }
    let total = total_of(&accounts);
    if let Some(limit) = arguments.limit {
        accounts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Accounts { from, accounts, total }
}

/// Shows how many rows of the ledger were read, on a terminal; gone when it is dropped.
pub(crate) fn seen() -> Box<dyn Fn(u64) + Sync + Send> {
    if !std::io::stderr().is_terminal() {
        return Box::new(|_| {});
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} rows of the ledger read")
    {
        bar.set_style(style);
    }
    let bar = Gone(bar);
    Box::new(move |rows| bar.0.set_position(rows))
}

struct Gone(ProgressBar);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
