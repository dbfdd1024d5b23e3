//! What all open pages know, and how they hear of what is new. Each event is a whole state, so a page that is slow, or comes later,
//! misses nothing: it gets the newest of each.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event;
use futures::stream::{self, Stream, StreamExt as _};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::failure::Failure;

/// A part of what pages know, which is an event of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Overview,
    Attention,
    Runs,
    Schedule,
    Accounts,
}

impl Part {
    /// The event's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Attention => "attention",
            Self::Runs => "runs",
            Self::Schedule => "schedule",
            Self::Accounts => "accounts",
        }
    }
}

/// An event: its name, and its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
struct News {
    id: u64,
    name: &'static str,
    data: Arc<str>,
}

#[derive(Debug, Default)]
struct Known {
    last_id: u64,
    parts: BTreeMap<Part, News>,
    /// Why a part cannot be told at the moment.
    failures: BTreeMap<Part, News>,
}

impl Known {
    fn news(&mut self, name: &'static str, data: Arc<str>) -> News {
        self.last_id += 1;
        News { id: self.last_id, name, data }
    }
}

/// Tells all pages.
#[derive(Debug)]
pub(super) struct Hub {
    known: watch::Sender<Known>,
}

impl Hub {
    /// Nothing is known.
    pub(super) fn new() -> Self {
        Self { known: watch::Sender::new(Known::default()) }
    }

    /// Whether a page is open.
    pub(super) fn is_watched(&self) -> bool {
        self.known.receiver_count() > 0
    }

    /// Tells what is known of a part now. What pages know already is not told again, unless they were told of a failure since.
    pub(super) fn tell(&self, part: Part, state: &impl Serialize) {
        let data: Arc<str> = serde_json::to_string(state).unwrap_or_default().into();
        self.known.send_if_modified(|known| {
            let has_failed = known.failures.remove(&part).is_some();
            let is_known = known.parts.get(&part).is_some_and(|news| news.data == data);
            if is_known && !has_failed {
                return false;
            }
            let news = known.news(part.name(), data);
            known.parts.insert(part, news);
            true
        });
    }

    /// Tells that a part cannot be asked for. What was known of it stays.
    pub(super) fn tell_failure(&self, part: Part, failure: &Failure) {
        let words = json!({"part": part.name(), "message": failure.message, "hint": failure.hint});
        let data: Arc<str> = words.to_string().into();
        self.known.send_if_modified(|known| {
            if known.failures.get(&part).is_some_and(|news| news.data == data) {
                return false;
            }
            let news = known.news("unreachable", data);
            known.failures.insert(part, news);
            true
        });
    }

    /// What was told of a part last.
    pub(super) fn last(&self, part: Part) -> Option<Value> {
        let data = self.known.borrow().parts.get(&part).map(|news| Arc::clone(&news.data))?;
        serde_json::from_str(&data).ok()
    }

    /// Everything that is known, and then what is new, in the order in which it was told.
    pub(super) fn events(&self) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let mut known = self.known.subscribe();
        known.mark_changed();
        let batches = stream::unfold((known, 0), |(mut known, seen)| async move {
            known.changed().await.ok()?;
            let (news, last) = {
                let known = known.borrow_and_update();
                let all = known.parts.values().chain(known.failures.values());
                let mut news: Vec<News> = all.filter(|news| news.id > seen).cloned().collect();
                news.sort_by_key(|news| news.id);
                (news, known.last_id)
            };
            Some((stream::iter(news), (known, last)))
        });
        batches.flatten().map(|news| {
            Ok(Event::default().id(news.id.to_string()).event(news.name).data(&*news.data))
        })
    }
}
