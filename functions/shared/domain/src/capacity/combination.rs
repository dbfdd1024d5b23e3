//! Parameters that have to fit each other. What each may be by itself the template says.
//!
//! `scripts/deploy` asks before it deploys, by the names of parameters; functions ask when they start, by those of variables.

use crate::problem::Problem;
use crate::settings::variables;

/// One of something for each parameter that has to fit another: its name, or its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Combination<T> {
    /// Copy invocations at a time.
    pub copy: T,
    /// Batches of a run that are queued at a time.
    pub copy_map: T,
    /// Concurrency that is reserved for copying; 0 for none.
    pub copy_reserved: T,
    /// Seconds that a copy invocation may take.
    pub copy_timeout: T,
    /// Seconds after which its message is delivered again.
    pub copy_visibility: T,
    /// Lanes that are written into Salesforce at a time.
    pub switch: T,
    /// Concurrency that is reserved for writing them; 0 for none.
    pub switch_reserved: T,
}

/// As the template names them.
pub const PARAMETERS: Combination<&str> = Combination {
    copy: "CopyMaximumConcurrency",
    copy_map: "CopyMapConcurrency",
    copy_reserved: "CopyReservedConcurrency",
    copy_timeout: "CopyTimeoutSeconds",
    copy_visibility: "CopyVisibilityTimeoutSeconds",
    switch: "SwitchConcurrency",
    switch_reserved: "SwitchReservedConcurrency",
};

/// As the functions' environment names them.
pub const VARIABLES: Combination<&str> = Combination {
    copy: variables::COPY_MAXIMUM_CONCURRENCY,
    copy_map: variables::COPY_MAP_CONCURRENCY,
    copy_reserved: variables::COPY_RESERVED_CONCURRENCY,
    copy_timeout: variables::COPY_TIMEOUT_SECONDS,
    copy_visibility: variables::COPY_VISIBILITY_SECONDS,
    switch: variables::SWITCH_CONCURRENCY,
    switch_reserved: variables::SWITCH_RESERVED_CONCURRENCY,
};

impl<T: Copy> Combination<T> {
    /// Something else for each of them, or `None` if there is none for one.
    pub fn map<U>(self, mut each: impl FnMut(T) -> Option<U>) -> Option<Combination<U>> {
        Some(Combination {
            copy: each(self.copy)?,
            copy_map: each(self.copy_map)?,
            copy_reserved: each(self.copy_reserved)?,
            copy_timeout: each(self.copy_timeout)?,
            copy_visibility: each(self.copy_visibility)?,
            switch: each(self.switch)?,
            switch_reserved: each(self.switch_reserved)?,
        })
    }
}

/// Values that contradict each other, all of them.
pub fn contradictions(names: Combination<&str>, values: Combination<u64>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for ((name, reserved), (other, at_a_time)) in [
        ((names.copy_reserved, values.copy_reserved), (names.copy, values.copy)),
        ((names.switch_reserved, values.switch_reserved), (names.switch, values.switch)),
    ] {
        if reserved > 0 && reserved < at_a_time {
            problems.push(Problem::new(
                name,
                format!("{reserved} is below {other}, {at_a_time}: invocations above it would be throttled, and messages lose deliveries"),
                format!("reserve at least {at_a_time}, or 0 for no reservation"),
            ));
        }
    }
    let (map, copy) = (values.copy_map, values.copy);
    if map < copy {
        problems.push(Problem::new(
            names.copy_map,
            format!("{map} is below {}, {copy}: fewer batches are queued at a time than could be worked on", names.copy),
            format!("at least {copy}, or {} of at most {map}", names.copy),
        ));
    }
    let (visibility, timeout) = (values.copy_visibility, values.copy_timeout);
    if visibility < timeout {
        problems.push(Problem::new(
            names.copy_visibility,
            format!("{visibility} is below {}, {timeout}: a message would be delivered again while its invocation still works", names.copy_timeout),
            format!("at least {timeout}"),
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::{complete, read};

    #[test]
    fn settings_that_contradict_each_other_are_told_by_name_all_at_once() {
        let mut all = complete();
        all.extend([
            (variables::COPY_RESERVED_CONCURRENCY, "19"),
            (variables::SWITCH_RESERVED_CONCURRENCY, "4"),
            (variables::COPY_MAP_CONCURRENCY, "19"),
            (variables::COPY_VISIBILITY_SECONDS, "899"),
        ]);
        let problems = read(&all).unwrap_err();
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(
            places,
            [
                variables::COPY_RESERVED_CONCURRENCY,
                variables::SWITCH_RESERVED_CONCURRENCY,
                variables::COPY_MAP_CONCURRENCY,
                variables::COPY_VISIBILITY_SECONDS,
            ]
        );
        assert!(problems.iter().all(|problem| !problem.hint.is_empty()));
    }

    #[test]
    fn the_bounds_themselves_fit() {
        let mut all = complete();
        all.extend([
            (variables::COPY_RESERVED_CONCURRENCY, "20"),
            (variables::SWITCH_RESERVED_CONCURRENCY, "5"),
            (variables::COPY_MAP_CONCURRENCY, "20"),
            (variables::COPY_VISIBILITY_SECONDS, "900"),
        ]);
        assert!(read(&all).is_ok());
    }
}
