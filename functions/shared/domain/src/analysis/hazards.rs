//! What may go wrong in a migration, with what to do about it before it is started.

use serde::{Deserialize, Serialize};

use super::Sizes;
use super::tally::Tally;
use crate::outcome::Outcome;
use crate::source_url::UrlNote;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hazard {
    /// Its fixed name; that of an outcome where records end in it.
    pub name: String,
    /// Whether files stay behind unless something is done; the others are for information.
    pub blocking: bool,
    /// Records that have it.
    pub count: u64,
    /// Whether that number is exact, or estimated from a part.
    pub exact: bool,
    /// What it is, a sentence.
    pub what: String,
    /// What to do about it, a sentence.
    pub remedy: String,
}

/// Those that were found: blocking ones first, then by their number.
pub fn hazards(tally: &Tally, sizes: Option<&Sizes>) -> Vec<Hazard> {
    let mut found: Vec<Hazard> = of_outcomes(tally)
        .chain(of_urls(tally))
        .chain(of_repeats(tally))
        .chain(of_notes(tally))
        .chain(sizes.into_iter().flat_map(of_sample))
        .filter(|hazard| hazard.count > 0)
        .collect();
    found.sort_by(|a, b| (b.blocking, b.count, &a.name).cmp(&(a.blocking, a.count, &b.name)));
    found
}

fn hazard(name: &str, blocking: bool, count: u64, texts: (&str, &str)) -> Hazard {
    Hazard {
        name: name.to_owned(),
        blocking,
        count,
        exact: true,
        what: texts.0.to_owned(),
        remedy: texts.1.to_owned(),
    }
}

/// Records that would end without a copy although somebody may want one.
fn of_outcomes(tally: &Tally) -> impl Iterator<Item = Hazard> + '_ {
    tally.outcomes.iter().filter_map(|(label, count)| {
        let needs_attention = Outcome::from_label(label).is_none_or(Outcome::needs_attention);
        needs_attention.then(|| hazard(label, true, *count, refused(label)))
    })
}

/// What is wrong with the records of such an outcome, and what to do.
fn refused(label: &str) -> (&'static str, &'static str) {
    match label {
        "failed.host_not_allowed" => (
            "the URL's host or bucket is not on the allow-list",
            "add the hosts that are yours to the parameter SourceHosts; leave the others out on purpose",
        ),
        "failed.forbidden_address" => (
            "the URL leads to an internal or numeric address",
            "correct the URL; an internal server has to be listed with scheme, host and port",
        ),
        "failed.malformed_url" => {
            ("the text is not a URL that names a file", "correct the field in Salesforce")
        }
        "failed.unsupported_scheme" => {
            ("the URL's scheme is none that files are fetched by", "give an http, https or s3 URL")
        }
        "failed.credentials_in_url" => (
            "the URL carries a user name or password",
            "take it out of the field, and change the password: everybody who may read the record knows it",
        ),
        "failed.invalid_key" => (
            "the URL names a key that no object can have",
            "correct the field; such a link usually does not open in a browser either",
        ),
        "failed.url_too_long" => (
            "no new URL fits the length of the field",
            "make the field longer, or choose a shorter NewUrlBase or DestinationPrefix",
        ),
        "failed.invalid_record" => (
            "the record itself is not usable",
            "look at the record: an id or a field is not what it has to be",
        ),
        _ => ("the record would end without a copy", "the runbook has an entry for this name"),
    }
}

fn of_urls(tally: &Tally) -> impl Iterator<Item = Hazard> {
    [
        hazard(
            "expiring_urls",
            true,
            tally.expiring,
            (
                "the URL carries a signature that expires",
                "copy soon, or give Drayage access to the bucket: an expired link cannot be fetched",
            ),
        ),
        hazard(
            "plain_http",
            false,
            tally.plain_http,
            (
                "the file is fetched without encryption",
                "list the host with https if it has it; otherwise anybody between can read and change the file",
            ),
        ),
        hazard(
            "long_urls",
            false,
            tally.long_urls,
            (
                "the URL has more than 2,000 characters",
                "nothing: it is fetched as it is; some browsers and proxies refuse it",
            ),
        ),
        hazard(
            "records_without_account",
            false,
            tally.without_account,
            (
                "the record belongs to no account",
                "nothing: its file is filed under a folder of its own; or fill in the account first",
            ),
        ),
        hazard(
            "renamed_files",
            false,
            tally.renamed,
            (
                "the file's name has characters that a key or a desktop does not take, or is too long",
                "nothing: the copy gets a clean name, the plan lists both",
            ),
        ),
    ]
    .into_iter()
}

