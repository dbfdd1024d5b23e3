//! Times in texts, which differ from world to world: those of a report, and of what a comparison keeps.

/// When every world's run starts. The events say so, and what follows from them is the same everywhere.
pub(crate) const STARTED_AT: &str = "2026-01-01T00:00:00Z";

/// The digits of a date and a time of day, as RFC 3339 has them and as people read them.
const SHAPES: [&[u8]; 2] = [b"0000-00-00T00:00:00", b"0000-00-00 00:00:00"];
/// What a page tells about time by lengths, from here to there.
const LENGTHS: [(&str, &str); 2] =
    [("<dt>Took</dt>", "</dd>"), ("<section aria-labelledby=\"time\">", "</section>")];

/// The text with `{time}` for every time but [`STARTED_AT`].
pub(crate) fn without_times(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let time = length_of_time(rest);
        if time == 0 || rest[..time] == *STARTED_AT {
            let taken = time.max(first.len_utf8());
            plain.push_str(&rest[..taken]);
            rest = &rest[taken..];
        } else {
            plain.push_str("{time}");
            rest = &rest[time..];
        }
    }
    plain
}

/// The page of a report without what tells how long something took.
pub(crate) fn without_lengths(page: &str) -> String {
    LENGTHS.into_iter().fold(page.to_owned(), |page, (from, to)| {
        let Some((before, rest)) = page.split_once(from) else { return page };
        let after = rest.split_once(to).map_or("", |(_, after)| after);
        format!("{before}{from}{to}{after}")
    })
}

/// Bytes of the time that the text begins with, with fraction and zone; 0 if it begins with none.
fn length_of_time(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_time = |shape: &&[u8]| {
        bytes.len() >= shape.len()
            && bytes.iter().zip(*shape).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let Some(shape) = SHAPES.iter().find(|shape| is_time(shape)) else { return 0 };
    let fraction = bytes[shape.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.' || **byte == b'Z')
        .count();
    shape.len() + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_and_everything_else_stays() {
        let text =
            format!("ü {STARTED_AT} 2026-11-21T16:43:13.123Z, 2026-11-21 16:43:13 UTC; 2026-11");
        assert_eq!(without_times(&text), format!("ü {STARTED_AT} {{time}}, {{time}} UTC; 2026-11"));
        let page = "a<dt>Took</dt><dd>5 s</dd>b<section aria-labelledby=\"time\">x</section>c";
        let plain = "a<dt>Took</dt></dd>b<section aria-labelledby=\"time\"></section>c";
        assert_eq!(without_lengths(page), plain);
    }
}
