//! A plan as a person reviews it.

use std::fmt::Write as _;

use comfy_table::Color;
use drayage_domain::switch::line::Direction;
use drayage_domain::switch::mode::{ModeDecision, SwitchEstimate, UpdateMode};
use drayage_domain::switch::plan::{Check, CheckState, SwitchPlan};

use crate::human::{dollars, roughly};
use crate::output::{Look, align_right, counted, grouped, printable, trimmed};

/// Where the parts of a plan are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// The list of every record.
    pub(super) list: &'a str,
    /// The bucket with the copies.
    pub(super) bucket: &'a str,
}

/// The org of a plan, as a person recognises it.
pub(crate) fn org(plan: &SwitchPlan) -> String {
    match (&plan.org, &plan.org_id) {
        (Some(org), _) if !org.is_sandbox => {
            printable(&org.described().replace(", production)", ", PRODUCTION)"))
        }
        (Some(org), _) => printable(&org.described()),
        (None, Some(id)) => id.clone(),
        (None, None) => "does not tell its id".to_owned(),
    }
}

/// The plan as text.
pub(super) fn text(plan: &SwitchPlan, places: &Places<'_>, look: Look) -> String {
    let what = match plan.direction {
        Direction::Switch => "Migration",
        Direction::Restore => "Rollback",
    };
    let mut text = format!("{what} plan {}; nothing was written\n\n", plan.run_id);
    text.push_str(&look.list(facts(plan, places.bucket)));
    // Writing into a String cannot fail.
    if plan.not_planned.is_empty() {
        text.push_str("\n\nNot planned: none\n");
    } else {
        _ = writeln!(text, "\n\nNot planned\n{}", not_planned(plan, look));
    }
    if !plan.readiness.is_empty() {
        _ = writeln!(text, "\nChecks\n{}", checks(&plan.readiness, look));
    }
    _ = writeln!(text, "\nEvery record, from and to\n  {}", places.list);
    _ = write!(text, "\nPlan hash\n  {}", plan.hash);
    text
}

fn facts(plan: &SwitchPlan, bucket: &str) -> Vec<(&'static str, String)> {
    let ModeDecision { mode, why, race_window, guard_works } = &plan.mode;
    let guard = match guard_works {
        Some(true) => "; the org was seen to guard updates",
        Some(false) => "; the org was seen NOT to guard updates",
        None => "",
    };
    vec![
        ("org", org(plan)),
        ("destination", bucket.to_owned()),
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
        "about {}; {} API calls{left}; {} ledger writes; about {}",
        roughly(*seconds),
        grouped(*api_calls),
        grouped(*ledger_writes),
        dollars(*cost_usd)
    )
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
    use crate::plan::samples;
    use crate::test_support::{assert_fits, assert_golden};

    fn rendered(width: u16) -> String {
        let look = Look { width, colour: false, lines: false };
        let places =
            Places { list: "s3://state/runs/rollback-plan-1/plan.csv", bucket: "documents" };
        text(&samples::unready(), &places, look)
    }

    #[test]
    fn the_plan_fits_80_columns() {
        let text = rendered(80);
        assert_fits(&text, 80);
        assert_golden("plan", "plan-80", &text);
    }

    #[test]
    fn the_plan_fits_140_columns() {
        let text = rendered(140);
        assert_fits(&text, 140);
        assert_golden("plan", "plan-140", &text);
    }

    #[test]
    fn a_production_org_cannot_be_overlooked() {
        let mut plan = samples::plan();
        assert_eq!(org(&plan), "Acme (00Dxx0000001gPLEAY, PRODUCTION)");
        plan.org.as_mut().unwrap().is_sandbox = true;
        assert_eq!(org(&plan), "Acme (00Dxx0000001gPLEAY, sandbox)");
        plan.org = None;
        assert_eq!(org(&plan), "00Dxx0000001gPLEAY");
    }

    #[test]
    fn the_other_direction_has_its_own_name() {
        let plan = SwitchPlan { direction: Direction::Switch, ..samples::plan() };
        let look = Look { width: 20, colour: true, lines: true };
        let text = text(&plan, &Places { list: "l", bucket: "b" }, look);
        assert!(text.starts_with("Migration plan "));
    }
}
