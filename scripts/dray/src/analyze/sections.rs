//! The sections of an analysis.

use comfy_table::Color;
use drayage_domain::analysis::{Analysis, Interval, Sizes};
use drayage_domain::recommendation::Procedure;

use super::text::{name, table, wrapped};
use crate::human::{Moment, dollars, roughly, share, size};
use crate::layout::{Word, painted};
use crate::output::{Look, counted, grouped, printable};
use crate::stack::Stack;

/// Rows of hosts and of file types that are shown; the JSON has 100.
const ROWS_SHOWN: usize = 15;
/// Accounts that are shown; the JSON has 50, the table in the state bucket all of them.
const ACCOUNTS_SHOWN: usize = 10;

/// As ECMA-48 numbers colours.
const RED: u8 = 31;
/// Columns of the longest bar, by the width of the terminal: where it is narrow, names and numbers need the room.
const BAR_WIDTHS: [(u16, u16); 2] = [(100, 16), (70, 8)];

/// How much of `most` a number is.
fn bar(look: Look, number: u64, most: u64) -> String {
    let fitting = BAR_WIDTHS.iter().find(|(from, _)| look.width >= *from);
    look.share(number, most, fitting.map_or(0, |(_, width)| *width))
}

/// A number, with a mark where it is an estimate.
fn about(number: u64, exact: bool) -> String {
    if exact { grouped(number) } else { format!("~{}", grouped(number)) }
}

pub(super) fn scope(analysis: &Analysis, stack: &Stack, moment: &Moment, look: Look) -> String {
    let scope = &analysis.scope;
    let org = analysis
        .org
        .as_ref()
        .map_or_else(|| "not told".to_owned(), |org| printable(&org.described()));
    let accounts = if scope.accounts_exact { "" } else { " or more" };
    let mut rows = vec![
        ("org", org),
        ("reads", format!("{}.{}", analysis.object, analysis.url_field)),
        ("as of", moment.local(&analysis.started_at)),
    ];
    if let Some(asked) = &analysis.accounts_asked {
        let names: Vec<String> = asked.iter().map(|account| printable(account)).collect();
        rows.push(("only accounts", names.join(", ")));
    }
    rows.extend([
        ("records", grouped(scope.records)),
        (
            "files to copy",
            format!(
                "{}, behind {} different URLs",
                grouped(scope.files),
                about(scope.different_urls, scope.different_urls_exact)
            ),
        ),
        (
            "accounts",
            format!(
                "{}{accounts}; {} without account",
                grouped(scope.accounts),
                counted(scope.records_without_account, "record")
            ),
        ),
    ]);
    // Addresses are copied from here, so they are not broken.
    format!(
        "{}

The plan, line by line
  {}
All accounts
  {}",
        look.list(rows),
        stack.state(&analysis.places.plan),
        stack.state(&analysis.places.accounts)
    )
}

pub(super) fn outcomes(analysis: &Analysis, look: Look) -> String {
    let mut all: Vec<(&String, &u64)> = analysis.outcomes.iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let most = all.first().map_or(0, |(_, count)| **count);
    let rows = all.into_iter().map(|(label, count)| {
        let shown = if label == "planned" { "planned (copied)" } else { label };
        let word = if label.starts_with("failed.") {
            Word::coloured(shown, Color::Red)
        } else {
            shown.into()
        };
        let part = share(*count, analysis.scope.records);
        [word, grouped(*count).into(), part.into(), bar(look, *count, most).into()]
    });
    table(look, ["outcome", "records", "share", ""], rows.collect(), &[1, 2])
}

pub(super) fn hosts(analysis: &Analysis, look: Look) -> String {
    let hosts = &analysis.hosts;
    let most = hosts.first.first().map_or(0, |host| host.records);
    let rows = hosts.first.iter().take(ROWS_SHOWN).map(|host| {
        let allowed = if host.allowed { "yes".into() } else { Word::coloured("NO", Color::Red) };
        [
            printable(&host.place).into(),
            allowed,
            grouped(host.records).into(),
            grouped(host.files).into(),
            bar(look, host.records, most).into(),
        ]
    });
    let header = ["host or bucket", "allowed", "records", "files", ""];
    let text = table(look, header, rows.collect(), &[2, 3]);
    let hidden: u64 = hosts.first.iter().skip(ROWS_SHOWN).map(|host| host.records).sum();
    with_others(text, hidden + hosts.others, "record")
}

