//! URLs that were already switched, and what a manifest keeps of a URL.

use drayage_domain::source_url::Parsed;
use rstest::rstest;

use crate::read;

#[rstest]
#[case::our_bucket("https://ours.s3.eu-west-1.amazonaws.com/uploads/x/a%20b.pdf")]
#[case::our_bucket_path_style("https://s3.eu-west-1.amazonaws.com/ours/uploads/x/a%20b.pdf")]
#[case::our_bucket_uri("s3://ours/uploads/x/a b.pdf")]
#[case::our_bucket_without_tls("http://ours.s3.amazonaws.com/uploads/x/a%20b.pdf")]
#[case::our_base("https://files.ours.example/d/uploads/x/a%20b.pdf")]
#[case::our_base_case("https://FILES.ours.example:443/d/uploads/x/a%20b.pdf")]
fn our_own_urls_are_already_migrated(#[case] raw: &str) {
    for s3_access in [true, false] {
        let parsed = read(Some(raw), s3_access).unwrap();
        let Parsed::AlreadyMigrated { key } = parsed else { panic!("{raw} became {parsed:?}") };
        assert_eq!(key.as_str(), "uploads/x/a b.pdf");
    }
}

#[rstest]
#[case::other_prefix("https://ours.s3.amazonaws.com/private/a")]
#[case::prefix_is_a_segment("https://ours.s3.amazonaws.com/uploads2/a")]
#[case::out_of_the_prefix("https://ours.s3.amazonaws.com/uploads/../private/a")]
#[case::other_path_of_our_base("https://files.ours.example/uploads/x/a")]
fn the_rest_of_our_bucket_is_not_already_migrated(#[case] raw: &str) {
    assert!(read(Some(raw), true).is_err());
}

#[rstest]
#[case::s3("https://docs.s3.us-west-2.amazonaws.com/a+b?versionId=1")]
#[case::http("http://127.0.0.1:9100/a#b")]
#[case::own("s3://ours/uploads/a")]
fn a_parsed_url_survives_the_manifest(#[case] raw: &str) {
    let parsed = read(Some(raw), true).unwrap();
    let json = serde_json::to_string(&parsed).unwrap();
    assert_eq!(serde_json::from_str::<Parsed>(&json).unwrap(), parsed);
}
