//! `dray completions`: a completion script for a shell.

use clap::Args;
use clap_complete::Shell;

use crate::cli;
use crate::failure::{Failure, Verdict};
use crate::output::data;

/// How each shell takes its script.
const INSTALL: &str = "Installation:
  bash        dray completions bash > ~/.local/share/bash-completion/completions/dray
              (needs the package bash-completion; takes effect in the next shell)
  zsh         dray completions zsh > ~/.zfunc/_dray
              with these lines in ~/.zshrc:  fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit
  fish        dray completions fish > ~/.config/fish/completions/dray.fish
  powershell  dray completions powershell >> $PROFILE
  elvish      dray completions elvish >> ~/.config/elvish/rc.elv

Examples:
  dray completions bash                  prints the script
  source <(dray completions bash)        for this shell only";

#[derive(Debug, Args)]
#[command(after_long_help = INSTALL)]
pub(crate) struct Completions {
    /// The shell: bash, zsh, fish, powershell or elvish.
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// `dray completions`. Asks nothing of AWS.
pub(crate) fn run(arguments: &Completions) -> Result<Verdict, Failure> {
    data(script(arguments.shell).trim_end())?;
    Ok(Verdict::Clean)
}

fn script(shell: Shell) -> String {
    // Written into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "dray", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_learns_of_every_command() {
        let commands = cli::command();
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for command in commands.get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
