//! What tests of planning begin with.

use drayage_domain::estimate::prices::Quote;
use drayage_domain::record::ObjectFields;
use drayage_domain::row::FileRow;
use drayage_domain::run_input::Trigger;
use drayage_domain::state::FileState;
use drayage_domain::switch::mode::{ModeChoice, ModeFacts, SwitchEstimate, choose};
use drayage_domain::switch::options::{Scope, SwitchOptions};
use drayage_domain::switch::plan::{Check, SwitchPlan};
use drayage_domain::switch::{Direction, SwitchLine};

/// Of a run that is executed, over everything.
pub(crate) fn options(direction: Direction) -> SwitchOptions {
    SwitchOptions {
        direction,
        execute: true,
        plan_hash: None,
        approval: false,
        probe: true,
        mode: ModeChoice::Auto,
        scope: Scope::default(),
        rollback_file: None,
        fields: ObjectFields::new("O__c".to_owned(), "U__c".to_owned(), "A__c".to_owned()),
        url_length_max: 255,
        org_id: None,
        org: None,
        destination_bucket: "b".to_owned(),
        new_url_base: "https://new.example/".to_owned(),
        trigger: Trigger::Manual,
    }
}

fn id(prefix: &str, number: usize) -> String {
    let short = format!("{prefix}{number:012}");
    drayage_domain::id::RecordId::parse(&short).unwrap().as_str().to_owned()
}

/// A line of a plan.
pub(crate) fn line(record: usize, account: Option<usize>) -> SwitchLine {
    SwitchLine {
        record_id: id("a0B", record),
        account_id: account.map(|account| id("001", account)),
        account_name: account.map(|account| format!("=Account {account}")),
        from: Some(format!(" https://old.example/{record} ")),
        to: Some(format!("https://new.example/{record}")),
    }
}

/// The row of such a record.
pub(crate) fn row(record: usize, state: FileState) -> FileRow {
    let line = line(record, Some(1));
    FileRow {
        record_id: line.record_id,
        account_id: line.account_id,
        account_name: line.account_name,
        original_url: line.from,
        destination_key: Some(record.to_string()),
        source: None,
        proof: None,
        state,
        reason: None,
        message: None,
        run_id: "b".to_owned(),
        at: "2026-01-01T00:00:00Z".to_owned(),
        system_modstamp: None,
        new_url: None,
        switched_by: None,
        attempts: 0,
        version: 1,
    }
}

/// The plan of an executed run, with these checks.
pub(crate) fn plan(readiness: Vec<Check>) -> SwitchPlan {
    let facts = ModeFacts {
        records: 1,
        execute: false,
        guard_works: None,
        api_calls_left: None,
        reserve: 0,
    };
    let mode = choose(ModeChoice::Auto, &facts).unwrap();
    SwitchPlan {
        run_id: "m".to_owned(),
        direction: Direction::Switch,
        execute: true,
        object: "O__c".to_owned(),
        field: "U__c".to_owned(),
        org_id: None,
        org: None,
        hash: "h".to_owned(),
        records: 1,
        accounts: 0,
        batches: 1,
        lanes: 1,
        not_planned: std::collections::BTreeMap::new(),
        estimate: SwitchEstimate::for_run(&Quote::of("us-east-1"), mode.mode, 1, (1, 1, 5), None),
        mode,
        probe: None,
        readiness,
        rollback_file: None,
        list: "plan.csv".to_owned(),
        planned_at: "2026-01-01T00:00:00Z".to_owned(),
    }
}
