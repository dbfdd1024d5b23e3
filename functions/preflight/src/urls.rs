//! Starting a run that writes into Salesforce: from the original URLs to the new ones, or back.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::capacity::Planned;
use drayage_domain::id::RecordId;
use drayage_domain::run::{RunRecord, Work};
use drayage_domain::run_input::Trigger;
use drayage_domain::settings::Settings;
use drayage_domain::switch::input::{MigrateInput, RollbackInput};
use drayage_domain::switch::options::SwitchOptions;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{capacity, notify, salesforce};

use crate::checks::{self, backups, object, rollback};
use crate::{Answer, Request, lock, settings_and};

/// Checks and starts a run that repoints records.
pub(crate) async fn start_migrate(
    clients: &Clients,
    request: &Request,
) -> Result<Answer, FunctionError> {
    let (settings, input) = settings_and(MigrateInput::parse(&request.input))?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let storage = Storage::new(clients.s3());
    let planned = Planned::migration(settings.concurrency, input.backup);
    let mut options = SwitchOptions::migrate(&settings, &input);
    let room =
        object::Room { prefix: &settings.destination_prefix, new_url_base: &settings.new_url_base };
    let (destination, state, capacity, learnt) = tokio::join!(
        checks::destination_bucket(&storage, &settings),
        checks::state_bucket(&storage, &settings),
        capacity::check(clients, &settings, planned),
        learn(clients, &settings, &mut options, object::Use::Repoint(room)),
    );
    checks::together([destination, state, capacity], learnt)?;

    // Also in a dry run: the backup that comes first copies, and the plan is of what the ledger says then.
    let migration = settings.migration();
    if let Some(skipped) = lock::take(clients, &settings, &ledger, request, input.trigger).await? {
        return Ok(skipped);
    }
    // Under the lock, because the backup that is looked at may be the one that has just ended.
    if let Err(error) = backups::check_newest(&ledger, &request.run_id).await {
        ledger.release_lock(&migration, &request.run_id).await?;
        return Err(error);
    }
    record(clients, &settings, &ledger, request.run(Work::Urls(options), 0)).await?;
    Ok(request.started(!input.execute, Some(input.backup)))
}

/// Checks and starts a run that puts records back. It asks for nothing that an emergency may have taken: neither the destination
/// bucket, nor a backup that has ended well, nor room for new URLs, nor for the quota that is planned with: fewer lanes take longer.
pub(crate) async fn start_rollback(
    clients: &Clients,
    request: &Request,
) -> Result<Answer, FunctionError> {
    let (settings, input) = settings_and(RollbackInput::parse(&request.input))?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let storage = Storage::new(clients.s3());
    checks::state_bucket(&storage, &settings).await?;
    if let Some(run_id) = &input.run {
        rollback::check_run(&ledger, run_id).await?;
    }
    let mut options = SwitchOptions::rollback(&settings, &input);
    if let Some(key) = &options.rollback_file {
        rollback::check_file(&storage, &settings.state_bucket, key).await?;
    }
    learn(clients, &settings, &mut options, object::Use::PutBack).await?;

    // A dry run reads only.
    if input.execute {
        let skipped = lock::take(clients, &settings, &ledger, request, Trigger::Manual).await?;
        if let Some(skipped) = skipped {
            return Ok(skipped);
        }
    }
    record(clients, &settings, &ledger, request.run(Work::Urls(options), 0)).await?;
    Ok(request.started(!input.execute, None))
}

/// Signs in, and learns what the org says about itself, the sObject and its fields.
async fn learn(
    clients: &Clients,
    settings: &Settings,
    options: &mut SwitchOptions,
    wanted: object::Use<'_>,
) -> Result<(), FunctionError> {
    let client = salesforce::connect(clients, &settings.salesforce_secret).await?;
    checks::api_version(&client).await?;
    let session = client.login().await?;
    options.org_id = session
        .organization_id
        .and_then(|id| RecordId::parse(&id).ok())
        .map(|id| id.as_str().to_owned());
    let found = object::check(&client, &options.fields, wanted).await?;
    options.fields = found.fields;
    options.url_length_max = found.url_length_max.unwrap_or(options.url_length_max);
    options.org = checks::org(&client).await?;
    Ok(())
}

async fn record(
    clients: &Clients,
    settings: &Settings,
    ledger: &Ledger,
    run: RunRecord,
) -> Result<(), FunctionError> {
    ledger.create_run(&run).await?;
    tracing::info!(run_id = run.run_id, kind = run.kind, "run starts");
    notify::started(clients, settings, &run).await;
    Ok(())
}
