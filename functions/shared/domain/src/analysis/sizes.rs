//! How large the files are, from a random sample, with the error that a sample has.
//!
//! Sizes of files are heavy-tailed: the usual interval around a mean is too short on the side where the large files are. The
//! interval here is the bootstrap-t one (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 12), which is as
//! lopsided as the sample itself, with the correction for a sample that is a good part of the whole. It says nothing about files
//! that are much larger than any in the sample and so rare that none was drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::random::Random;
use super::sample::{Sample, Seen};

/// Resamples of the bootstrap: the quantiles at 2.5 % and 97.5 % are then the 25th from either end.
const RESAMPLES: usize = 1_000;
/// Of fewer files no interval is told.
const MEASURED_MIN: usize = 10;
/// Share of intervals that hold the truth, in percent.
pub const CONFIDENCE_PERCENT: u32 = 95;

/// What the sample says about sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sizes {
    /// Files that were asked for.
    pub sampled: u64,
    /// Files that the plan would copy.
    pub files: u64,
    /// Of the sampled ones, those that would be copied and whose size is known.
    pub measured: u64,
    /// Of the sampled ones, those that are there and are larger than the maximum file size. They are not copied.
    pub too_large: u64,
    /// Of the sampled ones, those that are there and whose source tells no size.
    pub unknown_size: u64,
    /// Of the sampled ones, those that are not there or may not be read, by outcome.
    pub not_there: BTreeMap<String, u64>,
    /// Mean of the measured sizes, in bytes.
    pub mean_bytes: u64,
    /// Median of the measured sizes, in bytes.
    pub median_bytes: u64,
    /// The largest size that was seen, in bytes; also of a file that is too large.
    pub largest_bytes: u64,
    /// The maximum file size of the run, in bytes.
    pub max_file_bytes: u64,
    /// All bytes that would be copied.
    pub total: Interval,
}

/// An estimate and its error, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// The likeliest value.
    pub bytes: u64,
    /// Lower end; none where the sample is too small to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_bytes: Option<u64>,
    /// Upper end; none where the sample is too small to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_bytes: Option<u64>,
    /// How sure it is, in percent; 100 when every file was asked for.
    pub confidence_percent: u32,
    /// How the interval was made.
    pub method: String,
}

/// What the sample says about `files` files; `None` when nothing was sampled.
///
/// A file that is not there, may not be read or is too large counts as 0 bytes of what would be copied, because that is what a
/// run would copy of it as things are. One that did not answer for the moment, or whose size is not told, is taken for one like
/// the others.
pub fn sizes(sample: &Sample, files: u64, max_file_bytes: u64, seed: u64) -> Option<Sizes> {
    let mut found = Sizes {
        sampled: 0,
        files,
        measured: 0,
        too_large: 0,
        unknown_size: 0,
        not_there: BTreeMap::new(),
        mean_bytes: 0,
        median_bytes: 0,
        largest_bytes: 0,
        max_file_bytes,
        total: interval(&[], files, seed),
    };
    let (mut copied, mut measured) = (Vec::new(), Vec::new());
    for seen in sample.files.values().filter_map(|file| file.seen.as_ref()) {
        found.sampled += 1;
        match seen {
            Seen::There { bytes: None } => found.unknown_size += 1,
            Seen::There { bytes: Some(bytes) } => {
                found.largest_bytes = found.largest_bytes.max(*bytes);
                if *bytes > max_file_bytes {
                    found.too_large += 1;
                    copied.push(0);
                } else {
                    copied.push(*bytes);
                    measured.push(*bytes);
                }
            }
            Seen::Not { outcome } => {
                *found.not_there.entry(outcome.clone()).or_default() += 1;
                if !seen.is_passing() {
                    copied.push(0);
                }
            }
        }
    }
    if found.sampled == 0 {
        return None;
    }
    measured.sort_unstable();
    let number = u64::try_from(measured.len()).unwrap_or(u64::MAX);
    found.measured = number;
    found.mean_bytes = measured.iter().sum::<u64>().checked_div(number).unwrap_or(0);
    found.median_bytes = measured.get(measured.len() / 2).copied().unwrap_or(0);
    found.total = interval(&copied, files, seed);
    Some(found)
}

/// The total of `files` files of which some have these sizes.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, of sums far below 2^52, never negative"
)]
fn interval(sizes: &[u64], files: u64, seed: u64) -> Interval {
    let number = sizes.len();
    let sum: u64 = sizes.iter().sum();
    if u64::try_from(number).is_ok_and(|number| number >= files) {
        return Interval {
            bytes: sum,
            low_bytes: Some(sum),
            high_bytes: Some(sum),
            confidence_percent: 100,
            method: "every file was asked for".to_owned(),
        };
    }
    let values: Vec<f64> = sizes.iter().map(|size| *size as f64).collect();
    let (mean, deviation) = moments(&values);
    let all = files as f64;
    let bytes = (mean * all).round() as u64;
    if number < MEASURED_MIN {
        return Interval {
            bytes,
            low_bytes: None,
            high_bytes: None,
            confidence_percent: 0,
            method: format!("too few answers for an interval: {number}"),
        };
    }
    let root = (number as f64).sqrt();
    let error = deviation / root * (1.0 - number as f64 / all).max(0.0).sqrt();
    let (low_t, high_t) = quantiles(&values, mean, seed);
    let low = ((mean - high_t * error) * all).max(sum as f64);
    let high = ((mean - low_t * error) * all).max(mean * all);
    Interval {
        bytes,
        low_bytes: Some(low.round().min(mean * all) as u64),
        high_bytes: Some(high.round() as u64),
        confidence_percent: CONFIDENCE_PERCENT,
        method: format!("bootstrap-t interval, {RESAMPLES} resamples of {number} files"),
    }
}

