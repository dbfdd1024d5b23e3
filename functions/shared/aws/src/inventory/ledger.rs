//! What the ledger says should be in the destination bucket.
//!
//! The order by account and key is not the order by key: a record that moves to another account keeps its key, and
//! records without account are not in the index. So the ledger as a whole is scanned, consistently, and sorted here; a scan
//! reads each row once, while a walk through the index would first have to find out which accounts there are.

use drayage_domain::destination_key::KEY_LENGTH_MAX;
use drayage_domain::reconcile::Object;
use drayage_domain::reconcile::ranges::KeyRange;
use futures::stream::{FuturesUnordered, StreamExt};

use super::InventoryError;
use super::sort::{SortedInventory, Sorter};
use crate::ledger::Ledger;

/// Parts of the table that are scanned at once. A page is 1 MB of rows at most, so this bounds memory as well.
const SEGMENTS: u32 = 8;

/// The ledger's copies in a place, sorted, and how many lie elsewhere.
#[derive(Debug)]
pub struct LedgerSweep {
    /// Copies whose key begins with the place's prefix.
    pub inventory: SortedInventory,
    /// Copies outside the prefix, made when the destination was another one. They are not compared.
    pub elsewhere: u64,
}

/// Reads the copies below `prefix` whose keys, relative to it, are in the range. Memory is bounded by `sorter`.
pub async fn ledger_inventory(
    ledger: &Ledger,
    prefix: &str,
    range: &KeyRange,
    mut sorter: Sorter,
) -> Result<LedgerSweep, InventoryError> {
    let whole = whole_keys(prefix, range);
    let mut elsewhere = 0;
    let page = |segment, cursor| {
        let whole = &whole;
        async move { (segment, ledger.scan_copies(segment, SEGMENTS, whole, cursor).await) }
    };
    let mut pages: FuturesUnordered<_> = (0..SEGMENTS).map(|segment| page(segment, None)).collect();
    while let Some((segment, answer)) = pages.next().await {
        let (copies, cursor) = answer?;
        if cursor.is_some() {
            pages.push(page(segment, cursor));
        }
        let found = copies.len();
        let inside = relative(copies, prefix, range);
        elsewhere += (found - inside.len()) as u64;
        sorter.push(inside).await?;
    }
    Ok(LedgerSweep { inventory: sorter.finish().await?, elsewhere })
}

/// The range as one of whole keys. The table accepts no empty text in a condition on a key, and compares nothing longer
/// than a key can be.
fn whole_keys(prefix: &str, range: &KeyRange) -> KeyRange {
    let whole = |bound: &Option<String>| {
        bound
            .as_ref()
            .map(|key| format!("{prefix}{key}"))
            .filter(|key| !key.is_empty() && key.len() <= KEY_LENGTH_MAX)
    };
    KeyRange { after: whole(&range.after), until: whole(&range.until) }
}

