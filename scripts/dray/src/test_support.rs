//! Texts that were looked at, and checks that hold for every text.

use crate::output::Look;

/// Compares with a text that was looked at. With `UPDATE_GOLDEN` in the environment it is written instead, to be looked at.
///
/// * `folder`: below `src`.
pub(crate) fn assert_golden(folder: &str, name: &str, actual: &str) {
    let path = format!("{}/src/{folder}/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(format!("{}/src/{folder}/golden", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
        std::fs::write(&path, format!("{actual}\n")).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(actual, golden.trim_end(), "\n--- actual ---\n{actual}\n--------------");
}

/// What is shown at the widths that people have, with and without colour, as it was looked at; and at 20 columns whatever it is.
pub(crate) fn assert_looks(folder: &str, name: &str, text: impl Fn(Look) -> String) {
    for width in [80, 140] {
        let plain = text(Look { width, colour: false, lines: false });
        assert_golden(folder, &format!("{name}-{width}"), &plain);
        let coloured = text(Look { width, colour: true, lines: true });
        assert_golden(folder, &format!("{name}-{width}-colour"), &coloured);
        for line in plain.lines() {
            assert_eq!(line, line.trim_end(), "blanks at the end");
            assert!(line.chars().count() <= usize::from(width), "too long: {line}");
        }
        assert!(!plain.contains('\u{1b}'), "colour where nobody wants it");
    }
    for width in [1, 20, 40] {
        assert!(!text(Look { width, colour: false, lines: true }).is_empty());
    }
}

/// No line is longer, but for those that are meant to be copied whole.
pub(crate) fn assert_fits(text: &str, width: usize) {
    let lines = text.lines().filter(|line| !line.contains("s3://"));
    for line in lines {
        assert!(line.chars().count() <= width, "{line}");
    }
}
