//! What each call to Salesforce was for: told by the rows that it names, and by what was done to them before.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use drayage_sim::salesforce::{Endpoint, RecordedCall};
use serde::Serialize;
use serde_json::Value;

/// The calls of a Bulk API 2.0 job that writes.
const INGEST: [Endpoint; 5] = [
    Endpoint::BulkIngestCreate,
    Endpoint::BulkIngestUpload,
    Endpoint::BulkIngestEnd,
    Endpoint::BulkIngestStatus,
    Endpoint::BulkIngestResults,
];

/// Calls that use up the daily allocation, by what they were for. Logins do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Calls {
    /// Rows read before they were written.
    pub(crate) read: u64,
    /// Rows written; of a job, its status and its results too.
    pub(crate) write: u64,
    /// Rows read for the first time after they were written.
    pub(crate) read_back: u64,
    /// Rows read once more.
    pub(crate) verify: u64,
    /// Everything else, such as limits and the object's description.
    pub(crate) other: u64,
}

impl Calls {
    /// Sorts calls, which have to be in the order in which they came.
    pub(crate) fn of(recorded: &[RecordedCall]) -> Result<Self> {
        let (mut calls, mut reads_since_written) = (Self::default(), BTreeMap::new());
        for call in recorded.iter().filter(|call| call.endpoint.counts_as_request()) {
            let rows = rows(call).with_context(|| format!("the body of {:?}", call.endpoint))?;
            let counted = match rows {
                Some(Rows::Written(ids)) => {
                    reads_since_written.extend(ids.into_iter().map(|id| (id, 0)));
                    &mut calls.write
                }
                Some(Rows::Read(ids)) => match earlier_reads(&mut reads_since_written, &ids) {
                    None => &mut calls.read,
                    Some(0) => &mut calls.read_back,
                    Some(_) => &mut calls.verify,
                },
                None if INGEST.contains(&call.endpoint) => &mut calls.write,
                None => &mut calls.other,
            };
            *counted += 1;
        }
        Ok(calls)
    }

    pub(crate) const fn total(self) -> u64 {
        self.read + self.write + self.read_back + self.verify + self.other
    }
}

/// How often these rows were read since they were written: the least of them counts. None if most were not written; a
/// single one may have been, to see whether Salesforce guards its rows.
fn earlier_reads(reads_since_written: &mut BTreeMap<String, u64>, ids: &[String]) -> Option<u64> {
    let (mut written, mut least) = (0, u64::MAX);
    for id in ids {
        if let Some(reads) = reads_since_written.get_mut(id) {
            written += 1;
            least = least.min(*reads);
            *reads += 1;
        }
    }
    (written * 2 > ids.len()).then_some(least)
}

/// The rows that a call names, by id.
enum Rows {
    Read(Vec<String>),
    Written(Vec<String>),
}

/// None if the call is about no rows in particular.
#[expect(clippy::wildcard_enum_match_arm, reason = "few of the many endpoints name rows")]
fn rows(call: &RecordedCall) -> Result<Option<Rows>> {
    let last_part = || call.path.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(match call.endpoint {
        Endpoint::CollectionsRetrieve => {
            let body: Value = serde_json::from_slice(&call.body)?;
            Some(Rows::Read(texts(&body, "ids", Value::as_str)))
        }
        Endpoint::CollectionsUpdate => {
            let body: Value = serde_json::from_slice(&call.body)?;
            Some(Rows::Written(texts(&body, "records", id_of)))
        }
        Endpoint::Composite => composite(&serde_json::from_slice(&call.body)?),
        Endpoint::BulkIngestUpload => Some(Rows::Written(uploaded(&call.body)?)),
        Endpoint::RowUpdate => Some(Rows::Written(vec![last_part()])),
        Endpoint::RowGet => Some(Rows::Read(vec![last_part()])),
        _ => None,
    })
}