pub(super) fn file_types(analysis: &Analysis, look: Look) -> String {
    let kinds = &analysis.file_types;
    let most = kinds.first.first().map_or(0, |kind| kind.files);
    let rows = kinds.first.iter().take(ROWS_SHOWN).map(|kind| {
        let mean = if kind.measured > 0 { size(kind.mean_bytes) } else { String::new() };
        [
            name(Some(&kind.extension)).into(),
            grouped(kind.files).into(),
            share(kind.files, analysis.scope.files).into(),
            mean.into(),
            grouped(kind.measured).into(),
            bar(look, kind.files, most).into(),
        ]
    });
    let header = ["type", "files", "share", "mean size", "sampled", ""];
    let text = table(look, header, rows.collect(), &[1, 2, 3, 4]);
    let hidden: u64 = kinds.first.iter().skip(ROWS_SHOWN).map(|kind| kind.files).sum();
    with_others(text, hidden + kinds.others, "file")
}

fn with_others(text: String, others: u64, one: &str) -> String {
    if others == 0 {
        return text;
    }
    format!("{text}\n{} more in others.", counted(others, one))
}

pub(super) fn sizes(analysis: &Analysis, look: Look) -> String {
    let Some(sizes) = &analysis.sizes else {
        return "  no file was asked for its size".to_owned();
    };
    let Sizes { sampled, measured, not_there, max_file_bytes, .. } = sizes;
    let mut rows = vec![
        ("to copy", total(&sizes.total)),
        ("how sure", how_sure(sizes)),
        ("a file", format!("mean {}, median {}", size(sizes.mean_bytes), size(sizes.median_bytes))),
        ("largest seen", size(sizes.largest_bytes)),
        (
            "sample",
            format!(
                "{} of {}; {} measured",
                grouped(*sampled),
                counted(sizes.files, "file"),
                grouped(*measured)
            ),
        ),
        (
            "too large",
            format!("{} of the sample, above {}", grouped(sizes.too_large), size(*max_file_bytes)),
        ),
    ];
    if sizes.unknown_size > 0 {
        rows.push(("size not told", grouped(sizes.unknown_size)));
    }
    let gone: u64 = not_there.values().sum();
    if gone > 0 {
        let each: Vec<String> =
            not_there.iter().map(|(label, count)| format!("{} {label}", grouped(*count))).collect();
        rows.push((
            "not readable",
            format!("{} of the sample: {}", share(gone, *sampled), each.join(", ")),
        ));
    }
    look.list(rows)
}

/// What the interval is, and what no sample tells: of a kind of file that is rarer than three in the sample's number, none was drawn
/// in one of twenty samples (the rule of three).
fn how_sure(sizes: &Sizes) -> String {
    let method = &sizes.total.method;
    if sizes.sampled >= sizes.files {
        return method.clone();
    }
    let rare = grouped((sizes.sampled / 3).max(1));
    format!("{method}; of very large files that are rarer than 1 in {rare} it may know nothing")
}

fn total(total: &Interval) -> String {
    let middle = size(total.bytes);
    match (total.low_bytes, total.high_bytes) {
        (Some(low), Some(high)) if low < high => {
            let below = share(total.bytes.saturating_sub(low), total.bytes);
            let above = share(high.saturating_sub(total.bytes), total.bytes);
            format!(
                "~{middle}, between {} and {} ({} % sure; -{below}, +{above})",
                size(low),
                size(high),
                total.confidence_percent
            )
        }
        (Some(_), Some(_)) => middle,
        _ => format!("~{middle}; the sample is too small to say how sure that is"),
    }
}

