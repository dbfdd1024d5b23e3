//! What the shards of a round have found together.

use drayage_domain::reconcile::repair::SourceRead;
use drayage_domain::reconcile::work::{self, ShardState};
use drayage_domain::reconcile::{Partial, Side, Tally};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;

/// The sum of a round's shards.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    pub(crate) tally: Tally,
    pub(crate) incomplete_because: Vec<Partial>,
    /// Parts of findings by shard, from shard 1 on.
    pub(crate) parts: Vec<u32>,
    pub(crate) started_at: String,
    pub(crate) ended_at: String,
}

impl Sums {
    /// Reads the states of all shards. A shard that did not come to its end is named, never left out.
    pub(crate) async fn read(
        documents: &Documents,
        run_id: &str,
        round: u32,
        shards: u32,
    ) -> Result<Self, FunctionError> {
        let now = clock::now().to_string();
        let mut states = Vec::new();
        for number in 1..=shards {
            let state: Option<ShardState> =
                documents.find(&work::state_key(run_id, round, number)).await?;
            states.push(state.unwrap_or_else(|| ShardState::start(number, now.clone())));
        }
        Ok(Self::of(states, &now))
    }

    fn of(states: Vec<ShardState>, now: &str) -> Self {
        let mut sums = Self {
            tally: Tally::default(),
            incomplete_because: Vec::new(),
            parts: Vec::new(),
            started_at: states
                .iter()
                .map(|state| &state.started_at)
                .min()
                .map_or(now, String::as_str)
                .to_owned(),
            ended_at: now.to_owned(),
        };
        for state in states {
            sums.tally.add(&state.tally);
            sums.parts.push(state.findings_parts);
            sums.incomplete_because.extend(state.incomplete_because);
            if !state.done {
                sums.incomplete_because.push(Partial {
                    side: Side::Destination,
                    prefix: String::new(),
                    reason: format!(
                        "shard {} was not compared to its end; hint: compare again, and look at the map run for its error",
                        state.number
                    ),
                });
            }
        }
        sums
    }

    /// What was not compared: what the plan found `unreadable`, and what no shard came to the end of.
    pub(crate) fn incomplete(&self, unreadable: &[Partial]) -> Vec<Partial> {
        unreadable.iter().chain(&self.incomplete_because).cloned().collect()
    }

    /// What the comparison knows of the source; an unread part of either place counts.
    pub(crate) fn source_read(&self, unreadable: &[Partial]) -> SourceRead {
        if !self.incomplete(unreadable).is_empty() {
            SourceRead::InPart
        } else if self.tally.source.objects == 0 {
            SourceRead::Empty
        } else {
            SourceRead::Whole
        }
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::reconcile::{Level, Object, Verdict};

    use super::*;

    fn state(number: u32, done: bool) -> ShardState {
        let mut state = ShardState::start(number, format!("2026-01-01T00:00:0{number}Z"));
        let object = Object { size_bytes: 5, ..Object::default() };
        state.tally.count("g", Verdict::Match { level: Level::Etag }, Some(&object), Some(&object));
        ShardState { done, findings_parts: number, ..state }
    }

    #[test]
    fn a_shard_without_end_makes_the_round_incomplete() {
        let sums = Sums::of(vec![state(1, true), state(2, false)], "2026-01-01T00:01:00Z");
        assert_eq!((sums.tally.source.objects, sums.parts.as_slice()), (2, &[1, 2][..]));
        assert_eq!(sums.incomplete_because.len(), 1);
        assert!(sums.incomplete_because[0].reason.contains("shard 2"));
        assert_eq!(sums.started_at, "2026-01-01T00:00:01Z");
        let folder = Partial { prefix: "b/".to_owned(), ..sums.incomplete_because[0].clone() };
        assert_eq!(sums.incomplete(std::slice::from_ref(&folder)).len(), 2);
        let whole = Sums::of(vec![state(1, true)], "2026-01-01T00:01:00Z");
        assert_eq!(whole.incomplete(std::slice::from_ref(&folder)), [folder]);
    }
}
