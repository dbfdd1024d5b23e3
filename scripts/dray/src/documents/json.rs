//! `docs/json.md` has the fields of every shape, and no others. Read from the sources, so that a new field cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::read;

const DOCUMENT: &str = "docs/json.md";
/// Where every shape is documented.
const VIEWS: [&str; 7] =
    ["accounts", "attention", "overview", "progress", "readiness", "runs", "schedule"];
/// Other shapes that commands print, by the file that has them.
const OTHERS: [(&str, &[&str]); 14] = [
    ("counts.rs", &["Counts"]),
    ("diagnosis.rs", &["ApiCalls", "Diagnosis"]),
    ("estimate.rs", &["Estimate"]),
    ("estimate/migration.rs", &["MigrationEstimate"]),
    ("estimate/usage.rs", &["Bill", "BillLine", "ServiceCost"]),
    ("org.rs", &["Org"]),
    ("recommendation.rs", &["Recommendation"]),
    ("reconcile/summary.rs", &["ReconcileSummary"]),
    ("reconcile/tally.rs", &["Volume"]),
    ("run.rs", &["PreviousBackup", "Summary"]),
    ("switch/mode.rs", &["ModeDecision", "SwitchEstimate"]),
    ("switch/plan.rs", &["Check", "Probe", "SwitchPlan"]),
    ("switch/summary.rs", &["SwitchSummary"]),
    ("switch/verification.rs", &["Verification"]),
];

type Shapes = BTreeMap<String, BTreeSet<String>>;

/// The names in the first columns of the document's tables, by their heading.
fn documented(text: &str) -> Shapes {
    let mut shapes = Shapes::new();
    for section in text.split("\n### `").skip(1) {
        let (name, rest) = section.split_once('`').unwrap();
        let section = rest.split("\n## ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        shapes.insert(name.to_owned(), rows.map(|(field, _)| field.to_owned()).collect());
    }
    shapes
}

/// What `Serialize` makes of the structs and enums of a source, of which all names are camelCase.
fn serialized(source: &str) -> Shapes {
    let mut shapes = Shapes::new();
    for (attributes, item) in items(source) {
        let name: String = item.chars().take_while(|c| c.is_alphanumeric()).collect();
        if !attributes.contains("Serialize") || !item[name.len()..].starts_with(" {\n") {
            continue;
        }
        assert!(attributes.contains("rename_all = \"camelCase\""), "{name} has other names");
        let body = item.split("\n}\n").next().unwrap();
        for special in ["flatten", "rename =", "serde(skip)"] {
            assert!(!body.contains(special), "{name}: {special} is not understood here");
        }
        let members = body.lines().filter_map(|line| line.strip_prefix("    "));
        shapes.insert(name, members.filter_map(member).collect());
    }
    shapes
}

/// The attributes and the text of each struct and enum, from its name on.
fn items(source: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = ["pub(crate) struct ", "pub(crate) enum ", "pub struct ", "pub enum "];
    starts.into_iter().flat_map(move |start| {
        source.match_indices(start).filter_map(move |(at, _)| {
            let before = &source[..at];
            let attributes = &before[before.rfind("\n\n").unwrap_or(0)..];
            before.ends_with('\n').then(|| (attributes, &source[at + start.len()..]))
        })
    })
}

/// The serialized name of a field or of a variant without content.
fn member(line: &str) -> Option<String> {
    if line.starts_with([' ', '/', '#']) {
        return None;
    }
    let field = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub "));
    let name = match field {
        Some(field) => field.split_once(':')?.0,
        None => line.strip_suffix(',')?,
    };
    let mut words = name.split('_');
    let first = words.next()?;
    let mut camel = first[..1].to_lowercase() + &first[1..];
    for word in words {
        camel += &(word[..1].to_uppercase() + &word[1..]);
    }
    Some(camel)
}

#[test]
fn the_fields_of_every_shape_are_documented_and_no_others() {
    let documented = documented(&read(DOCUMENT));
    let mut shapes = Shapes::new();
    for view in VIEWS {
        shapes.extend(serialized(&read(&format!("scripts/dray/src/view/{view}.rs"))));
    }
    for (file, names) in OTHERS {
        let found = serialized_of(&read(&format!("functions/shared/domain/src/{file}")), names);
        shapes.extend(found);
    }
    for (name, fields) in &shapes {
        let rows = documented.get(name).unwrap_or_else(|| panic!("{DOCUMENT} has no `{name}`"));
        let missing: Vec<_> = fields.difference(rows).collect();
        let beyond: Vec<_> = rows.difference(fields).collect();
        assert!(missing.is_empty() && beyond.is_empty(), "{name}: {missing:?}, beyond {beyond:?}");
    }
    let known: BTreeSet<_> = shapes.keys().collect();
    let unknown: Vec<_> = documented.keys().filter(|name| !known.contains(name)).collect();
    assert!(unknown.is_empty(), "{DOCUMENT} has shapes that are none: {unknown:?}");
}

/// Only the items of these names; others of the file are not printed.
fn serialized_of(source: &str, names: &[&str]) -> Shapes {
    let mut shapes = Shapes::new();
    for name in names {
        let found = ["struct", "enum"].iter().find_map(|kind| {
            let start = format!("pub {kind} {name} {{\n");
            let at = source.find(&start)?;
            let begin = source[..at].rfind("\n\n").unwrap_or(0);
            let end = at + source[at..].find("\n}\n")? + 3;
            Some(serialized(&source[begin..end]))
        });
        shapes.extend(found.unwrap_or_else(|| panic!("there is no {name} any more")));
    }
    shapes
}

#[test]
fn fields_and_variants_are_read_as_they_are_serialized() {
    let source = "\n\n/// A.\n#[derive(Serialize)]\n#[serde(rename_all = \"camelCase\")]\npub(crate) struct A {\n    \
                  /// One.\n    #[serde(default)]\n    pub(crate) one_two: u8,\n}\n\n/// B.\n#[derive(Debug)]\npub(crate) \
                  struct B {\n    pub(crate) b: u8,\n}\n\n/// C.\n#[derive(Serialize)]\n#[serde(rename_all = \
                  \"camelCase\")]\npub(crate) enum C {\n    /// Two.\n    TwoOne,\n}\n";
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let expected = [("A".to_owned(), names(&["oneTwo"])), ("C".to_owned(), names(&["twoOne"]))];
    assert_eq!(serialized(source), expected.into());
}

#[test]
fn a_section_ends_with_the_next_heading() {
    let text = "# T\n\n### `A`\n\n| field |\n|---|\n| `one` | x |\n\n## Other\n\n| `two` | y |\n";
    assert_eq!(documented(text), [("A".to_owned(), ["one".to_owned()].into())].into());
}
