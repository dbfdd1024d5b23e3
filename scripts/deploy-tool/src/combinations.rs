//! Parameters that each fit the template, and not each other. A rule of a template cannot compare numbers; the functions would refuse
//! every run of such a stack.

use std::collections::BTreeMap;

use drayage_domain::capacity::combination::{PARAMETERS, contradictions};

use crate::problems::Problem;
use crate::template::Template;

/// Everything that contradicts each other. Values that are no numbers have been told already.
///
/// * `values`: what is given, and what the stack keeps.
pub(crate) fn check(template: &Template, values: &BTreeMap<String, String>) -> Vec<Problem> {
    let value = |name: &str| -> Option<u64> {
        let definition = template.parameters.get(name)?;
        let value = values.get(name).or(definition.default.as_ref())?;
        value.trim().parse().ok()
    };
    // A template of an earlier version does not have them all.
    PARAMETERS
        .map(value)
        .map_or_else(Vec::new, |values| contradictions(PARAMETERS, values))
        .into_iter()
        .map(|found| {
            Problem::new(format!("parameter {}: {}", found.place, found.message), found.hint)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn told(given: &[(&str, &str)]) -> Vec<String> {
        let template = Template::read(&checkout::root().join("infra/template.yaml")).unwrap();
        let problems = check(&template, &values(given));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_fit_each_other() {
        assert_eq!(told(&[]), [""; 0]);
    }

    #[test]
    fn all_that_contradicts_is_told_by_the_names_of_parameters() {
        let told = told(&[
            ("CopyMaximumConcurrency", "50"),
            ("CopyMapConcurrency", "20"),
            ("CopyReservedConcurrency", "49"),
            ("SwitchReservedConcurrency", "4"),
            ("CopyVisibilityTimeoutSeconds", "899"),
        ]);
        for (told, name) in told.iter().zip([
            "CopyReservedConcurrency: 49 is below CopyMaximumConcurrency, 50",
            "SwitchReservedConcurrency: 4 is below SwitchConcurrency, 5",
            "CopyMapConcurrency: 20 is below CopyMaximumConcurrency, 50",
            "CopyVisibilityTimeoutSeconds: 899 is below CopyTimeoutSeconds, 900",
        ]) {
            assert!(told.starts_with(&format!("parameter {name}")), "{told}");
            assert!(told.contains("hint: "), "{told}");
        }
        assert_eq!(told.len(), 4, "{told:?}");
    }

    #[test]
    fn an_earlier_template_is_left_to_its_own_functions() {
        let template = Template::parse("Parameters: {CopyMapConcurrency: {Default: 2}}").unwrap();
        assert_eq!(check(&template, &values(&[])), Vec::new());
    }
}
