//! The steps of the journey, and what the records must hold after each.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use drayage_domain::switch::summary::SwitchSummary;
use drayage_sim::dataset::{Dataset, VERIFIED};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::check::Must;
use super::{follow, rollback};
use crate::local_stack::{LocalStack, summary};
use crate::progress::{self, note};

const LIMIT: Duration = Duration::from_mins(30);
/// What a user writes into a record that was switched: it must never be overwritten.
const USERS_EDIT: &str = "https://intranet.example/edited-by-a-user.pdf";
/// So many records of an account are enough to edit one and put back several.
const ACCOUNT_RECORDS_MIN: usize = 3;

/// A finished step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) run_id: String,
    /// Records by outcome.
    pub(super) outcomes: BTreeMap<String, u64>,
    /// How many have to end how.
    pub(super) expected: BTreeMap<String, u64>,
    /// Whether the run says that every record is accounted for.
    pub(super) accounted_for: bool,
    /// What else is wrong, as sentences.
    pub(super) problems: Vec<String>,
    pub(super) seconds: f64,
}

impl Step {
    pub(super) fn ok(&self) -> bool {
        self.accounted_for && self.outcomes == self.expected && self.problems.is_empty()
    }
}

/// A stack, and what is going to be done in it.
#[derive(Debug)]
pub(super) struct Journey<'a> {
    stack: &'a LocalStack,
    /// What every record held before anything was done.
    before: BTreeMap<String, Option<String>>,
    /// Records whose file has to arrive.
    copied: Vec<String>,
    /// The account that is put back, and its records among the copied ones.
    account: String,
    account_records: Vec<String>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(stack: &'a LocalStack) -> Result<Self> {
        let dataset = &stack.simulated()?.dataset;
        let copied = dataset.entries.iter().filter(|entry| entry.expected == VERIFIED);
        let (account, account_records) = account_to_put_back(dataset)?;
        Ok(Self {
            stack,
            before: urls(stack)?,
            copied: copied.map(|entry| entry.id.clone()).collect(),
            account,
            account_records,
        })
    }

    /// The record that a user edits.
    fn edited(&self) -> &str {
        self.account_records.first().map_or("", String::as_str)
    }

    /// All steps.
    pub(super) async fn run(&self) -> Result<Vec<Step>> {
        let backup = self.backup().await?;
        shown(&backup);
        let (dry, hash) = self.dry_run().await?;
        shown(&dry);
        let switched = self.migrate(&hash).await?;
        shown(&switched);
        let restored = self.rollback().await?;
        shown(&restored);
        Ok(vec![backup, dry, switched, restored])
    }

    /// What every record must hold at the end.
    pub(super) fn must_hold(&self) -> BTreeMap<String, Must> {
        let must = |(id, before): (&String, &Option<String>)| {
            let must = if id == self.edited() {
                Must::Hold(Some(USERS_EDIT.to_owned()), "a user's edit")
            } else if self.account_records.contains(id) {
                Must::Hold(before.clone(), "the original again")
            } else if self.copied.contains(id) {
                Must::OpenTheCopy { original: before.clone() }
            } else {
                Must::Hold(before.clone(), "never touched")
            };
            (id.clone(), must)
        };
        self.before.iter().map(must).collect()
    }

    async fn backup(&self) -> Result<Step> {
        note("\n1. backup: every file is copied, and ledger and bucket are compared");
        let begun = Instant::now();
        let execution = self.stack.start_backup(&json!({})).await?;
        let ended = progress::follow(self.stack, &execution, LIMIT).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let summary = summary(ended).with_context(|| self.log())?;
        let mut problems = self.stack.check().await?.problems;
        problems.extend(self.changed("the backup has written into Salesforce")?);
        if !summary.reconciliation.as_ref().is_some_and(|found| found.clean) {
            problems.push("ledger and bucket were not found to agree".to_owned());
        }
        Ok(Step {
            name: "backup",
            run_id: summary.run_id,
            outcomes: summary.counts.outcomes,
            expected: self.stack.simulated()?.dataset.expected_counts(),
            accounted_for: summary.accounted_for,
            problems,
            seconds,
        })
    }

    /// Plans the repointing, and returns the hash of the plan.
    async fn dry_run(&self) -> Result<(Step, String)> {
        note("\n2. migrate, dry run: which record would get which URL");
        let (summary, seconds) = self.execution(&json!({})).await?;
        let mut problems = self.changed("the dry run has written into Salesforce")?;
        if !summary.dry_run {
            problems.push("the execution was no dry run".to_owned());
        }
        let hash = summary.plan_hash.clone().context("the dry run tells no planHash")?;
        let expected = counts([("planned", self.copied.len())]);
        Ok((step("dry run", summary, expected, problems, seconds), hash))
    }

    async fn migrate(&self, hash: &str) -> Result<Step> {
        note("\n3. migrate: exactly that plan is carried out, and every record is looked at again");
        let input = json!({"execute": true, "planHash": hash});
        let (summary, seconds) = self.execution(&input).await?;
        let mut problems = Vec::new();
        if !summary.clean {
            problems.push("the run is not clean".to_owned());
        }
        if summary.plan_hash.as_deref() != Some(hash) {
            problems.push("another plan was carried out than the reviewed one".to_owned());
        }
        let expected = counts([("switched", self.copied.len())]);
        Ok(step("migrate", summary, expected, problems, seconds))
    }

    async fn rollback(&self) -> Result<Step> {
        let simulated = self.stack.simulated()?;
        let (org, config) = (self.stack.org()?, simulated.salesforce.org().config());
        let mut edit = serde_json::Map::new();
        edit.insert(config.url_field, USERS_EDIT.into());
        let edited = org.update(&config.object, self.edited(), Value::Object(edit));
        edited.context("the user's edit is refused")?;
        note(&format!(
            "\n4. a user edits {}; then the operator puts its account {} back",
            self.edited(),
            self.account
        ));
        let begun = Instant::now();
        let (summary, exit) = rollback::of_account(self.stack, &self.account).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let mut problems = Vec::new();
        // The edited record is left for a person, which the exit status has to tell.
        if exit != Some(1) {
            problems.push(format!("dray has ended with {exit:?} in place of 1"));
        }
        if summary.clean {
            problems.push("the run does not tell that a record is left for a person".to_owned());
        }
        let expected = counts([("restored", self.account_records.len() - 1), ("conflict", 1)]);
        Ok(step("rollback", summary, expected, problems, seconds))
    }

    async fn execution(&self, input: &Value) -> Result<(SwitchSummary, f64)> {
        let begun = Instant::now();
        let execution = self.stack.start_execution("MigrateStateMachineArn", input).await?;
        let ended = follow::to_the_end(self.stack, &execution, LIMIT).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let output = ended.output().with_context(|| self.log())?;
        let summary = serde_json::from_value(output);
        Ok((summary.context("the execution's output is not a summary")?, seconds))
    }

    /// A sentence with the number of records that hold something else than in the beginning.
    fn changed(&self, what: &str) -> Result<Vec<String>> {
        let now = urls(self.stack)?;
        let changed = self.before.iter().filter(|(id, url)| now.get(*id) != Some(*url)).count();
        Ok(if changed == 0 { Vec::new() } else { vec![format!("{what}: {changed} records")] })
    }

    fn log(&self) -> String {
        format!("the emulator's log ends with\n{}", self.stack.emulator().log_tail(20))
    }
}

