//! The findings of a round, in the order of keys, one part in memory at a time.

use drayage_domain::parser_words::without_values;
use drayage_domain::reconcile::Difference;
use drayage_domain::reconcile::work;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;

use crate::outcome::Problems;

/// A part has 1 MiB and the rest of one finding.
const PART_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads the findings of a round.
#[derive(Debug)]
pub(crate) struct FindingsReader<'a> {
    documents: &'a Documents,
    keys: std::vec::IntoIter<String>,
}

impl<'a> FindingsReader<'a> {
    /// `parts`: how many each shard has, from shard 1 on.
    pub(crate) fn new(documents: &'a Documents, run_id: &str, round: u32, parts: &[u32]) -> Self {
        let keys: Vec<String> = (1..)
            .zip(parts)
            .flat_map(|(shard, parts)| (1..=*parts).map(move |part| (shard, part)))
            .map(|(shard, part)| work::findings_key(run_id, round, shard, part))
            .collect();
        Self { documents, keys: keys.into_iter() }
    }

    /// The next part, `None` at the end.
    pub(crate) async fn next_part(&mut self) -> Result<Option<Vec<Difference>>, FunctionError> {
        let Some(key) = self.keys.next() else { return Ok(None) };
        let missing = || FunctionError::internal(&format!("{key} is not in the state bucket"));
        let bytes = self.documents.bytes(&key, PART_BYTES_MAX).await?.ok_or_else(missing)?;
        serde_json::Deserializer::from_slice(&bytes)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
            .map_err(|error| FunctionError::internal(&format!("{key}: {}", without_values(&error))))
    }
}

/// Findings with what is known about attempts to mend them.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) findings: FindingsReader<'a>,
    pub(crate) problems: &'a Problems,
}

impl Told<'_> {
    /// The next part, `None` at the end.
    pub(crate) async fn next_part(&mut self) -> Result<Option<Vec<Difference>>, FunctionError> {
        let mut part = self.findings.next_part().await?;
        for difference in part.iter_mut().flatten() {
            difference.problem = self.problems.get(&difference.key).cloned();
        }
        Ok(part)
    }
}
