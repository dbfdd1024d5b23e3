//! What was found, in the shape that `--json` prints.

use drayage_domain::diagnosis::ApiCalls;
use drayage_domain::org::Org;
use drayage_domain::switch::plan::{Check, CheckState};
use serde::Serialize;

use crate::failure::Failure;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Group {
    /// The operator's way to the stack.
    Access,
    /// The parts of the stack.
    Stack,
    /// What the stack is doing.
    Work,
    /// What the functions reach.
    Functions,
    /// The org, as the functions see it.
    Salesforce,
}

impl Group {
    /// In the order in which one builds on another.
    pub(super) const ALL: [Self; 5] =
        [Self::Access, Self::Stack, Self::Work, Self::Functions, Self::Salesforce];

    /// For people.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Access => "Access",
            Self::Stack => "Stack",
            Self::Work => "Work",
            Self::Functions => "What the functions reach",
            Self::Salesforce => "Salesforce",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    /// What it is about.
    pub(super) group: Group,
    /// Its fixed name within the group.
    pub(super) name: String,
    /// How it stands.
    pub(super) state: CheckState,
    /// What was found; a line for each problem.
    pub(super) found: String,
    /// What to do, where it has not passed; a line for each problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

impl Finding {
    pub(super) fn passed(group: Group, name: &str, found: impl Into<String>) -> Self {
        let (name, state) = (name.to_owned(), CheckState::Passed);
        Self { group, name, state, found: found.into(), hint: None }
    }

    pub(super) fn warning(
        group: Group,
        name: &str,
        found: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let (name, state) = (name.to_owned(), CheckState::Warning);
        Self { group, name, state, found: found.into(), hint: Some(hint.into()) }
    }

    pub(super) fn failed(
        group: Group,
        name: &str,
        found: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { state: CheckState::Failed, ..Self::warning(group, name, found, hint) }
    }

    /// From what a command would have ended with.
    pub(super) fn of_failure(group: Group, name: &str, failure: &Failure) -> Self {
        Self::failed(group, name, &failure.message, &failure.hint)
    }

    /// From a check of the functions, which has its hints behind what was found.
    pub(super) fn of_check(group: Group, check: Check) -> Self {
        let Check { name, state, found } = check;
        let (found, hints): (Vec<&str>, Vec<Option<&str>>) = found
            .lines()
            .map(|line| match line.split_once("; hint: ") {
                Some((found, hint)) => (found, Some(hint)),
                None => (line, None),
            })
            .unzip();
        let hints: Vec<&str> = hints.into_iter().flatten().collect();
        let hint = if hints.is_empty() { None } else { Some(hints.join("\n")) };
        Self { group, name, state, found: found.join("\n"), hint }
    }
}

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Name of the stack.
    pub(super) stack: String,
    /// Every check that could be made.
    pub(super) checks: Vec<Finding>,
    /// The org that the functions sign in to.
    pub(super) org: Option<Org>,
    /// The org's budget of API calls.
    pub(super) api_calls: Option<ApiCalls>,
    /// Records of the sObject.
    pub(super) records: Option<u64>,
}

impl Report {
    pub(super) fn take(&mut self, finding: Finding) {
        self.checks.push(finding);
    }

    fn count(&self, state: CheckState) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    pub(super) fn failed(&self) -> usize {
        self.count(CheckState::Failed)
    }

    pub(super) fn warnings(&self) -> usize {
        self.count(CheckState::Warning)
    }

    pub(super) fn passed(&self) -> usize {
        self.count(CheckState::Passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_kept_apart_from_what_was_found() {
        let check = |found: &str| Check {
            name: "fields".to_owned(),
            state: CheckState::Failed,
            found: found.to_owned(),
        };
        let two = Finding::of_check(Group::Salesforce, check("a is bad; hint: b\nc; hint: d"));
        assert_eq!((two.found.as_str(), two.hint.as_deref()), ("a is bad\nc", Some("b\nd")));
        let none = Finding::of_check(Group::Salesforce, check("fine"));
        assert_eq!((none.found.as_str(), none.hint), ("fine", None));
    }

    #[test]
    fn the_document_has_a_stable_shape() {
        let report = Report {
            stack: "drayage".to_owned(),
            checks: vec![Finding::warning(Group::Stack, "tables", "odd", "look")],
            org: Some(Org { id: "00D1".to_owned(), name: "Acme".to_owned(), is_sandbox: false }),
            api_calls: Some(ApiCalls { max: 10, remaining: 4 }),
            records: Some(3),
        };
        let expected = serde_json::json!({
            "stack": "drayage",
            "checks": [{"group": "stack", "name": "tables", "state": "warning", "found": "odd", "hint": "look"}],
            "org": {"id": "00D1", "name": "Acme", "isSandbox": false},
            "apiCalls": {"max": 10, "remaining": 4},
            "records": 3,
        });
        assert_eq!(serde_json::to_value(report).unwrap(), expected);
    }
}
