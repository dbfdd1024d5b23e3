//! Values that do not fit the template are refused here, by name and all at once, before anything is built. CloudFormation would
//! refuse them too: one at a time, and after the upload.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;

use drayage_cloudformation::Parameter;

use crate::problems::Problem;
use crate::template::Template;

/// Everything that is wrong with the values: those that are given, and those that the stack has.
pub(crate) fn check(template: &Template, values: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, value) in values {
        match template.parameters.get(name) {
            None => problems.push(unknown(template, name)),
            Some(parameter) => {
                if let Err(misfit) = parameter.fit(value) {
                    problems.push(Problem::new(
                        format!("parameter {name}: {value:?} {misfit}"),
                        hint(parameter),
                    ));
                }
            }
        }
    }
    let missing = template.parameters.iter().filter(|(name, parameter)| {
        parameter.default.is_none() && !values.contains_key(name.as_str())
    });
    problems.extend(missing.map(|(name, parameter)| {
        Problem::new(format!("parameter {name} has no value, and no default"), hint(parameter))
    }));
    problems
}

fn hint(parameter: &Parameter) -> String {
    let told = parameter.constraint.as_ref().or(parameter.description.as_ref());
    told.cloned().unwrap_or_else(|| "its definition is in the template".to_owned())
}

fn unknown(template: &Template, name: &str) -> Problem {
    let same = template.parameters.keys().find(|known| known.eq_ignore_ascii_case(name));
    let near = same.or_else(|| {
        template.parameters.keys().find(|known| known.contains(name) || name.contains(*known))
    });
    let hint = match near {
        Some(near) => format!("is {near} meant? all names are in infra/template.yaml"),
        None => "all names are in infra/template.yaml".to_owned(),
    };
    Problem::new(format!("parameter {name} does not exist in the template"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout;

    fn told(values: &[(&str, &str)]) -> Vec<String> {
        let template = Template::read(&checkout::root().join("infra/template.yaml")).unwrap();
        let values =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(&template, &values).iter().map(ToString::to_string).collect()
    }

    const GOOD: [(&str, &str); 3] = [
        ("SalesforceSecret", "drayage/salesforce"),
        ("SourceHosts", "files.example.com"),
        ("DestinationBucket", "example-files"),
    ];

    #[test]
    fn each_kind_of_misfit_is_told_by_name_with_what_fits() {
        for (name, value, expected) in [
            ("DestinationBucket", "Has_Capitals", "3 to 63 lower-case"),
            ("BatchSize", "0", "is below 1"),
            ("BatchSize", "1001", "is above 1000"),
            ("BatchSize", "many", "is no number"),
            ("SourceAccess", "ftp", "is none of role, keys, https"),
            ("CopyMaximumConcurrency", "3", "must be one of 2, 5"),
            ("ScheduleExpression", "every day", "cron(minutes hours"),
            ("DestinationPrefix", "/uploads", "without a slash at either end"),
            ("UrlField", "Document c", "a field's API name"),
            ("Bucket", "x", "does not exist in the template"),
            ("batchsize", "1", "is BatchSize meant?"),
        ] {
            let mut values = GOOD.to_vec();
            values.retain(|(good, _)| *good != name);
            values.push((name, value));
            let told = told(&values);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains(name) && told[0].contains(expected), "{told:?}");
        }
    }

    #[test]
    fn all_are_told_at_once_and_missing_ones_too() {
        assert_eq!(told(&GOOD), [""; 0]);
        let told = told(&[("BatchSize", "0"), ("Nothing", "1")]).join("\n");
        for name in ["BatchSize", "Nothing", "SalesforceSecret", "SourceHosts", "DestinationBucket"]
        {
            assert!(told.contains(&format!("parameter {name}")), "{told}");
        }
    }
}
