//! The metrics that functions tell, from their definitions.

use std::fmt;

use anyhow::{Result, bail};

/// A metric of the namespace `Drayage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metric {
    pub(super) name: String,
    /// Names of its dimensions, in order.
    pub(super) dimensions: Vec<String>,
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {{{}}}", self.name, self.dimensions.join(", "))
    }
}

/// The definitions `Metric { name: "…", unit: …, by: … }`; all metrics have the dimension `Stack`.
pub(super) fn told(source: &str) -> Result<Vec<Metric>> {
    let definitions = source.split("Metric { name: \"").skip(1);
    let metrics: Vec<Metric> = definitions
        .filter_map(|rest| {
            let (name, rest) = rest.split_once('"')?;
            let (definition, _) = rest.split_once('}')?;
            let by = definition.split_once("by: Some(\"").and_then(|(_, by)| by.split('"').next());
            let dimensions = ["Stack"].into_iter().chain(by).map(str::to_owned).collect();
            Some(Metric { name: name.to_owned(), dimensions })
        })
        .collect();
    if metrics.is_empty() {
        bail!("no metric was found; hint: adapt the linter to how they are defined now");
    }
    Ok(metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_give_names_and_dimensions() {
        let source = "pub const A: Metric =\n    Metric { name: \"A\", unit: Unit::Count, by: None };\n\
                      pub const B: Metric = Metric { name: \"B\", unit: Unit::Count, by: Some(\"Class\") };";
        let found: Vec<String> = told(source).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["A {Stack}", "B {Stack, Class}"]);
        assert!(told("").is_err());
    }
}
