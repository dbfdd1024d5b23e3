//! What is made of reports, whole ones and others.

use std::io::Write as _;

use drayage_domain::reconcile::Object;
use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::{Value, json};

use super::super::Inventory;
use super::*;
use crate::objects::test_support::{FakeS3, Reports, Stored, s3_client};

const BASE: &str = "reports/src/daily/2026-01-02T01-00Z/";
const SCHEMA: &str =
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass";

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).encode_hex()
}

/// The bucket of reports, with these data files in it.
struct Reported {
    fake: FakeS3,
    manifest: Value,
}

impl Reported {
    async fn with(files: &[Vec<u8>]) -> Self {
        let fake = FakeS3::start(Reports::Nothing).await;
        let mut listed = Vec::new();
        for (number, bytes) in files.iter().enumerate() {
            let key = format!("reports/src/daily/data/{number}.csv.gz");
            fake.store(&format!("dst/{key}"), Stored::new(bytes));
            listed.push(json!({"key": key, "size": bytes.len(), "MD5checksum": md5(bytes)}));
        }
        let manifest = json!({
            "sourceBucket": "src", "destinationBucket": "arn:aws:s3:::dst", "version": "2016-11-30",
            "creationTimestamp": "1767315600000", "fileFormat": "CSV", "fileSchema": SCHEMA,
            "files": listed,
        });
        Self { fake, manifest }
    }

    fn publish(&self) {
        let manifest = self.manifest.to_string().into_bytes();
        let checksum = format!("{}\n", md5(&manifest));
        self.fake.store(&format!("dst/{BASE}manifest.json"), Stored::new(&manifest));
        self.fake.store(&format!("dst/{BASE}manifest.checksum"), Stored::new(checksum.as_bytes()));
    }

    async fn open(&self) -> Result<S3InventoryReport, S3InventoryError> {
        let client = s3_client(&self.fake.uri());
        S3InventoryReport::open(client, "dst", &format!("{BASE}manifest.json")).await
    }

    async fn read(&self, prefix: &str, range: KeyRange) -> Result<Vec<Object>, InventoryError> {
        self.publish();
        let mut sorted = self.open().await?.read(prefix, &range, Sorter::new(1 << 20)).await?;
        let mut objects = Vec::new();
        while let Some(page) = sorted.next_page().await? {
            objects.extend(page);
        }
        Ok(objects)
    }
}

/// A row of the current version.
fn row(key: &str, size: &str) -> String {
    format!(
        "\"src\",\"{key}\",\"v1\",\"true\",\"false\",\"{size}\",\"2026-01-01T00:00:00.000Z\",\"e{size}\",\"STANDARD\"\n"
    )
}

