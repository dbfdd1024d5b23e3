//! A child process with everything it starts, which never outlives its owner.
//!
//! The child leads its own process group, and a watchdog in that group waits on a pipe whose other end only the owner
//! holds. However the owner ends (return, panic, Ctrl-C, `SIGKILL`), the kernel closes the pipe and the group is killed.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// Waits for the end of standard input in the background, then kills the program, removes the directory that was given
/// first, and kills the rest of the group; becomes the program in the foreground. The input is duplicated first because a
/// shell gives background jobs `/dev/null`.
const WATCHED: &str = r#"exec 3<&0
(cat <&3 >/dev/null 2>&1; kill -KILL $$; rm -rf -- "$1"; kill -KILL 0) &
shift
exec "$@" </dev/null 3<&-"#;

/// A running program and its descendants.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    child: Child,
    group: Pid,
    /// Open as long as the owner lives.
    lifeline: Option<ChildStdin>,
}

impl ProcessGroup {
    /// Starts `program` in `directory` with both output streams in `log`. The directory is removed if the owner vanishes;
    /// otherwise that is left to the owner.
    pub(crate) fn spawn<'a>(
        program: &Path,
        environment: impl IntoIterator<Item = (&'a str, &'a OsStr)>,
        directory: &Path,
        log: &Path,
    ) -> Result<Self> {
        let output =
            File::create(log).with_context(|| format!("{} cannot be created", log.display()))?;
        let errors = output.try_clone().context("the log cannot be shared")?;
        let mut child = Command::new("sh")
            .args(["-c", WATCHED, "sh"])
            .args([directory, program])
            .envs(environment)
            .current_dir(directory)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let lifeline = child.stdin.take();
        let group = Pid::from_child(&child);
        Ok(Self { child, group, lifeline })
    }

    /// How the program ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("the child's state cannot be read")
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // An error means that the group is gone, which is what is wanted.
        let _already_gone = kill_process_group(self.group, Signal::KILL).is_err();
        drop(self.child.wait());
        // Not earlier: the watchdog is dead by now, and the directory is the owner's to remove.
        drop(self.lifeline.take());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use super::*;

    /// Starts a program that starts another one; both would run for minutes and hold the returned pipe open.
    fn start(directory: &Path) -> (ProcessGroup, BufReader<File>) {
        let program = directory.join("program");
        let script = "#!/bin/sh\nexec 4>pipe\nsleep 300 &\necho started >&4\nwait\n";
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let pipe = directory.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let process = ProcessGroup::spawn(&program, [], directory, &directory.join("log")).unwrap();
        let mut reader = BufReader::new(File::open(&pipe).unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "started\n");
        (process, reader)
    }

    /// The pipe ends when the last process that holds it is dead.
    async fn all_dead(mut pipe: BufReader<File>) -> bool {
        let end = tokio::task::spawn_blocking(move || pipe.read_to_end(&mut Vec::new()));
        tokio::time::timeout(Duration::from_secs(20), end).await.is_ok()
    }

    #[tokio::test]
    async fn dropping_kills_the_whole_group() {
        let directory = tempfile::tempdir().unwrap();
        let (process, pipe) = start(directory.path());
        drop(process);
        assert!(all_dead(pipe).await);
    }

    #[tokio::test]
    async fn an_owner_that_vanishes_takes_the_group_along() {
        let directory = tempfile::tempdir().unwrap();
        let (mut process, pipe) = start(directory.path());
        // All that the kernel does for an owner that was killed: its end of the pipe closes.
        drop(process.lifeline.take());
        assert!(all_dead(pipe).await);
        assert!(!process.child.wait().unwrap().success());
        assert!(!directory.path().exists());
    }
}
