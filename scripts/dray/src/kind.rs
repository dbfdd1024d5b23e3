//! What can be started: one state machine each.

/// A state machine that people start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Copies the files of records.
    Backup,
    /// Points records at their copies.
    Migrate,
    /// Puts the original URLs back.
    Rollback,
    /// Compares, and repairs.
    Reconcile,
    /// Moves a bucket.
    Transfer,
    /// Backs up and migrates in one execution.
    SinglePhase,
    /// Tells what a migration would be about.
    Analyze,
}

impl Kind {
    /// Every kind, in the order in which people meet them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Analyze,
        Self::Backup,
        Self::Migrate,
        Self::Rollback,
        Self::SinglePhase,
        Self::Reconcile,
        Self::Transfer,
    ];

    /// The name of the state machine, of the command, and in the ledger.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Migrate => "migrate",
            Self::Rollback => "rollback",
            Self::Reconcile => "reconcile",
            Self::Transfer => "transfer",
            Self::SinglePhase => "single-phase",
            Self::Analyze => "analyze",
        }
    }

    /// The kind of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The output of the template that names the state machine.
    pub(crate) const fn output(self) -> &'static str {
        match self {
            Self::Backup => "StateMachineArn",
            Self::Migrate => "MigrateStateMachineArn",
            Self::Rollback => "RollbackStateMachineArn",
            Self::Reconcile => "ReconcileStateMachineArn",
            Self::Transfer => "TransferStateMachineArn",
            Self::SinglePhase => "SinglePhaseStateMachineArn",
            Self::Analyze => "AnalyzeStateMachineArn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_and_an_output_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert!(seen.insert(kind.output()));
        }
    }
}
