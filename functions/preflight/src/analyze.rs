//! Starting a run that tells what a migration would be about: a dry run of a full backup, whose plan is added up.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::analysis::AnalysisOptions;
use drayage_domain::analysis::input::AnalyzeInput;
use drayage_domain::run::Work;
use drayage_lambda_kit::error::FunctionError;

use crate::checks::{self, budget};
use crate::{Answer, Request, settings_and};

/// Checks and starts an analysis. It takes no lock, because it writes nowhere but into its own part of the state bucket; and it
/// does not ask for the destination bucket, which may not exist yet.
pub(crate) async fn start(clients: &Clients, request: &Request) -> Result<Answer, FunctionError> {
    let (settings, input) = settings_and(AnalyzeInput::parse(&request.input))?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let mut options = settings.options(&input.backup());

    let storage = Storage::new(clients.s3());
    let (state, source, role, org) = tokio::join!(
        checks::state_bucket(&storage, &settings),
        checks::source_secret(clients, &settings),
        checks::source_role(clients, &settings),
        checks::readable_org(clients, &settings, &options.fields),
    );
    let (client, found) = checks::together([state, source, role], org)?;
    options.fields = found.fields;
    options.url_length_max = found.url_length_max.unwrap_or(options.url_length_max);
    let records_expected = budget::count_and_check(&client, &options).await?;
    options.analysis = Some(AnalysisOptions {
        sample: input.sample_size(),
        api_calls: budget::api_calls(&client),
    });
    let run = request.run(Work::Records(options), records_expected);
    ledger.create_run(&run).await?;
    // Nobody is told of the start: whoever asks is waiting for the answer.
    tracing::info!(run_id = request.run_id, records_expected, "analysis starts");
    Ok(request.started(true, None))
}
