//! The independent check: what every record holds by the simulated org's own word, and what a user gets who opens it.
//!
//! It believes no ledger, no counter and no report. What a record must hold follows from the data set and from what was done.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::steps::urls;
use crate::emulator::local_http;
use crate::local_stack::LocalStack;

const OPENED_AT_A_TIME: usize = 8;
/// Problems that are named one by one; the others are counted.
const PROBLEMS_SHOWN: usize = 10;

/// What a record must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Must {
    /// Exactly this text (null for none), and in a word why.
    Hold(Option<String>, &'static str),
    /// The URL of a copy in the destination, which no other record has, and which gives the source's bytes.
    OpenTheCopy {
        /// What it held before.
        original: Option<String>,
    },
}

/// What the check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    /// Records that hold what they must, by what that is.
    pub(super) as_they_must: BTreeMap<&'static str, u64>,
    /// Number of problems.
    pub(super) problem_count: u64,
    /// The first problems, as sentences.
    pub(super) problems: Vec<String>,
}

impl Found {
    pub(super) fn passed(&self) -> bool {
        self.problem_count == 0
    }

    fn count(&mut self, what: Result<&'static str, String>) {
        match what {
            Ok(what) => *self.as_they_must.entry(what).or_default() += 1,
            Err(problem) => {
                self.problem_count += 1;
                if self.problems.len() < PROBLEMS_SHOWN {
                    self.problems.push(problem);
                }
            }
        }
    }
}

/// Looks at every record, and opens every new URL.
pub(super) async fn run(stack: &LocalStack, must: &BTreeMap<String, Must>) -> Result<Found> {
    let now = urls(stack)?;
    let part = format!("/{}/", stack.stack().output("DestinationBucket")?);
    let mut found = Found::default();
    let (copies, others): (Vec<_>, Vec<_>) =
        must.iter().partition(|(_, must)| matches!(must, Must::OpenTheCopy { .. }));
    for (id, must) in others {
        if let Must::Hold(text, why) = must {
            found.count(holds(id, now.get(id), text.as_ref(), why));
        }
    }
    let mut new: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, must) in copies {
        let Must::OpenTheCopy { original } = must else { continue };
        match new_url(id, now.get(id).and_then(Option::as_deref), original.as_deref(), &part) {
            Ok(url) => match new.insert(url, id) {
                None => {}
                Some(other) => found.count(Err(format!("{other} and {id} share a URL"))),
            },
            Err(problem) => found.count(Err(problem)),
        }
    }
    for id in now.keys().filter(|id| !must.contains_key(*id)) {
        found.count(Err(format!("{id} was not there before")));
    }
    let client = local_http()?;
    let opened: Vec<_> = stream::iter(new.into_iter().map(|(url, id)| {
        let client = &client;
        async move {
            match open(client, stack, url, id).await {
                Ok(true) => Ok("the new URL, opened: the source's bytes"),
                Ok(false) => Err(format!("{id}: the new URL gives other bytes than the source")),
                Err(error) => Err(format!("{id}: {error:#}")),
            }
        }
    }))
    .buffer_unordered(OPENED_AT_A_TIME)
    .collect()
    .await;
    for one in opened {
        found.count(one);
    }
    Ok(found)
}

fn holds(
    id: &str,
    now: Option<&Option<String>>,
    text: Option<&String>,
    why: &'static str,
) -> Result<&'static str, String> {
    match now {
        Some(now) if now.as_ref() == text => Ok(why),
        Some(_) => Err(format!("{id} holds something else than {why}")),
        None => Err(format!("{id} is gone")),
    }
}

/// The URL of a copy, as far as it can be told without opening it.
fn new_url<'a>(
    id: &str,
    now: Option<&'a str>,
    original: Option<&str>,
    part: &str,
) -> Result<&'a str, String> {
    match now {
        Some(now) if Some(now) == original => Err(format!("{id} holds its original URL")),
        Some(now) if now.contains(part) => Ok(now),
        Some(_) => Err(format!("{id} does not point into the destination")),
        None => Err(format!("{id} holds no URL")),
    }
}

/// Whether a user who opens the URL gets the bytes that the record's source has.
async fn open(client: &reqwest::Client, stack: &LocalStack, url: &str, id: &str) -> Result<bool> {
    let dataset = &stack.simulated()?.dataset;
    let content = dataset.entry(id).and_then(|entry| dataset.expected_content(entry));
    let content = content.cloned().context("it has no source")?;
    let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let mut answer =
        answer.map_err(reqwest::Error::without_url).context("the new URL cannot be opened")?;
    let mut hasher = Sha256::new();
    while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        hasher.update(&piece);
    }
    let source = tokio::task::spawn_blocking(move || Sha256::digest(content.bytes())).await?;
    Ok(hasher.finalize() == source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_holds_exactly_what_it_must() {
        let text = |text: &str| Some(text.to_owned());
        let (now, blank) = (text("a "), Some(None));
        assert!(holds("id", Some(&now), text("a ").as_ref(), "why").is_ok());
        assert!(holds("id", Some(&now), text("a").as_ref(), "why").is_err());
        assert!(holds("id", Some(&now), None, "why").is_err());
        assert!(holds("id", blank.as_ref(), None, "why").is_ok());
        assert!(holds("id", None, None, "why").is_err());
    }

    #[test]
    fn a_new_url_is_another_and_points_into_the_destination() {
        let check = |now| new_url("id", now, Some("http://s/d/f"), "/d/");
        assert_eq!(check(Some("http://h/d/f")), Ok("http://h/d/f"));
        for wrong in [None, Some("http://s/d/f"), Some("http://h/other/f")] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn one_problem_fails_the_check() {
        let mut found = Found::default();
        found.count(Ok("fine"));
        assert!(found.passed());
        found.count(Err("wrong".to_owned()));
        assert!(!found.passed());
    }
}
