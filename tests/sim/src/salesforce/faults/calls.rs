//! Counts calls and decides which of them go wrong.

use super::super::endpoint::Endpoint;
use super::{Action, CallFaultKind, FaultPlan};

/// What the plan says about one call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// The call is served.
    Serve,
    /// The call goes wrong in this way.
    Hit(CallFaultKind),
    /// The daily allocation is used up.
    OutOfRequests,
}

/// The running state of a plan's call faults.
#[derive(Debug, Default)]
pub(crate) struct CallFaults {
    plan: FaultPlan,
    /// Calls that matched each entry of `plan.calls`.
    matched: Vec<u64>,
    /// Calls that matched each entry of `plan.events`.
    seen: Vec<u64>,
    counted_calls: u64,
    refused_calls: u64,
}

impl CallFaults {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        Self {
            matched: vec![0; plan.calls.len()],
            seen: vec![0; plan.events.len()],
            plan,
            counted_calls: 0,
            refused_calls: 0,
        }
    }

    pub(crate) fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Judges one call. Only the first entry that applies is used, but every matching entry counts the call.
    pub(crate) fn judge(&mut self, endpoint: Endpoint) -> Verdict {
        if endpoint.counts_as_request()
            && let Some(limit) = self.plan.request_limit
        {
            if self.counted_calls >= limit.after_calls && self.refused_calls < limit.refused_calls {
                self.refused_calls += 1;
                return Verdict::OutOfRequests;
            }
            self.counted_calls += 1;
        }
        let mut verdict = Verdict::Serve;
        for (fault, matched) in self.plan.calls.iter().zip(self.matched.iter_mut()) {
            let applies = match fault.endpoints.as_slice() {
                [] => endpoint.counts_as_request(),
                list => list.contains(&endpoint),
            };
            if !applies {
                continue;
            }
            *matched += 1;
            let hit = *matched > fault.skip && *matched <= fault.skip + fault.times;
            if hit && verdict == Verdict::Serve {
                verdict = Verdict::Hit(fault.kind);
            }
        }
        verdict
    }

    /// The changes that somebody else makes now that a call of `endpoint` has been served.
    pub(crate) fn due_actions(&mut self, endpoint: Endpoint) -> Vec<Action> {
        let mut due = Vec::new();
        for (event, seen) in self.plan.events.iter().zip(self.seen.iter_mut()) {
            if event.endpoint == endpoint {
                *seen += 1;
                if *seen == event.at_call {
                    due.push(event.action.clone());
                }
            }
        }
        due
    }
}
