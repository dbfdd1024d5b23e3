//! What a request to a table is charged for, from its body: DynamoDB charges by the size of items, not by the request.
//!
//! Rules: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html> and, for sizes,
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.

use serde_json::{Map, Value};

/// A write unit, in bytes.
const WRITE_BYTES: u64 = 1_024;
/// What a map or list takes besides its elements, and each element.
const COLLECTION_BYTES: u64 = 3;
/// The entries that the indexes of both tables keep of an item: the attributes that an item needs to be in the index, and those
/// that are copied besides; none for all.
const INDEXES: [(&[&str], Option<&[&str]>); 3] = [
    (
        &["account_id", "destination_key"],
        Some(&["record_id", "state", "reason", "size", "version"]),
    ),
    (&["attention", "attention_at"], Some(&["record_id"])),
    (&["kind", "started_at"], None),
];

/// Units that are paid for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Write request units, with those of the indexes.
    pub write: f64,
    /// Read request units.
    pub read: f64,
}

impl Units {
    pub(super) fn add(&mut self, other: Self) {
        self.write += other.write;
        self.read += other.read;
    }

    /// Of a request; `None` for a body that is not one. What only the answer tells is taken for one unit: an item that is read or
    /// updated is within it, as all items of the ledger but rows are, and rows are only put.
    pub(super) fn of(operation: &str, body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let write = |write: u64| Self { write: precise(write), read: 0.0 };
        Some(match operation {
            "PutItem" => write(put(body.get("Item")?.as_object()?)),
            "UpdateItem" | "DeleteItem" => write(1),
            "TransactWriteItems" => {
                let items = body.get("TransactItems")?.as_array()?;
                let units = items.iter().map(|item| {
                    let put_item = item.pointer("/Put/Item").and_then(Value::as_object);
                    2 * put_item.map_or(1, put)
                });
                write(units.sum())
            }
            "GetItem" => Self { write: 0.0, read: consistency(&body) },
            "BatchGetItem" => {
                let tables = body.get("RequestItems")?.as_object()?;
                let read = tables.values().map(|table| {
                    let keys = table.get("Keys").and_then(Value::as_array).map_or(0, Vec::len);
                    precise(keys as u64) * consistency(table)
                });
                Self { write: 0.0, read: read.sum() }
            }
            _ => Self::default(),
        })
    }
}

/// An eventually consistent read costs half.
fn consistency(request: &Value) -> f64 {
    if request.get("ConsistentRead").and_then(Value::as_bool) == Some(true) { 1.0 } else { 0.5 }
}

/// The item, and its entries in the indexes.
fn put(item: &Map<String, Value>) -> u64 {
    let of_size = |bytes: u64| bytes.div_ceil(WRITE_BYTES).max(1);
    let entries = INDEXES.iter().filter(|(keys, _)| keys.iter().all(|key| item.contains_key(*key)));
    let of_indexes = entries.map(|(keys, copied)| match copied {
        None => of_size(item_bytes(item)),
        Some(copied) => {
            let kept = keys.iter().chain(*copied);
            of_size(kept.filter_map(|name| Some(attribute(name, item.get(*name)?))).sum())
        }
    });
    of_size(item_bytes(item)) + of_indexes.sum::<u64>()
}

/// The size of an item that is written as JSON with types.
pub fn item_bytes(item: &Map<String, Value>) -> u64 {
    item.iter().map(|(name, value)| attribute(name, value)).sum()
}

fn attribute(name: &str, value: &Value) -> u64 {
    name.len() as u64 + value_bytes(value)
}

/// A value with its type, as `{"S": "text"}`.
fn value_bytes(typed: &Value) -> u64 {
    let Some((kind, value)) = typed.as_object().and_then(|typed| typed.iter().next()) else {
        return 0;
    };
    match (kind.as_str(), value) {
        // Two digits a byte, and one more.
        ("N", Value::String(digits)) => digits.len().div_ceil(2) as u64 + 1,
        ("B", Value::String(encoded)) => (encoded.len() / 4 * 3) as u64,
        (_, Value::String(text)) => text.len() as u64,
        ("M", Value::Object(map)) => COLLECTION_BYTES + item_bytes(map) + map.len() as u64,
        ("L", Value::Array(list)) => {
            COLLECTION_BYTES + list.iter().map(|value| value_bytes(value) + 1).sum::<u64>()
        }
        (_, Value::Array(set)) => {
            set.iter().filter_map(Value::as_str).map(|member| member.len() as u64).sum()
        }
        _ => 1,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn precise(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn units(operation: &str, body: &Value) -> (String, String) {
        let units = Units::of(operation, body.to_string().as_bytes()).unwrap();
        (units.write.to_string(), units.read.to_string())
    }

    fn told(write: &str, read: &str) -> (String, String) {
        (write.to_owned(), read.to_owned())
    }

    #[test]
    fn a_write_is_charged_by_the_item_and_its_entries_in_indexes() {
        let claim = json!({"Item": {"record_id": {"S": "KEY#a"}}});
        assert_eq!(units("PutItem", &claim), told("1", "0"));
        let row = |text: &str| {
            json!({"Item": {
                "record_id": {"S": "r"}, "account_id": {"S": "a"}, "destination_key": {"S": "k"}, "url": {"S": text}
            }})
        };
        assert_eq!(units("PutItem", &row("short")), told("2", "0"));
        assert_eq!(units("PutItem", &row(&"x".repeat(1_024))), told("3", "0"));
        let run = json!({"Item": {"run_id": {"S": "r"}, "kind": {"S": "b"}, "started_at": {"S": "t"}, "x": {"S": "y".repeat(2_000)}}});
        assert_eq!(units("PutItem", &run), told("4", "0"));
    }

    #[test]
    fn a_transaction_costs_twice_and_a_key_that_is_read_one_unit_or_half_of_it() {
        let update = json!({"TransactItems": [{"Update": {}}, {"Update": {}}]});
        assert_eq!(units("TransactWriteItems", &update), told("4", "0"));
        let keys = json!({"RequestItems": {"t": {"Keys": [{}, {}, {}], "ConsistentRead": true}}});
        assert_eq!(units("BatchGetItem", &keys), told("0", "3"));
        assert_eq!(units("GetItem", &json!({})), told("0", "0.5"));
        assert_eq!(Units::of("PutItem", b"{"), None);
    }
}
