//! Remedies of the names that executions fail with. The names are raised by functions, by the Salesforce client, by `Fail` states and by
//! Step Functions; tests of those who own them hold them against this list.

/// For a name that is not on the list.
const UNKNOWN: &str = "Open the execution in the Step Functions console and read the log of the state that failed; starting the same again does what is left.";

/// What a person does, by the name of the error.
pub const ERROR_REMEDIES: &[(&str, &str)] = &[
    (
        "ConfigurationInvalid",
        "Correct the parameters of the stack that the cause names, deploy it, and check with `dray doctor`; nothing was started.",
    ),
    (
        "InputInvalid",
        "Correct the options that the cause names and start again; nothing was started.",
    ),
    (
        "RunLocked",
        "Another run is under way: wait for its end in `dray status`, or end it with `dray stop`, then start again.",
    ),
    ("RunUnknown", "Start the run by `dray` and not by a step of it: the ledger does not know it."),
    (
        "SecretUnavailable",
        "Check that the secret exists and that the functions may read it, with `dray doctor`, then start again.",
    ),
    (
        "SecretInvalid",
        "Correct the fields of the secret that the cause names, check with `dray doctor`, then start again.",
    ),
    (
        "DestinationUnavailable",
        "Check name, Region, policy and key of the destination bucket with `dray doctor`, then start again.",
    ),
    (
        "StorageUnavailable",
        "The state bucket did not answer: look at S3's health in the Region, then start again, which does what is left.",
    ),
    (
        "LedgerUnavailable",
        "DynamoDB did not answer: look at its health and throttling in the Region, then start again, which does what is left.",
    ),
    (
        "LedgerCorrupt",
        "Do not write to the tables by hand: find the item that the cause names, and restore it from point-in-time recovery.",
    ),
    (
        "LedgerConflict",
        "Two executions worked on the same items: look for a second one in `dray status`, then start again.",
    ),
    (
        "EnumerationIncomplete",
        "Salesforce returned another number of records than it said: start `dray backup` again, at a quiet time if it stays.",
    ),
    (
        "BatchDeadLettered",
        "A batch failed in every delivery: its records are failed.dead_lettered in `dray status --errors`; repair the reason, then run `dray retry last-backup`.",
    ),
    (
        "ManifestInvalid",
        "A batch's list in the state bucket is damaged or gone: start the run again, which writes new ones.",
    ),
    (
        "PlanChanged",
        "Something was edited, copied or switched since the review: plan again with `dray migrate` or `dray rollback`, and review that plan.",
    ),
    (
        "NotReady",
        "Repair the check that the cause names, such as a backup that does not account for every record, then plan again with `dray migrate`.",
    ),
    (
        "RollbackFileInvalid",
        "Take the file as the run has written it, runs/<run>/rollback.jsonl, and give it to `dray rollback` unchanged.",
    ),
    (
        "InternalError",
        "Start the same again, which does what is left; if it stays, report the cause with the function's log.",
    ),
    (
        "SumsDoNotAddUp",
        "Records have no outcome: look which batches are open with `dray status`, and start the same again, which does what is left.",
    ),
    (
        "NotAccountedFor",
        "Read in `dray report` which part of a place could not be read, allow that, and start `dray transfer` again.",
    ),
    (
        "ApprovalRejected",
        "Somebody has rejected the plan, and nothing was written: read the reason, and plan again with `dray migrate`.",
    ),
    (
        "ApprovalTimedOut",
        "Nobody has answered in time, and nothing was written: plan again with `dray migrate`, and answer with `dray approve`.",
    ),
    (
        "ABORTED",
        "Somebody has stopped the execution: start the same again, which does what is left.",
    ),
    (
        "TIMED_OUT",
        "The execution took longer than it may: look at what it waited for with `dray status`, then start the same again.",
    ),
    (
        "States.Timeout",
        "A step took longer than it may: look at that function's log, then start the same again, which does what is left.",
    ),
    (
        "States.TaskFailed",
        "Read the cause, which is that of the step inside; then start the same again.",
    ),
    (
        "States.DataLimitExceeded",
        "A step returned more than Step Functions carries: report the cause.",
    ),
    (
        "States.ExceedToleratedFailureThreshold",
        "Too many children of a map have failed: read the error of one of them in the console, repair it, and start again.",
    ),
    (
        "States.HeartbeatTimeout",
        "A task has not told that it lives: look at the log of its function, then start again.",
    ),
    (
        "States.ItemReaderFailed",
        "The list of batches could not be read: check the state bucket with `dray doctor`, then start again.",
    ),
    (
        "States.ResultWriterFailed",
        "A map could not write its results: check the state bucket with `dray doctor`, then start again.",
    ),
    (
        "States.Permissions",
        "The state machine's role lacks a right: deploy the template of this version again, unchanged.",
    ),
    (
        "SalesforceApiVersionRetired",
        "Set api_version in the Salesforce secret to one that the org lists, and check with `dray doctor`.",
    ),
    (
        "SalesforceAuthFailed",
        "Check user, connected app, certificate and login_url of the secret with `dray doctor`; the cause has Salesforce's own reason.",
    ),
    (
        "SalesforceBulkNotSupported",
        "The Bulk API does not serve the object: read by REST, or write with the mode guarded or collections.",
    ),
    (
        "SalesforceConcurrencyLimit",
        "Too many long requests of the org at once: start again when other integrations are quiet.",
    ),
    (
        "SalesforceInvalidArgument",
        "Correct the configuration that the cause names; nothing was sent to Salesforce.",
    ),
    (
        "SalesforceInvalidQuery",
        "Check ObjectName, UrlField and AccountField of the stack with `dray doctor`: Salesforce does not understand the query.",
    ),
    (
        "SalesforceJobFailed",
        "Open the job in Setup, Bulk Data Load Jobs, repair its reason, then start again.",
    ),
    (
        "SalesforceLoginRateExceeded",
        "Wait an hour, and let fewer programs sign in as the integration user; then start again.",
    ),
    (
        "SalesforceNetwork",
        "Check login_url, DNS and the way out of the functions' network with `dray doctor`, then start again.",
    ),
    (
        "SalesforceNotFound",
        "Look whether the object, the record or the job was deleted, or is hidden from the integration user; then start again.",
    ),
    (
        "SalesforcePermission",
        "Give the integration user API access and rights on the object and the fields that the cause names, and check with `dray doctor`.",
    ),
    (
        "SalesforcePreconditionFailed",
        "Somebody edited a record at the same moment, and the edit stays: start again, which reads it anew.",
    ),
    (
        "SalesforceProtocol",
        "Something else than Salesforce answers: check login_url and proxies with `dray doctor`, then start again.",
    ),
    (
        "SalesforceQueryLocatorExpired",
        "The query's cursor was too old: start again, which goes on by id.",
    ),
    (
        "SalesforceQueryTimeout",
        "Start again at a quiet time, or read by the Bulk API: Salesforce gave the query up.",
    ),
    (
        "SalesforceRejected",
        "Look Salesforce's code in the cause up in its API documentation, repair that, then start again.",
    ),
    (
        "SalesforceRequestLimitExceeded",
        "The org's API calls of 24 hours are used up: wait until some return, or buy more; a run under way waits by itself.",
    ),
    (
        "SalesforceRowLocked",
        "Another process works on the same account: start again when it has ended.",
    ),
    (
        "SalesforceSessionExpired",
        "Check session policy and login IP ranges of the integration user and its connected app, then start again.",
    ),
    (
        "SalesforceTimeout",
        "Salesforce did not answer in time: look at status.salesforce.com, then start again.",
    ),
    (
        "SalesforceUnavailable",
        "Look at status.salesforce.com for the org's instance, then start again, which does what is left.",
    ),
];

/// What a person does about an execution that has failed with this name. A name that is not known gets a general sentence.
pub fn remedy_of_error(name: &str) -> &'static str {
    let known = ERROR_REMEDIES.iter().find(|(known, _)| *known == name);
    if let Some((_, remedy)) = known {
        return remedy;
    }
    match name.split_once('.').map(|(service, _)| service) {
        Some("Lambda" | "Runtime" | "Sandbox") => {
            "A function could not be run or died: look at its log, and at Lambda's health and concurrency in the Region; then start the same again."
        }
        Some("StepFunctions") => {
            "Step Functions has not started an inner execution: look at its quotas in the Region, then start the same again."
        }
        Some("States") => {
            "The state machine and its data do not fit each other: deploy the template of this version again, and report the cause if it stays."
        }
        _ => UNKNOWN,
    }
}
