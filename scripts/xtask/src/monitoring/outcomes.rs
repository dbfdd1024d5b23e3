//! Outcomes, which are values of a dimension: those that are watched exist, and those that exist are shown.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::TEMPLATE;
use crate::finding::Finding;

/// Of plans only; nothing that is counted ends so.
const NEVER_COUNTED: &str = "planned";

/// The names of outcomes without their reasons, from `Outcome::label`.
pub(super) fn known(source: &str) -> Result<BTreeSet<String>> {
    let body = source.split_once("pub fn label(self) -> String").context("has no `label`")?.1;
    let arms = body.lines().take_while(|line| *line != "    }");
    let names = arms.filter_map(|line| {
        let (_, text) = line.split_once("=> ")?;
        let name =
            text.trim_start_matches("format!(").strip_prefix('"')?.split(['"', '.']).next()?;
        Some(name.to_owned())
    });
    Ok(names.filter(|name| name != NEVER_COUNTED).collect())
}

/// Compares them with the dashboard, and with those that alarms watch.
pub(super) fn lint(
    dashboard: &Value,
    watched: &BTreeSet<String>,
    known: &BTreeSet<String>,
) -> Vec<Finding> {
    let rows = dashboard.to_string();
    let shown = rows.split(r#""Outcome",""#).skip(1).filter_map(|rest| rest.split('"').next());
    let shown: BTreeSet<String> = shown.map(str::to_owned).collect();
    let unknown = shown.union(watched).filter(|name| !known.contains(*name));
    let unknown = unknown.map(|name| format!("watches the outcome `{name}`, which does not exist"));
    let hidden = known
        .difference(&shown)
        .map(|name| format!("the dashboard does not show the outcome `{name}`"));
    unknown.chain(hidden).map(|message| Finding::new(TEMPLATE, "outcomes", message)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SOURCE: &str = "    pub fn label(self) -> String {
        match self {
            Self::Planned => \"planned\".to_owned(),
            Self::Verified => \"verified\".to_owned(),
            Self::Failed(class) => format!(\"failed.{}\", class.label()),
        }
    }
    => \"other\"";

    #[test]
    fn outcomes_on_one_side_only_are_told() {
        let known = known(SOURCE).unwrap();
        assert_eq!(known, ["failed", "verified"].map(str::to_owned).into());
        let row = |name: &str| json!(["Stack", "s", "Outcome", name]);
        let complete = json!([row("failed"), row("verified")]);
        assert_eq!(lint(&complete, &known, &known), []);
        let found = lint(&row("failed"), &["gone".to_owned()].into(), &known);
        let found: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("`gone`") && found[1].contains("`verified`"), "{found:?}");
    }
}
