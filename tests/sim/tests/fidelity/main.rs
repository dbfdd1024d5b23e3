//! Checks the simulator against clients that nobody here wrote: the unmodified `simple-salesforce` and `jsforce`
//! log in, page through a query, run Bulk jobs and update rows, and the store must show what they believe.
//!
//! The clients are installed from their registries at pinned versions when they are first needed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and must say loudly what it did not check"
)]

mod drivers;
mod install;

use drayage_sim::salesforce::{Org, OrgConfig, Seed, populate};
use serde_json::{Value, json};

/// Entries in the org: three REST pages.
const ENTRIES: usize = 4_500;

fn org() -> Org {
    let org = Org::new(OrgConfig { is_sandbox: false, ..OrgConfig::default() }).unwrap();
    let url_prefix = "https://legacy-documents.s3.us-east-1.amazonaws.com/files".to_owned();
    populate(&org, &Seed { seed: 7, entries: ENTRIES, url_prefix }).unwrap();
    org
}

/// Ids of all entries, in order.
fn ids(org: &Org) -> Vec<String> {
    org.snapshot("DocListEntry__c").into_keys().collect()
}

/// Three updates of each kind; the second of them breaks the length limit of the URL field.
fn updates(ids: &[String], typed: bool) -> Value {
    let row = |id: &String, url: String| {
        let mut row = json!({"Id": id, "Document__c": url});
        if typed {
            row["attributes"] = json!({"type": "DocListEntry__c"});
        }
        row
    };
    let rows = |ids: &[String], kind: &str| {
        json!([
            row(&ids[0], format!("https://new.example/{kind}/a%20b.pdf")),
            row(&ids[1], format!("https://new.example/{kind}/{}", "x".repeat(255))),
            row(&ids[2], format!("https://new.example/{kind}/\"quoted\",comma.pdf")),
        ])
    };
    let mut ingest = rows(&ids[3..6], "ingest");
    for row in ingest.as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("attributes");
    }
    json!({"collections": rows(&ids[..3], "collections"), "ingest": ingest})
}

/// The rows are as the updates of [`updates`] leave them.
fn assert_updated(org: &Org, before: &[Value], ids: &[String]) {
    let url = |id: &String| org.get("DocListEntry__c", id).unwrap()["Document__c"].clone();
    assert_eq!(url(&ids[0]), "https://new.example/collections/a%20b.pdf");
    assert_eq!(url(&ids[1]), before[1], "a refused row keeps its value");
    assert_eq!(url(&ids[2]), "https://new.example/collections/\"quoted\",comma.pdf");
    assert_eq!(url(&ids[3]), "https://new.example/ingest/a%20b.pdf");
    assert_eq!(url(&ids[4]), before[4], "a refused row keeps its value");
    assert_eq!(url(&ids[5]), "https://new.example/ingest/\"quoted\",comma.pdf");
}

fn urls(org: &Org, ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| org.get("DocListEntry__c", id).unwrap()["Document__c"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn simple_salesforce_works_against_the_simulator() {
    let Some(python) = install::python() else { return };
    let org = org();
    let ids = ids(&org);
    let before = urls(&org, &ids[..6]);
    let report = drivers::simple_salesforce(&python, &org, &updates(&ids, true)).await;

    for flow in ["jwt", "soap", "password", "client_credentials"] {
        assert_eq!(report["logins"][flow]["limits"], 100_000, "login by {flow}");
        assert_eq!(report["logins"][flow]["instance"], "acme.my.salesforce.com", "login by {flow}");
    }
    assert!(report["wrong_password"].as_str().unwrap().contains("INVALID_LOGIN"));
    assert_eq!(
        report["hosts"],
        json!(["acme.my.salesforce.com", "login.salesforce.com"]),
        "the client used the addresses it builds itself"
    );
    assert_eq!(report["query"]["total"], ENTRIES);
    assert_eq!(report["query"]["ids"], json!(ids));
    assert_eq!(report["count"], ENTRIES);
    assert_eq!(report["describe"]["Document__c"], 255);

    let pages = report["bulk_pages"].as_array().unwrap();
    assert_eq!(pages.len(), 3, "4,500 rows in pages of 2,000");
    let lines: Vec<usize> =
        pages.iter().map(|page| page.as_str().unwrap().trim_end().lines().count()).collect();
    assert_eq!(lines, [2_001, 2_001, 501], "every page repeats the header");

    let collections = &report["collections"];
    assert_eq!(collections[0]["success"], true);
    assert_eq!(collections[1]["errors"][0]["statusCode"], "STRING_TOO_LONG");
    assert_eq!(collections[2]["id"], json!(ids[2]));

    let job = &report["ingest"][0];
    assert_eq!(job["numberRecordsProcessed"], 3);
    assert_eq!(job["numberRecordsFailed"], 1);
    assert_eq!(job["successful"].as_str().unwrap().trim_end().lines().count(), 3);
    assert!(job["failed"].as_str().unwrap().contains("STRING_TOO_LONG"));
    assert_eq!(job["unprocessed"].as_str().unwrap().trim_end().lines().count(), 1, "a header only");
    assert_updated(&org, &before, &ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_works_against_the_simulator() {
    let Some(node) = install::node() else { return };
    let org = org();
    let ids = ids(&org);
    let before = urls(&org, &ids[..6]);
    let report = drivers::jsforce(&node, &org, &updates(&ids, false)).await;

    for flow in ["soap", "password", "client_credentials", "jwt"] {
        assert_eq!(report["logins"][flow]["limits"], 100_000, "login by {flow}");
        assert_eq!(report["logins"][flow]["organization"], json!(org.org_id()), "login by {flow}");
    }
    assert_eq!(report["query"]["total"], ENTRIES);
    assert_eq!(report["query"]["done"], true);
    assert_eq!(report["query"]["ids"], json!(ids));
    assert_eq!(report["describe"]["Document__c"], 255);

    let rows = report["bulk"].as_array().unwrap();
    assert_eq!(rows.len(), ENTRIES);
    let read: Vec<&str> = rows.iter().map(|row| row["Id"].as_str().unwrap()).collect();
    assert_eq!(read, ids);

    let collections = &report["collections"];
    assert_eq!(collections[0]["success"], true);
    assert_eq!(collections[1]["errors"][0]["statusCode"], "STRING_TOO_LONG");
    assert_eq!(collections[2]["id"], json!(ids[2]));

    let ingest = &report["ingest"];
    assert_eq!(ingest["successfulResults"].as_array().unwrap().len(), 2);
    assert_eq!(ingest["failedResults"].as_array().unwrap().len(), 1);
    assert!(ingest["failedResults"][0]["sf__Error"].as_str().unwrap().contains("STRING_TOO_LONG"));
    assert_eq!(ingest["unprocessedRecords"].as_array().unwrap().len(), 0);
    assert_updated(&org, &before, &ids);
}
