//! Tables and figures for people.

use comfy_table::{CellAlignment, Table, presets};

/// Rows under a header; `right` are the columns of numbers.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    right: &[usize],
    rows: Vec<[String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table.add_rows(rows);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Bytes in MiB, to two decimals, without floating point.
pub(crate) fn mebibytes(bytes: u64) -> String {
    let hundredths = bytes.saturating_mul(100) / (1024 * 1024);
    format!("{}.{:02} MiB", hundredths / 100, hundredths % 100)
}

/// An account id, of which the end is enough to recognise it: terminals are shared and logs are kept.
pub(crate) fn masked(account: &str) -> String {
    let shown = account.get(account.len().saturating_sub(4)..).unwrap_or_default();
    format!("********{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(mebibytes(8 * 1024 * 1024), "8.00 MiB");
        assert_eq!(mebibytes(1_572_864), "1.50 MiB");
        assert_eq!(masked("123456789012"), "********9012");
        assert_eq!(masked("12"), "********12");
    }
}
