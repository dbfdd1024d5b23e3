//! Destination keys: cleaning, layout, collisions and limits. Cases are named after the hazard they stand for.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a panic is the report")]

use drayage_domain::destination_key::{
    DestinationKey, KeyProblem, KeyRules, clean_account_name, clean_file_name, encoded_url, folded,
    propose,
};
use drayage_domain::extension::{ExtensionSet, extension_of, split_extension};
use drayage_domain::id::RecordId;
use rstest::rstest;

const BASE: &str = "https://bucket.s3.eu-west-1.amazonaws.com/";

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn rules() -> KeyRules {
    KeyRules::new("uploads", BASE, 255).unwrap()
}

#[rstest]
#[case::punctuation("Acme, Inc.", "Acme_Inc")]
#[case::traversal("../..", "Unnamed_Account")]
#[case::empty("", "Unnamed_Account")]
#[case::blanks("   ", "Unnamed_Account")]
#[case::not_latin("株式会社", "Unnamed_Account")]
#[case::partly_latin("株式会社 Acme", "Acme")]
#[case::marks_dropped("Müller & Söhne", "Muller_Sohne")]
#[case::decomposed_marks("Mu\u{308}ller", "Muller")]
#[case::compatibility_letters("Ａｃｍｅ ﬁne", "Acme_fine")]
#[case::runs_collapse("A  --  B__C", "A_--_B_C")]
#[case::dots_inside_stay("a.b-c", "a.b-c")]
#[case::slashes("a/b\\c", "a_b_c")]
fn account_names_become_folder_names(#[case] name: &str, #[case] cleaned: &str) {
    assert_eq!(clean_account_name(name), cleaned);
}

#[test]
fn a_long_account_name_is_cut_to_sixty_characters() {
    assert_eq!(clean_account_name(&"a".repeat(500)), "a".repeat(60));
    let cut_at_a_blank = format!("{} tail", "a".repeat(59));
    assert_eq!(clean_account_name(&cut_at_a_blank), "a".repeat(59));
}

#[rstest]
#[case::plain("report.pdf", "report.pdf")]
#[case::case_is_kept("Report.PDF", "Report.PDF")]
#[case::blanks_inside("a b.pdf", "a b.pdf")]
#[case::empty("", "file")]
#[case::dots_only("...", "file")]
#[case::blanks_only(" \u{a0} ", "file")]
#[case::parent_folder("..", "file")]
#[case::hidden_file(".profile", "profile")]
#[case::trailing_dot("a.pdf.", "a.pdf")]
#[case::slash("a/b.pdf", "a_b.pdf")]
#[case::backslash("..\\..\\a.pdf", "_.._a.pdf")]
#[case::control("a\u{0}b\nc.pdf", "a_b_c.pdf")]
#[case::advised_against("a{b}^%`[]\"<>~#|c.pdf", "a_b____________c.pdf")]
#[case::windows("a:b*c?.pdf", "a_b_c_.pdf")]
#[case::direction_override("invoice\u{202e}fdp.exe", "invoice_fdp.exe")]
#[case::zero_width("a\u{200b}b\u{feff}.pdf", "a_b_.pdf")]
#[case::reserved("NUL", "file")]
#[case::reserved_with_extension("con.pdf", "file.pdf")]
#[case::reserved_numbered("LPT1.txt", "file.txt")]
#[case::not_reserved("console.pdf", "console.pdf")]
#[case::composed("Mu\u{308}ller.pdf", "M\u{fc}ller.pdf")]
#[case::becomes_unsafe_when_composed("a\u{1fef}.pdf", "a_.pdf")]
#[case::emoji("🦀.pdf", "🦀.pdf")]
#[case::decoding_error("a\u{fffd}.pdf", "a_.pdf")]
fn file_names_are_made_safe(#[case] raw: &str, #[case] cleaned: &str) {
    assert_eq!(clean_file_name(raw), cleaned);
}

#[rstest]
#[case::with_account(Some("Acme, Inc."), "uploads/0018000000MwdKAAAZ/Acme_Inc/a b.pdf")]
#[case::account_without_name(None, "uploads/0018000000MwdKAAAZ/Unnamed_Account/a b.pdf")]
fn the_layout_is_prefix_account_name_file(#[case] name: Option<&str>, #[case] key: &str) {
    let account = id("0018000000MwdKA");
    let proposal =
        propose(&rules(), Some(&account), name, "a b.pdf", &id("a0B000000000001")).unwrap();
    assert_eq!(proposal.preferred.as_str(), key);
}

