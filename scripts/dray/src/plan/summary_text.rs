//! How a rollback ended, as a person reads it.

use std::fmt::Write as _;

use comfy_table::Color;
use drayage_domain::outcome::Outcome;
use drayage_domain::switch::line::Direction;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_domain::switch::verification::Verification;

use super::review::Review;
use crate::output::{Look, align_right, counted, grouped, printable, trimmed};
use crate::stack::Stack;
use crate::view::meaning;

/// The summary as text.
pub(super) fn text(summary: &SwitchSummary, review: &Review, stack: &Stack, look: Look) -> String {
    let what = match summary.direction {
        Direction::Switch => "Migration",
        Direction::Restore => "Rollback",
    };
    let mut text = format!("{what} {}\n\n{}\n", summary.run_id, outcomes(summary, look));
    // Writing into a String cannot fail.
    _ = writeln!(text, "\n{}", sums(summary));
    if let Some(verification) = &summary.verification {
        _ = writeln!(text, "{}", second_look(verification));
    }
    if let Some(error) = &summary.error {
        _ = writeln!(text, "Broken off: {}", printable(error));
    }
    if let Some(table) = review.text(look) {
        _ = writeln!(text, "\nFor a person to look at\n{table}");
    }
    text.push_str("\nWhere to look\n");
    let page = Some(format!("runs/{}/report/index.html", summary.run_id));
    let places = [
        ("page", &page),
        ("every record", &summary.list),
        ("for a person", &summary.review),
        ("rollback file", &summary.rollback_file),
    ];
    for (name, key) in places {
        if let Some(key) = key {
            _ = writeln!(text, "  {name:<15}{}", stack.state(key));
        }
    }
    _ = write!(text, "\n{}", verdict(summary));
    text
}

fn outcomes(summary: &SwitchSummary, look: Look) -> String {
    let mut table = look.table(["outcome", "records", "what it means"]);
    for (label, count) in &summary.counts.outcomes {
        let outcome = Outcome::from_label(label);
        let attention = outcome.is_none_or(Outcome::needs_attention);
        let name = if attention { look.cell(label, Color::Yellow) } else { label.into() };
        table.add_row([name, grouped(*count).into(), meaning(label).into()]);
    }
    align_right(&mut table, &[1]);
    trimmed(&table)
}

fn sums(summary: &SwitchSummary) -> String {
    let verdict = if summary.accounted_for { "adds up" } else { "DOES NOT ADD UP" };
    let open = match summary.batches_open {
        0 => String::new(),
        open => format!(
            "; {} not done",
            if open == 1 {
                "1 batch is".to_owned()
            } else {
                format!("{} batches are", grouped(open))
            }
        ),
    };
    format!(
        "{} planned, {} with an outcome: {verdict}{open}",
        counted(summary.planned, "record"),
        grouped(summary.accounted)
    )
}

fn second_look(verification: &Verification) -> String {
    let Verification { records, as_told, surprises, .. } = verification;
    let surprises: Vec<String> =
        surprises.iter().map(|(label, count)| format!("{} {label}", grouped(*count))).collect();
    let others =
        if surprises.is_empty() { String::new() } else { format!("; {}", surprises.join(", ")) };
    format!(
        "{} looked at once more, {} as told{others}",
        counted(*records, "record"),
        grouped(*as_told)
    )
}

fn verdict(summary: &SwitchSummary) -> String {
    if summary.accounted_for && summary.clean {
        return match summary.direction {
            Direction::Switch => "Every record of the plan points at its copy.".to_owned(),
            Direction::Restore => "Every record of the plan holds its original URL.".to_owned(),
        };
    }
    if !summary.accounted_for {
        return "NOT every record is accounted for: the same command started again finishes the rest."
            .to_owned();
    }
    let changed = summary
        .verification
        .as_ref()
        .map_or(0, |found| found.records.saturating_sub(found.as_told));
    let changed = match changed {
        0 => String::new(),
        changed => format!(" Changed after being written: {}.", counted(changed, "record")),
    };
    format!("{} for a person to look at.{changed}", counted(summary.needs_attention, "record"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;
    use crate::test_support::{assert_fits, assert_golden};

    fn rendered(width: u16) -> String {
        let look = Look { width, colour: false, lines: false };
        text(&samples::summary(), &samples::review(), &crate::stack::samples::stack(), look)
    }

    #[test]
    fn the_summary_fits_80_columns() {
        let text = rendered(80);
        assert_fits(&text, 80);
        assert_golden("plan", "summary-80", &text);
    }

    #[test]
    fn the_summary_fits_140_columns() {
        let text = rendered(140);
        assert_fits(&text, 140);
        assert_golden("plan", "summary-140", &text);
    }

    #[test]
    fn a_clean_run_says_so_and_a_broken_one_does_not() {
        let mut summary = samples::summary();
        assert_eq!(
            verdict(&summary),
            "3 records for a person to look at. Changed after being written: 1 record."
        );
        summary.accounted_for = false;
        assert!(verdict(&summary).starts_with("NOT every record"));
        (summary.accounted_for, summary.clean) = (true, true);
        assert_eq!(verdict(&summary), "Every record of the plan holds its original URL.");
    }
}
