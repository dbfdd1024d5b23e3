//! A parsed statement, before names are checked. Positions are byte offsets, for error messages.

use super::super::time::Millis;

/// A `SELECT` statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) selection: Selection,
    pub(crate) sobject: Name,
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: Option<usize>,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selection {
    Count,
    Fields(Vec<Name>),
}

/// A name, possibly a path such as `Account__r.Name`, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Compare { field: Name, operator: Operator, value: Literal },
    Like { field: Name, pattern: String },
    In { field: Name, negated: bool, values: Vec<Literal> },
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Text(String),
    Time(Millis),
    Number(String),
}

/// One sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderBy {
    pub(crate) field: Name,
    pub(crate) descending: bool,
    pub(crate) nulls_last: bool,
}
