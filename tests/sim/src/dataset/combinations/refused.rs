//! Texts that lead to nothing that may be fetched.

use super::{Chooser, Made, Maker};

/// Text with `{b}` for the source's bucket, `{o}` for our own and `{n}` for a number; outcome.
const TEXTS: [(&str, &str); 34] = [
    ("", "skipped.no_url"),
    ("   ", "skipped.no_url"),
    ("\u{200b}\u{a0}", "skipped.no_url"),
    ("https://{o}.s3.us-east-1.amazonaws.com/uploads/a/{n}.pdf", "skipped.already_migrated"),
    ("s3://{o}/uploads/a/{n}.pdf", "skipped.already_migrated"),
    ("https://{b}.s3.amazonaws.com/c/{n}/lost.pdf", "source_gone.object_missing"),
    ("s3://{b}/c/{n}/lost.pdf", "source_gone.object_missing"),
    ("https://files.example.net/{n}.pdf", "failed.host_not_allowed"),
    ("https://{b}.s3.amazonaws.com.example.net/{n}.pdf", "failed.host_not_allowed"),
    ("https://example.net/{b}.s3.amazonaws.com/{n}.pdf", "failed.host_not_allowed"),
    ("https://other-docs.s3.amazonaws.com/{n}.pdf", "failed.host_not_allowed"),
    ("https://s3.amazonaws.com/other-docs/{n}.pdf", "failed.host_not_allowed"),
    ("s3://other-docs/{n}.pdf", "failed.host_not_allowed"),
    ("http://169.254.169.254/latest/{n}.pdf", "failed.forbidden_address"),
    ("http://127.0.0.1:9/{n}.pdf", "failed.forbidden_address"),
    ("http://2130706433/{n}.pdf", "failed.forbidden_address"),
    ("http://0x7f.1/{n}.pdf", "failed.forbidden_address"),
    ("http://[::1]/{n}.pdf", "failed.forbidden_address"),
    ("http://[::ffff:10.0.0.1]/{n}.pdf", "failed.forbidden_address"),
    ("https://192.168.1.1/{n}.pdf", "failed.forbidden_address"),
    ("https://localhost/{n}.pdf", "failed.forbidden_address"),
    ("ftp://files.example.net/{n}.pdf", "failed.unsupported_scheme"),
    ("file:///etc/{n}.pdf", "failed.unsupported_scheme"),
    ("javascript:alert({n})", "failed.unsupported_scheme"),
    ("data:text/plain,{n}", "failed.unsupported_scheme"),
    ("shared drive/contracts/{n}.pdf", "failed.malformed_url"),
    ("C:\\contracts\\{n}.pdf", "failed.malformed_url"),
    ("https:/{b}.s3.amazonaws.com/{n}.pdf", "failed.malformed_url"),
    ("https://{b}.s3.amazonaws.com", "failed.malformed_url"),
    ("https://{b}.s3.amazonaws.com/a\n{n}.pdf", "failed.malformed_url"),
    ("https://{b}.s3.amazonaws.com/a\t{n}.pdf", "failed.malformed_url"),
    ("https://{b}.s3.amazonaws.com/%E4%F6{n}.pdf", "failed.invalid_key"),
    ("https://user:secret@{b}.s3.amazonaws.com/{n}.pdf", "failed.credentials_in_url"),
    ("https://{b}.s3.amazonaws.com@example.net/{n}.pdf", "failed.credentials_in_url"),
];

pub(super) fn entry(maker: &Maker, number: usize, mut chooser: Chooser) -> Made {
    let (before, after) = chooser.surroundings();
    let (text, outcome) = chooser.choose(&TEXTS).unwrap_or_default();
    let address = text
        .replace("{b}", &maker.options.source_bucket)
        .replace("{o}", &maker.options.destination_bucket)
        .replace("{n}", &number.to_string());
    Made {
        case: text,
        url: (!text.is_empty()).then(|| format!("{before}{address}{after}")),
        file: None,
        otherwise: outcome,
    }
}
