//! The environment, read in one place.

use drayage_domain::settings::Settings;

use crate::error::FunctionError;

/// The stack's settings from the environment variables that the template sets; every problem at once.
pub fn from_environment() -> Result<Settings, FunctionError> {
    Settings::from_lookup(variable).map_err(|problems| FunctionError::configuration(&problems))
}

/// Targets of our own lines. `drayage` is the beginning of every shared package's name; the others are the functions.
const OWN_TARGETS: [&str; 13] = [
    "drayage",
    "analyze",
    "approval",
    "copy",
    "dead_letter",
    "enumerate",
    "finalize",
    "preflight",
    "reconcile",
    "reconcile_plan",
    "reconcile_report",
    "switch_plan",
    "switch_urls",
];

/// The runtime tells each failed invocation again, without the run: what failed is told where it fails.
const RUNTIMES_OWN: &str = "lambda_runtime::layers::panic=off";

/// The log filter of the level that the stack has.
pub fn log_filter() -> String {
    let level = variable("DRAYAGE_LOG_LEVEL").filter(|level| !level.is_empty());
    filter_of(level.as_deref().unwrap_or("info"))
}

/// Below `info`, libraries print what they handle: keys of objects, headers, bodies. Only our own lines are let through there; they
/// are written to name no file, no person and no secret.
fn filter_of(level: &str) -> String {
    if !matches!(level, "debug" | "trace") {
        return format!("{level},{RUNTIMES_OWN}");
    }
    let own = OWN_TARGETS.map(|target| format!("{target}={level}"));
    format!("info,{RUNTIMES_OWN},{}", own.join(","))
}

/// The stack's name, under which metrics are told; none are where it is not set.
pub fn stack() -> Option<String> {
    variable("DRAYAGE_STACK").filter(|stack| !stack.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_say_nothing_below_info() {
        assert_eq!(filter_of("info"), format!("info,{RUNTIMES_OWN}"));
        assert_eq!(filter_of("error"), format!("error,{RUNTIMES_OWN}"));
        for level in ["debug", "trace"] {
            let filter = filter_of(level);
            let (libraries, own) = filter.split_once(',').unwrap();
            assert_eq!(libraries, "info");
            let own = own.strip_prefix(RUNTIMES_OWN).unwrap().trim_start_matches(',');
            assert!(own.split(',').all(|directive| directive.ends_with(level)), "{filter}");
            assert!(own.contains("drayage=") && own.contains("switch_urls="), "{filter}");
        }
    }
}
