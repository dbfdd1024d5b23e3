//! Takes out of an output what differs from one deployment, or from one day, to the next.

use anyhow::Result;
use drayage_local::LocalStack;

use crate::terminal::Shown;

/// Outputs of the stack whose values are made anew with every deployment.
const RANDOM: [&str; 3] = ["StateBucket", "FilesTable", "RunsTable"];

/// What is replaced by what.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    replaced: Vec<(String, String)>,
}

impl Settled {
    /// For this stack.
    pub(super) fn of(stack: &LocalStack) -> Result<Self> {
        let endpoint = stack.emulator().endpoint();
        let port = endpoint.rsplit(':').next().unwrap_or_default();
        let mut replaced = vec![
            (endpoint.to_owned(), "[endpoint]".to_owned()),
            (format!(":{port}"), ":[port]".to_owned()),
        ];
        for output in RANDOM {
            replaced.push((stack.stack().output(output)?.to_owned(), format!("[{output}]")));
        }
        Ok(Self { replaced })
    }

    /// The whole output.
    pub(super) fn text(&self, shown: &Shown) -> String {
        let mut text = shown.text();
        for (random, name) in &self.replaced {
            text = text.replace(random, name);
        }
        text.lines().map(without_days).collect::<Vec<_>>().join("\n")
    }
}

/// Durations of days are those since a fixed time in the past: they grow.
fn without_days(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let mut found = false;
    for index in 1..words.len() {
        let is_number = words[index - 1].chars().all(|c| c.is_ascii_digit());
        let unit = words[index].trim_end_matches([',', '.', ')']);
        let is_days = ["d", "day", "days"].contains(&unit);
        if is_number && (is_days || (found && ["h", "min"].contains(&unit))) {
            words[index - 1] = "#";
            found = true;
        }
    }
    // The width of the column has depended on it, so the blanks go, too.
    if found { words.join(" ") } else { line.to_owned() }
}

#[test]
fn days_are_taken_out_and_nothing_else() {
    assert_eq!(without_days("lost   320 d 18 h ago, 3 files"), "lost # d # h ago, 3 files");
    assert_eq!(without_days("  took  21 min  7 s"), "  took  21 min  7 s");
}
