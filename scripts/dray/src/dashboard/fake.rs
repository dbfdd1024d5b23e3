//! A stack that tests make up, and a server that shows it.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::guard::{Guard, Token};
use super::poller::Pace;
use super::server::Server;
use super::source::{Action, Source};
use crate::failure::Failure;
use crate::view::{
    AccountView, Accounts, Attention, AttentionRow, LedgerTotals, OrgView, Overview, PauseView,
    PhaseState, PhaseView, Progress, RunStatus, RunView, Runs, ScheduleView, StackView,
};

/// A name as nobody should have it: markup, quotes, an override of the reading direction, and the end of an isolation.
pub(super) const HOSTILE: &str = "<img src=x onerror=\"window.hostile=1\"><script>window.hostile=1</script>' \u{202e}evil\u{2069}";

/// What the stack says.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) overview: Overview,
    pub(super) attention: Attention,
    pub(super) runs: Runs,
    pub(super) schedule: ScheduleView,
    pub(super) accounts: Accounts,
    /// Nothing is answered, but this.
    pub(super) failure: Option<Failure>,
}

/// A stack that says what a test has set.
#[derive(Debug)]
pub(super) struct Fake {
    said: Mutex<Said>,
    done: Mutex<Vec<Action>>,
}

impl Fake {
    pub(super) fn new(said: Said) -> Arc<Self> {
        Arc::new(Self { said: Mutex::new(said), done: Mutex::default() })
    }

    /// From now on it says something else.
    pub(super) fn change(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What it was told to do.
    pub(super) fn done(&self) -> Vec<Action> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say<T>(&self, what: impl FnOnce(Said) -> T) -> Result<T, Failure> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match said.failure.clone() {
            Some(failure) => Err(failure),
            None => Ok(what(said)),
        }
    }
}

#[async_trait]
impl Source for Fake {
    async fn overview(&self) -> Result<Overview, Failure> {
        self.say(|said| said.overview)
    }

    async fn attention(&self) -> Result<Attention, Failure> {
        self.say(|said| said.attention)
    }

    async fn runs(&self) -> Result<Runs, Failure> {
        self.say(|said| said.runs)
    }

    async fn schedule(&self) -> Result<ScheduleView, Failure> {
        self.say(|said| said.schedule)
    }

    async fn accounts(&self, seen: &(dyn Fn(u64) + Sync)) -> Result<Accounts, Failure> {
        seen(5_000);
        self.say(|said| said.accounts)
    }

    async fn act(&self, action: &Action) -> Result<Value, Failure> {
        self.say(|_| ())?;
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(action.clone());
        let paused = (*action == Action::Pause).then(|| PauseView {
            since: "2026-11-21T03:20:00Z".to_owned(),
            by: "arn:aws:iam::123456789012:user/night".to_owned(),
        });
        self.change(|said| said.overview.paused = paused);
        Ok(json!({"runId": "backup-20261121T032000Z-000"}))
    }
}

/// A run of that kind.
pub(super) fn run(kind: &str, status: RunStatus, outcomes: &[(&str, u64)]) -> RunView {
    let is_over =
        !matches!(status, RunStatus::Running | RunStatus::WaitingForApproval | RunStatus::Paused);
    let done = outcomes.iter().map(|(_, count)| count).sum();
    let failed = |label: &str| label.starts_with("failed") || label.starts_with("source_gone");
    RunView {
        run_id: format!("{kind}-20261121T010203Z-004"),
        kind: kind.to_owned(),
        parent_run: None,
        status,
        dry_run: false,
        mode: (kind == "backup").then(|| "full".to_owned()),
        execution_arn: format!("arn:aws:states:eu-west-1:123456789012:execution:{kind}:r"),
        started_at: "2026-11-21T01:02:03Z".to_owned(),
        ended_at: is_over.then(|| "2026-11-21T03:04:05Z".to_owned()),
        accounted_for: is_over.then_some(true),
        clean: None,
        total: Some(done),
        done,
        needs_attention: outcomes.iter().filter(|(label, _)| failed(label)).map(|(_, n)| n).sum(),
        bytes_copied: done * 10,
        outcomes: outcomes.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect(),
        error: None,
        report: None,
    }
}

/// A backup that is copying.
pub(super) fn progress(run_id: &str, done: u64, total: Option<u64>) -> Progress {
    let phase = |name, state| PhaseView { name, state };
    let mut run = run("backup", RunStatus::Running, &[("verified", done)]);
    run.run_id = run_id.to_owned();
    run.total = total;
    Progress {
        run,
        phases: vec![
            phase("preflight", PhaseState::Done),
            phase("enumerate", PhaseState::Done),
            phase("copy", PhaseState::Active),
            phase("reconcile", PhaseState::Pending),
            phase("finalize", PhaseState::Pending),
        ],
        phase_done: Some(done),
        phase_total: total,
        unit: Some("files"),
        waiting_for: None,
        elapsed_seconds: 4_000,
        rates: None,
    }
}

/// A migration that waits for a person.
pub(super) fn waiting() -> Progress {
    let mut progress = progress("migrate-20261121T031500Z-001", 0, Some(48_210));
    progress.run.kind = "migrate".to_owned();
    progress.run.mode = None;
    progress.run.status = RunStatus::WaitingForApproval;
    progress.run.outcomes.clear();
    progress.waiting_for = Some("approval".to_owned());
    progress
}

