//! Peculiar addresses of objects in the source bucket.

use super::{Group, Maker, Place, USUAL_BYTES, encoded, hosted, one};
use crate::dataset::{MAX_FILE_SIZE_MB, VERSION};

/// Keys with the path of a URL that means them: case, key, raw path.
const PATHS: [(&str, &str, &str); 17] = [
    ("encoded space", "odd/annual report.pdf", "odd/annual%20report.pdf"),
    ("raw space", "odd/raw space.pdf", "odd/raw space.pdf"),
    ("plus for a space", "odd/plus space.pdf", "odd/plus+space.pdf"),
    ("literal plus", "odd/literal+plus.pdf", "odd/literal+plus.pdf"),
    ("encoded plus", "odd/C++ guide.pdf", "odd/C%2B%2B%20guide.pdf"),
    ("encoded percent", "odd/100% legit.pdf", "odd/100%25%20legit.pdf"),
    ("bare percent", "odd/50% off.txt", "odd/50% off.txt"),
    ("key with escapes", "odd/double%20encoded.pdf", "odd/double%2520encoded.pdf"),
    ("emoji", "odd/truck 🚚.png", "odd/truck%20%F0%9F%9A%9A.png"),
    ("raw unicode", "odd/日本語の書類.docx", "odd/日本語の書類.docx"),
    ("empty segment", "odd//double slash.pdf", "odd//double%20slash.pdf"),
    ("semicolon and comma", "odd/a;b,c=d&e@f$.csv", "odd/a;b,c=d&e@f$.csv"),
    ("quotes, brackets", "odd/\"quoted\" [1] {2}.txt", "odd/%22quoted%22%20%5B1%5D%20%7B2%7D.txt"),
    ("unencoded query in the key", "odd/what.pdf?or not.pdf", "odd/what.pdf?or not.pdf"),
    ("unencoded fragment in the key", "odd/item.pdf#7.pdf", "odd/item.pdf#7.pdf"),
    ("query that means nothing", "odd/download.pdf", "odd/download.pdf?download=1"),
    ("upper-case extension", "odd/SCAN.PDF", "odd/SCAN.PDF"),
];

/// What a presigned URL adds; its time is over.
const SIGNATURE: &str = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=0f";

pub(super) fn groups(maker: &mut Maker) -> Vec<Group> {
    let mut groups: Vec<Group> = PATHS
        .iter()
        .map(|(case, key, path)| {
            let url = hosted(maker, path);
            one(maker, case, &Place::S3((*key).to_owned()), url)
        })
        .collect();
    groups.extend(forms(maker));
    groups.extend([
        normal_forms(maker),
        same_name_twice(maker),
        names_differing_in_case(maker),
        one_url_for_three(maker),
        ambiguous_plus(maker),
        older_version(maker),
        without_account(maker),
        long_name(maker),
        empty_file(maker),
        too_large(maker),
    ]);
    groups
}

/// The ways to write the address of an object: what stands before its encoded key, and after.
fn forms(maker: &mut Maker) -> Vec<Group> {
    let bucket = maker.options.source_bucket.clone();
    let host = format!("{bucket}.s3.amazonaws.com");
    let forms = [
        ("regional host", format!("https://{bucket}.s3.us-east-1.amazonaws.com/"), ""),
        ("path style", format!("https://s3.amazonaws.com/{bucket}/"), ""),
        ("regional path style", format!("https://s3.us-east-1.amazonaws.com/{bucket}/"), ""),
        ("dual-stack host", format!("https://{bucket}.s3.dualstack.us-east-1.amazonaws.com/"), ""),
        ("accelerated host", format!("https://{bucket}.s3-accelerate.amazonaws.com/"), ""),
        ("old host", format!("https://{bucket}.s3-external-1.amazonaws.com/"), ""),
        ("s3 scheme", format!("s3://{bucket}/"), ""),
        ("plain http", format!("http://{host}/"), ""),
        ("no scheme, known host", format!("{host}/"), ""),
        ("upper-case host", format!("HTTPS://{}/", host.to_uppercase()), ""),
        ("host with a final dot", format!("https://{host}./"), ""),
        ("explicit port", format!("https://{host}:443/"), ""),
        ("outer whitespace", format!("  https://{host}/"), " "),
        ("invisible characters around", format!("\u{a0}https://{host}/"), "\u{200b}"),
        ("presigned and expired", format!("https://{host}/"), SIGNATURE),
    ];
    let mut groups = Vec::new();
    for (number, (case, before, after)) in forms.into_iter().enumerate() {
        let key = format!("forms/form-{number:02}.pdf");
        let url = format!("{before}{key}{after}");
        groups.push(one(maker, case, &Place::S3(key), url));
    }
    groups
}

