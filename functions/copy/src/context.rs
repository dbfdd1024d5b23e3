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
use drayage_domain::run::{RunOptions, SourceAccess, Work};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{buckets, config};

use crate::objects::ObjectRules;

/// A run and the tools to work for it.
#[derive(Debug)]
pub(crate) struct RunContext {
    pub(crate) run_id: String,
    pub(crate) ledger: Ledger,
    pub(crate) documents: Documents,
    pub(crate) transfer: Transfer,
    pub(crate) files_at_a_time: usize,
    pub(crate) rules: Rules,
}

/// What the run works on.
#[derive(Debug)]
pub(crate) enum Rules {
    /// Files of Salesforce records.
    Records(RecordRules),
    /// Objects of a bucket.
    Objects(ObjectRules),
}

/// How records are settled.
#[derive(Debug)]
pub(crate) struct RecordRules {
    pub(crate) planner: Planner,
    /// Copies every file anew.
    pub(crate) repair: bool,
}

impl RunContext {
    /// Reads the run and prepares its sources.
    pub(crate) async fn load(clients: &Clients, run_id: &str) -> Result<Self, FunctionError> {
        let settings = config::from_environment()?;
        let ledger =
            Ledger::new(clients.dynamodb.clone(), &settings.files_table, &settings.runs_table);
        let run = ledger.run(run_id).await?.ok_or_else(|| FunctionError::run_unknown(run_id))?;
        let limiter = Limiter::new(LimiterOptions::up_to(settings.copy_concurrency));
        let (rules, transfer) = match run.work {
            Work::Records(options) => {
                let planner = Planner::new(&options)
                    .map_err(|problems| FunctionError::configuration(&problems))?;
                let transfer = Transfer::new(
                    TransferOptions::new(&options.destination_bucket, options.max_file_bytes),
                    clients.s3.clone(),
                    sources(clients, &settings, &options).await?,
                    limiter,
                );
                (Rules::Records(RecordRules { planner, repair: options.repair }), transfer)
            }
            Work::Objects(options) => {
                let (rules, transfer) =
                    ObjectRules::load(clients, &settings, options, limiter).await?;
                (Rules::Objects(rules), transfer)
            }
            Work::Urls(_) | Work::Comparison => return Err(FunctionError::other_work(run_id)),
        };
        Ok(Self {
            run_id: run.run_id,
            ledger,
            documents: Documents::new(Storage::new(clients.s3.clone()), &settings.state_bucket),
            transfer,
            files_at_a_time: settings.copy_concurrency.max(1),
            rules,
        })
    }
}

/// The allow-list is the stack's, not the manifest's: what a run was planned with never widens what may be fetched.
async fn sources(
    clients: &Clients,
    settings: &Settings,
    options: &RunOptions,
) -> Result<Sources, FunctionError> {
    let allow = AllowList::parse(&settings.source_hosts).map_err(|errors| {
        let problems: Vec<_> =
            errors.iter().map(|error| Problem::from_error("SourceHosts", error)).collect();
        FunctionError::configuration(&problems)
    })?;
    let s3 = match (options.source_access, &settings.source_secret) {
        (SourceAccess::Role, _) => Some(S3Source::new(clients.s3.clone(), true)),
        (SourceAccess::Keys, Some(secret)) => {
            let keys = buckets::keys(clients, secret).await?;
            Some(S3Source::new(clients.s3_with_keys(&keys), false))
        }
        (SourceAccess::Keys, None) | (SourceAccess::Https, _) => None,
    };
    Ok(Sources { s3, http: http_source(allow)? })
}

/// Plain HTTP to the hosts of an allow-list.
pub(crate) fn http_source(allow: AllowList) -> Result<HttpSource, FunctionError> {
    HttpSource::new(HttpSourceOptions::new(allow)).map_err(|error| FunctionError::internal(&error))
}
