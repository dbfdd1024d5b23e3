//! Entries that must not be fetched, or have nothing to fetch.

use super::{Group, Maker, Place, USUAL_BYTES, hosted};

/// URLs that name nobody whom the backup may ask: case, text, outcome.
const TEXTS: [(&str, &str, &str); 13] = [
    ("blank URL", "   ", "skipped.no_url"),
    ("invisible URL", "\u{200b}\u{a0}", "skipped.no_url"),
    ("foreign host", "https://files.example.net/a.pdf", "failed.host_not_allowed"),
    ("foreign bucket", "https://other-docs.s3.amazonaws.com/a.pdf", "failed.host_not_allowed"),
    ("link-local", "http://169.254.169.254/latest/meta-data/a.pdf", "failed.forbidden_address"),
    ("loopback, another port", "http://127.0.0.1:9/a.pdf", "failed.forbidden_address"),
    ("loopback as a number", "http://2130706433/a.pdf", "failed.forbidden_address"),
    ("localhost", "https://localhost/a.pdf", "failed.forbidden_address"),
    ("ftp", "ftp://files.example.net/a.pdf", "failed.unsupported_scheme"),
    ("local file", "file:///etc/passwd", "failed.unsupported_scheme"),
    ("script", "javascript:alert(1)", "failed.unsupported_scheme"),
    ("no scheme, no host", "shared drive/contracts/a.pdf", "failed.malformed_url"),
    ("scheme alone", "https://", "failed.malformed_url"),
];

pub(super) fn groups(maker: &mut Maker) -> Vec<Group> {
    let mut groups = Vec::new();
    for (case, url, expected) in TEXTS {
        groups.push(Group::default().ends(case, maker.account(), Some(url.to_owned()), expected));
    }
    for (case, url, expected) in around_the_source(maker) {
        groups.push(Group::default().ends(case, maker.account(), url, expected));
    }
    for (case, key) in [("forbidden extension", "odd/setup.exe"), ("no extension", "odd/README")] {
        let (account, url) = (maker.account(), hosted(maker, key));
        let place = Place::S3(key.to_owned());
        groups.push(Group::default().file(maker, &place, USUAL_BYTES).ends(
            case,
            account,
            Some(url),
            "skipped.extension",
        ));
    }
    groups
}

/// Entries that depend on the names of the buckets.
fn around_the_source(maker: &Maker) -> [(&'static str, Option<String>, &'static str); 8] {
    let bucket = &maker.options.source_bucket;
    let own = &maker.options.destination_bucket;
    let migrated = format!("https://{own}.s3.us-east-1.amazonaws.com/uploads/here/already.pdf");
    let look_alike = format!("https://{bucket}.s3.amazonaws.com.example.net/a.pdf");
    let credentials = format!("https://user:secret@{bucket}.s3.amazonaws.com/a.pdf");
    [
        ("null URL", None, "skipped.no_url"),
        ("already migrated", Some(migrated), "skipped.already_migrated"),
        ("missing object", Some(hosted(maker, "odd/lost.pdf")), "source_gone.object_missing"),
        ("look-alike host", Some(look_alike), "failed.host_not_allowed"),
        ("credentials in the URL", Some(credentials), "failed.credentials_in_url"),
        ("not UTF-8", Some(hosted(maker, "odd/%E4%F6%FC.pdf")), "failed.invalid_key"),
        ("line break inside", Some(hosted(maker, "odd/a\nb.pdf")), "failed.malformed_url"),
        ("bucket without a key", Some(hosted(maker, "")), "failed.malformed_url"),
    ]
}
