//! Puts a data set where the product looks for it: into a simulated org and onto a file server.

use serde_json::{Map, Value};

use super::{Dataset, Place};
use crate::files::{FileServer, ServedFile};
use crate::salesforce::{Org, SaveError};

impl Dataset {
    /// Inserts accounts and entries.
    pub fn load_org(&self, org: &Org) -> Result<(), SaveError> {
        let config = org.config();
        for account in &self.accounts {
            let fields = [("Name".to_owned(), Value::from(account.name.clone()))];
            org.insert_with_id(
                "Account",
                &account.id,
                Value::Object(fields.into_iter().collect()),
            )?;
        }
        for entry in &self.entries {
            let mut fields = Map::new();
            fields.insert("Name".to_owned(), Value::from(entry.name.clone()));
            if let Some(url) = &entry.url {
                fields.insert(config.url_field.clone(), Value::from(url.clone()));
            }
            if let Some(account) = entry.account.and_then(|index| self.accounts.get(index)) {
                fields.insert(config.account_field.clone(), Value::from(account.id.clone()));
            }
            org.insert_with_id(&config.object, &entry.id, Value::Object(fields))?;
        }
        Ok(())
    }

    /// Offers the files that are addressed over HTTP.
    pub fn load_files(&self, server: &FileServer) {
        for (place, file) in &self.files {
            if let Place::Http(path) = place {
                let content = file.content.clone();
                let served = ServedFile::generated(content);
                server.put(path, served, file.fault.clone());
            }
        }
    }
}
