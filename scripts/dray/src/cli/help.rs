//! What `dray --help` looks like: the commands in groups, each with a line, in the order in which people need them.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::StyledStr;

/// Every command, by what it is for.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Look", &["status", "dashboard", "accounts", "report"]),
    ("Prepare", &["doctor", "analyze"]),
    ("Move", &["backup", "migrate", "single-phase", "transfer"]),
    ("Repair", &["reconcile", "retry", "rollback"]),
    ("Steer", &["approve", "pause", "resume", "stop", "schedule"]),
];
/// What is about the tool itself.
const OTHER: (&str, &[&str]) = ("Other", &["completions", "help"]);
const HELP_ABOUT: &str = "Explains a command: dray help migrate.";

const EXAMPLES: &str = "  dray status                            how everything stands
  dray doctor                            is all there that a run needs?
  dray backup --mode incremental         copies what is new
  dray migrate                           plans; --execute carries the plan out
  dray report last                       opens the report of the newest run
  dray status --json | jq .accountedFor  for scripts";

const EXIT_STATUS: &str = "  0    done, and nothing is left to look at
  1    differences or failures remain, or what was asked for was not done
  2    wrong arguments; nothing was started
  3    AWS or the stack cannot be reached
  130  Ctrl-C while watching; what was started goes on";

const LEARN_MORE: &str = "  dray help COMMAND explains a command, with examples.
  RUNBOOK.md has an entry for each error name, docs/json.md the shapes of --json.
  Data goes to standard output, everything else to standard error.";

/// Gives the command its help page.
pub(super) fn with_groups(command: Command) -> Command {
    let header = *command.get_styles().get_header();
    let name = *command.get_styles().get_literal();
    let mut page = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (group, members) in GROUPS.into_iter().chain([OTHER]) {
        // Writing into a String cannot fail.
        _ = writeln!(page, "\n{header}{group}:{header:#}");
        for member in members {
            let about = command.find_subcommand(member).and_then(Command::get_about);
            let about = about.map_or_else(|| HELP_ABOUT.to_owned(), ToString::to_string);
            _ = writeln!(page, "  {name}{member:<13}{name:#} {}", about.trim_end_matches('.'));
        }
    }
    _ = write!(page, "\n{header}Options:{header:#}\n{{options}}{{after-help}}\n");
    let mut after = String::new();
    for (title, text) in
        [("Examples", EXAMPLES), ("Exit status", EXIT_STATUS), ("Learn more", LEARN_MORE)]
    {
        _ = write!(after, "{header}{title}:{header:#}\n{text}\n\n");
    }
    let after = after.trim_end().to_owned();
    command.help_template(StyledStr::from(page)).after_help(StyledStr::from(after))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Arguments;

    #[test]
    fn every_command_is_in_one_group() {
        let command = Arguments::command();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        known.push("help");
        known.sort_unstable();
        let groups = GROUPS.into_iter().chain([OTHER]);
        let mut grouped: Vec<&str> = groups.flat_map(|(_, members)| members).copied().collect();
        grouped.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn every_command_has_one_line() {
        for command in Arguments::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && about.len() <= 85, "{}: {about}", command.get_name());
        }
    }
}
