//! A new URL is opened as a user would, before a single record points at one.

use anyhow::{Context as _, Result, ensure};
use drayage_domain::switch::Direction;
use drayage_domain::switch::lane::lanes_prefix;
use drayage_domain::switch::plan::{Check, CheckState};
use drayage_local::LocalStack;
use drayage_sim::files::{FileServer, ServedFile};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::books::{Books, is_green, sums_add_up};
use crate::control::run_id;
use crate::site::{
    MIGRATE, backed_up, keys, lines, migrate, opened, parameters, plan, refusal, rollback, rows,
};

/// The check that the probe decides.
const REACHABLE: &str = "new_url_reachable";
const RECORDS: u64 = 6;
/// Nothing answers there.
const NOWHERE: &str = "http://127.0.0.1:9/x/";

/// A stack, backed up, whose new URLs start so.
async fn with_base(base: &str, seed: u64) -> Result<LocalStack> {
    let builder = LocalStack::builder().small_files().files(usize::try_from(RECORDS)?).seed(seed);
    let stack = builder.parameters(parameters().with("NewUrlBase", base)).start().await?;
    stack.assert_accounted(&stack.run_backup(&json!({})).await?)?;
    Ok(stack)
}

/// How the check stands, and what it has found; `None` where nothing was opened.
fn reachable(checks: &[Check]) -> Option<(CheckState, &str)> {
    let check = checks.iter().find(|check| check.name == REACHABLE)?;
    Some((check.state, &check.found))
}

