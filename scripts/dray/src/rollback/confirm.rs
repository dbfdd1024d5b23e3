//! Between plan and writing: what must not be carried out, and the word that a person types.

use drayage_domain::switch::plan::SwitchPlan;

use super::Request;
use crate::failure::Failure;
use crate::output::{ask, counted, note};

/// What a person types.
const WORD: &str = "ROLLBACK";

/// Whether the plan is to be carried out: `false` if it has nothing in it.
pub(super) async fn may_go_on(request: &Request, plan: &SwitchPlan) -> Result<bool, Failure> {
    check(request.plan_hash.as_deref(), plan)?;
    if plan.records == 0 {
        note("There is nothing to put back.");
        return Ok(false);
    }
    if request.yes {
        return Ok(true);
    }
    if ask(&question(plan)).await == WORD {
        return Ok(true);
    }
    Err(Failure::failed("not confirmed; nothing was written", format!("type {WORD} in full")))
}

fn check(reviewed: Option<&str>, plan: &SwitchPlan) -> Result<(), Failure> {
    if let Some(reviewed) = reviewed
        && reviewed != plan.hash
    {
        return Err(Failure::failed(
            format!("the plan is not the one that was reviewed: its hash is {}", plan.hash),
            "records were switched or put back meanwhile: review the plan above",
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

fn question(plan: &SwitchPlan) -> String {
    let org = plan.org_id.as_deref().unwrap_or("(an org that does not tell its id)");
    format!(
        "\nThis puts the original URL back into {}.{} of {} in the org {org}.\nType {WORD} to go on:",
        plan.object,
        plan.field,
        counted(plan.records, "record")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollback::samples;

    #[test]
    fn the_question_names_what_is_written_where() {
        let question = question(&samples::plan());
        for part in ["00Dxx0000001gPLEAY", "Document_Entry__c.URL__c", "1,234 records", "ROLLBACK"]
        {
            assert!(question.contains(part), "{part}");
        }
    }

    #[test]
    fn only_the_reviewed_plan_is_carried_out_and_only_if_ready() {
        let plan = samples::plan();
        assert!(check(Some(&plan.hash), &plan).is_ok() && check(None, &plan).is_ok());
        assert!(check(Some("other"), &plan).unwrap_err().message.contains(&plan.hash));
        assert!(check(None, &samples::unready()).is_err());
    }
}