/// What the URL field of every record holds, by the simulated org's own word.
pub(super) fn urls(stack: &LocalStack) -> Result<BTreeMap<String, Option<String>>> {
    let org = stack.org()?;
    let config = org.config();
    let rows = org.snapshot(&config.object).into_iter();
    Ok(rows
        .map(|(id, row)| {
            let url = row.get(&config.url_field).and_then(Value::as_str).map(str::to_owned);
            (id, url)
        })
        .collect())
}

/// The account with the most copied records, and those records.
fn account_to_put_back(dataset: &Dataset) -> Result<(String, Vec<String>)> {
    let mut by_account: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for entry in dataset.entries.iter().filter(|entry| entry.expected == VERIFIED) {
        if let Some(account) = entry.account {
            by_account.entry(account).or_default().push(entry.id.clone());
        }
    }
    let mut accounts: Vec<_> = by_account.into_iter().collect();
    accounts.sort_by_key(|(index, records)| (Reverse(records.len()), *index));
    let (index, records) = accounts.into_iter().next().context("no account has a file")?;
    ensure!(
        records.len() >= ACCOUNT_RECORDS_MIN,
        "no account has {ACCOUNT_RECORDS_MIN} files; hint: give more --files, or another --seed"
    );
    let account = dataset.accounts.get(index).context("an entry names an account that is not")?;
    Ok((account.id.clone(), records))
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, u64> {
    counts.map(|(label, count)| (label.to_owned(), count as u64)).into()
}

fn step(
    name: &'static str,
    summary: SwitchSummary,
    expected: BTreeMap<String, u64>,
    mut problems: Vec<String>,
    seconds: f64,
) -> Step {
    problems.extend(summary.error.clone());
    Step {
        name,
        run_id: summary.run_id,
        outcomes: summary.counts.outcomes,
        expected,
        accounted_for: summary.accounted_for,
        problems,
        seconds,
    }
}

fn shown(step: &Step) {
    note(&super::overview::step_table(step));
}
