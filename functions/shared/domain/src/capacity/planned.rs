//! What of the stack's concurrency a run needs, and whether the account has it.

use super::{Concurrency, LambdaQuota, RAISE};
use crate::problem::Problem;
use crate::reconcile::input::ReconcileInput;
use crate::settings::variables;

/// Invocations at a time that a run needs, of each function that it fans out over. They follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Planned {
    /// Of the function that copies.
    pub copies: u64,
    /// Whether copies are written down in the table of files.
    pub rows: bool,
    /// Of the function that compares.
    pub shards: u64,
    /// Of the function that writes into Salesforce.
    pub lanes: u64,
}

/// A function that a run fans out over.
struct FanOut {
    /// Where its concurrency is set.
    variable: &'static str,
    /// The parameter that sets it.
    parameter: &'static str,
    /// What works at a time.
    what: &'static str,
    at_a_time: u64,
    /// What the account has for it.
    room: u64,
    /// The least that works.
    least: u64,
    /// What becomes of invocations that are throttled.
    throttled: &'static str,
}

impl Planned {
    /// A backup: it copies, and compares the ledger with the bucket in one piece.
    pub const fn backup(stack: Concurrency) -> Self {
        Self { copies: stack.copy, rows: true, shards: 1, lanes: 0 }
    }

    /// A comparison, a repair or a transfer. A transfer leaves no rows.
    pub fn comparison(stack: Concurrency, input: &ReconcileInput) -> Self {
        let of_ledger = input.source.is_none();
        let copies = if input.fixes() { stack.copy } else { 0 };
        let shards = if of_ledger { 1 } else { u64::from(input.shards()).min(stack.reconcile) };
        Self { copies, rows: of_ledger && copies > 0, shards, lanes: 0 }
    }

    /// A migration. The backup that comes first asks for the table itself.
    pub const fn migration(stack: Concurrency, backup: bool) -> Self {
        let copies = if backup { stack.copy } else { 0 };
        Self { copies, rows: false, shards: 0, lanes: stack.switch }
    }

    /// Runs of every kind, with what their inputs say if nobody says more.
    pub fn every_kind(stack: Concurrency) -> Self {
        let shards = u64::from(ReconcileInput::default().shards()).min(stack.reconcile);
        Self { copies: stack.copy, rows: true, shards, lanes: stack.switch }
    }

    /// What does not fit into the account.
    pub(super) fn problems(self, stack: Concurrency, quota: LambdaQuota) -> Vec<Problem> {
        let LambdaQuota { concurrent, unreserved } = quota;
        let room = |reserved: u64| if reserved > 0 { concurrent } else { unreserved };
        let all = [
            FanOut {
                variable: variables::COPY_MAXIMUM_CONCURRENCY,
                parameter: "CopyMaximumConcurrency",
                what: "copy invocations",
                at_a_time: self.copies,
                room: room(stack.copy_reserved),
                least: 2,
                throttled: "throttled messages lose deliveries, and batches would end in the dead-letter queue",
            },
            FanOut {
                variable: variables::RECONCILE_CONCURRENCY,
                parameter: "ReconcileConcurrency",
                what: "shards that are compared",
                at_a_time: self.shards,
                room: unreserved,
                least: 1,
                throttled: "throttled ones give up, and the result would be incomplete",
            },
            FanOut {
                variable: variables::SWITCH_CONCURRENCY,
                parameter: "SwitchConcurrency",
                what: "lanes that are written",
                at_a_time: self.lanes,
                room: room(stack.switch_reserved),
                least: 1,
                throttled: "throttled ones give up, and their records would not be written",
            },
        ];
        all.iter().filter(|it| it.at_a_time > it.room).map(FanOut::problem).collect()
    }
}

impl FanOut {
    fn problem(&self) -> Problem {
        let Self { variable, parameter, what, at_a_time, room, least, throttled } = *self;
        Problem::new(
            variable,
            format!(
                "{at_a_time} {what} at a time do not fit into the account's {room} of Lambda: {throttled}"
            ),
            if room >= least {
                format!("deploy with {parameter} of at most {room}, or {RAISE}")
            } else {
                format!("{RAISE}: {least} at least are needed")
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const STACK: Concurrency = Concurrency {
        copy: 20,
        copy_map: 1_000,
        copy_reserved: 0,
        reconcile: 32,
        switch: 5,
        switch_reserved: 0,
    };

    fn quota(unreserved: u64) -> LambdaQuota {
        LambdaQuota { concurrent: unreserved, unreserved }
    }

    fn refused(planned: Planned, stack: Concurrency, quota: LambdaQuota) -> Vec<String> {
        planned.problems(stack, quota).into_iter().map(|problem| problem.place).collect()
    }

    fn comparison(input: &Value) -> Planned {
        Planned::comparison(STACK, &ReconcileInput::parse(input).unwrap())
    }

    #[test]
    fn only_what_copies_needs_room_for_copying() {
        let transfer = json!({"source": {"bucket": "one"}, "destination": {"bucket": "two"}});
        assert_eq!(refused(comparison(&transfer), STACK, quota(10)), [""; 0]);
        let mut fixing = transfer;
        fixing["fix"] = json!(true);
        let planned = comparison(&fixing);
        assert_eq!((planned.copies, planned.shards, planned.rows), (20, 8, false));
        let place = variables::COPY_MAXIMUM_CONCURRENCY;
        assert_eq!(refused(planned, STACK, quota(19)), [place]);
        fixing["dryRun"] = json!(true);
        assert_eq!(comparison(&fixing).copies, 0);
        let repair = comparison(&json!({"fix": true}));
        assert_eq!((repair.copies, repair.shards, repair.rows), (20, 1, true));
        assert_eq!(comparison(&json!({})).copies, 0);
    }

    #[test]
    fn shards_count_as_far_as_they_run_at_a_time() {
        let input =
            json!({"source": {"bucket": "one"}, "destination": {"bucket": "two"}, "shards": 128});
        let planned = comparison(&input);
        assert_eq!(planned.shards, 32);
        assert_eq!(refused(planned, STACK, quota(31)), [variables::RECONCILE_CONCURRENCY]);
        assert_eq!(refused(planned, STACK, quota(32)), [""; 0]);
    }

    #[test]
    fn lanes_need_room_and_a_backup_before_them_too() {
        let both = Planned::migration(STACK, true);
        assert_eq!(
            refused(both, STACK, quota(4)),
            [variables::COPY_MAXIMUM_CONCURRENCY, variables::SWITCH_CONCURRENCY],
            "all at once"
        );
        let alone = Planned::migration(STACK, false);
        assert_eq!(refused(alone, STACK, quota(4)), [variables::SWITCH_CONCURRENCY]);
        let reserved = Concurrency { switch_reserved: 5, ..STACK };
        let taken = LambdaQuota { concurrent: 1_000, unreserved: 4 };
        assert_eq!(refused(alone, reserved, taken), [""; 0]);
    }

    #[test]
    fn what_would_fit_is_hinted_at() {
        let problems = Planned::every_kind(STACK).problems(STACK, quota(3));
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].hint.contains("CopyMaximumConcurrency of at most 3"), "{problems:?}");
        let none = Planned::backup(STACK).problems(STACK, quota(1));
        assert!(none[0].hint.ends_with("2 at least are needed"), "{none:?}");
    }
}
