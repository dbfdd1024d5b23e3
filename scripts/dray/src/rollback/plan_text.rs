//! A plan as a person reviews it.

use std::fmt::Write as _;

use comfy_table::Color;
use drayage_domain::switch::mode::{ModeDecision, SwitchEstimate, UpdateMode};
use drayage_domain::switch::plan::{Check, CheckState, SwitchPlan};

use crate::output::{Look, align_right, counted, grouped, printable, trimmed};

/// The plan as text. `list`: where every record of it is listed.
pub(super) fn text(plan: &SwitchPlan, list: &str, look: Look) -> String {
    let mut text = format!("Rollback plan {}; nothing was written\n\n", plan.run_id);
    text.push_str(&look.list(facts(plan)));
    // Writing into a String cannot fail.
    if plan.not_planned.is_empty() {
        text.push_str("\n\nNot planned: none\n");
    } else {
        _ = writeln!(text, "\n\nNot planned\n{}", not_planned(plan, look));
    }
    if !plan.readiness.is_empty() {
        _ = writeln!(text, "\nChecks\n{}", checks(&plan.readiness, look));
    }
    _ = writeln!(text, "\nEvery record, from and to\n  {list}");
    _ = write!(text, "\nPlan hash\n  {}", plan.hash);
    text
}

fn facts(plan: &SwitchPlan) -> Vec<(&'static str, String)> {
    let ModeDecision { mode, why, race_window, guard_works } = &plan.mode;
    let guard = match guard_works {
        Some(true) => "; the org was seen to guard updates",
        Some(false) => "; the org was seen NOT to guard updates",
        None => "",
    };
    vec![
        ("org", plan.org_id.clone().unwrap_or_else(|| "does not tell its id".to_owned())),
        ("writes", format!("{}.{}", plan.object, plan.field)),
        (
            "records",
            format!(
                "{} of {}, in {} and {}",
                counted(plan.records, "record"),
                counted(plan.accounts, "account"),
                batches(plan.batches),
                counted(u64::from(plan.lanes), "lane")
            ),
        ),
        ("mode", format!("{}: {}{guard}", mode_name(*mode), printable(why))),
        ("edit unseen for", printable(race_window)),
        ("takes", estimate(&plan.estimate)),
    ]
}

fn batches(number: u32) -> String {
    format!("{} batch{}", grouped(u64::from(number)), if number == 1 { "" } else { "es" })
}

fn mode_name(mode: UpdateMode) -> &'static str {
    match mode {
        UpdateMode::Guarded => "guarded",
        UpdateMode::Collections => "collections",
        UpdateMode::Bulk => "bulk",
    }
}

fn estimate(estimate: &SwitchEstimate) -> String {
    let SwitchEstimate { api_calls, api_calls_left, ledger_writes, cost_usd, seconds } = estimate;
    let left =
        api_calls_left.map_or_else(String::new, |left| format!(" of {} left", grouped(left)));
    format!(
        "about {}; {} API calls{left}; {} ledger writes; about ${cost_usd:.2}",
        duration(*seconds),
        grouped(*api_calls),
        grouped(*ledger_writes)
    )
}

fn duration(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 5400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

fn not_planned(plan: &SwitchPlan, look: Look) -> String {
    let mut table = look.table(["state in the ledger", "records"]);
    for (reason, count) in &plan.not_planned {
        table.add_row([reason.clone(), grouped(*count)]);
    }
    align_right(&mut table, &[1]);
    trimmed(&table)
}

fn checks(checks: &[Check], look: Look) -> String {
    let mut table = look.table(["check", "", "found"]);
    for Check { name, state, found } in checks {
        let (word, colour) = match state {
            CheckState::Passed => ("passed", Color::Green),
            CheckState::Warning => ("WARNING", Color::Yellow),
            CheckState::Failed => ("FAILED", Color::Red),
        };
        table.add_row([
            name.clone().into(),
            look.cell(word, colour),
            comfy_table::Cell::new(printable(found)),
        ]);
    }
    trimmed(&table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollback::samples;

    fn rendered(width: u16) -> String {
        let look = Look { width, colour: false, lines: false };
        let list = "s3://state/runs/rollback-plan-1/plan.csv";
        text(&samples::unready(), list, look)
    }

    #[test]
    fn the_plan_fits_80_columns() {
        let text = rendered(80);
        samples::assert_fits(&text, 80);
        samples::assert_golden("plan-80", &text);
    }

    #[test]
    fn the_plan_fits_140_columns() {
        let text = rendered(140);
        samples::assert_fits(&text, 140);
        samples::assert_golden("plan-140", &text);
    }

    #[test]
    fn durations_are_told_in_what_people_count_in() {
        assert_eq!([2.4, 600.0, 7200.0].map(duration), ["2 s", "10 min", "2.0 h"]);
    }
}
