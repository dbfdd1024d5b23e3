//! Every `dray …` that a remedy or a document names is a command.

use std::collections::BTreeSet;

use clap::{CommandFactory as _, Parser as _};
use drayage_domain::outcome::{FailureClass, GoneReason, Outcome, SkipReason, WriteFailure};
use drayage_domain::reconcile::{Category, Doubt};
use drayage_domain::remedy::{ERROR_REMEDIES, remedy_of_outcome, remedy_of_verdict};

use super::read;
use crate::cli::Arguments;

const DOCUMENTS: [&str; 4] = ["README.md", "RUNBOOK.md", "docs/json.md", "docs/inputs.md"];

/// The words that stand behind `dray ` in code.
fn named(text: &str) -> BTreeSet<String> {
    let starts = ["`dray ", "\ndray ", "\n   dray ", "$(dray ", "; dray ", "| dray "];
    let mut found = BTreeSet::new();
    for start in starts {
        for rest in text.split(start).skip(1) {
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            // Options of the tool itself, such as `dray --help`, are no commands.
            if !word.is_empty() && !word.starts_with('-') {
                found.insert(word);
            }
        }
    }
    found
}

fn commands() -> BTreeSet<String> {
    let command = Arguments::command();
    command.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

#[test]
fn remedies_name_commands_that_exist() {
    let mut remedies: Vec<&str> = ERROR_REMEDIES.iter().map(|(_, remedy)| *remedy).collect();
    let outcomes = FailureClass::ALL.iter().map(|class| Outcome::Failed(*class));
    let outcomes = outcomes.chain(SkipReason::ALL.iter().map(|reason| Outcome::Skipped(*reason)));
    let outcomes = outcomes.chain(GoneReason::ALL.iter().map(|r| Outcome::SourceGone(*r)));
    let outcomes = outcomes.chain(WriteFailure::ALL.iter().map(|r| Outcome::NotWritten(*r)));
    let plain = [Outcome::Verified, Outcome::Switched, Outcome::Drifted, Outcome::Kept];
    remedies.extend(outcomes.chain(plain).map(remedy_of_outcome));
    remedies.extend(Category::ALL.iter().map(|category| remedy_of_verdict(*category)));
    remedies.extend(Doubt::ALL.iter().map(|doubt| doubt.recommendation()));
    let named = named(&remedies.join("\n"));
    assert!(named.contains("retry") && named.contains("doctor"), "{named:?}");
    let unknown: Vec<_> = named.difference(&commands()).cloned().collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn documents_name_commands_that_exist() {
    for document in DOCUMENTS {
        let unknown: Vec<_> = named(&read(document)).difference(&commands()).cloned().collect();
        assert_eq!(unknown, [""; 0], "{document}");
    }
}

#[test]
fn the_readme_names_every_command() {
    let readme = read("README.md");
    let left_out: Vec<_> = commands().difference(&named(&readme)).cloned().collect();
    assert_eq!(left_out, [""; 0]);
}

/// Command and options of every `dray …` in code: up to the end of the code, of the line, or to a comment behind two blanks.
fn options(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for start in ["`dray ", "\ndray ", "\n   dray "] {
        for rest in text.split(start).skip(1) {
            let end = ["`", "\n", "  "].iter().filter_map(|end| rest.find(end)).min();
            let mut words = rest[..end.unwrap_or(rest.len())].split(' ');
            let command = words.next().unwrap().to_owned();
            for option in words.filter_map(|word| word.strip_prefix("--")) {
                let name = option.split('=').next().unwrap().to_owned();
                found.insert((command.clone(), name));
            }
        }
    }
    found
}

#[test]
fn documents_name_options_that_exist() {
    let mut root = Arguments::command();
    root.build();
    for document in DOCUMENTS {
        for (command, option) in options(&read(document)) {
            let Some(found) = root.find_subcommand(&command) else { continue };
            let nested = found.get_subcommands().flat_map(clap::Command::get_arguments);
            let mut all = found.get_arguments().chain(nested);
            let exists = all.any(|argument| argument.get_long() == Some(option.as_str()));
            assert!(exists || option == "help", "{document}: dray {command} has no --{option}");
        }
    }
}

/// The words of a line as a shell reads them, without what follows it by a pipe or `&&`.
fn words(line: &str) -> Vec<String> {
    let line = line.split(" | ").next().unwrap().split(" && ").next().unwrap();
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The commands that a help page shows: lines of their own, up to a remark behind two blanks.
fn shown(page: &str) -> Vec<String> {
    let lines = page.lines().map(str::trim).filter(|line| line.starts_with("dray "));
    lines.map(|line| line.split("  ").next().unwrap().to_owned()).collect()
}

#[test]
fn examples_of_help_pages_are_commands() {
    let mut root = crate::cli::command();
    root.build();
    let pages = root.get_subcommands().filter(|command| command.get_name() != "help");
    let mut pages: Vec<(String, String)> = pages
        .map(|command| {
            let page = command.get_after_long_help().or(command.get_after_help());
            (command.get_name().to_owned(), page.map_or_else(String::new, ToString::to_string))
        })
        .collect();
    pages.push(("dray".to_owned(), root.get_after_help().map(ToString::to_string).unwrap()));
    for (name, page) in pages {
        let examples = shown(&page);
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples.iter().filter(|example| !example.starts_with("dray help")) {
            let parsed = Arguments::try_parse_from(words(example));
            assert!(parsed.is_ok(), "{name}: {example}: {}", parsed.err().unwrap());
        }
    }
}
