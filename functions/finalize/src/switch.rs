//! The end of a run that writes into Salesforce: the plan, the ledger's counts and the second look are held against each
//! other, and what a person has to look at is listed.

mod batches;
mod files;
mod sums;

use drayage_aws::objects::Storage;
use drayage_domain::counts::Counts;
use drayage_domain::failure::Failure;
use drayage_domain::manifest;
use drayage_domain::switch::options::SwitchOptions;
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use drayage_domain::switch::summary::{SwitchSummary, report_key, review_key};
use drayage_domain::switch::{Direction, commands};
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{clock, notify};
use drayage_report::SwitchReport;

use crate::Ended;
use batches::Found;

/// Adds the run up and writes its files, the summary last: whoever finds it finds everything it names.
pub(crate) async fn add_up(
    ended: &Ended<'_>,
    options: &SwitchOptions,
    failure: Option<&Failure>,
) -> Result<SwitchSummary, FunctionError> {
    let Ended { clients, settings, ledger, run } = ended;
    let run_id = &run.run_id;
    let storage = Storage::new(clients.s3());
    let documents = Documents::new(storage.clone(), &settings.state_bucket);
    let plan: Option<SwitchPlan> = documents.find(&plan_key(run_id)).await?;
    let (mut found, mut counted, mut batches_open) = (Found::default(), Counts::default(), 0);
    if options.execute {
        counted = ledger.counters(run_id).await?;
        batches_open = ledger.open_batches(run_id).await?;
        if let Some(plan) = &plan {
            found = batches::read(&documents, plan).await?;
        }
    }
    let mut summary = sums::summary(sums::Facts {
        run,
        options,
        plan: plan.as_ref(),
        counted,
        batches_open,
        verification: found.verification,
        ended_at: clock::now().to_string(),
        error: failure.map(Failure::line),
    });
    let address = |key: &str| notify::address(settings, key);
    summary.list = summary.list.as_deref().map(address);
    summary.rollback_file = summary.rollback_file.as_deref().map(address);
    if let Some(review) = &found.review {
        files::write_review(&storage, &settings.state_bucket, run_id, review).await?;
        summary.review = Some(address(&review_key(run_id)));
    }
    let page = report_key(run_id);
    summary.report = Some(address(&page));
    let report = SwitchReport {
        summary: &summary,
        field: format!("{}.{}", options.fields.object, options.fields.url_field),
        accounts: plan.as_ref().map_or(0, |plan| plan.accounts),
        review: found.first,
        review_total: found.review_total,
        command: command(&run.execution_arn, options, &summary),
        summary_at: address(&manifest::summary_key(run_id)),
    };
    files::write_page(&documents, &page, &report).await?;
    documents.write(&manifest::summary_key(run_id), &summary).await?;
    Ok(summary)
}

/// What a person may want to do next.
fn command(arn: &str, options: &SwitchOptions, summary: &SwitchSummary) -> Option<String> {
    match (summary.dry_run, summary.direction) {
        (true, _) => commands::carry_out(arn, options, summary.plan_hash.as_deref()?),
        (false, Direction::Switch) => commands::rollback(arn, &summary.run_id),
        (false, Direction::Restore) => None,
    }
}
