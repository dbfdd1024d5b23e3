//! Values that the template takes, and values that it refuses, parameter by parameter: evaluated with the template's own patterns,
//! lists and limits.

use std::collections::BTreeSet;

use drayage_cloudformation::Template;

use crate::workspace;

/// A parameter, what it takes, what it refuses.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const KEY: &str = "arn:aws:kms:eu-central-1:000000000000:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
const SECRETS: &[&str] = &[
    "drayage/salesforce",
    "name_with+=.@-signs",
    "arn:aws:secretsmanager:eu-central-1:000000000000:secret:drayage/salesforce-AbCdEf",
    "arn:aws-us-gov:secretsmanager:us-gov-west-1:000000000000:secret:x",
];
const NO_SECRETS: &[&str] = &[
    "two words",
    "a:b",
    "arn:aws:s3:::bucket",
    "arn:aws:secretsmanager:eu-central-1:12:secret:x",
    "{\"password\":\"x\"}",
    "name\n",
];
const NAMES: &[&str] = &["DocListEntry__c", "Account", "ns__Doc_Entry__c", "A1", "Document__pc"];
const NO_NAMES: &[&str] =
    &["", "1st__c", "__c", "Doc___c", "Doc_", "Account.Name", "Doc Entry__c", "Dóc__c", "a-b"];
const BUCKETS: &[&str] = &["abc", "my-bucket", "my.bucket.example", "0a1", "a--b"];
const NO_BUCKETS: &[&str] = &[
    "ab",
    "My-Bucket",
    "my_bucket",
    "my..bucket",
    "my.-bucket",
    "my-.bucket",
    "-bucket",
    "bucket-",
    ".bucket",
    "192.168.5.4",
    "xn--bucket",
    "s3://bucket",
    "bucket/prefix",
    "a23456789012345678901234567890123456789012345678901234567890abcd",
];
const LISTS: &[&str] = &["", "one-bucket", "one-bucket,two.bucket"];
const NO_LISTS: &[&str] =
    &[",", "one,", "one, two", "one,two..b", "one,192.168.5.4", "one;two", "ab,one", "One"];
const SWITCH: &[&str] = &["true", "false"];
const NO_SWITCH: &[&str] = &["", "yes", "True", "1"];