#[tokio::test]
async fn rows_of_all_files_come_sorted_and_with_their_keys_decoded() {
    let old = row("p/a%0Ab", "9").replace("\"true\"", "\"false\"");
    let deleted = "\"src\",\"p/gone\",\"v2\",\"true\",\"true\",\"\",\"\",\"\",\"\"\n";
    let first = [row("p/z", "3"), row("p/a%0Ab", "1"), old, deleted.to_owned()].concat();
    let second = [row("p/k+%2B%25", "2"), row("q/other", "4")].concat();
    let reported = Reported::with(&[gzipped(&first), gzipped(&second), gzipped("")]).await;
    let objects = reported.read("p/", KeyRange::ALL).await.unwrap();
    let found: Vec<_> = objects.iter().map(|o| (o.key.as_str(), o.size_bytes)).collect();
    assert_eq!(found, [("a\nb", 1), ("k +%", 2), ("z", 3)]);
    let expected = Object {
        key: "z".to_owned(),
        size_bytes: 3,
        etag: Some("e3".to_owned()),
        last_modified: Some("2026-01-01T00:00:00.000Z".to_owned()),
        storage_class: Some("STANDARD".to_owned()),
        ..Object::default()
    };
    assert_eq!(objects.last(), Some(&expected));
    let report = reported.open().await.unwrap();
    assert_eq!(report.created_at().as_deref(), Some("2026-01-02T01:00:00Z"));
    let range = KeyRange { after: Some("a\nb".to_owned()), until: Some("k +%".to_owned()) };
    assert_eq!(reported.read("p/", range).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_many_pages_is_read_to_its_end() {
    let rows: String = (0..25_000).map(|n| row(&format!("k{:05}", 24_999 - n), "1")).collect();
    let reported = Reported::with(&[gzipped(&rows)]).await;
    assert_eq!(reported.read("", KeyRange::ALL).await.unwrap().len(), 25_000);
}

#[rstest]
#[case::orc("fileFormat", "ORC", "CSV")]
#[case::parquet("fileFormat", "Parquet", "CSV")]
#[case::no_etag("fileSchema", "Bucket, Key, Size", "ETag")]
#[case::no_size("fileSchema", "Bucket, Key, ETag", "Size")]
#[tokio::test]
async fn a_report_that_is_not_read_says_how_to_configure_it(
    #[case] field: &str,
    #[case] value: &str,
    #[case] named: &str,
) {
    let mut reported = Reported::with(&[]).await;
    reported.manifest[field] = json!(value);
    reported.publish();
    let error = reported.open().await.unwrap_err();
    assert!(!error.retryable() && error.error_type() == "InventoryInvalid");
    let words = error.to_string();
    assert!(words.contains(named) && words.contains("hint: "), "{words}");
}

#[tokio::test]
async fn a_manifest_that_is_missing_or_was_edited_is_refused() {
    let reported = Reported::with(&[]).await;
    let error = reported.open().await.unwrap_err();
    assert!(matches!(error, S3InventoryError::NoManifest { .. }), "{error}");
    reported.publish();
    reported.fake.store(&format!("dst/{BASE}manifest.json"), Stored::new(b"{}"));
    let error = reported.open().await.unwrap_err();
    assert!(matches!(error, S3InventoryError::Damaged { .. }), "{error}");
}

#[rstest]
#[case::cut_off("{\"sourceBucket\": \"src\", \"fileFormat\": \"CS")]
#[case::nothing("")]
#[case::another_document("{\"files\": []}")]
#[case::other_types("[1, 2]")]
#[tokio::test]
async fn a_manifest_that_was_written_wrongly_is_none(#[case] manifest: &str) {
    let reported = Reported::with(&[]).await;
    let manifest_at = |name: &str| format!("dst/{BASE}manifest.{name}");
    reported.fake.store(&manifest_at("json"), Stored::new(manifest.as_bytes()));
    reported.fake.store(&manifest_at("checksum"), Stored::new(md5(manifest.as_bytes()).as_bytes()));
    let error = reported.open().await.unwrap_err();
    assert!(matches!(error, S3InventoryError::InvalidManifest { .. }), "{error}");
    assert!(!error.retryable() && error.to_string().contains("hint: "), "{error}");
}

#[tokio::test]
async fn a_report_on_another_bucket_is_refused() {
    let reported = Reported::with(&[]).await;
    reported.publish();
    assert!(reported.open().await.unwrap().of_bucket("src").is_ok());
    let error = reported.open().await.unwrap().of_bucket("other").unwrap_err();
    assert!(error.to_string().contains("about the bucket src, not other; hint: "), "{error}");
}

#[rstest]
#[case::other_bytes(|file: &mut Vec<u8>| file[20] ^= 1, true)]
#[case::cut_off(|file: &mut Vec<u8>| file.truncate(file.len() / 2), true)]
#[case::written_cut_off(|file: &mut Vec<u8>| file.truncate(file.len() / 2), false)]
#[tokio::test]
async fn a_damaged_data_file_is_an_error(#[case] damage: fn(&mut Vec<u8>), #[case] later: bool) {
    let rows: String = (0..3_000).map(|n| row(&format!("k{n}"), "1")).collect();
    let mut file = gzipped(&rows);
    if !later {
        damage(&mut file);
    }
    let reported = Reported::with(std::slice::from_ref(&file)).await;
    if later {
        damage(&mut file);
        reported.fake.store("dst/reports/src/daily/data/0.csv.gz", Stored::new(&file));
    }
    let error = reported.read("", KeyRange::ALL).await.unwrap_err();
    let InventoryError::Report(error) = error else { panic!("{error}") };
    if later {
        assert!(matches!(error, S3InventoryError::Damaged { .. }), "{error}");
    } else {
        assert!(matches!(error, S3InventoryError::BadRow { .. }), "{error}");
    }
}

#[rstest]
#[case::size("p,many,ETAG", "Key, Size, ETag")]
#[case::columns("p,1", "Key, Size, ETag")]
#[case::key("%ff,1,E", "Key, Size, ETag")]
#[tokio::test]
async fn a_row_that_makes_no_sense_is_named(#[case] row: &str, #[case] schema: &str) {
    let rows =
        if row.matches(',').count() == 2 { format!("a,1,E\n{row}\n") } else { format!("{row}\n") };
    let mut reported = Reported::with(&[gzipped(&rows)]).await;
    reported.manifest["fileSchema"] = json!(schema);
    let error = reported.read("", KeyRange::ALL).await.unwrap_err();
    assert!(matches!(error, InventoryError::Report(S3InventoryError::BadRow { .. })), "{error}");
}

#[tokio::test]
async fn a_data_file_that_is_gone_or_refused_has_its_own_words() {
    let reported = Reported::with(&[gzipped(&row("a", "1"))]).await;
    reported.publish();
    let report = reported.open().await.unwrap();
    for (status, code, kind) in [
        (404, "NoSuchKey", "InventoryInvalid"),
        (403, "AccessDenied", "InventoryDenied"),
        (503, "SlowDown", "InventoryUnavailable"),
    ] {
        reported.fake.fail("GET", status, code);
        let error = report.read("", &KeyRange::ALL, Sorter::new(1)).await.unwrap_err();
        assert_eq!(error.error_type(), kind, "{error}");
    }
}