fn relative(copies: Vec<Object>, prefix: &str, range: &KeyRange) -> Vec<Object> {
    copies
        .into_iter()
        .filter_map(|copy| {
            let key = copy.key.strip_prefix(prefix).filter(|key| range.contains(key))?.to_owned();
            Some(Object { key, ..copy })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::inventory::compare::LedgerLookup;
    use crate::inventory::{Inventory, Lookup};
    use crate::ledger::wire_tests::{ok, requests, table};

    fn item(record: &str, account: Option<&str>, key: &str) -> Value {
        let mut item = json!({
            "record_id": {"S": record}, "destination_key": {"S": key},
            "proof": {"M": {
                "sizeBytes": {"N": "3"}, "etag": {"S": "e"}, "level": {"S": "checksum"},
                "checksum": {"M": {"algorithm": {"S": "CRC64NVME"}, "value": {"S": "x="}}},
            }},
            "state": {"S": "Failed"}, "run_id": {"S": "r"}, "at": {"S": "t"},
            "attempts": {"N": "0"}, "version": {"N": "1"},
        });
        if let Some(account) = account {
            item["account_id"] = json!({"S": account});
        }
        item
    }

    async fn keys(inventory: &mut dyn Inventory) -> Vec<String> {
        let mut keys = Vec::new();
        while let Some(page) = inventory.next_page().await.unwrap() {
            keys.extend(page.into_iter().map(|object| object.key));
        }
        keys
    }

    #[tokio::test]
    async fn a_sweep_reads_every_segment_and_sorts_by_key_across_accounts() {
        let cursor = json!({"record_id": {"S": "z"}});
        let mut answers = vec![ok(&json!({
            "Items": [
                item("r1", Some("002"), "up/001/A/moved.pdf"),
                item("r2", None, "up/_no_account/x.pdf"),
                item("r3", Some("001"), "elsewhere/x.pdf"),
            ],
            "LastEvaluatedKey": cursor,
        }))];
        answers.extend((1..SEGMENTS).map(|_| ok(&json!({"Items": []}))));
        answers.push(ok(&json!({"Items": [item("r4", Some("001"), "up/001/A/first.pdf")]})));
        let (server, ledger) = table(answers).await;
        let mut sweep =
            ledger_inventory(&ledger, "up/", &KeyRange::ALL, Sorter::new(1 << 20)).await.unwrap();
        assert_eq!(sweep.elsewhere, 1);
        let found = keys(&mut sweep.inventory).await;
        assert_eq!(found, ["001/A/first.pdf", "001/A/moved.pdf", "_no_account/x.pdf"]);
        let asked = requests(&server).await;
        assert!(asked.iter().all(|scan| scan["ConsistentRead"] == json!(true)));
        let goes_on: Vec<_> =
            asked.iter().filter(|scan| scan["ExclusiveStartKey"] == cursor).collect();
        assert_eq!(goes_on.len(), 1);
        let mut segments: Vec<_> =
            asked.iter().map(|scan| scan["Segment"].as_u64().unwrap()).collect();
        segments.sort_unstable();
        segments.dedup();
        assert_eq!(segments, (0..u64::from(SEGMENTS)).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_copy_says_what_its_proof_says() {
        let mut answers = vec![ok(&json!({"Items": [item("r1", Some("001"), "up/k")]}))];
        answers.extend((1..SEGMENTS).map(|_| ok(&json!({"Items": []}))));
        let (server, ledger) = table(answers).await;
        let range = KeyRange { after: Some("a".to_owned()), until: Some("z".to_owned()) };
        let sweep = ledger_inventory(&ledger, "up/", &range, Sorter::new(1)).await.unwrap();
        let mut inventory = sweep.inventory;
        let objects = inventory.next_page().await.unwrap().unwrap();
        let value = serde_json::to_value(&objects).unwrap();
        let checksum = json!({"algorithm": "CRC64NVME", "value": "x="});
        let expected = json!([{
            "key": "k", "sizeBytes": 3, "etag": "e", "accountId": "001", "recordId": "r1", "checksum": checksum,
        }]);
        assert_eq!(value, expected);
        let bounds = &requests(&server).await[0]["ExpressionAttributeValues"];
        assert_eq!(bounds, &json!({":after": {"S": "up/a"}, ":until": {"S": "up/z"}}));
    }

    #[tokio::test]
    async fn a_key_leads_to_its_row_by_its_claim() {
        let claim =
            || ok(&json!({"Item": {"record_id": {"S": "KEY#up/a.pdf"}, "owner": {"S": "r1"}}}));
        let row = || ok(&json!({"Responses": {"files": [item("r1", None, "up/A.pdf")]}}));
        let (server, ledger) = table(vec![claim(), row(), claim(), row(), ok(&json!({}))]).await;
        let lookup = LedgerLookup::new(ledger, "up/");
        let found = lookup.find("A.pdf").await.unwrap().unwrap();
        assert_eq!((found.key.as_str(), found.record_id.as_deref()), ("A.pdf", Some("r1")));
        // The claim is of both spellings, the copy has one.
        assert_eq!(lookup.find("a.pdf").await.unwrap(), None);
        assert_eq!(lookup.find("b.pdf").await.unwrap(), None);
        // No record can have such a key.
        assert_eq!(lookup.find("a//b\n").await.unwrap(), None);
        let asked = requests(&server).await;
        assert_eq!(asked[0]["Key"]["record_id"]["S"], json!("KEY#up/a.pdf"));
        assert_eq!(asked[0]["ConsistentRead"], json!(true));
    }
}
