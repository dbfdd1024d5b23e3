//! Accounts, with how their files stand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use drayage_aws::ledger::AccountFile;
use drayage_domain::state::FileState;
use futures::future::try_join_all;
use serde::Serialize;

use super::runs::{RunStatus, newest};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountView {
    /// 18-character id; none for records without an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_id: Option<String>,
    /// The name when last seen. Hostile text is possible: renderers escape it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// Records in the ledger.
    pub(crate) files: u64,
    /// Bytes of proven copies.
    pub(crate) bytes: u64,
    /// Those with a proven copy that still point at their source.
    pub(crate) verified: u64,
    /// Those that point at their copy.
    pub(crate) switched: u64,
    /// Those that were skipped on purpose.
    pub(crate) skipped: u64,
    /// Those that need a person.
    pub(crate) needs_attention: u64,
    /// All of them by ledger state.
    pub(crate) states: BTreeMap<String, u64>,
}

/// All accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accounts {
    /// Where the numbers are from: `ledger`, or `analysis` of the run while the ledger is empty.
    pub(crate) from: String,
    /// The accounts, by number of files, the largest first.
    #[expect(clippy::struct_field_names, reason = "the name in JSON, beside where they are from")]
    pub(crate) accounts: Vec<AccountView>,
    /// The sum of all of them.
    pub(crate) total: AccountView,
}

/// Parts of the table that are read at the same time.
const SEGMENTS: u32 = 8;
/// Analyses that are looked through for the newest one that has ended well.
const ANALYSES_LOOKED_AT: usize = 10;
/// A list of a hundred thousand accounts has some ten megabytes.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Reads the whole ledger, in parallel and page by page; memory grows with the number of accounts only.
///
/// * `seen`: is told now and then how many rows were read.
pub(crate) async fn accounts(
    connection: &Connection,
    seen: &(dyn Fn(u64) + Sync),
) -> Result<Accounts, Failure> {
    let rows = AtomicU64::new(0);
    let segments = (0..SEGMENTS).map(|segment| {
        let rows = &rows;
        async move {
            let mut sums = Sums::default();
            let mut cursor = None;
            loop {
                let (files, next) =
                    connection.ledger.scan_accounts(segment, SEGMENTS, cursor).await?;
                let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
                seen(rows.fetch_add(count, Ordering::Relaxed) + count);
                for file in files {
                    sums.add(file);
                }
                match next {
                    Some(next) => cursor = Some(next),
                    None => return Ok::<_, Failure>(sums),
                }
            }
        }
    });
    let mut sums = Sums::default();
    for segment in try_join_all(segments).await? {
        sums.merge(segment);
    }
    if sums.accounts.is_empty()
        && let Some(analysed) = of_analysis(connection).await?
    {
        return Ok(analysed);
    }
    Ok(sums.finish("ledger"))
}

/// What the newest analysis has counted, if there is one.
async fn of_analysis(connection: &Connection) -> Result<Option<Accounts>, Failure> {
    let runs = newest(connection, &[Kind::Analyze], ANALYSES_LOOKED_AT, false).await?.runs;
    for run in runs.iter().filter(|run| run.status == RunStatus::Succeeded) {
        let key = format!("runs/{}/accounts.csv", run.run_id);
        if let Some(list) = connection.state_object(&key, LIST_BYTES_MAX).await? {
            return analysed(&run.run_id, &list).map(Some);
        }
    }
    Ok(None)
}

fn analysed(run_id: &str, list: &[u8]) -> Result<Accounts, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::failed(
            format!("the accounts of {run_id} cannot be understood: {error}"),
            "start another analysis: `dray analyze`",
        )
    };
    let mut reader = csv::Reader::from_reader(list);
    let headers = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let (id, name) = (column("account_id"), column("account_name"));
    let Some(files) = column("files") else {
        return Err(unreadable(&"it has no column files"));
    };
    let mut sums = Sums::default();
    for row in reader.records() {
        let row = row.map_err(|error| unreadable(&error))?;
        let text = |column: Option<usize>| {
            let cell = row.get(column?)?;
            // As the writers of our tables guard cells that a spreadsheet would calculate.
            let cell = cell.strip_prefix('\'').unwrap_or(cell);
            Some(cell.to_owned()).filter(|cell| !cell.is_empty())
        };
        let count = row.get(files).unwrap_or_default();
        let view = AccountView {
            account_id: text(id),
            account_name: text(name),
            files: count.parse().map_err(|error| unreadable(&error))?,
            ..AccountView::default()
        };
        let key = view.account_id.clone();
        sums.accounts.entry(key).or_default().add_view(&view);
    }
    Ok(sums.finish(&format!("analysis {run_id}")))
}

/// Accounts by id, while rows are read.
#[derive(Debug, Default)]
struct Sums {
    accounts: BTreeMap<Option<String>, AccountView>,
}

impl Sums {
    fn add(&mut self, file: AccountFile) {
        let AccountFile { account_id, account_name, state, copy_bytes, needs_attention } = file;
        let one = AccountView {
            account_id: account_id.clone(),
            account_name,
            files: 1,
            bytes: copy_bytes.unwrap_or(0),
            verified: u64::from(state == FileState::Verified),
            switched: u64::from(state == FileState::Switched),
            skipped: u64::from(state == FileState::Skipped),
            needs_attention: u64::from(needs_attention),
            states: BTreeMap::from([(state.name().to_owned(), 1)]),
        };
        self.accounts.entry(account_id).or_default().add_view(&one);
    }

