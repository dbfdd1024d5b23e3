//! The real program, as shells and pipes meet it: help, colours, completions, and readers that go away.

use std::process::{Command, Output};

/// `dray` with nothing of the developer's environment in it.
fn dray(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dray"));
    command.args(words).env_clear().env("PATH", "/usr/bin:/bin");
    command
}

fn words(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// What it answers where nobody reads its standard output.
fn unread(words: &[&str]) -> std::io::Result<Output> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    dray(words).stdout(writer).spawn()?.wait_with_output()
}

fn unread_with_errors(words: &[&str]) -> std::io::Result<(Option<i32>, String)> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let child = dray(words).stdout(writer).stderr(std::process::Stdio::piped()).spawn()?;
    let output = child.wait_with_output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    for line in [
        &["completions", "bash"][..],
        &["--help"],
        &["help", "migrate"],
        &["status", "-h"],
        &["-V"],
    ] {
        assert_eq!(unread_with_errors(line).unwrap(), (Some(0), String::new()), "{line:?}");
    }
    assert!(unread(&["-V"]).unwrap().status.success());
}

#[test]
fn alone_it_shows_its_help_and_says_that_nothing_was_done() {
    for stack in [None, Some("documents")] {
        let mut command = dray(&[]);
        if let Some(stack) = stack {
            command.env("DRAYAGE_STACK", stack);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(words(&output.stdout), "");
        let help = words(&output.stderr);
        assert!(help.contains("Usage: dray"), "{help}");
        assert!(help.contains("Repair:"), "{help}");
    }
}

#[test]
fn help_is_grouped_and_fits_the_terminal() {
    for width in ["80", "140"] {
        let output = dray(&["--help"]).env("COLUMNS", width).output().unwrap();
        assert!(output.status.success());
        let help = words(&output.stdout);
        for part in ["Look:", "Prepare:", "Move:", "Repair:", "Steer:", "Examples:", "Exit status:"]
        {
            assert!(help.contains(&format!("\n{part}\n")), "{part}\n{help}");
        }
        assert!(!help.contains('\u{1b}'), "{help}");
        let options = help.split("Options:").nth(1).unwrap();
        let options = options.split("Examples:").next().unwrap();
        let width: usize = width.parse().unwrap();
        for line in options.lines() {
            assert!(line.chars().count() <= width, "{line}");
        }
    }
    let narrow = dray(&["--help"]).env("COLUMNS", "20").output().unwrap();
    assert!(narrow.status.success());
}

#[test]
fn colours_are_asked_for_or_refused() {
    let coloured = |words: &[&str], variables: &[(&str, &str)]| {
        let output = dray(words).envs(variables.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured(&["--help"], &[]));
    assert!(coloured(&["--help", "--color", "always"], &[]));
    assert!(coloured(&["--help", "--color=always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--help"], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--help", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn every_shell_gets_its_script() {
    let marks = [
        ("bash", "complete -F _dray"),
        ("zsh", "#compdef dray"),
        ("fish", "complete -c dray"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "set edit:completion:arg-completer[dray]"),
    ];
    for (shell, mark) in marks {
        let output = dray(&["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let script = words(&output.stdout);
        assert!(script.contains(mark), "{shell}");
        assert!(script.contains("single-phase"), "{shell}");
    }
    let unknown = dray(&["completions", "tcsh"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn bash_understands_its_script() {
    let script = dray(&["completions", "bash"]).output().unwrap().stdout;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let checked = Command::new("bash").arg("-n").arg(file.path()).output().unwrap();
    assert!(checked.status.success(), "{}", words(&checked.stderr));
}

#[test]
fn a_misspelt_command_is_answered_with_the_one_that_was_meant() {
    let output = dray(&["statuz"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output.stderr).contains("'status'"), "{}", words(&output.stderr));
    assert_eq!(words(&output.stdout), "");
}

#[test]
fn it_tells_its_version() {
    let output = dray(&["-V"]).output().unwrap();
    assert_eq!(words(&output.stdout), format!("dray {}\n", env!("CARGO_PKG_VERSION")));
}
