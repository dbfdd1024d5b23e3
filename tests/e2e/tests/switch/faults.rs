//! Salesforce in bad shape while records are written: every fault in every mode where it applies, with the named outcome of each
//! record, and no other record disturbed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use drayage_local::LocalStack;
use drayage_sim::salesforce::{
    Action, CallFault, CallFaultKind, Endpoint, FaultPlan, RowEvent, RowMoment, ValidationRule,
};
use serde_json::json;

use crate::books::Books;
use crate::site::{FIELD, MODES, OBJECT, backed_up, calm, execute, migrate, rows};

/// Records of a case. More than a guarded call takes, so that there is a second call; the first one tries the guard.
const RECORDS: usize = 30;
/// The record that a fault of rows is about; not the first, which is tried.
const TARGET: usize = 17;

/// A fault, and how it has to end.
struct Case {
    behaviour: &'static str,
    modes: &'static [&'static str],
    /// The plan for records with these ids, in this mode.
    faults: Faults,
    /// How the target ends; everything else is switched.
    target: &'static str,
}

const SWITCHED: &str = "switched";
const NOT_BULK: &[&str] = &["guarded", "collections"];
const BULK: &[&str] = &["bulk"];

/// The call by which a mode's rows are written.
fn writing(mode: &str) -> Endpoint {
    match mode {
        "guarded" => Endpoint::Composite,
        "collections" => Endpoint::CollectionsUpdate,
        _ => Endpoint::BulkIngestEnd,
    }
}

/// Hits the write after the first; in guarded mode the first may be the one that tries the guard.
fn hit(mode: &str, times: u64, kind: CallFaultKind) -> FaultPlan {
    let skip = u64::from(mode == "guarded");
    let fault = CallFault { skip, ..CallFault::next(&[writing(mode)], times, kind) };
    FaultPlan { calls: vec![fault], ..FaultPlan::default() }
}

fn locked(ids: &[String], tries: u32) -> FaultPlan {
    let row_locks = BTreeMap::from([(ids[TARGET].clone(), tries)]);
    FaultPlan { row_locks, ..FaultPlan::default() }
}

fn rule(ids: &[String]) -> FaultPlan {
    let rule = ValidationRule {
        sobject: OBJECT.to_owned(),
        field: FIELD.to_owned(),
        contains: String::new(),
        ids: vec![ids[TARGET].clone()],
        message: "Only our own links".to_owned(),
    };
    FaultPlan { validation_rules: vec![rule], ..FaultPlan::default() }
}

fn before_write(ids: &[String], action: Action) -> FaultPlan {
    let id = ids[TARGET].clone();
    let event = RowEvent { id, moment: RowMoment::BeforeWrite, at: 1, action };
    FaultPlan { row_events: vec![event], ..FaultPlan::default() }
}

fn deleted(ids: &[String], _: &str) -> FaultPlan {
    let id = ids[TARGET].clone();
    before_write(ids, Action::Delete { sobject: OBJECT.to_owned(), id })
}

fn destroyed(ids: &[String], _: &str) -> FaultPlan {
    let id = ids[TARGET].clone();
    before_write(ids, Action::HardDelete { sobject: OBJECT.to_owned(), id })
}

fn edited(ids: &[String], _: &str) -> FaultPlan {
    let fields = json!({FIELD: "https://edited.example/between"});
    let fields = fields.as_object().cloned().unwrap_or_default();
    before_write(
        ids,
        Action::Update { sobject: OBJECT.to_owned(), id: ids[TARGET].clone(), fields },
    )
}

type Faults = fn(&[String], &str) -> FaultPlan;

/// A fault of every mode.
fn all(behaviour: &'static str, faults: Faults, target: &'static str) -> Case {
    Case { behaviour, modes: &MODES, faults, target }
}

