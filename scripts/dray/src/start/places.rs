//! The two places of a comparison or a transfer, and which objects of them it is about, as options.

use clap::Args;
use serde_json::json;

use super::fields::Fields;
use crate::failure::Failure;

/// Options for places and filters.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Places {
    /// How the source is reached: role or keys.
    #[arg(long, value_name = "ACCESS", help_heading = "Places")]
    source_access: Option<String>,
    /// How the destination is reached: role or keys.
    #[arg(long, value_name = "ACCESS", help_heading = "Places")]
    destination_access: Option<String>,
    /// Read the source from this S3 Inventory report instead of listing it: `s3://BUCKET/…/manifest.json`.
    #[arg(long, value_name = "S3_URL", help_heading = "Places")]
    source_inventory: Option<String>,
    /// The same for the destination.
    #[arg(long, value_name = "S3_URL", help_heading = "Places")]
    destination_inventory: Option<String>,
    /// Only keys that match this pattern, such as '*.pdf'; repeatable.
    #[arg(long, value_name = "PATTERN", help_heading = "Filters")]
    include: Vec<String>,
    /// No keys that match this pattern; repeatable.
    #[arg(long, value_name = "PATTERN", help_heading = "Filters")]
    exclude: Vec<String>,
    /// Only objects of at least so many bytes.
    #[arg(long, value_name = "BYTES", help_heading = "Filters")]
    min_size_bytes: Option<String>,
    /// Only objects of at most so many bytes.
    #[arg(long, value_name = "BYTES", help_heading = "Filters")]
    max_size_bytes: Option<String>,
    /// Only objects last written at that time or later, such as 2026-01-31T00:00:00Z.
    #[arg(long, value_name = "TIME", help_heading = "Filters")]
    modified_from: Option<String>,
    /// Only objects last written before that time.
    #[arg(long, value_name = "TIME", help_heading = "Filters")]
    modified_before: Option<String>,
    /// Where the destination has the key: if-different, never or always.
    #[arg(long, value_name = "WHEN", help_heading = "Copying")]
    overwrite: Option<String>,
    /// Storage class of the copies, such as `STANDARD_IA`.
    #[arg(long, value_name = "CLASS", help_heading = "Copying")]
    storage_class: Option<String>,
    /// Copies get no tags.
    #[arg(long, help_heading = "Copying")]
    no_tags: bool,
    /// How far to go for a verdict: size, etag, multipart-etag, checksum or bytes.
    #[arg(long, short, value_name = "LEVEL", help_heading = "Comparing")]
    level: Option<String>,
    /// Comparisons at most, 1 to 10.
    #[arg(long, value_name = "NUMBER", help_heading = "Comparing")]
    max_rounds: Option<String>,
    /// Ranges of keys that are compared at the same time.
    #[arg(long, value_name = "NUMBER", help_heading = "Comparing")]
    shards: Option<String>,
}

impl Places {
    /// Adds what is given to the fields.
    ///
    /// * `source`, `destination`: `s3://bucket/prefix`, or a bucket.
    pub(super) fn add(
        &self,
        fields: Fields,
        source: Option<&String>,
        destination: Option<&String>,
    ) -> Result<Fields, Failure> {
        let source = place(source, self.source_access.as_ref(), self.source_inventory.as_ref())?;
        let destination = place(
            destination,
            self.destination_access.as_ref(),
            self.destination_inventory.as_ref(),
        )?;
        let filter = Fields::default()
            .list("include", &self.include)
            .list("exclude", &self.exclude)
            .number("minSizeBytes", self.min_size_bytes.as_ref())
            .number("maxSizeBytes", self.max_size_bytes.as_ref())
            .text("modifiedFrom", self.modified_from.as_ref())
            .text("modifiedBefore", self.modified_before.as_ref());
        Ok(fields
            .within("source", source)
            .within("destination", destination)
            .within("filter", filter)
            .text("overwrite", self.overwrite.as_ref())
            .text("storageClass", self.storage_class.as_ref())
            .flag("preserveTags", self.no_tags, false)
            .text("level", self.level.as_ref())
            .number("maxRounds", self.max_rounds.as_ref())
            .number("shards", self.shards.as_ref()))
    }
}

fn place(
    given: Option<&String>,
    access: Option<&String>,
    inventory: Option<&String>,
) -> Result<Fields, Failure> {
    let mut fields = Fields::default();
    if let Some(given) = given {
        let path = given.strip_prefix("s3://").unwrap_or(given);
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        // A prefix without a bucket is below the stack's destination bucket.
        if !bucket.is_empty() {
            fields = fields.text("bucket", Some(&bucket.to_owned()));
        }
        fields = fields.text("prefix", Some(&prefix.to_owned()));
    }
    fields = fields.text("access", access);
    let Some(inventory) = inventory else { return Ok(fields) };
    let Some((bucket, manifest)) =
        inventory.strip_prefix("s3://").and_then(|path| path.split_once('/'))
    else {
        return Err(Failure::usage(
            format!("{inventory:?} is not the place of a report"),
            "give the whole address of its manifest: s3://BUCKET/…/manifest.json",
        ));
    };
    let report = json!({"bucket": bucket, "manifest": manifest});
    Ok(fields.value("inventory", report))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(given: &str) -> serde_json::Value {
        place(Some(&given.to_owned()), None, None).unwrap().into_value()
    }

    #[test]
    fn a_place_is_an_address_or_a_bucket() {
        assert_eq!(fields("s3://b/in/x"), json!({"bucket": "b", "prefix": "in/x"}));
        assert_eq!(fields("b"), json!({"bucket": "b", "prefix": ""}));
        assert_eq!(fields("b/in/"), json!({"bucket": "b", "prefix": "in/"}));
        assert_eq!(fields("/in/"), json!({"prefix": "in/"}));
    }

    #[test]
    fn a_report_is_named_by_its_manifest() {
        let report = "s3://r/src/daily/manifest.json".to_owned();
        let fields = place(None, Some(&"keys".to_owned()), Some(&report)).unwrap().into_value();
        let expected = json!({
            "access": "keys", "inventory": {"bucket": "r", "manifest": "src/daily/manifest.json"},
        });
        assert_eq!(fields, expected);
        assert!(place(None, None, Some(&"manifest.json".to_owned())).is_err());
    }
}
