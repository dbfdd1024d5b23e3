//! The files of the report, written on the local disk first: there may be more differences than fit into memory.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use drayage_domain::reconcile::{Report, work};
use drayage_lambda_kit::error::{FunctionError, STORAGE_UNAVAILABLE};
use drayage_report::{
    DIFFERENCES_CSV, DIFFERENCES_NDJSON_GZ, DifferencesWriter, FIX_SH, INDEX_HTML, SUMMARY_JSON,
    content_type, render_page, write_summary,
};
use tempfile::TempDir;

use crate::Context;
use crate::findings::Told;

impl Context {
    /// Writes every file of the report; the page last, so that whoever finds it finds everything it links to.
    pub(crate) async fn write_files(
        &self,
        report: &Report,
        mut findings: Told<'_>,
    ) -> Result<(), FunctionError> {
        let directory = TempDir::new().map_err(|error| FunctionError::internal(&error))?;
        let create = |name: &str| {
            File::create(directory.path().join(name))
                .map(BufWriter::new)
                .map_err(|error| FunctionError::internal(&error))
        };
        let mut writer = DifferencesWriter::new(
            report,
            create(DIFFERENCES_NDJSON_GZ)?,
            create(DIFFERENCES_CSV)?,
            create(FIX_SH)?,
        )
        .map_err(|error| FunctionError::internal(&error))?;
        while let Some(part) = findings.next_part().await? {
            for difference in &part {
                writer.write(difference).map_err(|error| FunctionError::internal(&error))?;
            }
        }
        let (ndjson, csv, fix) =
            writer.finish().map_err(|error| FunctionError::internal(&error))?;
        for mut file in [ndjson, csv, fix] {
            file.flush().map_err(|error| FunctionError::internal(&error))?;
        }
        for name in [DIFFERENCES_NDJSON_GZ, DIFFERENCES_CSV, FIX_SH] {
            let key = work::report_key(&report.run_id, name);
            let path = directory.path().join(name);
            self.storage
                .put_file(&self.settings.state_bucket, &key, &path, content_type(name))
                .await
                .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))?;
        }
        let mut summary = Vec::new();
        write_summary(report, &mut summary).map_err(|error| FunctionError::internal(&error))?;
        self.write_file(report, SUMMARY_JSON, summary).await?;
        let mut page = Vec::new();
        render_page(report, &mut page).map_err(|error| FunctionError::internal(&error))?;
        self.write_file(report, INDEX_HTML, page).await
    }

    async fn write_file(
        &self,
        report: &Report,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<(), FunctionError> {
        let key = work::report_key(&report.run_id, name);
        self.documents.write_bytes(&key, bytes, content_type(name)).await
    }
}
