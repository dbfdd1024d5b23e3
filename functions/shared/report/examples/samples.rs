//! Writes reports to look at: `cargo run -p drayage-report --example samples -- DIRECTORY`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the sample models are test code"
)]

#[path = "../tests/report/sample.rs"]
mod sample;
#[path = "../tests/report/switch_sample.rs"]
mod switch_sample;

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use drayage_report::{
    DIFFERENCES_CSV, DIFFERENCES_NDJSON_GZ, DifferencesWriter, FIX_SH, INDEX_HTML, SUMMARY_JSON,
    render_page, render_switch_page, write_summary,
};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).ok_or("usage: samples DIRECTORY")?;
    for (name, report) in sample::all() {
        let folder = Path::new(&directory).join(name);
        fs::create_dir_all(&folder)?;
        let create = |file: &str| File::create(folder.join(file));
        render_page(&report, create(INDEX_HTML)?)?;
        write_summary(&report, create(SUMMARY_JSON)?)?;
        let mut differences = DifferencesWriter::new(
            &report,
            create(DIFFERENCES_NDJSON_GZ)?,
            create(DIFFERENCES_CSV)?,
            create(FIX_SH)?,
        )?;
        for difference in report.top.iter().chain(&sample::hostile_differences()) {
            differences.write(difference)?;
        }
        differences.finish()?;
    }
    for (name, sample) in switch_sample::all() {
        let folder = Path::new(&directory).join(name);
        fs::create_dir_all(&folder)?;
        render_switch_page(&sample.report(), File::create(folder.join(INDEX_HTML))?)?;
    }
    Ok(())
}
