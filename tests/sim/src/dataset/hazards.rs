//! The peculiar entries: one group for every way in which a URL or a file is not what one expects.

mod http;
mod refused;
mod s3;

use super::ordinary::encoded;
use super::{Draft, Group, Maker, Place, SourceFile, VERIFIED};
use crate::files::Fault;

const USUAL_BYTES: usize = 3_000;

/// All groups, in a fixed order.
pub(super) fn groups(maker: &mut Maker) -> Vec<Group> {
    let mut groups = s3::groups(maker);
    groups.extend(http::groups(maker));
    groups.extend(refused::groups(maker));
    groups
}

impl Group {
    /// Adds a file of unusual or usual size.
    fn file(mut self, maker: &mut Maker, place: &Place, size_bytes: usize) -> Self {
        let name = match place {
            Place::S3(name) | Place::Http(name) => name,
        };
        let content = maker.content(name, size_bytes);
        self.files.insert(place.clone(), SourceFile { content, fault: None, replaced_by: None });
        self
    }

    /// Makes the file server misbehave for a file that was added.
    fn fault(mut self, place: &Place, fault: Fault) -> Self {
        if let Some(file) = self.files.get_mut(place) {
            file.fault = Some(fault);
        }
        self
    }

    /// Adds an entry whose file has to arrive.
    fn arrives(mut self, case: &'static str, account: usize, url: String, place: &Place) -> Self {
        self.drafts.push(Draft {
            case,
            url: Some(url),
            account: Some(account),
            expected: VERIFIED,
            source: Some(place.clone()),
        });
        self
    }

    /// Adds an entry that ends without a file.
    fn ends(
        mut self,
        case: &'static str,
        account: usize,
        url: Option<String>,
        expected: &'static str,
    ) -> Self {
        self.drafts.push(Draft { case, url, account: Some(account), expected, source: None });
        self
    }
}

/// One entry, one file of usual size, both of which are as they have to be.
fn one(maker: &mut Maker, case: &'static str, place: &Place, url: String) -> Group {
    let account = maker.account();
    Group::default().file(maker, place, USUAL_BYTES).arrives(case, account, url, place)
}

/// The virtual-hosted address of a raw path.
fn hosted(maker: &Maker, raw_path: &str) -> String {
    format!("https://{}.s3.amazonaws.com/{raw_path}", maker.options.source_bucket)
}
