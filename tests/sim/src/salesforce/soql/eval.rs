//! Runs a checked statement.
//!
//! Text compares without regard to case, ids with it, and null is less than everything. Conditions on the row's
//! own id narrow the scan first, so that keyset pages and lookups by id do not read the whole table.

use std::cmp::Ordering;
use std::ops::Bound;

use super::super::store::{Row, Store, Table, Value};
use super::ast::Operator;
use super::lexer::{LIKE_PERCENT, LIKE_UNDERSCORE};
use super::resolve::{Column, Condition, Plan, SortKey};

/// Runs a statement and gives ids in result order; `with_deleted` also sees the recycle bin.
pub(crate) fn run(plan: &Plan, store: &Store, with_deleted: bool) -> Vec<String> {
    let Some(table) = store.table(&plan.sobject) else { return Vec::new() };
    let skipped = plan.offset.unwrap_or(0);
    let wanted = plan.limit.unwrap_or(usize::MAX);
    let matching = candidates(plan.filter.as_ref(), table)
        .filter(|row| with_deleted || !row.is_deleted())
        .filter(|row| plan.filter.as_ref().is_none_or(|filter| holds(filter, store, row)));
    let in_id_order = match plan.order.as_slice() {
        [] => true,
        [key] => key.column.is_own_id() && !key.descending,
        _ => false,
    };
    let ids = |rows: &mut dyn Iterator<Item = &Row>| {
        rows.skip(skipped).take(wanted).map(|row| row.id().to_owned()).collect()
    };
    if in_id_order {
        let mut rows = matching;
        return ids(&mut rows);
    }
    let mut rows: Vec<&Row> = matching.collect();
    rows.sort_by(|left, right| by_keys(&plan.order, store, left, right));
    ids(&mut rows.into_iter())
}

/// The rows that can match, as narrow as conditions on the own id allow.
fn candidates<'t>(
    filter: Option<&Condition>,
    table: &'t Table,
) -> Box<dyn Iterator<Item = &'t Row> + 't> {
    let conjuncts = match filter {
        Some(Condition::And(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let mut low = Bound::Unbounded;
    for condition in conjuncts {
        match condition {
            Condition::Compare { column, operator, value: Value::Text(id) }
                if column.is_own_id() =>
            {
                match operator {
                    Operator::Equal => return Box::new(table.rows.get(id).into_iter()),
                    Operator::Greater | Operator::GreaterOrEqual => {
                        low = Bound::Included(id.clone());
                    }
                    Operator::NotEqual | Operator::Less | Operator::LessOrEqual => {}
                }
            }
            Condition::In { column, negated: false, values } if column.is_own_id() => {
                let mut ids: Vec<&str> = values.iter().filter_map(Value::text).collect();
                ids.sort_unstable();
                ids.dedup();
                let rows: Vec<&Row> = ids.iter().filter_map(|id| table.rows.get(*id)).collect();
                return Box::new(rows.into_iter());
            }
            Condition::Compare { .. }
            | Condition::In { .. }
            | Condition::Like { .. }
            | Condition::Not(_)
            | Condition::And(_)
            | Condition::Or(_) => {}
        }
    }
    Box::new(table.rows.range((low, Bound::Unbounded)).map(|(_, row)| row))
}

fn holds(condition: &Condition, store: &Store, row: &Row) -> bool {
    match condition {
        Condition::And(all) => all.iter().all(|inner| holds(inner, store, row)),
        Condition::Or(any) => any.iter().any(|inner| holds(inner, store, row)),
        Condition::Not(inner) => !holds(inner, store, row),
        Condition::Compare { column, operator, value } => {
            compares(column, column.value(store, row), *operator, value)
        }
        Condition::In { column, negated, values } => {
            let current = column.value(store, row);
            values.iter().any(|value| order(column, current, value).is_eq()) != *negated
        }
        Condition::Like { column, pattern } => {
            column.value(store, row).text().is_some_and(|text| {
                let folded: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
                like(&folded, pattern)
            })
        }
    }
}

fn compares(column: &Column, current: &Value, operator: Operator, value: &Value) -> bool {
    let ordering = order(column, current, value);
    let both = *current != Value::Null && *value != Value::Null;
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => both && ordering.is_lt(),
        Operator::LessOrEqual => both && ordering.is_le(),
        Operator::Greater => both && ordering.is_gt(),
        Operator::GreaterOrEqual => both && ordering.is_ge(),
    }
}

/// Compares two values of one field; null comes first.
fn order(column: &Column, left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if column.kind.is_id() => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => {
            let fold =
                |text: &str| -> Vec<char> { text.chars().flat_map(char::to_lowercase).collect() };
            fold(left).cmp(&fold(right))
        }
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Text(_) | Value::Time(_) | Value::Bool(_), _) => Ordering::Equal,
    }
}

fn by_keys(keys: &[SortKey], store: &Store, left: &Row, right: &Row) -> Ordering {
    keys.iter()
        .map(|key| {
            let (left, right) = (key.column.value(store, left), key.column.value(store, right));
            let (left_null, right_null) = (*left == Value::Null, *right == Value::Null);
            if left_null != right_null {
                let null_first = if left_null { Ordering::Less } else { Ordering::Greater };
                return if key.nulls_last { null_first.reverse() } else { null_first };
            }
            let ordering = order(&key.column, left, right);
            if key.descending { ordering.reverse() } else { ordering }
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| left.id().cmp(right.id()))
}

/// Matches a LIKE pattern without recursion: on a mismatch it goes back to the last `%`.
fn like(text: &[char], pattern: &[char]) -> bool {
    let (mut at_text, mut at_pattern) = (0, 0);
    let mut last_percent: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at_text) {
        match pattern.get(at_pattern) {
            Some('%') => {
                last_percent = Some((at_pattern, at_text));
                at_pattern += 1;
                continue;
            }
            Some(wanted) if matches_one(*wanted, *character) => {
                at_pattern += 1;
                at_text += 1;
                continue;
            }
            Some(_) | None => {}
        }
        let Some((percent, from)) = last_percent else { return false };
        last_percent = Some((percent, from + 1));
        at_pattern = percent + 1;
        at_text = from + 1;
    }
    pattern.get(at_pattern..).unwrap_or_default().iter().all(|rest| *rest == '%')
}

fn matches_one(wanted: char, character: char) -> bool {
    match wanted {
        '_' => true,
        LIKE_UNDERSCORE => character == '_',
        LIKE_PERCENT => character == '%',
        other => other == character,
    }
}