/// What several records have in common.
fn of_repeats(tally: &Tally) -> [Hazard; 2] {
    let urls = tally.urls.repeated();
    let keys = tally.keys.repeated();
    [
        Hazard {
            exact: urls.exact,
            ..hazard(
                "shared_urls",
                false,
                urls.occurrences,
                (
                    "several records have the same URL",
                    "nothing: the file is fetched once per batch, and every record gets its own copy",
                ),
            )
        },
        Hazard {
            exact: keys.exact,
            ..hazard(
                "key_collisions",
                false,
                keys.occurrences.saturating_sub(keys.shared),
                (
                    "another record wants the same key, if letter case is ignored",
                    "nothing: its copy gets the record's id into the name",
                ),
            )
        },
    ]
}

fn of_notes(tally: &Tally) -> impl Iterator<Item = Hazard> + '_ {
    tally.notes.iter().filter_map(|(note, count)| {
        let (name, what) = match note {
            UrlNote::PlusAmbiguous => {
                ("plus_ambiguous", "the key has a + that may mean a blank; both are looked for")
            }
            UrlNote::QueryMaybeKey => (
                "query_maybe_key",
                "what looks like a query may be a part of the key; both are looked for",
            ),
            UrlNote::FragmentMaybeKey => (
                "fragment_maybe_key",
                "what looks like a fragment may be a part of the key; both are looked for",
            ),
            UrlNote::DoubleEncoded => (
                "double_encoded",
                "percent escapes remain after decoding; they are taken for a part of the key",
            ),
            UrlNote::DotSegments => (
                "dot_segments",
                "the key has . or .. between slashes; it is looked for with and without",
            ),
            // These are repaired in the one way that can be meant.
            UrlNote::TrimmedWhitespace
            | UrlNote::AssumedHttps
            | UrlNote::UpgradedToHttps
            | UrlNote::TrailingDotRemoved
            | UrlNote::WebsiteEndpointReplaced
            | UrlNote::DottedBucketPathStyle
            | UrlNote::BarePercent
            | UrlNote::EncodedControlCharacters
            | UrlNote::NotUtf8Name
            | UrlNote::SignatureIgnored => return None,
        };
        let remedy = "nothing; a file for which both readings exist fails as ambiguous_key";
        Some(hazard(name, false, *count, (what, remedy)))
    })
}

/// What the sample has met, for all files.
fn of_sample(sizes: &Sizes) -> Vec<Hazard> {
    let exact = sizes.sampled >= sizes.files;
    // Of a share of the sample, for all of them; rounded up, because one was seen at least.
    let scaled = |count: u64| {
        let all = u128::from(count) * u128::from(sizes.files);
        u64::try_from(all.div_ceil(u128::from(sizes.sampled.max(1)))).unwrap_or(u64::MAX)
    };
    let mut found: Vec<Hazard> = sizes
        .not_there
        .iter()
        .map(|(outcome, count)| {
            let (what, remedy) = not_there(outcome);
            Hazard { exact, ..hazard(outcome, true, scaled(*count), (what, remedy)) }
        })
        .collect();
    found.push(Hazard {
        exact,
        ..hazard(
            "skipped.too_large",
            true,
            scaled(sizes.too_large),
            (
                "the file is larger than the maximum file size",
                "raise the parameter MaxFileSizeMb if these files are wanted",
            ),
        )
    });
    found
}

fn not_there(outcome: &str) -> (&'static str, &'static str) {
    match outcome {
        "source_gone.object_missing" => (
            "the source has no such file",
            "look for it in a backup of the source; its record keeps the dead link",
        ),
        "failed.access_denied" => (
            "the source refuses access",
            "let the source's owner grant s3:GetObject and s3:ListBucket, or give keys or public access",
        ),
        "failed.source_expired" => {
            ("the signature of the URL has expired", "get new links, or access to the bucket")
        }
        "failed.archived" => {
            ("the file is in an archive", "restore it (S3 Glacier) and start then")
        }
        "failed.kms_denied" => (
            "the key that encrypts the file may not be used",
            "grant kms:Decrypt on it to the copy function",
        ),
        "failed.ambiguous_key" => {
            ("two objects match the URL", "encode the + of the URL as %2B, or its blank as %20")
        }
        "failed.redirect_refused" => (
            "the source redirects to a place that is not allowed",
            "add that host to SourceHosts if it is right, or correct the URL",
        ),
        "failed.throttled" | "failed.source_unavailable" | "failed.source_timeout" => (
            "the source did not answer, or asked to slow down",
            "lower CopyMaximumConcurrency, and tell the source's operator when you start",
        ),
        _ => ("the file could not be looked at", "the runbook has an entry for this name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_files_back_comes_first() {
        let mut tally = Tally { plain_http: 90, expiring: 2, ..Tally::default() };
        tally.outcomes.insert("failed.host_not_allowed".to_owned(), 5);
        tally.outcomes.insert("skipped.no_url".to_owned(), 7);
        let names: Vec<String> =
            hazards(&tally, None).into_iter().map(|hazard| hazard.name).collect();
        assert_eq!(names, ["failed.host_not_allowed", "expiring_urls", "plain_http"]);
    }
}
