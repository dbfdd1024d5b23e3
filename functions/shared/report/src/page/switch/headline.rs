//! How the run ended, in plain language. It never claims more than was read again.

use drayage_domain::outcome::Outcome;
use drayage_domain::switch::Direction;
use drayage_domain::switch::plan::CheckState;
use drayage_domain::switch::summary::SwitchSummary;

use super::super::headline::{Headline, Tone};
use crate::switch::SwitchReport;
use crate::text::{counted, number};

pub(super) fn headline(report: &SwitchReport<'_>) -> Headline {
    let summary = report.summary;
    if summary.error.is_some() {
        return broken_off(summary);
    }
    if summary.dry_run {
        return dry_run(report);
    }
    let done = done(summary);
    if !summary.accounted_for {
        return Headline::new(
            Tone::Attention,
            "The sums do not add up.",
            &format!(
                "Of {}, {} an outcome. {done}",
                counted(summary.planned, "planned record", "planned records"),
                counted(summary.accounted, "has", "have")
            ),
        );
    }
    if summary.planned == 0 {
        return Headline::new(
            Tone::Ok,
            "There was nothing to write.",
            "No record in scope has to be written. The ledger's other rows are counted below.",
        );
    }
    if summary.clean {
        return clean(summary);
    }
    let verb = if report.review_total == 1 { "record needs" } else { "records need" };
    Headline::new(
        Tone::Attention,
        &format!("{} {verb} a person.", number(report.review_total)),
        &format!("{done} Every planned record is accounted for, and each has been read again."),
    )
}

fn broken_off(summary: &SwitchSummary) -> Headline {
    let lead = if summary.planned == 0 {
        "There was no plan yet: nothing was written into Salesforce.".to_owned()
    } else if summary.dry_run {
        "It was a dry run: nothing was written into Salesforce.".to_owned()
    } else {
        format!(
            "{} Of {}, {} an outcome; the others are looked at again by the next run.",
            done(summary),
            counted(summary.planned, "planned record", "planned records"),
            counted(summary.accounted, "has", "have")
        )
    };
    Headline::new(Tone::Attention, "The run was broken off.", &lead)
}

fn dry_run(report: &SwitchReport<'_>) -> Headline {
    let summary = report.summary;
    let failed = summary.readiness.iter().filter(|check| check.state == CheckState::Failed).count();
    let records = counted(summary.planned, "record", "records");
    let accounts = counted(report.accounts, "account", "accounts");
    let (one, many) = match summary.direction {
        Direction::Switch => ("would get its new URL", "would get their new URLs"),
        Direction::Restore => {
            ("would get its original URL back", "would get their original URLs back")
        }
    };
    let what = if summary.planned == 1 { one } else { many };
    if failed > 0 {
        let checks = counted(failed as u64, "check fails", "checks fail");
        return Headline::new(
            Tone::Attention,
            &format!("Not ready: {checks}."),
            &format!("A dry run: {records} of {accounts} {what}. Nothing was written."),
        );
    }
    if summary.planned == 0 {
        return Headline::new(
            Tone::Unknown,
            "There is nothing to write.",
            "A dry run: no record is in the plan.",
        );
    }
    Headline::new(
        Tone::Ok,
        &format!("{records} {what}."),
        &format!("A dry run over {accounts}: every check holds, and nothing was written."),
    )
}

fn clean(summary: &SwitchSummary) -> Headline {
    let (verb_one, verb_many) = match summary.direction {
        Direction::Switch => ("points at its new URL", "point at their new URLs"),
        Direction::Restore => ("holds its original URL", "hold their original URLs"),
    };
    let text = match summary.planned {
        1 => format!("The only record {verb_one}."),
        count => format!("All {} records {verb_many}.", number(count)),
    };
    Headline::new(Tone::Ok, &text, "Each was read again after everything was written.")
}

/// What was written, in a sentence.
fn done(summary: &SwitchSummary) -> String {
    let count = |outcome: Outcome| {
        summary.counts.outcomes.get(&outcome.label()).copied().unwrap_or_default()
    };
    match summary.direction {
        Direction::Switch => {
            let switched = count(Outcome::Switched) + count(Outcome::AlreadySwitched);
            format!("{} at the new URL.", counted(switched, "record points", "records point"))
        }
        Direction::Restore => {
            let restored = count(Outcome::Restored) + count(Outcome::AlreadyOriginal);
            let records = counted(restored, "record holds its", "records hold their");
            let urls = if restored == 1 { "URL" } else { "URLs" };
            format!("{records} original {urls}.")
        }
    }
}
