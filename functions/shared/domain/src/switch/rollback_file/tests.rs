//! Rollback files: what comes back is what was written, and nothing less passes for it.

use proptest::prelude::*;

use super::*;

fn header() -> RollbackHeader {
    RollbackHeader {
        run: "m-1".to_owned(),
        org: Some("00D000000000001EAA".to_owned()),
        object: "DocListEntry__c".to_owned(),
        field: "Document__c".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
    }
}

fn line(id: &str, from: Option<&str>, to: Option<&str>) -> SwitchLine {
    SwitchLine {
        record_id: id.to_owned(),
        account_id: Some("001000000000001AAA".to_owned()),
        account_name: None,
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    }
}

fn file(lines: &[SwitchLine]) -> Vec<u8> {
    let mut writer = RollbackWriter::new(Vec::new(), &header()).unwrap();
    for line in lines {
        writer.write(line).unwrap();
    }
    writer.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<SwitchLine>, RollbackFileError> {
    RollbackReader::open(bytes)?.collect()
}

fn sample() -> Vec<u8> {
    file(&[
        line("a0B000000000001AAA", Some("https://old/%20+é\u{1f600} "), Some("https://new/1")),
        line("a0B000000000002AAA", None, Some("https://new/2")),
    ])
}

#[test]
fn the_header_is_as_documented() {
    let text = String::from_utf8(file(&[])).unwrap();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "{\"drayage\":\"rollback\",\"version\":1,\"run\":\"m-1\",\"org\":\"00D000000000001EAA\",\
         \"object\":\"DocListEntry__c\",\"field\":\"Document__c\",\"createdAt\":\"2026-01-01T00:00:00Z\"}"
    );
    assert!(first.as_bytes().starts_with(b"{\"drayage\":\"rollback\","));
    assert!(text.lines().nth(1).unwrap().starts_with("{\"records\":0,\"sha256\":\""));
    assert_eq!(read(text.as_bytes()).unwrap(), []);
}

/// Everything but the last line end is needed.
#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let whole = sample();
    for length in 0..whole.len() - 1 {
        let error = read(&whole[..length]).unwrap_err();
        assert!(
            matches!(error, RollbackFileError::Truncated { .. }),
            "cut to {length} of {} bytes: {error}",
            whole.len()
        );
    }
    assert_eq!(read(&whole[..whole.len() - 1]).unwrap().len(), 2);
}

#[test]
fn whole_records_before_the_cut_are_counted() {
    let whole = sample();
    let trailer = whole.iter().rposition(|byte| *byte == b'{').unwrap();
    let error = read(&whole[..trailer]).unwrap_err();
    assert!(error.to_string().contains("after 2 records"), "{error}");
}

/// A changed byte never passes for what was written.
#[test]
fn a_file_with_one_changed_byte_is_refused() {
    let whole = sample();
    for position in 0..whole.len() - 1 {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        assert!(read(&changed).is_err(), "byte {position}");
    }
}

#[test]
fn each_fault_has_its_name() {
    use RollbackFileError as E;
    let text = String::from_utf8(sample()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    let error = |text: String| read(text.as_bytes()).unwrap_err();

    let missing_line = error(joined(&[lines[0], lines[1], lines[3]]));
    assert!(matches!(missing_line, E::OtherCount { told: 2, found: 1 }), "{missing_line}");
    let swapped = error(joined(&[lines[0], lines[2], lines[1], lines[3]]));
    assert!(matches!(swapped, E::OtherHash), "{swapped}");
    let converted = error(text.replace('\n', "\r\n"));
    assert!(matches!(converted, E::OtherHash), "{converted}");
    let twice = error(format!("{text}{text}"));
    assert!(matches!(twice, E::GoesOn), "{twice}");
    let version = error(text.replacen("\"version\":1", "\"version\":2", 1));
    assert!(matches!(version, E::OtherVersion { version: 2 }), "{version}");
    let spelled = error(text.replacen("{\"drayage\"", "{ \"version\":7,\"drayage\"", 1));
    assert!(matches!(spelled, E::NotARollbackFile | E::OtherVersion { .. }), "{spelled}");
    let without_from = error(text.replacen("\"from\":null,", "", 1));
    assert!(matches!(without_from, E::BadLine { line: 3, .. }), "{without_from}");
    for other in ["record_id,from,to\n", "{}\n", "{\"records\":1}\n", "\u{feff}{\"drayage\":"] {
        let not_one = error(other.to_owned());
        assert!(matches!(not_one, E::NotARollbackFile), "{other}: {not_one}");
    }
}

#[test]
fn no_message_repeats_a_line() {
    let text = String::from_utf8(sample()).unwrap();
    let broken = text.replacen("\"to\":\"https://new/1\"", "\"to\":{\"https://new/1\":1}", 1);
    let error = read(broken.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("line 2") && !error.contains("new/1"), "{error}");
}

#[test]
fn a_file_has_to_be_of_what_is_wanted() {
    use RollbackFileError as E;
    let bytes = sample();
    let reader = RollbackReader::open(bytes.as_slice()).unwrap();
    let wanted = Wanted {
        run: Some("m-1"),
        org: Some("00D000000000001EAA"),
        object: "doclistentry__C",
        field: "Document__c",
    };
    reader.check(&wanted).unwrap();
    reader.check(&Wanted { run: None, org: None, ..wanted }).unwrap();
    let refused = |wanted: Wanted<'_>| {
        let error = reader.check(&wanted).unwrap_err();
        assert!(error.to_string().contains("; hint: "), "{error}");
        error
    };
    assert!(matches!(refused(Wanted { run: Some("m-2"), ..wanted }), E::OtherRun { .. }));
    assert!(matches!(refused(Wanted { org: Some("00D2"), ..wanted }), E::OtherOrg { .. }));
    assert!(matches!(refused(Wanted { object: "Other__c", ..wanted }), E::OtherField { .. }));
    assert!(matches!(refused(Wanted { field: "Url__c", ..wanted }), E::OtherField { .. }));
}

#[test]
fn reading_stops_after_an_error() {
    let whole = sample();
    let mut reader = RollbackReader::open(&whole[..whole.len() - 10]).unwrap();
    assert_eq!(reader.by_ref().flatten().count(), 2);
    assert!(reader.next().is_none());
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![any::<String>(), " *[ -~]{0,20} *", "[\u{0}-\u{7f}]{0,20}"])
}

proptest! {
    #[test]
    fn what_was_written_is_read_back_byte_for_byte(
        texts in prop::collection::vec((any::<String>(), text(), text(), text(), text()), 0..20)
    ) {
        let lines: Vec<SwitchLine> = texts
            .into_iter()
            .map(|(record_id, account_id, account_name, from, to)| SwitchLine {
                record_id, account_id, account_name, from, to,
            })
            .collect();
        prop_assert_eq!(read(&file(&lines)).unwrap(), lines);
    }
}