fn account(id: &str, name: &str, files: u64, needs_attention: u64) -> AccountView {
    AccountView {
        account_id: Some(id.to_owned()),
        account_name: Some(name.to_owned()),
        files,
        bytes: files * 1_234_567,
        verified: files - needs_attention,
        needs_attention,
        ..AccountView::default()
    }
}

fn attention_row(number: usize, name: &str, outcome: &str) -> AttentionRow {
    AttentionRow {
        record_id: format!("a0X5g00000Ab{number:03}EAA"),
        account_id: Some("0015g00000XyZ01AAA".to_owned()),
        account_name: Some(name.to_owned()),
        outcome: outcome.to_owned(),
        meaning: "The source refuses access.".to_owned(),
        message: Some("files.example.com has answered 403 (AccessDenied)".to_owned()),
        hint: "Let the stack's role read the source bucket, then start a backup; it tries this record again.".to_owned(),
        url: Some(format!("https://files.example.com/contracts/2019/{number}.pdf")),
        run_id: "backup-20261121T010203Z-004".to_owned(),
        at: "2026-11-21T02:00:00Z".to_owned(),
        attempts: 3,
    }
}

/// A stack in the middle of its life.
pub(super) fn said() -> Said {
    let outcomes = [
        ("verified", 46_912),
        ("unchanged", 1_201),
        ("skipped.extension", 73),
        ("failed.access_denied", 9),
        ("source_gone.object_missing", 3),
    ];
    let backup = run("backup", RunStatus::Succeeded, &outcomes);
    let mut plan = run("migrate", RunStatus::Succeeded, &[("planned", 48_113)]);
    plan.dry_run = true;
    let mut failed = run("transfer", RunStatus::Failed, &[]);
    failed.error = Some(crate::view::RunError {
        name: "NotReady".to_owned(),
        cause: "the destination bucket has no versioning".to_owned(),
        hint: "switch versioning on, and start again".to_owned(),
    });
    let needs =
        [("failed.access_denied".to_owned(), 9), ("source_gone.object_missing".to_owned(), 3)];
    let schedule = ScheduleView {
        name: "drayage-backup".to_owned(),
        enabled: true,
        expression: "cron(0 2 * * ? *)".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        input: r#"{"mode":"incremental","trigger":"schedule"}"#.to_owned(),
        next_at: Some("2026-11-22T01:00:00Z".to_owned()),
        undelivered: 0,
    };
    let mut rows: Vec<_> =
        (0..9).map(|n| attention_row(n, "Müller & Söhne GmbH", "failed.access_denied")).collect();
    rows.push(attention_row(77, HOSTILE, "source_gone.object_missing"));
    Said {
        overview: Overview {
            missing: Vec::new(),
            stack: StackView {
                name: "drayage".to_owned(),
                region: "eu-west-1".to_owned(),
                version: "0.1.0".to_owned(),
                destination_bucket: "acme-documents".to_owned(),
                destination_prefix: "uploads".to_owned(),
            },
            org: Some(OrgView {
                id: "00D5g000001AbCdEAK".to_owned(),
                name: Some("Acme Logistics".to_owned()),
                is_sandbox: Some(false),
            }),
            paused: None,
            current: Vec::new(),
            latest: vec![backup.clone(), plan.clone()],
            accounted_for: Some(true),
            ledger: LedgerTotals { needs_attention: needs.clone().into(), dead_letters: 0 },
            schedule: Some(schedule.clone()),
            runs: vec![failed.clone(), plan.clone(), backup.clone()],
            last_backup: Some(backup.clone()),
            notes: Vec::new(),
        },
        attention: Attention { counts: needs.into(), rows },
        runs: Runs { runs: vec![failed, plan, backup], more: true },
        schedule,
        accounts: Accounts {
            from: "ledger".to_owned(),
            accounts: vec![
                account("0015g00000XyZ01AAA", "Müller & Söhne GmbH", 31_000, 9),
                account("0015g00000XyZ02AAA", "Äpfel und Birnen AG", 17_000, 0),
                account("0015g00000XyZ03AAA", HOSTILE, 198, 3),
            ],
            total: account("", "", 48_198, 12),
        },
        failure: None,
    }
}

/// A server of a fake stack, in a runtime of its own: dropping it ends the open connections too.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) port: u16,
    pub(super) url: String,
    runtime: Option<Runtime>,
}

impl Served {
    /// Serves on a free port.
    pub(super) fn start(source: &Arc<Fake>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self::with(source, listener, &Token::random().unwrap())
    }

    /// Serves with a listener and a token that are given.
    pub(super) fn with(source: &Arc<Fake>, listener: TcpListener, token: &Token) -> Self {
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (guard, source) = (Guard::new(port, token), Arc::clone(source));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            Server::new(guard, source, Pace::FAST).serve(listener).await.unwrap();
        });
        Self { port, url: token.url(port), runtime: Some(runtime) }
    }

    /// The token in the address.
    pub(super) fn token(&self) -> &str {
        self.url.split_once("token=").unwrap().1
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
