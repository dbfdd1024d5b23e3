//! What the functions see, asked of one of them.

use drayage_domain::diagnosis::{ApiCalls, Diagnosis};
use drayage_domain::org::Org;

use super::report::{Finding, Group};
use crate::connection::Connection;
use crate::functions::Functions;

/// The version of this tool.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Checks of the functions that are about Salesforce; the others are about AWS.
const ABOUT_SALESFORCE: [&str; 9] = [
    "sign_in",
    "api_version",
    "org",
    "object",
    "fields",
    "field_updateable",
    "url_length",
    "records",
    "api_calls",
];

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whether tool and functions are of one version.
    pub(super) version: Option<Finding>,
    /// The functions' checks, those about AWS first.
    pub(super) checks: Vec<Finding>,
    pub(super) org: Option<Org>,
    pub(super) api_calls: Option<ApiCalls>,
    pub(super) records: Option<u64>,
}

/// Lets `preflight` look.
pub(super) async fn look(connection: &Connection) -> Seen {
    let preflight = &connection.stack.preflight_function;
    match Functions::new(&connection.config).diagnosis(preflight).await {
        Ok(diagnosis) => seen(diagnosis),
        Err(failure) => Seen {
            checks: vec![Finding::of_failure(Group::Functions, "preflight", &failure)],
            ..Seen::default()
        },
    }
}

fn seen(diagnosis: Diagnosis) -> Seen {
    let Diagnosis { version, checks, org, api_version: _, api_calls, records } = diagnosis;
    let (salesforce, aws): (Vec<_>, Vec<_>) =
        checks.into_iter().partition(|check| ABOUT_SALESFORCE.contains(&check.name.as_str()));
    let aws = aws.into_iter().map(|check| Finding::of_check(Group::Functions, check));
    let salesforce =
        salesforce.into_iter().map(|check| Finding::of_check(Group::Salesforce, check));
    let checks = aws.chain(salesforce).collect();
    Seen { version: Some(version_of(&version)), checks, org, api_calls, records }
}

fn version_of(functions: &str) -> Finding {
    const NAME: &str = "version";
    if functions == VERSION {
        return Finding::passed(Group::Stack, NAME, format!("{VERSION}, as this tool"));
    }
    Finding::warning(
        Group::Stack,
        NAME,
        format!("the functions are of version {functions}, this tool of {VERSION}"),
        "deploy the template of this tool's version, or use the tool that belongs to the stack",
    )
}

#[cfg(test)]
mod tests {
    use drayage_domain::switch::plan::{Check, CheckState};

    use super::*;

    #[test]
    fn another_version_is_a_warning() {
        assert_eq!(version_of(VERSION).state, CheckState::Passed);
        let other = version_of("0.0.1");
        assert_eq!(other.state, CheckState::Warning);
        assert!(other.found.contains("0.0.1") && other.found.contains(VERSION));
    }

    #[test]
    fn checks_are_grouped_by_what_they_are_about() {
        let check = |name: &str| Check {
            name: name.to_owned(),
            state: CheckState::Passed,
            found: "x".to_owned(),
        };
        let checks = vec![check("settings"), check("sign_in"), check("topic")];
        let seen = seen(Diagnosis { checks, ..Diagnosis::default() });
        let grouped: Vec<_> =
            seen.checks.iter().map(|finding| (finding.group, finding.name.as_str())).collect();
        assert_eq!(
            grouped,
            [
                (Group::Functions, "settings"),
                (Group::Functions, "topic"),
                (Group::Salesforce, "sign_in"),
            ]
        );
    }
}