/// Entries of one account with a file each: case, key.
fn siblings(maker: &mut Maker, files: &[(&'static str, &str)]) -> Group {
    let account = maker.account();
    let mut group = Group::default();
    for (case, key) in files {
        let (place, url) = (Place::S3((*key).to_owned()), hosted(maker, &encoded(key)));
        group = group.file(maker, &place, USUAL_BYTES).arrives(case, account, url, &place);
    }
    group
}

/// The same name, composed and decomposed, names two objects.
fn normal_forms(maker: &mut Maker) -> Group {
    siblings(
        maker,
        &[
            ("composed unicode", "odd/Résumé.pdf"),
            ("decomposed unicode", "odd/Re\u{301}sume\u{301}.pdf"),
        ],
    )
}

fn same_name_twice(maker: &mut Maker) -> Group {
    let case = "same name in one account";
    siblings(
        maker,
        &[
            (case, "odd/2019/contract.pdf"),
            (case, "odd/2020/contract.pdf"),
            (case, "odd/2021/contract.pdf"),
        ],
    )
}

fn names_differing_in_case(maker: &mut Maker) -> Group {
    let case = "names differing in case";
    siblings(
        maker,
        &[
            (case, "odd/case/Report.pdf"),
            (case, "odd/case/REPORT.pdf"),
            (case, "odd/case/report.PDF"),
        ],
    )
}

/// Every record gets a copy of its own.
fn one_url_for_three(maker: &mut Maker) -> Group {
    let place = Place::S3("odd/shared.xlsx".to_owned());
    let mut group = Group::default().file(maker, &place, USUAL_BYTES);
    let same_account = maker.account();
    for account in [same_account, same_account, maker.account()] {
        let url = hosted(maker, "odd/shared.xlsx");
        group = group.arrives("one URL for three records", account, url, &place);
    }
    group
}

/// Both readings of `+` exist, and nothing tells which one is meant.
fn ambiguous_plus(maker: &mut Maker) -> Group {
    let account = maker.account();
    let url = hosted(maker, "odd/either+or.pdf");
    Group::default()
        .file(maker, &Place::S3("odd/either+or.pdf".to_owned()), USUAL_BYTES)
        .file(maker, &Place::S3("odd/either or.pdf".to_owned()), USUAL_BYTES)
        .ends("ambiguous plus", account, Some(url), "failed.ambiguous_key")
}

/// The object was replaced, and the URL names the version before.
fn older_version(maker: &mut Maker) -> Group {
    let place = Place::S3("odd/revised.pdf".to_owned());
    let url = hosted(maker, &format!("odd/revised.pdf?versionId={VERSION}"));
    let mut group = one(maker, "older version", &place, url);
    if let Some(file) = group.files.get_mut(&place) {
        file.replaced_by = Some(maker.content("odd/revised.pdf", USUAL_BYTES));
    }
    group
}

fn without_account(maker: &mut Maker) -> Group {
    let url = hosted(maker, "odd/orphan.pdf");
    let mut group = one(maker, "no account", &Place::S3("odd/orphan.pdf".to_owned()), url);
    for draft in &mut group.drafts {
        draft.account = None;
    }
    group
}

/// The new URL has to fit into 255 characters, so the name has to be shortened.
fn long_name(maker: &mut Maker) -> Group {
    let key = format!("odd/{}end.pdf", "long name ".repeat(18));
    let url = hosted(maker, &key.replace(' ', "+"));
    one(maker, "long name", &Place::S3(key), url)
}

fn empty_file(maker: &mut Maker) -> Group {
    let account = maker.account();
    let place = Place::S3("odd/empty.txt".to_owned());
    let url = hosted(maker, "odd/empty.txt");
    Group::default().file(maker, &place, 0).arrives("zero bytes", account, url, &place)
}

fn too_large(maker: &mut Maker) -> Group {
    let account = maker.account();
    let above = usize::try_from(MAX_FILE_SIZE_MB * 1024 * 1024 + 1).unwrap_or(usize::MAX);
    let url = hosted(maker, "odd/video.pdf");
    Group::default().file(maker, &Place::S3("odd/video.pdf".to_owned()), above).ends(
        "oversize",
        account,
        Some(url),
        "skipped.too_large",
    )
}
