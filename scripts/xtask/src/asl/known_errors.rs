//! Error names that can occur. Ours are read from the sources that define them: as text, so that this tool builds in
//! seconds, without the AWS SDK.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace;

const LAMBDA_KIT: &str = "functions/shared/lambda-kit/src/error.rs";
const SALESFORCE: &str = "functions/shared/salesforce/src/error.rs";

/// Predefined names of the states language
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>).
const STATES: [&str; 14] = [
    "States.ALL",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultWriterFailed",
    "States.TaskFailed",
    "States.Timeout",
];
/// What invoking a Lambda can end with besides the function's own errors
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html>).
const LAMBDA: [&str; 9] = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    // An environment that dies before its first event, as the local emulator names it.
    "Runtime.Unknown",
    "Sandbox.Timedout",
];
/// What starting another execution can end with
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>).
const EXECUTIONS: [&str; 3] = [
    // As the developer guide names it, and as the SDK's error is called
    // (<https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-continue-new.html>).
    "StepFunctions.ExecutionLimitExceeded",
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.SdkClientException",
];
/// Errors of `lambda-kit` that pass by themselves. The others need a person.
const RETRYABLE: [&str; 4] =
    ["LedgerConflict", "LedgerUnavailable", "SecretUnavailable", "StorageUnavailable"];

/// Names that `Retry`, `Catch` and choices may use.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownErrors {
    /// Raised by our functions.
    pub(crate) ours: BTreeSet<String>,
    /// Those of ours that are worth another attempt.
    pub(crate) retryable: BTreeSet<String>,
    /// Those of `retryable` that only functions which call Salesforce raise.
    pub(crate) of_salesforce: BTreeSet<String>,
    /// Substitutions for the ARNs of those functions.
    pub(crate) salesforce_functions: Vec<String>,
}

impl KnownErrors {
    /// Reads the names from the sources.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let lambda_kit = workspace::read(&root.join(LAMBDA_KIT))?;
        let salesforce = workspace::read(&root.join(SALESFORCE))?;
        let salesforce_functions = salesforce_functions(root)?;
        Ok(Self { salesforce_functions, ..Self::from_sources(&lambda_kit, &salesforce)? })
    }

    fn from_sources(lambda_kit: &str, salesforce: &str) -> Result<Self> {
        let mut ours = named_constants(lambda_kit, "ERROR_NAMES").context(LAMBDA_KIT)?;
        for name in RETRYABLE {
            if !ours.contains(name) {
                bail!("{LAMBDA_KIT} has no {name} any more; hint: adapt RETRYABLE in the linter");
            }
        }
        let mut retryable: BTreeSet<String> = RETRYABLE.into_iter().map(str::to_owned).collect();
        ours.extend(literals(salesforce, "ERROR_TYPES").context(SALESFORCE)?);
        let of_salesforce = retryable_variants(salesforce).context(SALESFORCE)?;
        retryable.extend(of_salesforce.iter().cloned());
        Ok(Self { ours, retryable, of_salesforce, salesforce_functions: Vec::new() })
    }

    /// Whether a definition may match on this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        STATES.contains(&name)
            || LAMBDA.contains(&name)
            || EXECUTIONS.contains(&name)
            || self.ours.contains(name)
    }
}

/// `${PreflightFunctionArn}` and the like, for every function whose manifest names the Salesforce client.
fn salesforce_functions(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join("functions")).context("functions")? {
        let manifest = entry?.path().join("Cargo.toml");
        if !manifest.is_file() || !workspace::read(&manifest)?.contains("drayage-salesforce") {
            continue;
        }
        let package = manifest.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let pascal: String = package
            .unwrap_or_default()
            .split('-')
            .map(|word| {
                word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default()
            })
            .collect();
        found.push(format!("${{{pascal}FunctionArn}}"));
    }
    if found.is_empty() {
        bail!("no function calls Salesforce; hint: adapt the linter to where functions are now");
    }
    Ok(found)
}

/// The text between the brackets of `const NAME: ... = [...]`.
fn array<'a>(source: &'a str, name: &str) -> Result<&'a str> {
    source
        .split_once(&format!("const {name}:"))
        .and_then(|(_, rest)| rest.split_once("= ["))
        .and_then(|(_, rest)| rest.split_once("];"))
        .map(|(body, _)| body)
        .with_context(|| format!("has no array `{name}`"))
}

/// The text literals of an array constant.
fn literals(source: &str, name: &str) -> Result<BTreeSet<String>> {
    let found: BTreeSet<_> =
        array(source, name)?.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    if found.is_empty() {
        bail!("`{name}` holds no text");
    }
    Ok(found)
}

/// The texts of the constants that an array constant lists by name.
fn named_constants(source: &str, name: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for constant in array(source, name)?.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let value = source
            .split_once(&format!("const {constant}: &str = \""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .with_context(|| format!("has no text constant `{constant}`"))?;
        found.insert(value.0.to_owned());
    }
    if found.is_empty() {
        bail!("`{name}` is empty");
    }
    Ok(found)
}

/// The error types of the variants for which `retryable` is true.
fn retryable_variants(source: &str) -> Result<BTreeSet<String>> {
    let body = |function: &str| {
        source
            .split_once(&format!("fn {function}(&self)"))
            .map(|(_, rest)| rest.split("\n    }\n").next().unwrap_or_default())
            .with_context(|| format!("has no function `{function}`"))
    };
    let (yes, _) =
        body("retryable")?.split_once("=> true").context("`retryable` has no true arm")?;
    let types = body("error_type")?;
    let mut found = BTreeSet::new();
    for variant in yes.split("Self::").skip(1).filter_map(|rest| rest.split([' ', '(']).next()) {
        let name = types
            .lines()
            .find(|line| {
                line.trim()
                    .strip_prefix("Self::")
                    .is_some_and(|rest| rest.split([' ', '(']).next() == Some(variant))
            })
            .and_then(|line| line.split('"').nth(1))
            .with_context(|| format!("`error_type` does not name variant {variant}"))?;
        found.insert(name.to_owned());
    }
    if found.is_empty() {
        bail!("`retryable` is true for no variant");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_sources_give_their_names() {
        let known = KnownErrors::read(&workspace::root()).unwrap();
        for name in ["RunLocked", "BatchDeadLettered", "NotReady", "SalesforceRequestLimitExceeded"]
        {
            assert!(known.contains(name), "{name}");
        }
        for function in ["Preflight", "SwitchPlan", "SwitchUrls"] {
            let arn = format!("${{{function}FunctionArn}}");
            assert!(known.salesforce_functions.contains(&arn), "{arn}");
        }
        assert!(known.retryable.contains("SalesforceUnavailable"));
        assert!(!known.retryable.contains("SalesforceAuthFailed"));
        assert!(known.retryable.is_subset(&known.ours));
    }

    #[test]
    fn a_source_that_has_moved_on_is_an_error_and_no_empty_list() {
        assert!(KnownErrors::from_sources("", "").is_err());
        assert!(literals("const ERROR_TYPES: [&str; 0] = [];", "ERROR_TYPES").is_err());
    }
}
