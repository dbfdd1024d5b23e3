//! A definition as a flat list of scopes: the top level, and one per Map processor and Parallel branch.

use serde_json::{Map, Value};

/// A query language of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryLanguage {
    JsonPath,
    Jsonata,
}

/// A whole definition.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    pub(crate) top: &'a Value,
    pub(crate) scopes: Vec<Scope<'a>>,
}

/// States that can name each other as targets.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// Where it is, such as `CopyBatches/ItemProcessor`; empty at the top level.
    pub(crate) place: String,
    pub(crate) start_at: Option<&'a str>,
    pub(crate) states: Vec<State<'a>>,
}

/// One state.
#[derive(Debug)]
pub(crate) struct State<'a> {
    pub(crate) name: &'a str,
    /// The name with those of its scopes before it.
    pub(crate) place: String,
    pub(crate) kind: &'a str,
    pub(crate) language: QueryLanguage,
    pub(crate) fields: &'a Map<String, Value>,
}

impl<'a> Machine<'a> {
    /// Takes a definition apart. What has not the expected shape is left out, and missed by the rules on targets.
    pub(crate) fn new(top: &'a Value) -> Self {
        let language = language_of(top).unwrap_or(QueryLanguage::JsonPath);
        let mut scopes = Vec::new();
        collect("", top, language, &mut scopes);
        Self { top, scopes }
    }

    pub(crate) fn states(&self) -> impl Iterator<Item = &State<'a>> {
        self.scopes.iter().flat_map(|scope| &scope.states)
    }

    /// Whether the text stands anywhere in the definition.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.top.to_string().contains(text)
    }

    /// All Task states.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &State<'a>> {
        self.states().filter(|state| state.kind == "Task")
    }

    /// All Map states.
    pub(crate) fn maps(&self) -> impl Iterator<Item = &State<'a>> {
        self.states().filter(|state| state.kind == "Map")
    }
}

impl<'a> State<'a> {
    pub(crate) fn field(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name)
    }

    /// The entries of `Retry` or `Catch`.
    pub(crate) fn entries(&self, field: &str) -> &'a [Value] {
        self.field(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Every state that this one can go to.
    pub(crate) fn targets(&self) -> Vec<&'a str> {
        let own = ["Next", "Default"].into_iter().filter_map(|name| self.field(name));
        let nested = ["Choices", "Catch"]
            .into_iter()
            .flat_map(|name| self.entries(name))
            .filter_map(|entry| entry.get("Next"));
        own.chain(nested).filter_map(Value::as_str).collect()
    }

    /// Whether an execution of its scope can end here.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.kind, "Succeed" | "Fail") || self.field("End") == Some(&Value::Bool(true))
    }
}

/// The error names of a `Retry` or `Catch` entry.
pub(crate) fn error_equals(entry: &Value) -> impl Iterator<Item = &str> {
    entry
        .get("ErrorEquals")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// The query language that this value itself names.
pub(crate) fn language_of(value: &Value) -> Option<QueryLanguage> {
    match value.get("QueryLanguage").and_then(Value::as_str) {
        Some("JSONata") => Some(QueryLanguage::Jsonata),
        Some("JSONPath") => Some(QueryLanguage::JsonPath),
        Some(_) | None => None,
    }
}

fn collect<'a>(
    place: &str,
    value: &'a Value,
    language: QueryLanguage,
    scopes: &mut Vec<Scope<'a>>,
) {
    let mut states = Vec::new();
    let mut inner = Vec::new();
    for (name, state) in value.get("States").and_then(Value::as_object).into_iter().flatten() {
        let Some(fields) = state.as_object() else { continue };
        let at = if place.is_empty() { name.clone() } else { format!("{place}/{name}") };
        for field in ["ItemProcessor", "Iterator"] {
            if let Some(processor) = fields.get(field) {
                inner.push((format!("{at}/{field}"), processor));
            }
        }
        let branches = fields.get("Branches").and_then(Value::as_array).into_iter().flatten();
        for (number, branch) in branches.enumerate() {
            inner.push((format!("{at}/Branches[{number}]"), branch));
        }
        states.push(State {
            name,
            place: at,
            kind: fields.get("Type").and_then(Value::as_str).unwrap_or_default(),
            language: language_of(state).unwrap_or(language),
            fields,
        });
    }
    let start_at = value.get("StartAt").and_then(Value::as_str);
    scopes.push(Scope { place: place.to_owned(), start_at, states });
    for (at, nested) in inner {
        collect(&at, nested, language, scopes);
    }
}