#[test]
fn a_record_without_account_has_its_own_folder() {
    let record = id("a0B000000000001");
    let proposal = propose(&rules(), None, Some("Acme"), "a.pdf", &record).unwrap();
    assert_eq!(proposal.preferred.as_str(), "uploads/_no_account/a.pdf");
}

#[test]
fn a_taken_key_gets_the_record_id_before_the_extension() {
    let proposal = propose(&rules(), None, None, "a.b.pdf", &id("a0B000000000001")).unwrap();
    assert_eq!(proposal.if_taken.as_str(), "uploads/_no_account/a.b-a0B000000000001EAA.pdf");
    assert_eq!(proposal.nth_if_taken(1), proposal.if_taken);
    let second = proposal.nth_if_taken(2);
    assert_eq!(second.as_str(), "uploads/_no_account/a.b-a0B000000000001EAA-2.pdf");
    let unnamed = propose(&rules(), None, None, "README", &id("a0B000000000001")).unwrap();
    assert_eq!(unnamed.if_taken.as_str(), "uploads/_no_account/README-a0B000000000001EAA");
}

#[test]
fn a_long_name_is_cut_before_the_extension_and_gets_a_hash() {
    let record = id("a0B000000000001");
    let name = format!("{}.pdf", "ü".repeat(200));
    let proposal = propose(&rules(), None, None, &name, &record).unwrap();
    let key = proposal.preferred.as_str();
    let (stem, tail) = key.rsplit_once('-').unwrap();
    assert!(stem.ends_with("üü"), "{key}");
    let (hash, extension) = tail.split_once('.').unwrap();
    assert_eq!((hash.len(), extension), (8, "pdf"), "{key}");
    assert!(rules().url_of(&proposal.preferred).len() <= 255);
    // One more character of the stem would not have fitted.
    assert!(rules().url_of(&proposal.preferred).len() + "%C3%BC".len() > 255);
    assert!(rules().url_of(&proposal.nth_if_taken(u16::MAX)).len() <= 255);
}

#[test]
fn long_names_that_differ_at_the_end_stay_different() {
    let key = |tail: &str| {
        let name = format!("{}{tail}.pdf", "a".repeat(400));
        propose(&rules(), None, None, &name, &id("a0B000000000001")).unwrap().preferred
    };
    assert_ne!(key("1"), key("2"));
    assert_eq!(key("1"), key("1"));
}

#[test]
fn the_shape_of_a_cut_key_never_changes_between_versions() {
    let name = format!("{}.pdf", "a".repeat(400));
    let rules = KeyRules::new("uploads", BASE, 120).unwrap();
    let proposal = propose(&rules, None, None, &name, &id("a0B000000000001")).unwrap();
    let key = format!("uploads/_no_account/{}-e3626f39.pdf", "a".repeat(45));
    assert_eq!(proposal.preferred.as_str(), key);
}

#[test]
fn a_field_that_is_too_short_is_refused_before_anything_is_copied() {
    let rules = KeyRules::new("uploads", BASE, 80).unwrap();
    let name = "a".repeat(50);
    let problem = propose(&rules, None, None, &name, &id("a0B000000000001")).unwrap_err();
    assert_eq!(problem, KeyProblem::UrlTooLong { length: 95, max: 80 });
    assert_eq!(problem.reason(), "new_url_too_long");
}

#[test]
fn the_key_limit_of_s3_holds_when_the_field_is_long() {
    let rules = KeyRules::new("uploads", BASE, 131_072).unwrap();
    let record = id("a0B000000000001");
    let proposal = propose(&rules, None, None, &"語".repeat(2_000), &record).unwrap();
    assert!((1_000..=1_024).contains(&proposal.preferred.as_str().len()));
    let too_long = KeyRules::new(&"p/".repeat(505), BASE, 131_072).unwrap();
    let problem = propose(&too_long, None, None, "a.pdf", &record).unwrap_err();
    assert!(matches!(problem, KeyProblem::KeyTooLong { .. }), "{problem}");
}