/// Everything that may go wrong at a call or a row.
fn cases() -> Vec<Case> {
    let of = |modes, case: Case| Case { modes, ..case };
    vec![
        all("nothing", |_, _| FaultPlan::default(), SWITCHED),
        all("lock that clears", |ids, _| locked(ids, 2), SWITCHED),
        all("lock that never clears", |ids, _| locked(ids, 100_000), "not_written.locked"),
        all("validation rule", |ids, _| rule(ids), "not_written.refused"),
        all("deleted before the write", deleted, "source_gone.record_deleted"),
        all("destroyed before the write", destroyed, "source_gone.record_deleted"),
        of(&["guarded"], all("edited between read and write", edited, "drifted")),
        all(
            "applied, answer lost",
            |_, mode| hit(mode, 1, CallFaultKind::AppliedButDropped),
            SWITCHED,
        ),
        all(
            "applied, gateway timeout",
            |_, mode| hit(mode, 1, CallFaultKind::AppliedButGatewayTimeout),
            SWITCHED,
        ),
        of(
            NOT_BULK,
            all(
                "applied, half an answer",
                |_, mode| hit(mode, 1, CallFaultKind::ResetMidBody),
                SWITCHED,
            ),
        ),
        all(
            "not applied, answer lost",
            |_, mode| hit(mode, 1, CallFaultKind::DroppedUnapplied),
            SWITCHED,
        ),
        all("503 twice", |_, mode| hit(mode, 2, CallFaultKind::Unavailable), SWITCHED),
        all("session refused", |_, mode| hit(mode, 1, CallFaultKind::Unauthorized), SWITCHED),
        all("too many at once", |_, mode| hit(mode, 1, CallFaultKind::ConcurrentLimit), SWITCHED),
        all(
            "session dies",
            |_, _| FaultPlan { token_dies_after_calls: Some(3), ..FaultPlan::default() },
            SWITCHED,
        ),
    ]
}

/// What only jobs do.
fn cases_of_jobs() -> Vec<Case> {
    let job = |behaviour, faults, target| Case { modes: BULK, ..all(behaviour, faults, target) };
    vec![
        job(
            "shuffled results",
            |_, _| FaultPlan { shuffle_bulk_results: true, ..FaultPlan::default() },
            SWITCHED,
        ),
        job(
            "shuffled results, one refused",
            |ids, _| FaultPlan { shuffle_bulk_results: true, ..rule(ids) },
            "not_written.refused",
        ),
        job(
            "job fails half way",
            |_, _| FaultPlan { ingest_fails_after_rows: Some(20), ..FaultPlan::default() },
            SWITCHED,
        ),
        job(
            "results without two rows",
            |_, _| FaultPlan { ingest_results_unrecorded: 2, ..FaultPlan::default() },
            SWITCHED,
        ),
    ]
}

async fn check(stack: &LocalStack, case: &Case, mode: &str, ids: &[String]) -> Result<()> {
    let books = Books::open(stack)?;
    stack.org()?.set_faults((case.faults)(ids, mode));
    let input = execute(&json!({"mode": mode, "records": ids}));
    let summary = migrate(stack, &input).await;
    calm(stack)?;
    let summary = summary?;
    let entries = books.close(stack, &summary).await?;
    ensure!(summary.planned == ids.len() as u64, "{summary:#?}");
    for (at, id) in ids.iter().enumerate() {
        let expected = if at == TARGET { case.target } else { SWITCHED };
        let ended = entries.outcomes.get(id).map(String::as_str);
        ensure!(ended == Some(expected), "record {at} is {ended:?} and not {expected}");
    }
    ensure!(summary.clean == (case.target == SWITCHED), "{summary:#?}");
    if case.target != SWITCHED {
        let review = summary.review.as_deref().context("no list of what needs attention")?;
        let review = crate::site::object(stack, review).await?.context("no such list")?;
        let review = String::from_utf8(review)?;
        ensure!(review.contains(&ids[TARGET]) && !review.contains(&ids[0]), "{review}");
    }
    Ok(())
}

/// All cases of one mode, each with records of its own, on one stack.
async fn survives_everything(mode: &str, seed: u64) -> Result<()> {
    let cases: Vec<Case> = cases()
        .into_iter()
        .chain(cases_of_jobs())
        .filter(|case| case.modes.contains(&mode))
        .collect();
    let stack = backed_up(cases.len() * RECORDS, seed).await?;
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    let mut wrong = Vec::new();
    for (case, ids) in cases.iter().zip(ids.chunks(RECORDS)) {
        // In the order of the plan, whose first record is the one that the guard is tried with.
        let ids = in_order_of_plan(&stack, ids).await?;
        if let Err(error) = check(&stack, case, mode, &ids).await {
            wrong.push(format!("{}: {error:#}", case.behaviour));
        }
    }
    ensure!(wrong.is_empty(), "{mode}:\n{}", wrong.join("\n"));
    Ok(())
}

async fn in_order_of_plan(stack: &LocalStack, ids: &[String]) -> Result<Vec<String>> {
    let rows = rows(stack).await?;
    let mut ids = ids.to_vec();
    ids.sort_by_key(|id| (rows[id].account_id.clone(), id.clone()));
    Ok(ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn guarded_updates_survive_every_fault() -> Result<()> {
    survives_everything("guarded", 71).await
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_survive_every_fault() -> Result<()> {
    survives_everything("collections", 72).await
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_jobs_survive_every_fault() -> Result<()> {
    survives_everything("bulk", 73).await
}
