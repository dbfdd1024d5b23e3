//! Why a file of a report could not be made.

/// A file of a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The writer failed.
    #[error(
        "cannot write {file}: {source}; hint: look at the disk, or at the upload behind the writer"
    )]
    Write {
        /// Which file.
        file: &'static str,
        /// The writer's answer.
        source: std::io::Error,
    },
    /// The model cannot be told as JSON, or JSON cannot be read as the model.
    #[error("{file} does not fit the model: {source}; hint: use the version that wrote it")]
    Json {
        /// Which file.
        file: &'static str,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The summary is of a newer version.
    #[error(
        "summary.json has schema version {found}, newer than {known}; hint: use the version that wrote it"
    )]
    NewerSchema {
        /// The version of the file.
        found: u32,
        /// The newest version that is known here.
        known: u32,
    },
    /// The template of the page failed.
    #[error("cannot make index.html: {0}; hint: the message tells the place of the template")]
    Page(#[from] askama::Error),
}

impl ReportError {
    /// For `map_err`: the writer of that file failed.
    pub(crate) fn write(file: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Write { file, source }
    }

    /// For `map_err`: serialising for that file failed, because of the writer or of the model.
    pub(crate) fn json(file: &'static str) -> impl Fn(serde_json::Error) -> Self {
        move |source| {
            if source.is_io() {
                Self::Write { file, source: source.into() }
            } else {
                Self::Json { file, source }
            }
        }
    }
}
