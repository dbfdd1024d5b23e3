//! Running a command-line tool to its end, with an error that a person can act on.

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// Lines of a failed tool's output that are shown; the reason is nearly always at the end.
const SHOWN_LINES: usize = 40;

/// Runs `command` and returns its standard output. `what` completes "cannot ..." and `hint` tells what to do.
pub(crate) async fn run(command: &mut Command, what: &str, hint: &str) -> Result<String> {
    let output = command
        .kill_on_drop(true)
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .with_context(|| format!("cannot {what}: the tool cannot be started; hint: {hint}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let said = last_lines(&format!("{text}\n{errors}"), SHOWN_LINES);
        bail!("cannot {what} ({}):\n{said}\nhint: {hint}", output.status);
    }
    Ok(text)
}

/// The last `count` lines of `text` that are not blank.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.len().saturating_sub(count);
    lines.get(first..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failing_tool_is_quoted_with_a_hint() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo the reason >&2; exit 3"]);
        let error = run(&mut command, "do it", "try again").await.unwrap_err().to_string();
        assert!(error.starts_with("cannot do it (exit status: 3):\nfirst\nthe reason\nhint:"));
    }

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        assert_eq!(last_lines("a\n\nb\nc\n", 2), "b\nc");
    }
}
