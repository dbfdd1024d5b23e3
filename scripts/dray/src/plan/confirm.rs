//! Between plan and writing: what must not be carried out, and the word that a person types.

use drayage_domain::switch::line::Direction;
use drayage_domain::switch::plan::SwitchPlan;

use super::text::org;
use crate::failure::Failure;
use crate::output::{ask, counted, note};

/// What is known when a person is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate<'a> {
    /// The hash of the plan that was reviewed.
    pub(super) reviewed: Option<&'a str>,
    /// Nobody is asked.
    pub(super) yes: bool,
    /// The bucket with the copies.
    pub(super) bucket: &'a str,
}

/// What a person types.
fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Switch => "MIGRATE",
        Direction::Restore => "ROLLBACK",
    }
}

/// Whether the plan is to be carried out: `false` if it has nothing in it.
pub(super) async fn may_go_on(gate: &Gate<'_>, plan: &SwitchPlan) -> Result<bool, Failure> {
    check(gate.reviewed, plan)?;
    if plan.records == 0 {
        note(match plan.direction {
            Direction::Switch => "There is nothing to repoint.",
            Direction::Restore => "There is nothing to put back.",
        });
        return Ok(false);
    }
    if gate.yes {
        if let Some(notice) = notice(plan) {
            note(&notice);
        }
        return Ok(true);
    }
    let word = word(plan.direction);
    if ask(&question(plan, gate.bucket)).await == word {
        return Ok(true);
    }
    Err(Failure::failed("not confirmed; nothing was written", format!("type {word} in full")))
}

fn check(reviewed: Option<&str>, plan: &SwitchPlan) -> Result<(), Failure> {
    if let Some(reviewed) = reviewed
        && reviewed != plan.hash
    {
        return Err(Failure::failed(
            format!("the plan is not the one that was reviewed: its hash is {}", plan.hash),
            "records have changed meanwhile: review the plan above",
        ));
    }
    if !plan.ready() {
        return Err(Failure::failed(
            "a check does not hold; nothing was written",
            "the checks above say what to do",
        ));
    }
    Ok(())
}

/// What a person has to know of a production org, also where nobody is asked.
fn notice(plan: &SwitchPlan) -> Option<String> {
    match &plan.org {
        Some(known) if known.is_sandbox => None,
        Some(_) => Some(format!("{} is a PRODUCTION org.", org(plan))),
        None => Some("It may be PRODUCTION: whether it is a sandbox cannot be read.".to_owned()),
    }
}

fn question(plan: &SwitchPlan, bucket: &str) -> String {
    let records = counted(plan.records, "record");
    let field = format!("{}.{}", plan.object, plan.field);
    let what = match plan.direction {
        Direction::Switch => {
            format!("This points {field} of {records} at the copies in the bucket {bucket}")
        }
        Direction::Restore => format!(
            "This puts the original URL back into {field} of {records}, which point at the bucket {bucket}"
        ),
    };
    let notice = notice(plan).map_or_else(String::new, |notice| format!("\n{notice}"));
    format!("\n{what},\nin the org {}.{notice}\nType {} to go on:", org(plan), word(plan.direction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    #[test]
    fn the_question_names_what_is_written_where() {
        let restore = samples::plan();
        let switch = SwitchPlan { direction: Direction::Switch, ..samples::plan() };
        for (plan, word) in [(restore, "ROLLBACK"), (switch, "MIGRATE")] {
            let question = question(&plan, "documents");
            for part in [
                "Acme (00Dxx0000001gPLEAY, PRODUCTION)",
                "is a PRODUCTION org",
                "Document_Entry__c.URL__c",
                "1,234 records",
                "the bucket documents",
                word,
            ] {
                assert!(question.contains(part), "{part}: {question}");
            }
        }
    }

    #[test]
    fn a_sandbox_is_not_called_a_production_org() {
        let mut plan = samples::plan();
        plan.org.as_mut().unwrap().is_sandbox = true;
        assert_eq!(notice(&plan), None);
        assert!(!question(&plan, "b").contains("PRODUCTION"));
        plan.org = None;
        assert!(question(&plan, "b").contains("may be PRODUCTION"));
    }

    #[test]
    fn only_the_reviewed_plan_is_carried_out_and_only_if_ready() {
        let plan = samples::plan();
        assert!(check(Some(&plan.hash), &plan).is_ok() && check(None, &plan).is_ok());
        assert!(check(Some("other"), &plan).unwrap_err().message.contains(&plan.hash));
        assert!(check(None, &samples::unready()).is_err());
    }
}
