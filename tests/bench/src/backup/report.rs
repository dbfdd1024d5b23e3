//! The figures of all sizes side by side, and whether they are flat.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::processes::Used;
use super::{Requests, Size};

/// How much more memory a function may need for any number of files than for the smallest.
const GROWTH_MAX: f64 = 1.25;

/// All sizes, the smallest first.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    sizes: Vec<Size>,
    /// What fails, and what grows and must not, as sentences.
    problems: Vec<String>,
}

impl Report {
    pub(crate) fn new(sizes: Vec<Size>, failure: Option<String>) -> Self {
        let problems = failure.into_iter().chain(growth(&sizes)).collect();
        Self { sizes, problems }
    }

    /// Tables for people.
    pub(crate) fn tables(&self) -> String {
        [self.totals(), self.processes(), self.requests()]
            .map(|table| table.to_string())
            .join("\n\n")
    }

    /// An error if there is a problem.
    pub(crate) fn verdict(&self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { bail!("{}", self.problems.join("\n")) }
    }

    fn totals(&self) -> Table {
        let mut table = table(
            1,
            [
                "files",
                "wall s",
                "ms/file",
                "CPU ms/file of the functions",
                "enumerated",
                "accounted",
                "outcomes",
                "batches",
                "compared",
            ]
            .map(str::to_owned),
        );
        for size in &self.sizes {
            let functions = size.processes.values().filter(|used| used.function);
            let cpu: f64 = functions.map(|used| used.cpu_seconds).sum();
            let outcomes: Vec<String> =
                size.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
            table.add_row([
                size.files.to_string(),
                format!("{:.1}", size.wall_seconds),
                format!("{:.2}", per_file(size.wall_seconds * 1_000.0, size)),
                format!("{:.2}", per_file(cpu * 1_000.0, size)),
                size.enumerated.to_string(),
                size.accounted.to_string(),
                outcomes.join(", "),
                size.batches.to_string(),
                size.check.equal.to_string(),
            ]);
        }
        table
    }

    /// Memory and processor time of every kind of process, the functions first.
    fn processes(&self) -> Table {
        let kinds: BTreeSet<(bool, &str)> = self
            .sizes
            .iter()
            .flat_map(|size| {
                size.processes.iter().map(|(name, used)| (!used.function, name.as_str()))
            })
            .collect();
        let columns = ["peak RSS MiB", "CPU ms/file", "processes"];
        let header = columns.iter().flat_map(|column| {
            self.sizes.iter().map(move |size| format!("{column}, {}", size.files))
        });
        let mut table = table(1, ["process".to_owned()].into_iter().chain(header));
        for (_, name) in kinds {
            let figures: [fn(&Used, &Size) -> String; 3] = [
                |used, _| format!("{:.1}", used.peak_rss_mib),
                |used, size| format!("{:.3}", per_file(used.cpu_seconds * 1_000.0, size)),
                |used, _| used.processes.to_string(),
            ];
            let cells = figures.iter().flat_map(|figure| {
                self.sizes.iter().map(move |size| {
                    size.processes.get(name).map(|used| figure(used, size)).unwrap_or_default()
                })
            });
            table.add_row([name.to_owned()].into_iter().chain(cells));
        }
        table
    }

    /// Requests per file, and how many there were in the largest run.
    fn requests(&self) -> Table {
        let header = self.sizes.iter().map(|size| format!("per file, {}", size.files));
        let first = ["service", "operation", "place"].map(str::to_owned);
        let mut table =
            table(3, first.into_iter().chain(header).chain(["count, largest".to_owned()]));
        let mut rows: BTreeMap<[&str; 3], Vec<u64>> = BTreeMap::new();
        for (index, size) in self.sizes.iter().enumerate() {
            for Requests { service, operation, place, count } in &size.requests {
                let each = [service.as_str(), operation.as_str(), place.as_str()];
                for key in [each, [service.as_str(), "(all)", ""]] {
                    let counts = rows.entry(key).or_insert_with(|| vec![0; self.sizes.len()]);
                    if let Some(sum) = counts.get_mut(index) {
                        *sum += count;
                    }
                }
            }
        }
        for (names, counts) in rows {
            let per_file = self
                .sizes
                .iter()
                .zip(&counts)
                .map(|(size, count)| format!("{:.4}", per_file(precise(*count), size)));
            let last = counts.last().copied().unwrap_or_default().to_string();
            table.add_row(names.map(str::to_owned).into_iter().chain(per_file).chain([last]));
        }
        table
    }
}

/// Functions whose largest process grows with the number of files.
fn growth(sizes: &[Size]) -> Vec<String> {
    let Some((smallest, larger)) = sizes.split_first() else { return Vec::new() };
    let mut problems = Vec::new();
    for size in larger {
        for (name, used) in size.processes.iter().filter(|(_, used)| used.function) {
            let before =
                smallest.processes.get(name).map_or(f64::INFINITY, |used| used.peak_rss_mib);
            if used.peak_rss_mib > before * GROWTH_MAX {
                problems.push(format!(
                    "{name} needs {:.1} MiB for {} files and {before:.1} MiB for {}",
                    used.peak_rss_mib, size.files, smallest.files
                ));
            }
        }
    }
    problems
}

fn per_file(figure: f64, size: &Size) -> f64 {
    figure / precise(size.files)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn precise(count: u64) -> f64 {
    count as f64
}

/// A table whose columns after the first `names` are figures.
fn table(names: usize, header: impl IntoIterator<Item = String>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(header);
    for column in table.column_iter_mut().skip(names) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(files: u64, peaks: &[(&str, bool, f64)]) -> Size {
        let used = |(name, function, peak_rss_mib): &(&str, bool, f64)| {
            let used = Used {
                function: *function,
                processes: 1,
                peak_rss_mib: *peak_rss_mib,
                cpu_seconds: 1.0,
            };
            ((*name).to_owned(), used)
        };
        let requests = Requests {
            service: "S3".to_owned(),
            operation: "HeadObject".to_owned(),
            place: "source".to_owned(),
            count: files * 2,
        };
        Size {
            files,
            wall_seconds: 10.0,
            enumerated: files,
            accounted: files,
            outcomes: BTreeMap::new(),
            bytes_copied: 0,
            batches: 1,
            processes: peaks.iter().map(used).collect(),
            requests: vec![requests],
            check: drayage_local::CheckReport::default(),
        }
    }

    #[test]
    fn only_a_function_that_grows_with_the_files_is_a_problem() {
        let small = size(1_000, &[("copy", true, 40.0), ("emulator", false, 100.0)]);
        let flat = size(10_000, &[("copy", true, 49.0), ("emulator", false, 900.0)]);
        let report = Report::new(vec![small, flat], None);
        assert!(report.verdict().is_ok());
        assert!(report.tables().contains("2.0000"), "{}", report.tables());
        let small = size(1_000, &[("copy", true, 40.0)]);
        let grown = size(10_000, &[("copy", true, 51.0), ("dead-letter", true, 10.0)]);
        let verdict = Report::new(vec![small, grown], None).verdict().unwrap_err().to_string();
        assert_eq!(verdict, "copy needs 51.0 MiB for 10000 files and 40.0 MiB for 1000");
        assert!(Report::new(Vec::new(), Some("no emulator".to_owned())).verdict().is_err());
    }
}