fn texts(body: &Value, list: &str, text: fn(&Value) -> Option<&str>) -> Vec<String> {
    let entries = body.get(list).and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(text).map(str::to_owned).collect()
}

fn id_of(row: &Value) -> Option<&str> {
    row.get("id").or_else(|| row.get("Id"))?.as_str()
}

/// The row that a subrequest is about.
fn row_of(subrequest: &Value) -> Option<&str> {
    let path = subrequest.get("url")?.as_str()?.split('?').next()?;
    let (_, row) = path.split_once("/sobjects/")?;
    row.rsplit('/').next()
}

/// The rows of the subrequests. One that writes makes the call one that writes.
fn composite(body: &Value) -> Option<Rows> {
    let is_write = |entry: &Value| entry.get("method").is_some_and(|method| method == "PATCH");
    let ids = texts(body, "compositeRequest", row_of);
    if ids.is_empty() {
        return None;
    }
    let entries = body.get("compositeRequest").and_then(Value::as_array);
    let writes = entries.is_some_and(|entries| entries.iter().any(is_write));
    Some(if writes { Rows::Written(ids) } else { Rows::Read(ids) })
}

/// The ids in the upload of a job.
fn uploaded(csv: &[u8]) -> Result<Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv);
    let headers = reader.headers()?;
    let column = headers
        .iter()
        .position(|name| name.eq_ignore_ascii_case("id"))
        .context("the upload has no column Id")?;
    let mut ids = Vec::new();
    for row in reader.records() {
        ids.push(row?.get(column).unwrap_or_default().to_owned());
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(endpoint: Endpoint, body: &str) -> RecordedCall {
        RecordedCall { endpoint, path: String::new(), body: body.to_owned().into() }
    }

    fn read(ids: &[&str]) -> RecordedCall {
        call(Endpoint::CollectionsRetrieve, &json!({"ids": ids, "fields": ["Id"]}).to_string())
    }

    fn calls(read: u64, write: u64, read_back: u64, verify: u64, other: u64) -> Calls {
        Calls { read, write, read_back, verify, other }
    }

    #[test]
    fn reads_are_told_by_what_was_written_before() {
        let written = json!({"records": [{"id": "a"}, {"Id": "b"}]}).to_string();
        let recorded = [
            call(Endpoint::Token, ""),
            call(Endpoint::Limits, ""),
            read(&["a", "b"]),
            read(&["c"]),
            call(Endpoint::CollectionsUpdate, &written),
            // As long as most of the rows were not written, it is still the look before.
            read(&["a", "c", "d"]),
            read(&["b", "a"]),
            read(&["a", "b"]),
        ];
        assert_eq!(Calls::of(&recorded).unwrap(), calls(3, 1, 1, 1, 1));
    }

    #[test]
    fn subrequests_and_uploads_name_rows_too() {
        let url = "/services/data/v66.0/sobjects/DocListEntry__c/";
        let part = |method: &str, id: &str| json!({"method": method, "url": format!("{url}{id}")});
        let composite = |method: &str| json!({"compositeRequest": [part(method, "a")]}).to_string();
        let recorded = [
            call(Endpoint::Composite, &composite("GET")),
            call(Endpoint::Composite, &composite("PATCH")),
            read(&["a"]),
            call(Endpoint::BulkIngestCreate, "{}"),
            call(Endpoint::BulkIngestUpload, "Document__c,Id\n\"https://x/,\",b\n"),
            call(Endpoint::BulkIngestStatus, ""),
            read(&["b"]),
            read(&["a", "b"]),
        ];
        // b had been read back only once, a twice: the least counts.
        assert_eq!(Calls::of(&recorded).unwrap(), calls(1, 4, 2, 1, 0));
    }

    #[test]
    fn a_body_that_cannot_be_read_is_an_error() {
        assert!(Calls::of(&[call(Endpoint::CollectionsUpdate, "{")]).is_err());
        assert!(Calls::of(&[call(Endpoint::BulkIngestUpload, "Document__c\nx\n")]).is_err());
    }
}
