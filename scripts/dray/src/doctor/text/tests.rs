//! The report as it is printed, at several widths.

use drayage_domain::diagnosis::ApiCalls;

use super::*;

/// Everything that may come: passed, warned, failed, several problems, long words, a hostile name.
fn sample() -> Report {
    use Group::{Access, Functions, Salesforce, Stack, Work};
    let arn = "arn:aws:sts::111122223333:assumed-role/migration-operators/pat@example.com";
    Report {
        stack: "drayage".to_owned(),
        checks: vec![
            Finding::passed(Access, "region", "eu-west-1"),
            Finding::passed(Access, "credentials", format!("{arn}, account 111122223333")),
            Finding::passed(Stack, "files_table", "drayage-files is active"),
            Finding::warning(Stack, "dead_letter_queue", "2 messages", "dray status --errors"),
            Finding::passed(Work, "pause", "the work is not paused"),
            Finding::failed(
                Functions,
                "destination_bucket",
                "bucket `documents` does not exist here (NoSuchBucket)",
                "check its name and region",
            ),
            Finding::failed(
                Salesforce,
                "fields",
                "UrlField: DocListEntry__c has no field Document__c that our user can see\nAccountField: \
                 DocListEntry__c has no field Account__c that our user can see",
                "check the API name, and the field-level security of the integration user\ncheck the API name",
            ),
        ],
        org: Some(Org {
            id: "00D000000000062EAA".to_owned(),
            name: "Acme\u{202e} & Sons".to_owned(),
            is_sandbox: false,
        }),
        api_calls: Some(ApiCalls { max: 100_000, remaining: 98_765 }),
        records: Some(1_234_567),
    }
}

fn golden(name: &str, look: Look) {
    let actual = text(&sample(), look);
    for line in actual.lines() {
        assert_eq!(line, line.trim_end());
        let plain = without_colours(line);
        assert!(plain.chars().count() <= usize::from(look.width), "{line}");
    }
    crate::test_support::assert_golden("doctor", name, &actual.replace('\u{1b}', "<ESC>"));
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn the_report_fits_80_columns() {
    golden("plain-80", Look { width: 80, colour: false, lines: false });
}

#[test]
fn the_report_fits_140_columns_of_a_terminal() {
    golden("colour-140", Look { width: 140, colour: true, lines: true });
}

#[test]
fn a_terminal_without_colours_has_signs() {
    golden("signs-80", Look { width: 80, colour: false, lines: true });
}

#[test]
fn the_report_fits_20_columns() {
    golden("plain-20", Look { width: 20, colour: false, lines: false });
}

#[test]
fn the_org_is_told_plainly() {
    let org = |is_sandbox| Org { id: "00D1".to_owned(), name: "Acme".to_owned(), is_sandbox };
    assert_eq!(org_line(&org(false)), "PRODUCTION: Acme (00D1)");
    assert_eq!(org_line(&org(true)), "sandbox: Acme (00D1)");
}

#[test]
fn production_is_one_word_also_on_a_narrow_terminal() {
    let look = Look { width: 20, colour: false, lines: false };
    assert!(text(&sample(), look).contains("PRODUCTION:"));
}

#[test]
fn any_width_ends() {
    for width in 0..30 {
        let look = Look { width, colour: true, lines: true };
        assert!(text(&sample(), look).contains("passed") || width < 6);
    }
}

#[test]
fn words_are_broken_only_where_they_must_be() {
    assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
    assert_eq!(wrapped("", 4), [""]);
}
