//! Objects in the source bucket: how its address is written, what their keys hold, and what follows.

use super::{Chooser, Made, Maker, Place};

/// How an address begins: before the raw path, with `{b}` for the bucket.
const FORMS: [&str; 11] = [
    "https://{b}.s3.amazonaws.com/",
    "https://{b}.s3.us-east-1.amazonaws.com/",
    "https://s3.amazonaws.com/{b}/",
    "https://s3.us-east-1.amazonaws.com/{b}/",
    "https://{b}.s3.dualstack.us-east-1.amazonaws.com/",
    "https://{b}.s3-accelerate.amazonaws.com/",
    "http://{b}.s3.amazonaws.com/",
    "{b}.s3.amazonaws.com/",
    "HTTPS://{b}.S3.Amazonaws.COM/",
    "https://{b}.s3.amazonaws.com.:443/",
    "s3://{b}/",
];
/// The form whose keys are not encoded.
const URI: &str = "s3://";

/// Names without extension: case, name in the key, spelling in a URL.
const NAMES: [(&str, &str, &str); 24] = [
    ("plain", "plain", "plain"),
    ("encoded space", "annual report", "annual%20report"),
    ("raw space", "raw space", "raw space"),
    ("plus for a space", "plus space", "plus+space"),
    ("literal plus", "literal+plus", "literal+plus"),
    ("encoded plus", "C++ guide", "C%2B%2B%20guide"),
    ("encoded percent", "100% legit", "100%25%20legit"),
    ("bare percent", "50% off", "50% off"),
    ("key with escapes", "double%20encoded", "double%2520encoded"),
    ("encoded emoji", "truck 🚚", "truck%20%F0%9F%9A%9A"),
    ("raw unicode", "日本語の書類", "日本語の書類"),
    ("composed unicode", "Résumé", "R%C3%A9sum%c3%a9"),
    ("decomposed unicode", "Re\u{301}sume\u{301}", "Re%CC%81sume%CC%81"),
    ("right to left", "עברית \u{202e}fdp", "עברית \u{202e}fdp"),
    ("empty segments", "/deep//er", "/deep//er"),
    ("semicolon and comma", "a;b,c=d&e@f$", "a;b,c=d&e@f$"),
    ("quotes, brackets", "\"q\" [1] {2} <3>", "%22q%22%20%5B1%5D%20%7B2%7D%20%3C3%3E"),
    ("backslash", "a\\b", "a\\b"),
    ("device name", "CON", "CON"),
    ("hidden", ".hidden", ".hidden"),
    ("dots", "many...dots..", "many...dots.."),
    ("case A", "Report", "Report"),
    ("case B", "REPORT", "REPORT"),
    ("long", LONG, LONG),
];
/// In a URL of 255 characters there is room for no more.
const LONG: &str =
    "a very long name that goes on and on and on and on and on until nobody reads it";

/// Names with a character that ends the path unless it is encoded, which it is not.
const CUT: [(&str, &str); 2] =
    [("query in the key", "what?or not"), ("fragment in the key", "no#7")];

/// What follows the path and means nothing for the object.
const TAILS: [&str; 5] = [
    "",
    "?download=1",
    "#page=2",
    "?AWSAccessKeyId=AK&Expires=1&Signature=s",
    "?response-content-type=text/plain",
];

pub(super) fn entry(maker: &Maker, number: usize, mut chooser: Chooser) -> Made {
    let form = chooser.choose(&FORMS).unwrap_or_default();
    let (before, after) = chooser.surroundings();
    let nth = chooser.0 % (NAMES.len() + CUT.len());
    chooser.0 /= NAMES.len() + CUT.len();
    let (extension, copied) = chooser.extension();
    let tail = chooser.choose(&TAILS).unwrap_or_default();
    let (case, name, spelled, tail) = if let Some((case, name, spelled)) = NAMES.get(nth) {
        (*case, *name, *spelled, tail)
    } else {
        let (case, name) = CUT.get(nth - NAMES.len()).copied().unwrap_or_default();
        (case, name, name, "")
    };
    let key = format!("c/{number}/{name}{extension}");
    let begin = form.replace("{b}", &maker.options.source_bucket);
    let address = if form.starts_with(URI) {
        format!("{begin}{key}")
    } else {
        format!("{begin}c/{number}/{spelled}{extension}{tail}")
    };
    Made {
        case,
        url: Some(format!("{before}{address}{after}")),
        file: Some((Place::S3(key), copied)),
        otherwise: "skipped.extension",
    }
}
