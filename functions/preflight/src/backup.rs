//! Starting a run that copies files.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::capacity::Planned;
use drayage_domain::run::{PreviousBackup, Work};
use drayage_domain::run_input::BackupInput;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{capacity, notify};

use crate::checks::{self, backups, budget};
use crate::{Answer, Request, lock, settings_and};

/// Checks and starts a backup.
pub(crate) async fn start(clients: &Clients, request: &Request) -> Result<Answer, FunctionError> {
    let (settings, input) = settings_and(BackupInput::parse(&request.input))?;
    lock::check_parent(&request.run_id, input.parent_run.as_deref())?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let mut options = settings.options(&input);

    // What is wrong in one place does not hide what is wrong in another.
    let storage = Storage::new(clients.s3());
    let (capacity, destination, state, source, role, org) = tokio::join!(
        capacity::check(clients, &settings, Planned::backup(settings.concurrency)),
        checks::destination_bucket(&storage, &settings),
        checks::state_bucket(&storage, &settings),
        checks::source_secret(clients, &settings),
        checks::source_role(clients, &settings),
        checks::readable_org(clients, &settings, &options.fields),
    );
    let (client, found) = checks::together([capacity, destination, state, source, role], org)?;
    options.fields = found.fields;
    options.url_length_max = found.url_length_max.unwrap_or(options.url_length_max);
    options.org = checks::org_of_step(&client, &ledger, input.parent_run.as_deref()).await?;
    let records_expected = budget::count_and_check(&client, &options).await?;

    let migration = settings.migration();
    if let Some(parent) = &input.parent_run {
        lock::held_by_parent(&ledger, &migration, parent).await?;
    } else if !input.dry_run {
        // A dry run reads only, so it may go on beside a backup.
        let skipped = lock::take(clients, &settings, &ledger, request, input.trigger).await?;
        if let Some(skipped) = skipped {
            return Ok(skipped);
        }
    }
    options.previous_backup = backups::newest(&ledger, &request.run_id)
        .await?
        .and_then(|previous| PreviousBackup::of(&previous, &request.started_at));
    let run = request.run(Work::Records(options), records_expected);
    ledger.create_run(&run).await?;
    tracing::info!(
        run_id = request.run_id,
        records_expected,
        dry_run = input.dry_run,
        "run starts"
    );
    notify::started(clients, &settings, &run).await;
    Ok(request.started(input.dry_run, None))
}
