//! The folders of a place, for roles that may list some of them only.

use super::page::{Depth, Start, list_page};
use super::{S3Place, not_advancing};
use crate::inventory::InventoryError;

/// Pages at most: 100 000 objects and folders that lie directly below the prefix.
const PAGES_MAX: usize = 100;

/// The folders directly below a place's prefix, in order, relative to it and with the slash at their end; `None` if there are
/// more than `max`, or too many objects between them.
pub(in crate::inventory) async fn folders(
    place: &S3Place,
    max: usize,
) -> Result<Option<Vec<String>>, InventoryError> {
    let mut folders: Vec<String> = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let start = token.as_deref().map_or(Start::Beginning, Start::Token);
        let page = list_page(place, start, None, Depth::OneFolder).await?;
        for folder in page.folders {
            if let Some(last) = folders.last().filter(|last| **last >= folder) {
                return Err(not_advancing(place, format!("after {last:?} comes {folder:?}")));
            }
            folders.push(folder);
        }
        if folders.len() > max {
            return Ok(None);
        }
        if page.token.is_none() {
            return Ok(Some(folders));
        }
        token = page.token;
    }
    Ok(None)
}