pub(super) fn hazards(analysis: &Analysis, look: Look) -> String {
    if analysis.hazards.is_empty() {
        return "  none".to_owned();
    }
    let shown = analysis.hazards.iter().map(|hazard| {
        let effect = if hazard.blocking {
            format!(", {}", painted(look, "keeps files back", RED))
        } else {
            String::new()
        };
        let records = if hazard.count == 1 { "record" } else { "records" };
        let count = about(hazard.count, hazard.exact);
        let what = wrapped(&format!("{}.", capital(&hazard.what)), ["    ", "    "], look);
        let remedy = format!("-> {}.", capital(&hazard.remedy));
        let remedy = wrapped(&remedy, ["    ", "       "], look);
        format!("  {}: {count} {records}{effect}\n{what}\n{remedy}", hazard.name)
    });
    shown.collect::<Vec<_>>().join("\n")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

pub(super) fn accounts(analysis: &Analysis, look: Look) -> String {
    let most = analysis.top_accounts.first().map_or(0, |account| account.files);
    let rows = analysis.top_accounts.iter().take(ACCOUNTS_SHOWN).map(|account| {
        [
            name(account.name.as_deref()).into(),
            printable(&account.id).into(),
            grouped(account.files).into(),
            grouped(account.records).into(),
            bar(look, account.files, most).into(),
        ]
    });
    table(look, ["account", "id", "files", "records", ""], rows.collect(), &[2, 3])
}

pub(super) fn estimate(analysis: &Analysis, look: Look) -> String {
    let estimate = &analysis.estimate;
    let volume = estimate.bytes.map_or_else(
        || "not known without a sample".to_owned(),
        |all| format!("~{}; {} through Lambda", size(all), size(estimate.streamed_bytes)),
    );
    let summary = look.list(vec![
        (
            "time",
            format!(
                "about {}; S3 alone needs {} at least",
                roughly(estimate.seconds_likely),
                roughly(estimate.requests.seconds_at_least)
            ),
        ),
        ("data", volume),
        ("cost", format!("about {} once", dollars(estimate.cost.usd))),
        ("storage", format!("about {} a month", dollars(estimate.storage_usd_per_month))),
    ]);
    let bill = &estimate.cost;
    let services =
        bill.services.iter().map(|cost| [cost.service.name().into(), dollars(cost.usd).into()]);
    let services = table(look, ["service", "cost"], services.collect(), &[1]);
    let lines = bill.lines.iter().map(|line| {
        [
            line.service.name().into(),
            printable(&line.operation).into(),
            if line.requests > 0 { grouped(line.requests).into() } else { "".into() },
            quantity(line.quantity).into(),
            printable(&line.unit).into(),
            dollars(line.usd).into(),
        ]
    });
    let header = ["service", "operation", "requests", "charged", "", "cost"];
    let items = format!("{services}\n\n{}", table(look, header, lines.collect(), &[2, 3, 5]));
    let rests: Vec<String> = estimate
        .assumptions
        .iter()
        .map(|rest| wrapped(&format!("- {rest}"), ["  ", "    "], look))
        .collect();
    format!("{summary}\n\n{items}\n\nIt rests on:\n{}", rests.join("\n"))
}

/// A number of units; below ten with decimals.
fn quantity(units: f64) -> String {
    if units < 10.0 {
        return format!("{units:.2}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count")]
    let whole = units.round() as u64;
    grouped(whole)
}

pub(super) fn salesforce(analysis: &Analysis, look: Look) -> String {
    let budget = &analysis.salesforce;
    let left = budget.api_calls.map_or_else(
        || "the org does not tell".to_owned(),
        |calls| {
            format!(
                "{} of {}; {} are left to others",
                grouped(calls.remaining),
                grouped(calls.max),
                grouped(budget.reserve)
            )
        },
    );
    let mode = budget.mode.map_or("none fits today", |mode| mode.name());
    let summary = look.list(vec![
        ("left today", left),
        ("reading", format!("about {} for every backup", counted(budget.reading, "call"))),
        ("repointing", format!("{mode}: {}", printable(&budget.why))),
    ]);
    let rows = budget.modes.iter().map(|mode| {
        let fits = if mode.fits {
            Word::coloured("yes", Color::Green)
        } else {
            Word::coloured("NO", Color::Red)
        };
        [
            mode.mode.name().into(),
            grouped(mode.calls).into(),
            fits,
            roughly(mode.seconds).into(),
            dollars(mode.cost_usd).into(),
        ]
    });
    let header = ["repointing by", "calls", "fits today", "takes about", "AWS cost"];
    format!("{summary}\n\n{}", table(look, header, rows.collect(), &[1, 3, 4]))
}

pub(super) fn recommendation(analysis: &Analysis, look: Look) -> String {
    let command = match analysis.recommendation.state_machine {
        Procedure::SinglePhase => "dray single-phase",
        Procedure::BackupAndMigrate => "dray backup, and then dray migrate",
    };
    let why = printable(&analysis.recommendation.why);
    look.list(vec![("take", command.to_owned()), ("because", why)])
}
