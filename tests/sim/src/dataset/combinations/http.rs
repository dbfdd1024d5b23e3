//! Files behind plain HTTP, where everything but the fragment is sent as it stands.

use super::{Chooser, Made, Maker, Place};

/// Names without extension: case, name on the server, spelling in a URL.
const NAMES: [(&str, &str, &str); 10] = [
    ("http: plain", "plain", "plain"),
    ("http: encoded space", "annual report", "annual%20report"),
    ("http: raw space", "raw space", "raw space"),
    ("http: plus", "one+one", "one+one"),
    ("http: bare percent", "50% off", "50% off"),
    ("http: escapes", "double%20encoded", "double%2520encoded"),
    ("http: raw unicode", "日本語の書類", "日本語の書類"),
    ("http: encoded emoji", "truck 🚚", "truck%20%F0%9F%9A%9A"),
    ("http: empty segments", "/deep//er", "/deep//er"),
    ("http: backslash", "a\\b", "a\\b"),
];

const TAILS: [&str; 4] = ["", "?id=7&v=2", "#page=2", "?token=a/b/c"];

/// Segments that HTTP clients take away: the address would be another one.
const DOTS: [&str; 4] = ["a/../b", "./b", "a/%2e%2E/b", "a/.%2e/b"];
/// One in so many has such segments.
const DOTS_EVERY: usize = 9;

pub(super) fn entry(maker: &Maker, number: usize, mut chooser: Chooser) -> Made {
    let (before, after) = chooser.surroundings();
    let base = format!("{}/c/{number}", maker.options.http_base);
    if chooser.0.is_multiple_of(DOTS_EVERY) {
        chooser.0 /= DOTS_EVERY;
        let path = chooser.choose(&DOTS).unwrap_or_default();
        return Made {
            case: "http: dot segments",
            url: Some(format!("{before}{base}/{path}.pdf{after}")),
            file: None,
            otherwise: "failed.malformed_url",
        };
    }
    let (case, name, spelled) = chooser.choose(&NAMES).unwrap_or_default();
    let (extension, copied) = chooser.extension();
    let tail = chooser.choose(&TAILS).unwrap_or_default();
    Made {
        case,
        url: Some(format!("{before}{base}/{spelled}{extension}{tail}{after}")),
        file: Some((Place::Http(format!("/c/{number}/{name}{extension}")), copied)),
        otherwise: "skipped.extension",
    }
}
