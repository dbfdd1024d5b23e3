//! What the records hold, read from the simulator's memory: neither the product nor the other tool is asked.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use drayage_domain::row::FileRow;
use drayage_sim::salesforce::Org;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The URL of every record by its id.
pub(crate) type Urls = BTreeMap<String, String>;

/// What the records hold now.
pub(crate) fn held(org: &Org) -> Urls {
    let config = org.config();
    let url = |row: &Map<String, Value>| {
        row.get(&config.url_field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    org.snapshot(&config.object).into_iter().map(|(id, row)| (id, url(&row))).collect()
}

/// An error unless the records hold exactly `wanted`.
pub(crate) fn ensure_held(org: &Org, wanted: &Urls) -> Result<()> {
    let held = held(org);
    let ids: BTreeSet<&String> = held.keys().chain(wanted.keys()).collect();
    let wrong: Vec<&&String> = ids.iter().filter(|id| held.get(**id) != wanted.get(**id)).collect();
    if let Some(first) = wrong.first() {
        let (holds, should) = (held.get(**first), wanted.get(**first));
        bail!(
            "{} records hold something else, {first} first: {holds:?} instead of {should:?}",
            wrong.len()
        );
    }
    Ok(())
}

/// An error unless every record has a new URL below one address, which names the object that its row of the ledger names.
pub(crate) fn ensure_new(new: &Urls, originals: &Urls, rows: &[FileRow]) -> Result<()> {
    let keys: BTreeMap<&str, &str> = rows
        .iter()
        .filter_map(|row| Some((row.record_id.as_str(), row.destination_key.as_deref()?)))
        .collect();
    ensure!(new.len() == originals.len(), "records have come or gone");
    let mut bases = BTreeSet::new();
    for (id, url) in new {
        ensure!(
            originals.get(id).is_some_and(|original| original != url),
            "{id} holds {url} still"
        );
        let key =
            keys.get(id.as_str()).with_context(|| format!("the ledger has no key of {id}"))?;
        let decoded = percent_decode_str(url).decode_utf8()?;
        let base = decoded.strip_suffix(key).with_context(|| format!("{url} is not {key}"))?;
        bases.insert(base.to_owned());
    }
    ensure!(bases.len() == 1, "new URLs have different beginnings: {bases:?}");
    Ok(())
}

/// Puts the original URLs back, as an administrator would.
pub(crate) fn reset(org: &Org, originals: &Urls) -> Result<()> {
    let config = org.config();
    for (id, url) in originals {
        let fields = Map::from_iter([(config.url_field.clone(), Value::from(url.clone()))]);
        org.update(&config.object, id, Value::Object(fields))
            .with_context(|| format!("{id} cannot be reset"))?;
    }
    ensure_held(org, originals)
}

#[cfg(test)]
mod tests {
    use drayage_sim::salesforce::OrgConfig;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_records_hold_is_noticed_and_reset() {
        let org = Org::new(OrgConfig::default()).unwrap();
        let id = org.insert("DocListEntry__c", json!({"Name": "d", "Document__c": "a"})).unwrap();
        let originals = held(&org);
        assert_eq!(originals, Urls::from([(id.clone(), "a".to_owned())]));
        org.update("DocListEntry__c", &id, json!({"Document__c": "b"})).unwrap();
        let error = ensure_held(&org, &originals).unwrap_err().to_string();
        assert!(error.starts_with("1 records hold something else"), "{error}");
        reset(&org, &originals).unwrap();
        org.insert("DocListEntry__c", json!({"Name": "another"})).unwrap();
        assert!(ensure_held(&org, &originals).is_err());
    }
}