#[rustfmt::skip]
const TEXTS: &[Row] = &[
    ("SalesforceSecret", SECRETS, NO_SECRETS),
    ("SalesforceSecret", &[], &[""]),
    ("SourceSecret", SECRETS, NO_SECRETS),
    ("SourceSecret", &[""], &[]),
    ("DestinationSecret", SECRETS, NO_SECRETS),
    ("DestinationSecret", &[""], &[]),
    ("ObjectName", NAMES, NO_NAMES),
    ("UrlField", NAMES, NO_NAMES),
    ("AccountField", NAMES, NO_NAMES),
    ("SourceAccess", &["role", "keys", "https"], &["", "Role", "http"]),
    ("SourceBuckets", LISTS, NO_LISTS),
    ("TransferBuckets", LISTS, NO_LISTS),
    ("DestinationBucket", BUCKETS, NO_BUCKETS),
    ("DestinationBucket", &[], &["", "one,two"]),
    ("AccessLogBucket", BUCKETS, NO_BUCKETS),
    ("AccessLogBucket", &[""], &[]),
    ("CreateDestinationBucket", SWITCH, NO_SWITCH),
    ("ScheduleEnabled", SWITCH, NO_SWITCH),
    ("SourceRequesterPays", SWITCH, NO_SWITCH),
    (
        "SourceHosts",
        &["files.example.com", "files.example.com,s3://bucket", "http://127.0.0.1:9000", "[::1]:80", "*.example.com"],
        &["", ",", " ", "a b\n", "https://h?x=1", "user@host", "files.example.com;rm"],
    ),
    (
        "DestinationPrefix",
        &["uploads", "a/b.c/d_e", "it's-(me)!", ".hidden"],
        &["", "/uploads", "uploads/", "a//b", "a/../b", ".", "..", "a/.", "ä", "a b", "a%2Fb", "up*", "*"],
    ),
    (
        "NewUrlBase",
        &["", "https://files.example.com/", "https://{bucket}.s3.{region}.amazonaws.com/{key}", "http://127.0.0.1:8080/x/"],
        &["files.example.com", "http://files.example.com/", "https://h/?a=b", "https://h/#f", "https://h/{key}/x", "https://h/{name}", "ftp://h/", "https://", "https://h/a b"],
    ),
    (
        "AllowedExtensions",
        &["", "pdf", "pdf,docx", ".pdf, .docx"],
        &[",", "pdf,", "pdf,,docx", "tar_gz", "*.pdf", "pdf;docx", "p/df", "averyveryverylongextension"],
    ),
    (
        "ScheduleExpression",
        &[
            "cron(0 2 * * ? *)", "cron(0/15 * ? * MON-FRI *)", "cron(15 10 ? * 6L 2026-2030)", "cron(5,35 14 * * ? *)",
            "cron(0 8 1 * ? *)", "cron(0 0 LW * ? *)", "cron(0 0 ? JAN-MAR 2#1 *)", "rate(1 day)", "rate(12 hours)", "rate(30 minutes)",
        ],
        &[
            "", "0 2 * * ? *", "cron(0 2 * * *)", "cron(0 2 * * * *)", "cron(0 2 ? * ? *)", "cron(60 2 * * ? *)", "cron(0 24 * * ? *)",
            "cron(0 2 32 * ? *)", "cron(0 2 * 13 ? *)", "cron(0 2 ? * 8 *)", "cron(0 2 ? * MOO *)", "cron(0 2 * * ? 26)", "cron(0 2 * * ? 1999)",
            "cron(0 2 * * ? * *)", "cron(0  2 * * ? *)", "cron()", "cron(nonsense)", "rate(0 days)", "rate(0 minutes)", "rate(5 minute)", "rate(-1 hours)",
            "rate(1.5 hours)", "rate(1 week)", "rate(hours)", "at(2026-01-01T00:00:00)", "rate(1 day) ",
        ],
    ),
    (
        "ScheduleTimezone",
        &["UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Europe/Berlin"],
        &["", "+02:00", "America/", "/Berlin", "America//New_York", "New York", "2/3", "a/b/c/d"],
    ),
    (
        "NotificationEmail",
        &["", "ops@example.com", "first.last+drayage@mail.example.co.uk"],
        &["ops", "ops@example", "@example.com", "ops@", "a b@example.com", "a@b@example.com", "Ops <ops@example.com>", "ops@example..com", "one@example.com,two@example.com"],
    ),
    ("LogRetentionDays", &["30", "365"], &["0", "2", "31", "for ever"]),
    (
        "RunbookUrl",
        &["RUNBOOK.md", "https://wiki.example.com/drayage/RUNBOOK.md?v=1"],
        &["", "runbook", "http://wiki.example.com/", "https://wiki.example.com/#start", "https://a b/"],
    ),
    ("LogLevel", &["trace", "info"], &["", "INFO", "verbose"]),
    ("Architecture", &["arm64", "x86_64"], &["", "amd64", "ARM64"]),
    ("CopyMaximumConcurrency", &["2", "1000"], &["0", "1", "3", "5000"]),
    (
        "KmsKeyArn",
        &["", KEY, "arn:aws-cn:kms:cn-north-1:000000000000:key/mrk-0a1b2c3d0a1b0a1b0a1b0a1b2c3d4e5f"],
        &["alias/mine", "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "arn:aws:kms:eu-central-1:000000000000:alias/mine", "arn:aws:kms:eu-central-1:12:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "*"],
    ),
    ("SecretKmsKeyArns", &["", KEY], &["alias/mine", "*", ","]),
    ("SourceKmsKeyArns", &["", KEY], &["alias/mine", "*", ","]),
    ("DestinationKmsKeyArns", &["", KEY], &["alias/mine", "*", ","]),
    (
        "PermissionsBoundary",
        &["", "arn:aws:iam::000000000000:policy/boundary", "arn:aws:iam::aws:policy/path/PowerUserAccess"],
        &["boundary", "arn:aws:iam::000000000000:role/boundary", "arn:aws:iam::12:policy/x", "arn:aws:iam::000000000000:policy/", "*"],
    ),
    (
        "SourceRoleArn",
        &["", "arn:aws:iam::000000000000:role/reader", "arn:aws:iam::000000000000:role/path/reader"],
        &["reader", "arn:aws:iam::000000000000:policy/reader", "arn:aws:iam::000000000000:role/*", "arn:aws:iam::000000000000:user/reader"],
    ),
    ("SourceExternalId", &["", "a1", "drayage:acme/2026"], &["a", "with blank", "ümlaut", "a\n"]),
];

fn template() -> Template {
    Template::parse(&workspace::read(&workspace::root().join("infra/template.yaml")).unwrap())
        .unwrap()
}

#[test]
fn every_text_parameter_takes_what_fits_and_refuses_the_rest() {
    let parameters = template().parameters();
    let mut wrong = Vec::new();
    for (name, good, bad) in TEXTS {
        let parameter = &parameters[*name];
        let misfits = good.iter().filter_map(|value| Some((value, parameter.fit(value).err()?)));
        wrong.extend(misfits.map(|(value, misfit)| format!("{name}: {value:?} {misfit}")));
        let taken = bad.iter().filter(|value| parameter.fit(value).is_ok());
        wrong.extend(taken.map(|value| format!("{name} takes {value:?}")));
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_number_has_limits_and_takes_both() {
    for (name, parameter) in template().parameters() {
        let (Some(least), Some(most)) = (parameter.min_value, parameter.max_value) else {
            continue;
        };
        assert!(least < most, "{name}");
        for limit in [least, most] {
            assert_eq!(parameter.fit(&limit.to_string()), Ok(()), "{name}");
        }
    }
}

#[test]
fn defaults_are_taken_and_no_parameter_is_left_out() {
    let known: BTreeSet<&str> = TEXTS.iter().map(|(name, ..)| *name).collect();
    for (name, parameter) in template().parameters() {
        let is_limited = parameter.min_value.is_some();
        let is_listed = !parameter.allowed_values.is_empty();
        assert!(
            is_limited || is_listed || known.contains(name.as_str()),
            "{name} has no row of values"
        );
        if let Some(default) = &parameter.default {
            assert_eq!(parameter.fit(default), Ok(()), "{name}: its default {default:?}");
        }
    }
}

#[test]
fn keys_may_be_several() {
    let parameters = template().parameters();
    for name in ["SecretKmsKeyArns", "SourceKmsKeyArns", "DestinationKmsKeyArns"] {
        let parameter = &parameters[name];
        assert_eq!(parameter.fit(&format!("{KEY},{KEY}")), Ok(()));
        assert!(parameter.fit(&format!("{KEY}, {KEY}")).is_err());
    }
}
