//! Generated data is reproducible, unique, and as odd as asked for.

use std::collections::BTreeSet;

use super::*;
use crate::files::FileServer;
use crate::salesforce::{Org, OrgConfig};

fn dataset(seed: u64, entries: usize) -> Dataset {
    Dataset::generate(DatasetOptions {
        seed,
        entries,
        source_bucket: "external-docs".to_owned(),
        destination_bucket: "drayage-destination".to_owned(),
        http_base: "http://127.0.0.1:9999".to_owned(),
    })
}

#[test]
fn equal_options_give_equal_data() {
    let (one, two) = (dataset(7, 200), dataset(7, 200));
    assert_eq!(one.entries, two.entries);
    assert_eq!(one.accounts, two.accounts);
    assert_eq!(one.files, two.files);
    for file in one.files.values().take(20) {
        assert_eq!(file.content.bytes(), file.content.bytes());
    }
    assert_ne!(one.entries, dataset(8, 200).entries);
}

#[test]
fn no_two_files_have_equal_bytes() {
    let data = dataset(1, 300);
    let contents: BTreeSet<Vec<u8>> =
        data.files.values().map(|file| file.content.bytes()).collect();
    assert_eq!(contents.len(), data.files.len());
}

#[test]
fn urls_fit_the_salesforce_field_and_ids_are_unique() {
    let data = dataset(1, 500);
    let ids: BTreeSet<&str> = data.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!((ids.len(), data.entries.len()), (500, 500));
    for entry in &data.entries {
        assert!(entry.url.as_ref().is_none_or(|url| url.chars().count() <= 255), "{entry:?}");
        assert_eq!(entry.expected == VERIFIED, data.expected_content(entry).is_some());
    }
}

#[test]
fn a_large_set_has_every_case_and_files_of_several_parts() {
    let data = dataset(3, 500);
    let cases: BTreeSet<&str> = data.entries.iter().map(|entry| entry.case).collect();
    let mut maker = Maker {
        options: data.options.clone(),
        accounts: 5,
        contents: 0,
        random: ChaCha8Rng::seed_from_u64(1),
    };
    for group in hazards::groups(&mut maker) {
        assert!(group.drafts.iter().all(|draft| cases.contains(draft.case)), "{group:?}");
    }
    let several_parts = |entry: &&Entry| {
        data.expected_content(entry).is_some_and(|content| content.size_bytes > 8 * 1024 * 1024)
    };
    assert_eq!(data.entries.iter().filter(several_parts).count(), 2);
}

#[test]
fn a_small_set_is_at_most_half_peculiar() {
    for entries in [0, 1, 2, 20] {
        let data = dataset(1, entries);
        assert_eq!(data.entries.len(), entries);
        let odd = data.entries.iter().filter(|entry| entry.case != "ordinary").count();
        assert!(odd * 2 <= entries);
    }
}

#[test]
fn files_are_what_their_names_say() {
    let content = |name: &str| {
        let kind = FileKind::of(name);
        Content { kind, seed: 1, size_bytes: 70_000 }.bytes()
    };
    let pdf = content("a.pdf");
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.ends_with(b"%%EOF\n"));
    for (name, part) in [("a.docx", "word/document.xml"), ("a.XLSX", "xl/workbook.xml")] {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(content(name))).unwrap();
        assert!(archive.by_name(part).is_ok());
    }
    let png = content("a.png");
    assert!(png.starts_with(b"\x89PNG") && png.ends_with(b"IEND\xae\x42\x60\x82"));
    let jpeg = content("a.jpg");
    assert!(jpeg.starts_with(&[0xFF, 0xD8, 0xFF, 0xFE]) && jpeg.ends_with(&[0xFF, 0xD9]));
    assert_eq!(content("a.csv").len(), 70_000);
}

#[tokio::test]
async fn a_set_loads_into_an_org_and_a_file_server() {
    let server = FileServer::start().await.unwrap();
    let mut options = dataset(1, 400).options;
    server.base_url().clone_into(&mut options.http_base);
    let data = Dataset::generate(options);
    let org = Org::new(OrgConfig::default()).unwrap();
    data.load_org(&org).unwrap();
    data.load_files(&server);
    assert_eq!(org.snapshot("DocListEntry__c").len(), 400);
    for entry in &data.entries {
        let row = org.get("DocListEntry__c", &entry.id).unwrap();
        let stored = row.get("Document__c").and_then(|value| value.as_str());
        assert_eq!(stored.map_or("", str::trim), entry.url.as_deref().map_or("", str::trim));
        if let Some(Place::Http(path)) = &entry.source {
            let expected = data.expected_content(entry).unwrap().bytes();
            assert_eq!(server.bytes(path).unwrap(), expected);
        }
    }
}

#[test]
fn a_data_set_of_small_files_has_nothing_else() {
    let options = dataset(3, 1).options;
    let data = Dataset::small_files(DatasetOptions { entries: 400, ..options });
    assert_eq!(data.expected_counts(), BTreeMap::from([(VERIFIED.to_owned(), 400)]));
    assert!(data.files.values().all(|file| file.content.bytes().len() < 10_000));
    assert!(data.entries.iter().all(|entry| data.entry(&entry.id) == Some(entry)));
    assert_eq!(data.entry("a0B"), None);
}