/// An execution that would write is refused because of the new URL, and leaves nothing behind. Returns the cause.
async fn nothing_is_written(stack: &LocalStack) -> Result<String> {
    let (books, ledger) = (Books::open(stack)?, rows(stack).await?);
    let input = json!({"execute": true, "backup": false});
    let execution = stack.start_execution(MIGRATE, &input).await?;
    let (error, cause) = refusal(stack, &execution).await?;
    ensure!(error == "NotReady", "{error}: {cause}");
    ensure!(cause.contains(REACHABLE) && cause.contains("hint:"), "{cause}");
    ensure!(cause.contains("NewUrlBase"), "the hint does not tell what to set: {cause}");
    books.untouched(stack)?;
    ensure!(rows(stack).await? == ledger, "the ledger has changed");
    let run = run_id(&execution);
    let plan = plan(stack, run).await?;
    let probe = plan.probe.as_ref().context("no probe")?;
    ensure!(!plan.ready() && !probe.reachable && !cause.contains(&probe.url), "{plan:#?}");
    let left = keys(stack, &format!("runs/{run}/")).await?;
    ensure!(!left.iter().any(|key| key.contains("/results/")), "{left:#?}");
    let lanes = keys(stack, &lanes_prefix(run)).await?;
    ensure!(lanes.is_empty(), "{lanes:#?}");
    Ok(cause)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_url_that_opens_is_seen_to_open_before_anything_is_written() -> Result<()> {
    let stack = backed_up(usize::try_from(RECORDS)?, 111).await?;
    let books = Books::open(&stack)?;
    let summary = migrate(&stack, &json!({"execute": true})).await?;
    books.close(&stack, &summary).await?;
    is_green(&summary, Direction::Switch, RECORDS)?;

    let plan = plan(&stack, &summary.run_id).await?;
    let probe = plan.probe.as_ref().context("no probe")?;
    ensure!(probe.reachable && probe.found.contains("status 200"), "{probe:#?}");
    ensure!(summary.probe == plan.probe, "{summary:#?}");
    let state = reachable(&plan.readiness).map(|(state, _)| state);
    ensure!(state == Some(CheckState::Passed), "{plan:#?}");
    // It was one of those that records point at now, and it is the file.
    let lines = lines(&stack, &summary.run_id).await?;
    let line = lines.values().find(|line| line.to.as_ref() == Some(&probe.url));
    let id = &line.context("no record has the URL that was opened")?.record_id;
    let dataset = stack.dataset().context("a data set")?;
    let source = dataset.entry(id).and_then(|entry| dataset.expected_content(entry));
    let seen = opened(&stack, &probe.url).await?;
    ensure!(seen == source.context("no source")?.bytes(), "{id} opens something else");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_answers_nothing_is_written_unless_the_probe_is_left_out() -> Result<()> {
    let stack = with_base(NOWHERE, 112).await?;
    let cause = nothing_is_written(&stack).await?;
    ensure!(cause.contains("127.0.0.1"), "the host is not named: {cause}");
    ensure!(cause.contains("probe") && cause.contains("false"), "no other way is told: {cause}");

    // A dry run tells it, and ends well.
    let books = Books::open(&stack)?;
    let dry = migrate(&stack, &json!({})).await?;
    sums_add_up(&dry)?;
    ensure!(dry.dry_run && dry.planned == RECORDS, "{dry:#?}");
    let probe = dry.probe.as_ref().context("no probe")?;
    ensure!(!probe.reachable && probe.url.starts_with(NOWHERE), "{probe:#?}");
    let (state, found) = reachable(&dry.readiness).context("the check is not told")?;
    ensure!(state == CheckState::Failed && found.contains("hint:"), "{dry:#?}");
    ensure!(found.contains(&probe.found), "{dry:#?}");
    books.untouched(&stack)?;

    // Users may reach it in a way that a function does not.
    let books = Books::open(&stack)?;
    let input = json!({"execute": true, "probe": false, "planHash": dry.plan_hash});
    let summary = migrate(&stack, &input).await?;
    books.close(&stack, &summary).await?;
    is_green(&summary, Direction::Switch, RECORDS)?;
    ensure!(summary.probe.is_none() && reachable(&summary.readiness).is_none(), "{summary:#?}");
    for (id, record) in stack.org()?.records() {
        ensure!(record.url.is_some_and(|url| url.starts_with(NOWHERE)), "{id} points elsewhere");
    }

    // And nothing has to be opened on the way back.
    let switched = Books::open(&stack)?;
    let back = rollback(&stack, &json!({"all": true, "execute": true})).await?;
    switched.close(&stack, &back).await?;
    is_green(&back, Direction::Restore, RECORDS)?;
    ensure!(back.probe.is_none(), "{back:#?}");
    for (id, record) in stack.org()?.records() {
        ensure!(record.url.as_deref() == books.held(&id), "{id} holds another original");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_url_that_leads_elsewhere_is_refused_until_it_leads_to_the_file() -> Result<()> {
    // What stands in front of the bucket, such as a CDN.
    let front = FileServer::start().await?;
    let stack = with_base(&format!("{}/front/", front.base_url()), 113).await?;
    let cause = nothing_is_written(&stack).await?;
    ensure!(cause.contains("404"), "{cause}");

    // The URL that is opened, and the file that it has to lead to.
    let dry = migrate(&stack, &json!({"backup": false})).await?;
    let url = dry.probe.context("no probe")?.url;
    let path = url.strip_prefix(front.base_url()).context("another base")?;
    let path = percent_decode_str(path).decode_utf8()?.into_owned();
    let lines = lines(&stack, &dry.run_id).await?;
    let line = lines.values().find(|line| line.to.as_ref() == Some(&url)).context("no record")?;
    let dataset = stack.dataset().context("a data set")?;
    let source = dataset.entry(&line.record_id).and_then(|entry| dataset.expected_content(entry));
    let source = source.context("no source")?.bytes();

    let mut longer = source.clone();
    longer.push(b'\n');
    front.put(&path, ServedFile::new(longer, "application/pdf"), None);
    let cause = nothing_is_written(&stack).await?;
    let lengths = [source.len(), source.len() + 1].map(|length| length.to_string());
    ensure!(lengths.iter().all(|length| cause.contains(length)), "{cause}");

    front.put(&path, ServedFile::new(source, "application/pdf"), None);
    let books = Books::open(&stack)?;
    let summary = migrate(&stack, &json!({"execute": true, "backup": false})).await?;
    books.close(&stack, &summary).await?;
    is_green(&summary, Direction::Switch, RECORDS)?;
    ensure!(summary.probe.is_some_and(|probe| probe.reachable && probe.url == url));
    // Its head was enough.
    ensure!(front.requests(&path).get == 0, "the file was read");
    Ok(())
}
