//! Differences with any text in them.

use drayage_domain::reconcile::{Difference, Doubt, Level, Seen, Verdict};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::sample::HOSTILE;

/// Any text: with much of what has a meaning for a shell, a spreadsheet or a terminal.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let special = select(vec![
        "\n",
        "\r",
        "\t",
        "\0",
        "'",
        "\"",
        "\\",
        "$",
        "`",
        "$(id)",
        "!",
        "#",
        ";",
        "&",
        "|",
        "-",
        "=",
        "+",
        "@",
        "%",
        " ",
        "\u{202e}",
        "\u{2028}",
        "\u{85}",
        "\u{7f}",
        "\u{1b}[2J",
        "1",
        "7",
        "file://",
        "https://",
        "?versionId=",
    ])
    .prop_map(str::to_owned);
    let piece = prop_oneof![
        3 => special,
        2 => any::<char>().prop_map(String::from),
        1 => "[a-zA-Z0-9/._-]{1,8}",
        1 => select(HOSTILE.to_vec()).prop_map(str::to_owned),
    ];
    vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

fn seen() -> impl Strategy<Value = Seen> {
    (any::<u64>(), option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(size_bytes, etag, last_modified, storage_class)| Seen {
            size_bytes,
            etag,
            last_modified,
            storage_class,
        },
    )
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let (level, reason) = (select(Level::ALL.to_vec()), select(Doubt::ALL.to_vec()));
    prop_oneof![
        Just(Verdict::Missing),
        Just(Verdict::Extra),
        Just(Verdict::SizeDiffers),
        level.clone().prop_map(|level| Verdict::ContentDiffers { level }),
        (level, reason).prop_map(|(level, reason)| Verdict::NotVerifiable { level, reason }),
    ]
}

pub(crate) fn any_difference() -> impl Strategy<Value = Difference> {
    (
        text(),
        verdict(),
        option::of(seen()),
        option::of(seen()),
        option::of(text()),
        option::of(text()),
    )
        .prop_map(|(key, verdict, source, destination, id, problem)| Difference {
            key,
            verdict,
            source,
            destination,
            account_id: id.clone(),
            record_id: id,
            problem,
        })
}
