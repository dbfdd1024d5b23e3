//! Access tokens. A token has no announced lifetime: a client learns that it has ended from a 401.

use std::collections::BTreeMap;

/// The tokens that were handed out.
#[derive(Debug)]
pub(crate) struct Sessions {
    org_id: String,
    issued: u64,
    /// Live tokens and the data calls each has made.
    live: BTreeMap<String, u64>,
}

impl Sessions {
    pub(crate) fn new(org_id: &str) -> Self {
        Self { org_id: org_id.to_owned(), issued: 0, live: BTreeMap::new() }
    }

    /// Hands out a new token; its part before `!` is the 15-character org id.
    pub(crate) fn issue(&mut self) -> String {
        self.issued += 1;
        let org = self.org_id.get(..15).unwrap_or(&self.org_id);
        let token = format!("{org}!AQ{:040}", self.issued);
        self.live.insert(token.clone(), 0);
        token
    }

    /// Number of tokens handed out so far.
    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }

    /// Counts a data call; false when the token is not or no longer good.
    pub(crate) fn use_token(&mut self, token: &str, dies_after: Option<u64>) -> bool {
        let Some(calls) = self.live.get_mut(token) else { return false };
        if dies_after.is_some_and(|limit| *calls >= limit) {
            self.live.remove(token);
            return false;
        }
        *calls += 1;
        true
    }

    /// Whether the token is good, without counting a call.
    pub(crate) fn is_live(&self, token: &str) -> bool {
        self.live.contains_key(token)
    }

    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        self.live.remove(token).is_some()
    }

    pub(crate) fn revoke_all(&mut self) {
        self.live.clear();
    }

    pub(crate) fn restart_call_counts(&mut self) {
        self.live.values_mut().for_each(|calls| *calls = 0);
    }
}