#[rstest]
#[case::empty("")]
#[case::leading_slash("/a")]
#[case::trailing_slash("a/")]
#[case::double_slash("a//b")]
#[case::parent("a/../b")]
#[case::current("a/./b")]
#[case::control("a\u{0}b")]
#[case::control_c1("a\u{85}b")]
fn unusable_keys_are_refused(#[case] key: &str) {
    assert_eq!(DestinationKey::new(key).unwrap_err().reason(), "invalid_key");
    assert!(serde_json::from_value::<DestinationKey>(key.into()).is_err());
}

#[test]
fn a_key_has_at_most_1024_bytes() {
    assert!(DestinationKey::new("a".repeat(1_024)).is_ok());
    assert_eq!(DestinationKey::new("a".repeat(1_025)).unwrap_err().reason(), "new_key_too_long");
}

#[rstest]
#[case::ascii_case("A/Report.PDF", "a/rEPORT.pdf")]
#[case::composed_and_decomposed("M\u{fc}ller", "mu\u{308}LLER")]
#[case::compatibility_forms("ﬁle①", "FILE1")]
#[case::sharp_s("Straße", "STRASSE")]
#[case::final_sigma("ΟΔΟΣ", "οδος")]
#[case::iota_subscript("\u{1fb3}", "\u{391}\u{399}")]
#[case::partly_composed("\u{390}", "\u{3aa}\u{301}")]
#[case::kelvin("\u{212a}", "k")]
#[case::full_width("Ａ", "a")]
fn keys_a_person_takes_for_the_same_have_one_claim(#[case] one: &str, #[case] other: &str) {
    let claim = |key: &str| folded(&DestinationKey::new(key).unwrap());
    assert_eq!(claim(one), claim(other));
}

#[test]
fn different_letters_have_different_claims() {
    let claim = |key: &str| folded(&DestinationKey::new(key).unwrap());
    assert_ne!(claim("a.pdf"), claim("ä.pdf"));
    assert_ne!(claim("a b"), claim("a_b"));
}

#[test]
fn urls_encode_everything_but_unreserved_characters() {
    let key = DestinationKey::new("uploads/a b+c&d=ü('1')!@,;$~._-/e").unwrap();
    let url = "https://h/uploads/a%20b%2Bc%26d%3D%C3%BC%28%271%27%29%21%40%2C%3B%24~._-/e";
    assert_eq!(encoded_url("https://h/", &key), url);
    assert_eq!(encoded_url("https://h", &key), url);
}

#[rstest]
#[case::no_scheme("bucket.s3.amazonaws.com/")]
#[case::other_scheme("s3://bucket/")]
#[case::no_host("https:///x")]
#[case::query("https://h/?a=b")]
#[case::fragment("https://h/#a")]
#[case::credentials("https://user:secret@h/")]
#[case::blank("https://h /")]
fn a_wrong_url_base_is_refused(#[case] base: &str) {
    let problem = KeyRules::new("uploads", base, 255).unwrap_err();
    assert_eq!(problem.reason(), "invalid_url_base");
    assert!(!problem.to_string().contains("secret"));
}

#[rstest]
#[case("report.PDF", "report", Some("pdf"))]
#[case("a.tar.gz", "a.tar", Some("gz"))]
#[case(".profile", ".profile", None)]
#[case("README", "README", None)]
#[case("a.", "a.", None)]
#[case("Minutes of 3. November", "Minutes of 3. November", None)]
#[case("a.averyveryverylongtail", "a.averyveryverylongtail", None)]
fn extensions_are_short_and_plain(
    #[case] name: &str,
    #[case] stem: &str,
    #[case] extension: Option<&str>,
) {
    assert_eq!(split_extension(name).0, stem);
    assert_eq!(extension_of(name).as_deref(), extension);
}

#[test]
fn an_extension_set_compares_without_case_and_dot() {
    let set = ExtensionSet::parse(".PDF, docx\tJPG").unwrap();
    assert_eq!(set.iter().collect::<Vec<_>>(), ["docx", "jpg", "pdf"]);
    assert!(set.allows("a.Pdf") && !set.allows("a.exe") && !set.allows("pdf"));
    assert!(ExtensionSet::parse("").unwrap().allows("anything"));
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<ExtensionSet>(&json).unwrap(), set);
}

#[test]
fn every_wrong_extension_is_reported() {
    let errors = ExtensionSet::parse("pdf *.doc c++ txt").unwrap_err();
    let entries: Vec<&str> = errors.iter().map(|error| error.entry.as_str()).collect();
    assert_eq!(entries, ["*.doc", "c++"]);
}
