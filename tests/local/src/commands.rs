//! The commands by which a person looks at a stack that was left running.

use anyhow::Result;

use crate::emulator::{CREDENTIAL, REGION, without_proxy};
use crate::local_stack::LocalStack;
use crate::stack::STACK;

/// What a person may want to see of the stack, in the order in which it is looked at.
fn by_dray(run_id: &str) -> [String; 7] {
    [
        "dray status".to_owned(),
        "dray dashboard".to_owned(),
        "dray accounts".to_owned(),
        "dray status --errors".to_owned(),
        format!("dray report {run_id}"),
        "dray doctor".to_owned(),
        "dray backup".to_owned(),
    ]
}

/// Commands to copy and paste, complete with endpoint and credentials.
pub(crate) fn text(stack: &LocalStack, run_id: &str) -> Result<String> {
    let outputs = stack.stack();
    let state = outputs.output("StateBucket")?;
    let destination = outputs.output("DestinationBucket")?;
    let files = outputs.output("FilesTable")?;
    let copy = outputs.output("CopyFunction")?;
    let emulator = stack.emulator();
    let aws = quoted(&emulator.workspace().venv_program("aws")?.display().to_string());
    let binaries = quoted(&emulator.workspace().binaries().display().to_string());
    let endpoint = emulator.endpoint();
    let mut lines = vec![
        "\nEverything keeps running until Ctrl-C. In another terminal:\n".to_owned(),
        // A person's own profile and session would decide where the commands go.
        "  unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN".to_owned(),
        format!(
            "  export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID={CREDENTIAL} \
             AWS_SECRET_ACCESS_KEY={CREDENTIAL} AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION} AWS_PAGER="
        ),
        format!("  export DRAYAGE_STACK={STACK} NO_PROXY={}", quoted(&without_proxy())),
        format!("  export PATH={binaries}:$PATH"),
        String::new(),
    ];
    lines.extend(by_dray(run_id).map(|command| format!("  {command}")));
    let calls = [
        format!("s3 ls --recursive --human-readable s3://{destination}/"),
        format!("s3 ls --recursive s3://{state}/runs/{run_id}/"),
        format!("dynamodb scan --table-name {files} --max-items 5"),
        format!("logs filter-log-events --max-items 5 --log-group-name /aws/lambda/{copy}"),
    ];
    lines.push("\nWhat lies below, by the AWS CLI:\n".to_owned());
    let call = |arguments| format!("  {aws} --endpoint-url {endpoint} {arguments}");
    lines.extend(calls.map(call));
    lines.push(format!("\nThe emulator's log: {}", emulator.log().display()));
    if let Ok(simulated) = stack.simulated() {
        lines.push(format!("The Salesforce simulator: {}", simulated.salesforce.base_url()));
        lines.push(format!("The file server: {}", simulated.files.base_url()));
    }
    Ok(lines.join("\n"))
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_needed() {
        assert_eq!(quoted("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(quoted("/a b/it's"), "'/a b/it'\\''s'");
    }
}
