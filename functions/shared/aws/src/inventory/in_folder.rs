//! One folder of a place, told in the keys of the place.

use async_trait::async_trait;
use drayage_domain::reconcile::{Object, Requests};

use super::{Inventory, InventoryError};

/// An inventory of a folder whose keys are relative to what the folder lies in.
pub struct InFolder {
    inner: Box<dyn Inventory>,
    folder: String,
}

impl std::fmt::Debug for InFolder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("InFolder").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl InFolder {
    /// * `inner`: with keys relative to the folder.
    /// * `folder`: what is put before them.
    pub fn new(inner: Box<dyn Inventory>, folder: &str) -> Self {
        Self { inner, folder: folder.to_owned() }
    }
}

#[async_trait]
impl Inventory for InFolder {
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        let Some(mut page) = self.inner.next_page().await? else { return Ok(None) };
        if !self.folder.is_empty() {
            for object in &mut page {
                object.key.insert_str(0, &self.folder);
            }
        }
        Ok(Some(page))
    }

    fn requests(&self) -> Requests {
        self.inner.requests()
    }
}
