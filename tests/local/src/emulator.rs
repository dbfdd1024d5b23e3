//! The AWS emulator as a child process on a free loopback port, with its own data.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::process::ProcessGroup;
use crate::tool::last_lines;
use crate::workspace::Workspace;

/// The region that everything runs in.
pub const REGION: &str = "us-east-1";
/// The account that the emulator plays.
pub const ACCOUNT: &str = "000000000000";
/// Any credentials do: the emulator does not check them, and no real account knows these.
pub const CREDENTIAL: &str = "test";

/// A start takes half a second; on a machine that compiles on all cores it was seen to take twenty times as long.
const START_SECONDS_MAX: u64 = 60;
const POLL_MS: u64 = 50;
/// Another process may take the free port between its choice and its use.
const START_ATTEMPTS_MAX: u32 = 3;

/// A running emulator. Dropping it ends it and everything that it has started, and deletes its data.
#[derive(Debug)]
pub struct Emulator {
    endpoint: String,
    process: ProcessGroup,
    log: PathBuf,
    directory: tempfile::TempDir,
    workspace: Workspace,
}

impl Emulator {
    /// Starts an emulator and waits until it answers.
    pub async fn start() -> Result<Self> {
        Self::start_for(None).await
    }

    /// The same, with functions that send their requests to another address than the emulator's, if one is given.
    pub async fn start_for(functions_endpoint: Option<&str>) -> Result<Self> {
        let workspace = Workspace::locate()?;
        let program = workspace.venv_program("ministack")?;
        let mut attempt = 1;
        loop {
            match Self::start_once(&workspace, &program, functions_endpoint).await {
                Ok(emulator) => return Ok(emulator),
                Err(error) if attempt == START_ATTEMPTS_MAX => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    async fn start_once(
        workspace: &Workspace,
        program: &Path,
        functions_endpoint: Option<&str>,
    ) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("drayage-")
            .tempdir()
            .context("no temporary directory can be created")?;
        let scratch = directory.path().join("scratch");
        std::fs::create_dir(&scratch).context("the emulator's directory cannot be created")?;
        let log = directory.path().join("emulator.log");
        let port = free_port()?;
        let port_text = port.to_string();
        let endpoint = format!("http://127.0.0.1:{port}");
        let direct = without_proxy();
        let process = ProcessGroup::spawn(
            program,
            [
                ("GATEWAY_PORT", OsStr::new(&port_text)),
                // The default is every interface.
                ("BIND_HOST", OsStr::new("127.0.0.1")),
                ("TMPDIR", scratch.as_os_str()),
                ("STATE_DIR", scratch.as_os_str()),
                ("S3_DATA_DIR", scratch.as_os_str()),
                // The Lambdas inherit these; without them an SDK in a Lambda would call the real AWS.
                ("AWS_ENDPOINT_URL", OsStr::new(functions_endpoint.unwrap_or(&endpoint))),
                ("AWS_ACCESS_KEY_ID", OsStr::new(CREDENTIAL)),
                ("AWS_SECRET_ACCESS_KEY", OsStr::new(CREDENTIAL)),
                ("AWS_SESSION_TOKEN", OsStr::new(CREDENTIAL)),
                ("AWS_REGION", OsStr::new(REGION)),
                ("AWS_DEFAULT_REGION", OsStr::new(REGION)),
                ("AWS_EC2_METADATA_DISABLED", OsStr::new("true")),
                ("PYTHONUNBUFFERED", OsStr::new("1")),
                ("NO_PROXY", OsStr::new(&direct)),
                ("no_proxy", OsStr::new(&direct)),
            ],
            directory.path(),
            &log,
        )?;
        let mut emulator = Self { endpoint, process, log, directory, workspace: workspace.clone() };
        emulator.wait_until_healthy().await?;
        Ok(emulator)
    }

    async fn wait_until_healthy(&mut self) -> Result<()> {
        let client = local_http()?;
        let health = format!("{}/_ministack/health", self.endpoint);
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        while Instant::now() < deadline {
            let answer = client.get(&health).timeout(Duration::from_secs(2)).send().await;
            // Asked after the answer, so that an answer from somebody else's server on this port does not count.
            if let Some(status) = self.process.ended()? {
                return Err(self.start_error(&format!("it ended ({status})")));
            }
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
        }
        Err(self.start_error(&format!("no answer in {START_SECONDS_MAX} s")))
    }

    fn start_error(&self, what: &str) -> anyhow::Error {
        anyhow::anyhow!(
            "the AWS emulator did not start: {what}\n{}\nhint: delete {} to have it installed again",
            self.log_tail(20),
            self.workspace.drayage().join("venv").display()
        )
    }

    /// Its address, such as `http://127.0.0.1:4601`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The checkout and the target directory that it was started from.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// A directory that is deleted together with the emulator.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The file with everything that the emulator logs, the Lambdas' lines among it.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of the log.
    pub fn log_tail(&self, lines: usize) -> String {
        match std::fs::read(&self.log) {
            Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes), lines),
            Err(error) => format!("({} cannot be read: {error})", self.log.display()),
        }
    }

    /// An error if the emulator has ended by itself.
    pub fn check_alive(&mut self) -> Result<()> {
        let ended: Option<ExitStatus> = self.process.ended()?;
        if let Some(status) = ended {
            bail!("the AWS emulator ended ({status})\n{}", self.log_tail(20));
        }
        Ok(())
    }

    /// What a child process needs in its environment to talk to this emulator and to nothing else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", CREDENTIAL.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIAL.to_owned()),
            ("AWS_SESSION_TOKEN", CREDENTIAL.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            // A person's own profile must not decide what the local stack does.
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_PAGER", String::new()),
            ("NO_PROXY", without_proxy()),
            ("no_proxy", without_proxy()),
        ]
    }
}

/// The hosts that a person's environment excepts from its proxy, and loopback.
pub(crate) fn without_proxy() -> String {
    let theirs = ["NO_PROXY", "no_proxy"].into_iter().find_map(std::env::var_os);
    let theirs = theirs.map(|list| list.to_string_lossy().into_owned() + ",").unwrap_or_default();
    format!("{theirs}127.0.0.1,localhost")
}

/// A client that ignores proxy settings: loopback is never behind one.
pub(crate) fn local_http() -> Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build().context("no HTTP client can be made")
}

/// A port that nothing listens on at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free loopback port")?;
    Ok(listener.local_addr().context("the loopback port is unknown")?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_emulators_run_side_by_side_and_end_when_dropped() {
        let (first, second) = tokio::join!(Emulator::start(), Emulator::start());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_ne!(first.endpoint(), second.endpoint());
        let client = local_http().unwrap();
        let health = format!("{}/_ministack/health", first.endpoint());
        assert!(client.get(&health).send().await.unwrap().status().is_success());
        let directory = first.directory().to_path_buf();
        drop(first);
        assert!(client.get(&health).send().await.is_err());
        assert!(!directory.exists());
        assert!(second.log_tail(100).contains("Ready"));
    }
}