/// Mean and standard deviation.
#[expect(clippy::cast_precision_loss, reason = "a sample has some thousand values")]
fn moments(values: &[f64]) -> (f64, f64) {
    let number = values.len() as f64;
    if values.len() < 2 {
        return (values.first().copied().unwrap_or(0.0), 0.0);
    }
    let mean = values.iter().sum::<f64>() / number;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (number - 1.0)).sqrt())
}

/// The 2.5 % and 97.5 % quantiles of the studentized mean over resamples.
#[expect(clippy::cast_precision_loss, reason = "a sample has some thousand values")]
fn quantiles(values: &[f64], mean: f64, seed: u64) -> (f64, f64) {
    let root = (values.len() as f64).sqrt();
    let mut random = Random::new(seed);
    let mut drawn = vec![0.0; values.len()];
    let mut studentized = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        for place in &mut drawn {
            *place = values.get(random.below(values.len())).copied().unwrap_or(mean);
        }
        let (resampled, deviation) = moments(&drawn);
        if deviation > 0.0 {
            studentized.push((resampled - mean) / (deviation / root));
        }
    }
    studentized.sort_by(f64::total_cmp);
    let from_end = studentized.len() / 40;
    let low = studentized.get(from_end).copied().unwrap_or(0.0);
    let high = studentized.iter().rev().nth(from_end).copied().unwrap_or(0.0);
    (low.min(0.0), high.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sample::Sampled;
    use crate::source_url::{S3Location, SourceLocation};

    fn sample(seen: impl IntoIterator<Item = Seen>) -> Sample {
        let files = seen.into_iter().enumerate().map(|(number, seen)| {
            let source = SourceLocation::S3(S3Location {
                bucket: "b".to_owned(),
                key_candidates: Vec::new(),
                region: None,
                version_id: None,
            });
            (number as u64, Sampled { extension: "pdf".to_owned(), source, seen: Some(seen) })
        });
        Sample { files: files.collect() }
    }

    fn there(bytes: u64) -> Seen {
        Seen::There { bytes: Some(bytes) }
    }

    fn not(outcome: &str) -> Seen {
        Seen::Not { outcome: outcome.to_owned() }
    }

    #[test]
    fn a_whole_sample_is_exact_and_counts_what_would_be_copied() {
        let seen = [there(10), there(30), there(500), not("source_gone.object_missing"), there(20)];
        let sizes = sizes(&sample(seen), 5, 100, 1).unwrap();
        assert_eq!(sizes.total.bytes, 60);
        assert_eq!((sizes.total.low_bytes, sizes.total.high_bytes), (Some(60), Some(60)));
        assert_eq!(sizes.total.confidence_percent, 100);
        assert_eq!((sizes.measured, sizes.too_large, sizes.largest_bytes), (3, 1, 500));
        assert_eq!((sizes.mean_bytes, sizes.median_bytes), (20, 20));
        assert_eq!(sizes.not_there["source_gone.object_missing"], 1);
    }

    #[test]
    fn what_did_not_answer_is_taken_for_one_like_the_others() {
        let seen =
            [there(10), there(30), not("failed.source_timeout"), Seen::There { bytes: None }];
        let sizes = sizes(&sample(seen), 4, 100, 1).unwrap();
        assert_eq!((sizes.total.bytes, sizes.total.low_bytes), (80, None));
        assert_eq!((sizes.sampled, sizes.unknown_size), (4, 1));
    }

    #[test]
    fn nothing_sampled_says_nothing() {
        assert_eq!(sizes(&Sample::default(), 0, 100, 1), None);
    }

    #[test]
    fn equal_sizes_have_no_error() {
        let sizes = sizes(&sample((0..40).map(|_| there(7))), 1_000, 100, 1).unwrap();
        let Interval { bytes, low_bytes, high_bytes, .. } = sizes.total;
        assert_eq!((bytes, low_bytes, high_bytes), (7_000, Some(7_000), Some(7_000)));
    }

    /// Sizes as file systems have them: log-normal, with a standard deviation of 1.5 of the logarithm.
    fn population(random: &mut Random) -> Vec<u64> {
        (0..5_000)
            .map(|_| {
                // Box and Muller.
                let (u, v) = (1.0 - random.unit(), random.unit());
                let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a size"
                )]
                let size = (normal * 1.5 + 11.0).exp() as u64;
                size
            })
            .collect()
    }

    #[test]
    fn nine_of_ten_intervals_at_least_hold_the_truth_although_sizes_are_heavy_tailed() {
        let mut random = Random::new(42);
        let all = population(&mut random);
        let truth: u64 = all.iter().sum();
        let trials = 100;
        let mut held = 0;
        for trial in 0..trials {
            let mut left = all.clone();
            let drawn: Vec<u64> =
                (0..200).map(|_| left.swap_remove(random.below(left.len()))).collect();
            let found = interval(&drawn, 5_000, trial);
            let (low, high) = (found.low_bytes.unwrap(), found.high_bytes.unwrap());
            assert!(low <= found.bytes && found.bytes <= high);
            held += u32::from(low <= truth && truth <= high);
        }
        assert!(held >= 90, "{held} of {trials}");
    }
}
