//! The part of SOQL that data clients use: a hand-written lexer and recursive-descent parser, a resolver that
//! checks names and types against the schema, and an evaluator.
//!
//! Not supported, and refused as malformed: aggregates other than `COUNT()`, grouping, subqueries, `TYPEOF`,
//! date literals such as `TODAY`, and object aliases.

mod ast;
mod eval;
mod lexer;
mod parser;
mod resolve;
#[cfg(test)]
mod tests;

use super::error::ApiError;
use super::store::Store;

pub(crate) use ast::Query;
pub(crate) use eval::run;
pub(crate) use resolve::{Column, Plan};

/// Longest statement, in characters.
const STATEMENT_CHARACTERS_MAX: usize = 100_000;

/// Parses a statement.
pub(crate) fn parse(text: &str) -> Result<Query, ApiError> {
    if text.chars().count() > STATEMENT_CHARACTERS_MAX {
        return Err(ApiError::bad_request(
            "MALFORMED_QUERY",
            format!("SOQL statements cannot be longer than {STATEMENT_CHARACTERS_MAX} characters."),
        ));
    }
    parser::parse(text)
}

/// Parses a statement and checks it against the schema.
pub(crate) fn plan(text: &str, store: &Store) -> Result<Plan, ApiError> {
    resolve::resolve(text, &parse(text)?, store)
}

/// The error for a statement that cannot be understood at byte `at`, with the excerpt that the service shows.
fn error_at(text: &str, at: usize, code: &'static str, message: &str) -> ApiError {
    let before: String = text.get(..at).unwrap_or(text).chars().collect();
    let column = before.chars().count() + 1;
    let shown = column.saturating_sub(1).min(20);
    let start = column - 1 - shown;
    let excerpt: String = text.chars().skip(start).take(60).collect();
    ApiError::bad_request(
        code,
        format!("\n{excerpt}\n{:shown$}^\nERROR at Row:1:Column:{column}\n{message}", ""),
    )
}
