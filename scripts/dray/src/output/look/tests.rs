//! Width, colours, tables and bars, as different terminals get them.

use rstest::rstest;

use super::super::{align_right, trimmed};
use super::*;
use crate::test_support::assert_golden;

fn look(terminal: bool, width: Option<u16>, choice: ColourChoice, set: &[(&str, &str)]) -> Look {
    Look::of(terminal, width, choice, |name| {
        set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[rstest]
#[case::of_the_terminal(true, Some(140), &[("COLUMNS", "60")], 140)]
#[case::told(false, None, &[("COLUMNS", "60")], 60)]
#[case::not_told(false, None, &[], 100)]
#[case::nonsense(false, None, &[("COLUMNS", "wide")], 100)]
#[case::none(true, Some(0), &[], 100)]
#[case::hardly_any(true, Some(3), &[], WIDTH_MIN)]
fn the_width_is_the_terminals_or_what_is_told(
    #[case] terminal: bool,
    #[case] width: Option<u16>,
    #[case] set: &[(&str, &str)],
    #[case] expected: u16,
) {
    assert_eq!(look(terminal, width, ColourChoice::Auto, set).width, expected);
}

#[rstest]
#[case::terminal(true, ColourChoice::Auto, &[], true)]
#[case::pipe(false, ColourChoice::Auto, &[], false)]
#[case::nobody_wants_colours(true, ColourChoice::Auto, &[("NO_COLOR", "1")], false)]
#[case::an_empty_wish_is_none(true, ColourChoice::Auto, &[("NO_COLOR", "")], true)]
#[case::forced(false, ColourChoice::Auto, &[("CLICOLOR_FORCE", "1")], true)]
#[case::not_forced(false, ColourChoice::Auto, &[("CLICOLOR_FORCE", "0")], false)]
#[case::no_colour_before_force(
    false, ColourChoice::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false
)]
#[case::dumb(true, ColourChoice::Auto, &[("TERM", "dumb")], false)]
#[case::the_option_wins(false, ColourChoice::Always, &[("NO_COLOR", "1")], true)]
#[case::also_against_force(true, ColourChoice::Never, &[("CLICOLOR_FORCE", "1")], false)]
fn colours_are_for_those_who_want_them(
    #[case] terminal: bool,
    #[case] choice: ColourChoice,
    #[case] set: &[(&str, &str)],
    #[case] expected: bool,
) {
    assert_eq!(look(terminal, None, choice, set).colour, expected);
}

#[test]
fn colours_are_left_out_where_nobody_wants_them() {
    let text = |colour| {
        let look = Look { width: 80, colour, lines: false };
        let mut table = look.table(["check"]);
        table.add_row([look.cell("failed", Color::Red)]);
        table.to_string()
    };
    assert!(text(true).contains("\u{1b}["));
    assert!(!text(false).contains('\u{1b}'));
}

fn sample(look: Look) -> String {
    let mut table = look.table(["run", "state", "records", "what"]);
    table.add_row([
        Cell::new("incremental-20261121T070809Z-012"),
        look.cell("failed", Color::Red),
        Cell::new("12,345"),
        Cell::new("Salesforce has refused the sign-in of the integration user"),
    ]);
    table.add_row(["full-20261120T000000Z-000", "succeeded", "1", ""]);
    align_right(&mut table, &[2]);
    trimmed(&table)
}

#[test]
fn a_table_fits_the_terminal_and_no_line_ends_in_blanks() {
    for width in [72, 80, 140] {
        for lines in [false, true] {
            let text = sample(Look { width, colour: false, lines });
            for line in text.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
            let coloured = sample(Look { width, colour: true, lines });
            assert!(coloured.lines().all(|line| !line.contains(" \u{1b}[0m")), "{coloured}");
        }
    }
}

#[rstest]
#[case(80, false, false)]
#[case(140, false, true)]
#[case(80, true, true)]
#[case(20, false, false)]
fn tables_look_like_this(#[case] width: u16, #[case] colour: bool, #[case] lines: bool) {
    let colours = if colour { "-colour" } else { "" };
    assert_golden(
        "output",
        &format!("table-{width}{colours}"),
        &sample(Look { width, colour, lines }),
    );
}

#[test]
fn however_narrow_the_terminal_nothing_panics_and_nothing_is_lost() {
    for width in 1..=40 {
        let look = Look { width, colour: true, lines: true };
        assert!(sample(look).contains("12,345"), "{width}");
        let list = look.list([("a rather long name", "a\nvalue".to_owned()), ("b", String::new())]);
        assert!(list.lines().all(|line| line == line.trim_end()), "{list}");
        assert_eq!(look.bar(0.5, width).chars().count(), usize::from(width));
    }
}

#[test]
fn a_table_without_rows_tells_its_columns_on_a_narrow_terminal() {
    let look = Look { width: 12, colour: false, lines: false };
    assert_eq!(trimmed(&look.table(["account", "records"])), "account\nrecords");
}

#[test]
fn a_bar_is_full_only_when_all_is_done() {
    let ascii = Look { width: 80, colour: false, lines: false };
    assert_eq!(ascii.bar(0.5, 12), "[#####-----]");
    assert_eq!(ascii.bar(0.999, 12), "[#########-]");
    assert_eq!(ascii.bar(7.0, 12), "[##########]");
    assert_eq!(ascii.bar(f64::NAN, 4), "[--]");
    assert_eq!(ascii.bar(0.5, 1), "[]");
    let drawn = Look { lines: true, ..ascii };
    assert_eq!(drawn.bar(0.5, 4), "██░░");
}

#[test]
fn what_is_there_at_all_has_a_bar() {
    let ascii = Look { width: 80, colour: false, lines: false };
    let bars = [0, 1, 50, 100, 101].map(|number| ascii.share(number, 100, 8));
    assert_eq!(bars, ["", "#", "####", "########", "########"]);
    assert_eq!((ascii.share(50, 100, 0), ascii.share(0, 0, 8)), (String::new(), String::new()));
    assert_eq!(Look { lines: true, ..ascii }.share(1, 2, 4), "██");
}

#[test]
fn ids_and_headers_are_never_broken() {
    let ids = ["incremental-20261121T070809Z-012", "a0B000000000001AAX", "verified"];
    for width in 10..=140 {
        let look = Look { width, colour: false, lines: false };
        let mut table = look.table(["run", "record_id", "verified", "what"]);
        table.add_row([ids[0], ids[1], "17 GiB", "FIELD_CUSTOM_VALIDATION_EXCEPTION on the field"]);
        align_right(&mut table, &[2]);
        let text = trimmed(&table);
        assert!(ids.iter().chain(&["17 GiB"]).all(|id| text.contains(id)), "{width}: {text}");
    }
}
