//! Every hazard combined with every other: spellings of the same address, characters in keys, queries, surroundings,
//! extensions and account names.
//!
//! What has to become of an entry is known from how it was made. A key and its spelling in a URL are written down
//! together, so nothing here has to read a URL.

mod http;
mod refused;
mod s3;

use super::{Dataset, DatasetOptions, Draft, Group, Maker, Place, SourceFile, VERIFIED, accounts};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What stands around an address and does not belong to it.
const SURROUNDINGS: [(&str, &str); 5] =
    [("", ""), (" ", "  "), ("\u{a0}", "\u{200b}"), ("\t", "\r\n"), ("\u{feff}", "\u{2060}")];
/// Extensions, and whether files with them are copied.
const EXTENSIONS: [(&str, bool); 4] =
    [(".pdf", true), (".DOCX", true), (".exe", false), ("", false)];
/// Walks through all combinations in an order in which neighbours differ in everything. A prime that divides no number of
/// combinations.
const STEP: usize = 7_919;
/// Small, because only names and addresses matter.
const CONTENT_BYTES: usize = 120;
/// Of so many entries one points at the file server, and one at nothing that may be fetched.
const CYCLE: usize = 8;

impl Dataset {
    /// A data set of peculiar entries only: `options.entries` of them, over all combinations.
    pub fn combinations(options: DatasetOptions) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        let accounts = accounts(&mut random, options.entries);
        let mut maker = Maker { options, accounts: accounts.len(), contents: 0, random };
        let mut all = Group::default();
        for number in 0..maker.options.entries {
            let (turn, kind) = (number / CYCLE, number % CYCLE);
            let made = match kind {
                0 => http::entry(&maker, number, Chooser(turn * STEP)),
                1 => refused::entry(&maker, number, Chooser(turn * STEP)),
                _ => {
                    let nth = turn * (CYCLE - 2) + kind - 2;
                    s3::entry(&maker, number, Chooser(nth * STEP))
                }
            };
            all.merge(made.into_group(&mut maker, number));
        }
        let Group { drafts, files } = all;
        let entries =
            drafts.into_iter().enumerate().map(|(index, draft)| draft.finish(index)).collect();
        Self { options: maker.options, accounts, entries, files }
    }
}

/// Takes a combination apart, one choice after the other.
struct Chooser(usize);

impl Chooser {
    fn choose<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let chosen = list.get(self.0 % list.len().max(1)).copied();
        self.0 /= list.len().max(1);
        chosen
    }

    fn surroundings(&mut self) -> (&'static str, &'static str) {
        self.choose(&SURROUNDINGS).unwrap_or_default()
    }

    fn extension(&mut self) -> (&'static str, bool) {
        self.choose(&EXTENSIONS).unwrap_or_default()
    }
}

/// An entry as it was made.
struct Made {
    case: &'static str,
    url: Option<String>,
    /// The file, and whether it is copied.
    file: Option<(Place, bool)>,
    /// Without a file that is copied.
    otherwise: &'static str,
}

impl Made {
    fn into_group(self, maker: &mut Maker, number: usize) -> Group {
        let mut group = Group::default();
        let copied = self.file.as_ref().is_some_and(|(_, copied)| *copied);
        // One in ten belongs to no account.
        let account = (number % 10 != 9).then_some(number % maker.accounts);
        group.drafts.push(Draft {
            case: self.case,
            url: self.url,
            account,
            expected: if copied { VERIFIED } else { self.otherwise },
            source: self.file.as_ref().filter(|_| copied).map(|(place, _)| place.clone()),
        });
        if let Some((place, _)) = self.file {
            let (Place::S3(name) | Place::Http(name)) = &place;
            let content = maker.content(name, CONTENT_BYTES);
            group.files.insert(place, SourceFile { content, fault: None, replaced_by: None });
        }
        group
    }
}