    fn merge(&mut self, other: Self) {
        for (id, view) in other.accounts {
            self.accounts.entry(id).or_default().add_view(&view);
        }
    }

    fn finish(self, from: &str) -> Accounts {
        let mut accounts: Vec<AccountView> = self.accounts.into_values().collect();
        accounts.sort_by(|one, other| {
            (other.files, &one.account_name, &one.account_id).cmp(&(
                one.files,
                &other.account_name,
                &other.account_id,
            ))
        });
        let total = total_of(&accounts);
        Accounts { from: from.to_owned(), accounts, total }
    }
}

/// The sum of these accounts, which has no name.
pub(crate) fn total_of(accounts: &[AccountView]) -> AccountView {
    let mut total = AccountView::default();
    for account in accounts {
        total.add_view(account);
    }
    AccountView { account_id: None, account_name: None, ..total }
}

impl AccountView {
    /// Adds what another part has of the same account.
    fn add_view(&mut self, other: &Self) {
        if self.account_id.is_none() {
            self.account_id.clone_from(&other.account_id);
        }
        // Rows that were not seen since a rename have an older name; which is newer is not told, so it is the same one each time.
        if other.account_name > self.account_name {
            self.account_name.clone_from(&other.account_name);
        }
        self.files += other.files;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.verified += other.verified;
        self.switched += other.switched;
        self.skipped += other.skipped;
        self.needs_attention += other.needs_attention;
        for (state, count) in &other.states {
            *self.states.entry(state.clone()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::MockServer;

    use super::*;
    use crate::connection::test_support::{answer, connection, document, sent};

    fn row(account: Option<&str>, state: &str, bytes: Option<u64>) -> serde_json::Value {
        let mut row = json!({"state": {"S": state}});
        if let Some(account) = account {
            row["account_id"] = json!({"S": account});
            row["account_name"] = json!({"S": format!("Name of {account}")});
        }
        if let Some(bytes) = bytes {
            row["proof"] = json!({"M": {
                "sizeBytes": {"N": bytes.to_string()}, "etag": {"S": "e"}, "level": {"S": "checksum"},
            }});
        }
        row
    }

    #[tokio::test]
    async fn rows_of_all_segments_are_summed_by_account() {
        let server = MockServer::start().await;
        let items = [
            row(Some("001A"), "Verified", Some(5)),
            row(Some("001A"), "Switched", Some(7)),
            row(None, "Failed", None),
            row(Some("001B"), "Skipped", None),
        ];
        answer(&server, "DynamoDB_20120810.Scan", 200, &json!({"Items": items})).await;
        let seen = AtomicU64::new(0);
        let told = |rows: u64| {
            seen.fetch_max(rows, Ordering::Relaxed);
        };
        let found = accounts(&connection(&server), &told).await.unwrap();
        // Every segment gets the same answer here.
        let times = u64::from(SEGMENTS);
        assert_eq!(sent(&server, "DynamoDB_20120810.Scan").await.len(), 8);
        assert_eq!(seen.load(Ordering::Relaxed), 4 * times);
        assert_eq!(found.from, "ledger");
        let first = found.accounts.first().unwrap();
        assert_eq!(first.account_name.as_deref(), Some("Name of 001A"));
        assert_eq!((first.files, first.bytes), (2 * times, 12 * times));
        assert_eq!((first.verified, first.switched), (times, times));
        let total = &found.total;
        assert_eq!((total.files, total.needs_attention, total.skipped), (4 * times, times, times));
        assert_eq!((&total.account_id, &total.account_name), (&None, &None));
    }

    #[tokio::test]
    async fn while_the_ledger_is_empty_the_newest_analysis_is_asked() {
        let server = MockServer::start().await;
        answer(&server, "DynamoDB_20120810.Scan", 200, &json!({"Items": []})).await;
        answer(&server, "DynamoDB_20120810.Query", 200, &json!({"Items": []})).await;
        answer(&server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
        let execution = json!({
            "executionArn": "arn:a", "stateMachineArn": "arn:analyze", "name": "analyze-1",
            "status": "SUCCEEDED", "startDate": 1.0, "stopDate": 2.0,
        });
        let list = json!({"executions": [execution]});
        answer(&server, "AWSStepFunctions.ListExecutions", 200, &list).await;
        answer(&server, "AWSStepFunctions.DescribeExecution", 200, &execution).await;
        let csv = "account_id,account_name,records,files\r\n001A,'=Acme,9,3\r\n,,1,1\r\n";
        document(&server, "/runs/analyze-1/accounts.csv", csv).await;
        let found = accounts(&connection(&server), &|_| {}).await.unwrap();
        assert_eq!(found.from, "analysis analyze-1");
        assert_eq!(found.total.files, 4);
        let first = found.accounts.first().unwrap();
        assert_eq!((first.account_name.as_deref(), first.files), (Some("=Acme"), 3));
    }
}
