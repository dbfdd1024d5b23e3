//! Source URLs: one case for each way a URL field is written in the field. Cases are named after the hazard.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, where a panic is the report"
)]

mod http;
mod keys;
mod own;
mod refused;
mod untrusted;

use drayage_domain::allow_list::AllowList;
use drayage_domain::source_url::{
    CustomHost, HttpLocation, OwnBucket, Parsed, ParsedSource, S3Location, SourceLocation,
    SourceRules, UrlNote, UrlProblem, parse,
};

const ALLOWED: &str = "s3://docs, s3://dotted.bucket, s3://Old_Bucket, files.example.com, *.cdn.example.com, \
    http://127.0.0.1:9100, https://[::1]:8443, s3://arn:aws:s3:us-west-2:123456789012:accesspoint/front, \
    listed.s3.us-west-2.amazonaws.com, s3.eu-west-1.amazonaws.com, d111.cloudfront.net";
const OWN: OwnBucket<'_> =
    OwnBucket { bucket: "ours", prefix: "uploads", url_base: "https://files.ours.example/d/" };

fn read(raw: Option<&str>, s3_access: bool) -> Result<Parsed, UrlProblem> {
    let custom_hosts = [CustomHost {
        host: "media.example.org".to_owned(),
        bucket: "media".to_owned(),
        prefix: "public".to_owned(),
    }];
    let allow = AllowList::parse(ALLOWED).unwrap();
    let own_bucket = Some(OWN);
    parse(raw, &SourceRules { allow: &allow, s3_access, own_bucket, custom_hosts: &custom_hosts })
}

fn source(raw: &str, s3_access: bool) -> ParsedSource {
    match read(Some(raw), s3_access).unwrap() {
        Parsed::Source(source) => source,
        Parsed::AlreadyMigrated { key } => panic!("{raw} was taken for our own {key}"),
    }
}

fn s3(raw: &str) -> (S3Location, Vec<UrlNote>) {
    let source = source(raw, true);
    match source.location {
        SourceLocation::S3(location) => (location, source.notes),
        SourceLocation::Http(location) => panic!("{raw} became {location:?}"),
    }
}

fn http(raw: &str) -> (HttpLocation, Vec<UrlNote>) {
    let source = source(raw, false);
    match source.location {
        SourceLocation::Http(location) => (location, source.notes),
        SourceLocation::S3(location) => panic!("{raw} became {location:?}"),
    }
}

fn problem(raw: &str) -> UrlProblem {
    let with_access = read(Some(raw), true).unwrap_err();
    assert_eq!(read(Some(raw), false).unwrap_err(), with_access);
    with_access
}
