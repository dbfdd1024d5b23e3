//! The runbook's promise: whatever a person is told by name has a heading of that name, and no heading names what nobody is told.
//! Its links lead somewhere.

mod names;

use std::collections::BTreeSet;

use anyhow::Result;
use drayage_cloudformation::Template;

use crate::finding::Finding;
use crate::workspace;

use names::{ALARM, ALARMS, Names};

const RUNBOOK: &str = "RUNBOOK.md";

/// Holds the runbook against the names that the sources define.
pub(crate) fn lint_all() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let runbook = workspace::read(&root.join(RUNBOOK))?;
    let mut findings = lint(&runbook, &Names::read(&root)?);
    let monitoring = Template::parse(&workspace::read(&root.join(ALARMS))?)?;
    findings.extend(alarms_lead_to_it(&monitoring, &runbook));
    Ok(findings)
}

/// Every alarm's description ends with the address of its own heading.
fn alarms_lead_to_it(template: &Template, runbook: &str) -> Vec<Finding> {
    let anchors: BTreeSet<String> = headings(runbook).map(|(_, name)| anchor(name)).collect();
    let mut findings = Vec::new();
    for alarm in template.of_type(ALARM) {
        let description = alarm.property("/AlarmDescription");
        let text = description.and_then(|text| text.get("Fn::Sub").unwrap_or(text).as_str());
        let target = text.and_then(|text| text.rsplit_once(" ${RunbookUrl}#")).map(|(_, to)| to);
        let name = alarm.name;
        if target != Some(&anchor(name)) || !target.is_some_and(|to| anchors.contains(to)) {
            let message = format!("{name} does not lead to the heading `{name}` of {RUNBOOK}");
            findings.push(Finding::new(format!("{ALARMS}: {name}"), "runbook", message));
        }
    }
    findings
}

fn lint(runbook: &str, names: &Names) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (line, name) in headings(runbook) {
        let place = format!("{RUNBOOK}:{line}");
        if !seen.insert(name) {
            findings.push(Finding::new(
                &place,
                "runbook",
                format!("`{name}` has a heading already"),
            ));
        }
        if !names.known(name) {
            let message = format!(
                "nobody is told `{name}`: it is no label, error name or alarm any more, or misspelt"
            );
            findings.push(Finding::new(&place, "runbook", message));
        }
    }
    let anchors: BTreeSet<String> = titles(runbook).map(|(_, title)| anchor(title)).collect();
    for (index, line) in runbook.lines().enumerate() {
        let links = line.split("](#").skip(1).filter_map(|rest| rest.split_once(')'));
        for (target, _) in links.filter(|(target, _)| !anchors.contains(*target)) {
            let message = format!("links to #{target}, which no heading has");
            findings.push(Finding::new(format!("{RUNBOOK}:{}", index + 1), "runbook", message));
        }
    }
    for name in names.wanted.iter().filter(|name| !seen.contains(name.as_str())) {
        let message = format!("has no heading `{name}`: tell what it means and what to do");
        findings.push(Finding::new(RUNBOOK, "runbook", message));
    }
    findings
}

/// Headings that are a name and nothing else, with their lines.
fn headings(runbook: &str) -> impl Iterator<Item = (usize, &str)> {
    titles(runbook).filter_map(|(line, title)| {
        let name = title.strip_prefix('`')?.strip_suffix('`')?;
        (!name.contains('`')).then_some((line, name))
    })
}

/// The last part of the address that a heading gets where the page is shown: small letters, hyphens for blanks, no punctuation.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// All headings, with their lines.
fn titles(runbook: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    runbook.lines().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?.trim();
        (!is_code).then_some((index + 1, title))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[&str], also: &[&str]) -> Names {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Names { wanted: owned(wanted), also: owned(also) }
    }

    fn messages(runbook: &str, names: &Names) -> Vec<String> {
        lint(runbook, names).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_runbook_has_every_name_and_no_other() {
        assert_eq!(lint_all().unwrap(), []);
    }

    #[test]
    fn a_name_without_heading_is_told() {
        let found =
            messages("# Runbook\n\n### `failed.a`\n", &names(&["failed.a", "failed.b"], &[]));
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("has no heading `failed.b`"), "{found:?}");
    }

    #[test]
    fn a_heading_that_names_nothing_or_stands_twice_is_told() {
        let names = names(&["failed.a"], &["kept"]);
        let found = messages("### `failed.a`\n## `kept`\n### `kept`\n#### `old`\n", &names);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("RUNBOOK.md:3: ") && found[0].contains("already"));
        assert!(found[1].starts_with("RUNBOOK.md:4: ") && found[1].contains("`old`"));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_told() {
        let text = "# A run hangs, or not\n[x](#a-run-hangs-or-not) [y](#faileda_b) [z](#gone)\n### `failed.a_b`\n";
        let found = messages(text, &names(&["failed.a_b"], &[]));
        assert_eq!(found, ["RUNBOOK.md:2: [runbook] links to #gone, which no heading has"]);
    }

    #[test]
    fn an_alarm_that_leads_elsewhere_is_told() {
        let alarm = |description: &str| {
            Template::parse(&format!(
                "Resources:\n  A:\n    Type: {ALARM}\n    Properties:\n      AlarmDescription: {description}\n"
            ))
            .unwrap()
        };
        let leads_to = |to: &str| alarm(&format!("!Sub \"x ${{RunbookUrl}}#{to}\""));
        let runbook = "### `A`\n### `B`\n";
        assert_eq!(alarms_lead_to_it(&leads_to("a"), runbook), []);
        assert_eq!(alarms_lead_to_it(&leads_to("b"), runbook).len(), 1);
        assert_eq!(alarms_lead_to_it(&leads_to("a"), "### `B`\n").len(), 1);
        assert_eq!(alarms_lead_to_it(&alarm("x"), runbook).len(), 1);
    }

    #[test]
    fn other_headings_and_code_are_no_names() {
        let text = "# Title\n## Use `dray status` first\n```\n# `x`\n```\n### `failed.a`\n";
        assert_eq!(messages(text, &names(&["failed.a"], &[])), [""; 0]);
    }
}
