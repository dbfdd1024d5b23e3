//! The commands by which a person looks at a stack that was left running.

use anyhow::Result;

use crate::emulator::{CREDENTIAL, REGION};
use crate::local_stack::LocalStack;

/// Commands to copy and paste, complete with endpoint and credentials.
pub(crate) fn text(stack: &LocalStack, run_id: &str) -> Result<String> {
    let outputs = stack.stack();
    let state = outputs.output("StateBucket")?;
    let destination = outputs.output("DestinationBucket")?;
    let files = outputs.output("FilesTable")?;
    let runs = outputs.output("RunsTable")?;
    let copy = outputs.output("CopyFunction")?;
    let machine = outputs.output("StateMachineArn")?;
    let emulator = stack.emulator();
    let aws = quoted(&emulator.workspace().venv_program("aws")?.display().to_string());
    let endpoint = emulator.endpoint();
    let mut lines = vec![
        "\nEverything keeps running until Ctrl-C. In another terminal:\n".to_owned(),
        format!(
            "  export AWS_ACCESS_KEY_ID={CREDENTIAL} AWS_SECRET_ACCESS_KEY={CREDENTIAL} AWS_REGION={REGION} \
             AWS_DEFAULT_REGION={REGION} AWS_PAGER="
        ),
    ];
    let calls = [
        format!("s3 ls --recursive --human-readable s3://{destination}/"),
        format!("s3 cp s3://{state}/runs/{run_id}/summary.json -"),
        format!("s3 ls s3://{state}/runs/{run_id}/batches/"),
        format!("dynamodb scan --table-name {files} --max-items 5"),
        format!(
            "dynamodb query --table-name {runs} --key-condition-expression 'run_id = :run' \
             --expression-attribute-values '{{\":run\":{{\"S\":\"{run_id}\"}}}}'"
        ),
        format!("stepfunctions list-executions --state-machine-arn {machine}"),
        format!("stepfunctions start-execution --state-machine-arn {machine} --input '{{}}'"),
        format!("logs filter-log-events --max-items 5 --log-group-name /aws/lambda/{copy}"),
    ];
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
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@".contains(c);
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
