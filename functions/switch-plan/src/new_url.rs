//! Whether a user can open a new URL: asked before a single record points at one.

use drayage_aws::clients::Clients;
use drayage_aws::objects::{ProbeError, Probed, Prober};
use drayage_domain::switch::plan::Probe;
use drayage_domain::switch::{Direction, SwitchLine};
use drayage_lambda_kit::error::FunctionError;

use crate::Context;
use crate::draft::Draft;

/// What to do about a URL that cannot be opened.
pub(crate) const HINT: &str = "make the destination readable, such as through a CDN in front of it, and set NewUrlBase to that; or, \
                               if users reach it in a way that this function cannot, pass \"probe\": false";

/// Opens the new URL of the first line, if the run wants that.
pub(crate) async fn open(
    clients: &Clients,
    context: &Context,
    draft: &Draft,
) -> Result<Option<Probe>, FunctionError> {
    let options = &context.options;
    let Some(SwitchLine { record_id, to: Some(url), .. }) = draft.first.first() else {
        return Ok(None);
    };
    if !options.probe || options.direction == Direction::Restore {
        return Ok(None);
    }
    let ids = [record_id.clone()];
    let rows = context.ledger.rows(&ids).await?;
    let proof = rows.get(record_id).and_then(|row| row.proof.as_ref());
    let answer = match Prober::new(clients.reach()) {
        Ok(prober) => prober.head(url).await,
        Err(error) => Err(error),
    };
    let (reachable, found) = judge(answer.as_ref(), proof.map(|proof| proof.size_bytes));
    Ok(Some(Probe { url: url.clone(), reachable, found }))
}

/// Whether the answer is the file, and what was seen.
///
/// * `size_bytes`: of the copy, as it was proven.
fn judge(answer: Result<&Probed, &ProbeError>, size_bytes: Option<u64>) -> (bool, String) {
    match (answer, size_bytes) {
        (Err(error), _) => {
            (false, format!("the new URL of the first record cannot be opened: {error}"))
        }
        (Ok(Probed { status: 200, size_bytes: Some(told) }), Some(proven)) if *told != proven => (
            false,
            format!(
                "the new URL of the first record leads to {told} bytes, and its copy has {proven}"
            ),
        ),
        (Ok(Probed { status: 200, size_bytes }), _) => {
            let size = size_bytes.map_or_else(String::new, |size| format!(" with {size} bytes"));
            (
                true,
                format!(
                    "the new URL of the first record can be opened without credentials: status 200{size}"
                ),
            )
        }
        (Ok(Probed { status, .. }), _) => {
            (false, format!("the new URL of the first record is answered with status {status}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, size_bytes: Option<u64>, proven: Option<u64>) -> (bool, String) {
        judge(Ok(&Probed { status, size_bytes }), proven)
    }

    #[test]
    fn only_the_file_itself_is_reachable() {
        assert!(answered(200, Some(5), Some(5)).0);
        assert!(answered(200, None, Some(5)).0);
        assert!(answered(200, Some(5), None).0);
        let (reachable, found) = answered(200, Some(6), Some(5));
        assert!(!reachable && found.contains("6 bytes") && found.contains("has 5"), "{found}");
        for status in [204, 206, 301, 403, 404, 503] {
            let (reachable, found) = answered(status, Some(5), Some(5));
            assert!(!reachable && found.contains(&status.to_string()), "{found}");
        }
    }

    #[test]
    fn what_was_found_names_no_url() {
        let error = ProbeError::TimedOut { host: "new.example".to_owned() };
        let (reachable, found) = judge(Err(&error), Some(5));
        assert!(!reachable && found.contains("new.example") && !found.contains("://"), "{found}");
    }
}
