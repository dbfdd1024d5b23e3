//! What a copy Lambda knows about the run that it works for.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::{Limiter, LimiterOptions, Storage, Transfer, TransferOptions};
use drayage_domain::plan::Planner;
use drayage_domain::run::Work;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{config, sources};

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
        let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
        let run = ledger.run(run_id).await?.ok_or_else(|| FunctionError::run_unknown(run_id))?;
        let limiter = Limiter::new(LimiterOptions::up_to(settings.copy_concurrency));
        let (rules, transfer) = match run.work {
            Work::Records(options) => {
                let planner = Planner::new(&options)
                    .map_err(|problems| FunctionError::configuration(&problems))?;
                let transfer = Transfer::new(
                    TransferOptions::new(&options.destination_bucket, options.max_file_bytes),
                    clients.s3(),
                    sources::of_records(clients, &settings, &options).await?,
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
            documents: Documents::new(Storage::new(clients.s3()), &settings.state_bucket),
            transfer,
            files_at_a_time: settings.copy_concurrency.max(1),
            rules,
        })
    }
}
