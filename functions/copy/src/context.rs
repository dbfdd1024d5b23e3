//! What a copy Lambda knows about the run that it works for.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::{
    HttpSource, HttpSourceOptions, Limiter, LimiterOptions, S3Source, Sources, Storage, Transfer,
    TransferOptions,
};
use drayage_domain::allow_list::AllowList;
use drayage_domain::plan::Planner;
use drayage_domain::problem::Problem;
use drayage_domain::run::{RunRecord, SourceAccess};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{config, source};

/// A run and the tools to work for it.
#[derive(Debug)]
pub(crate) struct RunContext {
    pub(crate) run: RunRecord,
    pub(crate) planner: Planner,
    pub(crate) ledger: Ledger,
    pub(crate) storage: Storage,
    pub(crate) transfer: Transfer,
    pub(crate) state_bucket: String,
    pub(crate) files_at_a_time: usize,
}

impl RunContext {
    /// Reads the run and prepares its sources.
    pub(crate) async fn load(clients: &Clients, run_id: &str) -> Result<Self, FunctionError> {
        let settings = config::from_environment()?;
        let ledger =
            Ledger::new(clients.dynamodb.clone(), &settings.files_table, &settings.runs_table);
        let run = ledger.run(run_id).await?.ok_or_else(|| FunctionError::run_unknown(run_id))?;
        let planner = Planner::new(&run.options)
            .map_err(|problems| FunctionError::configuration(&problems))?;
        let transfer = Transfer::new(
            TransferOptions::new(&run.options.destination_bucket, run.options.max_file_bytes),
            clients.s3.clone(),
            sources(clients, &settings, &run).await?,
            Limiter::new(LimiterOptions::up_to(settings.copy_concurrency)),
        );
        Ok(Self {
            run,
            planner,
            ledger,
            storage: Storage::new(clients.s3.clone()),
            transfer,
            state_bucket: settings.state_bucket,
            files_at_a_time: settings.copy_concurrency,
        })
    }
}

/// The allow-list is the stack's, not the manifest's: what a run was planned with never widens what may be fetched.
async fn sources(
    clients: &Clients,
    settings: &Settings,
    run: &RunRecord,
) -> Result<Sources, FunctionError> {
    let allow = AllowList::parse(&settings.source_hosts).map_err(|errors| {
        let problems: Vec<_> =
            errors.iter().map(|error| Problem::from_error("SourceHosts", error)).collect();
        FunctionError::configuration(&problems)
    })?;
    let http = HttpSource::new(HttpSourceOptions::new(allow))
        .map_err(|error| FunctionError::internal(&error))?;
    let access = run.options.source_access;
    let keys = source::keys(clients, settings, access).await?;
    let s3 = match (access, keys) {
        (SourceAccess::Role, _) => Some(S3Source::new(clients.s3.clone(), true)),
        (SourceAccess::Keys, Some(keys)) => Some(S3Source::new(clients.s3_with_keys(&keys), false)),
        (SourceAccess::Keys, None) | (SourceAccess::Https, _) => None,
    };
    Ok(Sources { s3, http })
}
