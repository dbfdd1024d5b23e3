//! Accounts as a table.

use comfy_table::Color;

use crate::human::{size, wrapped};
use crate::layout::{WIDE, Word, grid};
use crate::output::{Look, counted, grouped, printable};
use crate::view::{AccountView, Accounts};

/// Longest name that is shown, in characters; `--json` and files have all of it.
const NAME_CHARACTERS_MAX: usize = 40;

/// A table of these accounts, with the sum of all that were asked for, and where the numbers are from.
pub(crate) fn text(found: &Accounts, shown: &[AccountView], look: Look) -> String {
    if shown.is_empty() {
        let said = if found.total.files == 0 && found.from == "ledger" {
            "The ledger is empty, and there is no analysis: dray analyze counts the files, dray backup copies them."
        } else {
            "No account fits."
        };
        return wrapped(said, look.width, "");
    }
    let is_ledger = found.from == "ledger";
    let total = (&found.total, "total".to_owned(), String::new());
    let named = shown
        .iter()
        .map(|account| (account, name(account), account.account_id.clone().unwrap_or_default()));
    let rows = named.chain([total]);
    let table = match (is_ledger, look.width >= WIDE) {
        // An analysis has looked at no copies.
        (false, _) => {
            let rows = rows.map(|(account, name, id)| {
                [name.into(), id.into(), grouped(account.files).into(), attention(account, "")]
            });
            grid(look, ["account", "id", "files", "attention"], &[2, 3], rows.collect())
        }
        (true, true) => {
            let rows = rows.map(|(account, name, id)| {
                let [files, bytes, verified, switched, attention] = numbers(account);
                let skipped = grouped(account.skipped).into();
                [name.into(), id.into(), files, bytes, verified, switched, skipped, attention]
            });
            let header =
                ["account", "id", "files", "bytes", "verified", "switched", "skipped", "attention"];
            grid(look, header, &[2, 3, 4, 5, 6, 7], rows.collect())
        }
        // The id stands under the name, and what was skipped on purpose is left out.
        (true, false) => {
            let rows = rows.map(|(account, name, id)| {
                let [files, bytes, verified, switched, attention] = numbers(account);
                let account = format!("{name}\n{id}").trim().to_owned();
                [account.into(), files, bytes, verified, switched, attention]
            });
            let header = ["account", "files", "bytes", "verified", "switched", "attention"];
            grid(look, header, &[1, 2, 3, 4, 5], rows.collect())
        }
    };
    let count = u64::try_from(shown.len()).unwrap_or(u64::MAX);
    let from = if is_ledger {
        format!("{}, by the ledger.", counted(count, "account"))
    } else {
        format!("{}, by {}: nothing was backed up yet.", counted(count, "account"), found.from)
    };
    format!("{table}\n\n{}", wrapped(&from, look.width, ""))
}

fn name(account: &AccountView) -> String {
    let name = account.account_name.as_deref().map(printable);
    let none = if account.account_id.is_some() { "" } else { "(no account)" };
    let name = name.unwrap_or_else(|| none.to_owned());
    drayage_domain::words::shortened(&name, NAME_CHARACTERS_MAX)
}

fn numbers(account: &AccountView) -> [Word; 5] {
    [
        grouped(account.files).into(),
        size(account.bytes).into(),
        grouped(account.verified).into(),
        grouped(account.switched).into(),
        attention(account, "0"),
    ]
}

fn attention(account: &AccountView, none: &str) -> Word {
    match account.needs_attention {
        0 => none.into(),
        count => Word::coloured(grouped(count), Color::Yellow),
    }
}
