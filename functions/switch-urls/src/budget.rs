//! The org's API calls are not this program's alone: a part of them is left to others.

use std::sync::atomic::{AtomicBool, Ordering};

use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::{ApiUsage, Client, REQUEST_LIMIT_EXCEEDED};

/// The share that is left alone.
#[derive(Debug)]
pub(crate) struct ApiBudget {
    reserve_percent: u64,
    known: AtomicBool,
}

impl ApiBudget {
    /// Leaves that share to others.
    pub(crate) const fn new(reserve_percent: u64) -> Self {
        Self { reserve_percent, known: AtomicBool::new(false) }
    }

    /// Refuses when less than the reserve is left. Asks Salesforce once per invocation, because what the client has
    /// noted may be hours old; after that every answer tells.
    pub(crate) async fn check(&self, client: &Client) -> Result<(), FunctionError> {
        if !self.known.swap(true, Ordering::Relaxed) {
            client.limits().await?;
        }
        match client.usage() {
            Some(usage) if self.is_used_up(usage.remaining(), usage.allowed()) => {
                Err(self.refusal(usage))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn is_used_up(&self, remaining: u64, allowed: u64) -> bool {
        u128::from(remaining) * 100 < u128::from(allowed) * u128::from(self.reserve_percent)
    }

    fn refusal(&self, usage: ApiUsage) -> FunctionError {
        let message = format!(
            "{} of {} API calls are left, and {} % are kept for others; hint: the run goes on by itself when calls are free again",
            usage.remaining(),
            usage.allowed(),
            self.reserve_percent
        );
        // Salesforce's own name for it: to the state machine it is the same, and it waits.
        FunctionError::new(REQUEST_LIMIT_EXCEEDED, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_left_alone() {
        let budget = ApiBudget::new(20);
        assert!(!budget.is_used_up(20, 100));
        assert!(budget.is_used_up(19, 100));
        assert!(!ApiBudget::new(0).is_used_up(0, 100));
        assert!(!budget.is_used_up(u64::MAX, u64::MAX));
    }

    #[test]
    fn the_error_is_one_that_the_state_machine_knows() {
        assert!(drayage_salesforce::ERROR_TYPES.contains(&REQUEST_LIMIT_EXCEEDED));
    }
}
