//! Asks sources for the sizes of sampled files, through the same adapters as a copy and under the same rules. No file is read.

use std::time::Duration;

use drayage_aws::clients::Clients;
use drayage_aws::objects::{HttpSource, HttpSourceOptions, S3Source, Sources};
use drayage_domain::allow_list::AllowList;
use drayage_domain::analysis::sample::{Sample, Seen};
use drayage_domain::problem::Problem;
use drayage_domain::run::{RunOptions, SourceAccess};
use drayage_domain::settings::Settings;
use drayage_domain::source_url::SourceLocation;
use drayage_lambda_kit::buckets;
use drayage_lambda_kit::error::FunctionError;
use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::Work;

/// Files that are asked for between two looks at the clock.
const FILES_PER_STEP: usize = 100;
/// Time for one file, with its second and third attempt.
const FILE_TIME: Duration = Duration::from_secs(20);

/// The allow-list is the stack's, not the plan's: what a run was planned with never widens what may be asked.
pub(crate) async fn sources(
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
    let http = HttpSource::new(HttpSourceOptions::new(allow))
        .map_err(|error| FunctionError::internal(&error))?;
    Ok(Sources { s3, http })
}

/// Asks for the next files of the sample.
pub(crate) async fn ask(work: &Work<'_>, sources: &Sources, at_a_time: usize, sample: &mut Sample) {
    let mut answers = stream::iter(sample.open(FILES_PER_STEP))
        .map(|(hash, source)| async move { (hash, look(sources, &source).await) })
        .buffer_unordered(at_a_time.max(1));
    while let Some((hash, seen)) = answers.next().await {
        sample.learn(hash, seen);
        if !work.has_time() {
            // What has not answered by now is asked by the next invocation.
            break;
        }
    }
}

async fn look(sources: &Sources, source: &SourceLocation) -> Seen {
    match sources.look(source, Instant::now() + FILE_TIME).await {
        Ok(looked) => Seen::There { bytes: looked.size_bytes },
        Err(error) => {
            let outcome = error.outcome().label();
            tracing::debug!(outcome, "a sampled file could not be looked at");
            Seen::Not { outcome }
        }
    }
}
