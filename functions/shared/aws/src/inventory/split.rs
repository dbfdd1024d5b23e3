//! Ranges of a place that can be listed at once.
//!
//! S3 tells the keys after a text, but neither how many there are nor which is the last. So the range that is estimated to
//! have most keys is cut in its middle, again and again; a page of keys behind the cut shows whether there is anything
//! to cut off, and how densely keys lie. Estimates may be wrong, which makes ranges unequal, but never leaves a key out:
//! ranges are cut at texts, not at keys, and what is created later falls into one of them, too.

mod scale;

use async_trait::async_trait;
use drayage_domain::reconcile::ranges::{KeyRange, midpoint};

use super::InventoryError;
use super::listing::{S3Place, peek};
use scale::Scale;

/// Keys of one page, the most that S3 sends.
const PAGE_KEYS: i32 = 1_000;
/// Pages that may be asked for in any case: to find where keys that begin alike begin to differ, and where they end.
const PAGES_MIN: usize = 48;
/// Pages that may be asked for beyond that, per range.
const PAGES_PER_RANGE: usize = 3;
/// Cuts of one range that may show nothing behind them, before it is left as it is.
const MISSES_MAX: u32 = 40;

/// Tells the first keys after a text.
#[async_trait]
trait Namespace: Sync {
    /// At most `max` keys after `after` (from the first key, if empty), and whether there are more.
    async fn keys_after(
        &self,
        after: &str,
        max: i32,
    ) -> Result<(Vec<String>, bool), InventoryError>;
}

#[async_trait]
impl Namespace for S3Place {
    async fn keys_after(
        &self,
        after: &str,
        max: i32,
    ) -> Result<(Vec<String>, bool), InventoryError> {
        peek(self, Some(after).filter(|after| !after.is_empty()), max).await
    }
}

/// Cuts a range of a place into at most `wanted` ranges that together cover it without overlap, whatever the bucket holds
/// now or later. Returns them in order, with the number of requests that it took. How many keys lie in a range is estimated:
/// ask for several times as many ranges as are listed at once, and let whoever is done take the next one.
pub(super) async fn split(
    place: &S3Place,
    whole: KeyRange,
    wanted: usize,
) -> Result<(Vec<KeyRange>, usize), InventoryError> {
    split_keys(place, whole, wanted).await
}

async fn split_keys(
    keys: &dyn Namespace,
    whole: KeyRange,
    wanted: usize,
) -> Result<(Vec<KeyRange>, usize), InventoryError> {
    let budget = wanted.saturating_mul(PAGES_PER_RANGE).saturating_add(PAGES_MIN);
    let mut cutter = Cutter { keys, scale: Scale::default(), shared: String::new(), left: budget };
    let mut open = Vec::new();
    let mut done = Vec::new();
    match cutter.begin(&whole, wanted).await? {
        Some(segment) => open.push(segment),
        None => done.push(whole),
    }
    while open.len() + done.len() < wanted && cutter.left > 0 {
        let heaviest = open
            .iter()
            .enumerate()
            .max_by(|(_, one), (_, other)| cutter.weight(one).total_cmp(&cutter.weight(other)));
        let Some(heaviest) = heaviest.map(|(index, _)| index) else { break };
        let mut segment = open.swap_remove(heaviest);
        match cutter.cut(&mut segment).await? {
            Cut::InTwo(high) => open.extend([segment, *high]),
            Cut::Tightened => open.push(segment),
            Cut::Impossible => done.push(segment.range),
        }
    }
    done.extend(open.into_iter().map(|segment| segment.range));
    done.sort_unstable();
    Ok((done, budget - cutter.left))
}

/// A range with more than a page of keys.
#[derive(Debug, Clone)]
struct Segment {
    range: KeyRange,
    /// The middle key of its first page, and the last one.
    page: (String, String),
    /// Where its keys end, but for less than a page. `None`: anywhere.
    bound: Option<String>,
    misses: u32,
}

enum Cut {
    /// The segment is now the lower part; this is the upper one.
    InTwo(Box<Segment>),
    /// There is next to nothing behind the cut; the bound is lower now.
    Tightened,
    /// No text lies in between.
    Impossible,
}

struct Cutter<'a> {
    keys: &'a dyn Namespace,
    scale: Scale,
    /// What all keys begin with.
    shared: String,
    /// Pages that may still be asked for.
    left: usize,
}

impl Cutter<'_> {
    async fn keys_after(
        &mut self,
        after: &str,
        max: i32,
    ) -> Result<(Vec<String>, bool), InventoryError> {
        self.left = self.left.saturating_sub(1);
        self.keys.keys_after(after, max).await
    }

    /// Looks at the first page, and at what all keys have in common. `None`: there is no more than one page.
    async fn begin(
        &mut self,
        whole: &KeyRange,
        wanted: usize,
    ) -> Result<Option<Segment>, InventoryError> {
        if wanted < 2 {
            return Ok(None);
        }
        let after = whole.after.clone().unwrap_or_default();
        let (keys, more) = self.keys_after(&after, PAGE_KEYS).await?;
        let (Some(first), Some(page)) = (keys.first(), second_half(&keys)) else {
            return Ok(None);
        };
        if !more || whole.is_behind(&page.1) {
            return Ok(None);
        }
        let bound = self.end_of_shared_beginning(first, whole).await?;
        self.scale.learn(keys.iter().map(String::as_str), self.shared.len());
        Ok(Some(Segment { range: whole.clone(), page, bound, misses: 0 }))
    }

    /// Halves the first key until it is known which beginning all keys share; returns a text behind all of them.
    async fn end_of_shared_beginning(
        &mut self,
        first: &str,
        whole: &KeyRange,
    ) -> Result<Option<String>, InventoryError> {
        let ends: Vec<usize> = first.char_indices().map(|(at, _)| at).collect();
        let (mut shared, mut longer) = (0, ends.len());
        let mut bound = whole.until.clone();
        while longer - shared > 1 && self.left > 0 {
            let middle = shared.midpoint(longer);
            let Some(prefix) = ends.get(middle).and_then(|end| first.get(..*end)) else { break };
            let Some(beyond) = beyond(prefix) else { break };
            let (keys, _) = self.keys_after(&beyond, 1).await?;
            if keys.first().is_some_and(|key| !whole.is_behind(key)) {
                longer = middle;
            } else {
                shared = middle;
                bound = Some(bound.map_or(beyond.clone(), |until| until.min(beyond)));
            }
        }
        let prefix = ends.get(shared).and_then(|end| first.get(..*end));
        self.shared = prefix.map(str::to_owned).unwrap_or_default();
        Ok(bound)
    }

    async fn cut(&mut self, segment: &mut Segment) -> Result<Cut, InventoryError> {
        let Some(at) = self.middle(segment).filter(|_| segment.misses < MISSES_MAX) else {
            return Ok(Cut::Impossible);
        };
        let Some((low, high)) = segment.range.cut(&at) else { return Ok(Cut::Impossible) };
        let (keys, more) = self.keys_after(&at, PAGE_KEYS).await?;
        let page = second_half(&keys);
        let Some(page) = page.filter(|(_, last)| more && !segment.range.is_behind(last)) else {
            segment.bound = Some(at);
            segment.misses += 1;
            return Ok(Cut::Tightened);
        };
        self.scale.learn(keys.iter().map(String::as_str), self.shared.len());
        let bound = segment.bound.replace(at);
        segment.range = low;
        Ok(Cut::InTwo(Box::new(Segment { range: high, page, bound, misses: 0 })))
    }

    /// A text in the middle of what is not known of the segment.
    fn middle(&self, segment: &Segment) -> Option<String> {
        let low = segment.page.1.as_str();
        let bound = segment.bound.as_deref();
        let place = self.place(Some(low)).midpoint(self.place(bound));
        let fits =
            |text: &String| text.as_str() > low && bound.is_none_or(|bound| text.as_str() < bound);
        let texts =
            self.scale.texts(place).into_iter().map(|rest| format!("{}{rest}", self.shared));
        texts.into_iter().find(fits).or_else(|| midpoint(low, bound?))
    }

    /// How many half pages are behind the first page, estimated from how far its second half reaches. The first half would
    /// often tell of another folder.
    fn weight(&self, segment: &Segment) -> f64 {
        let (middle, last) = (self.place(Some(&segment.page.0)), self.place(Some(&segment.page.1)));
        let behind = self.place(segment.bound.as_deref()) - last;
        behind / (last - middle).max(f64::EPSILON)
    }

    fn place(&self, text: Option<&str>) -> f64 {
        match text.map(|text| text.strip_prefix(self.shared.as_str()).ok_or(text)) {
            Some(Ok(rest)) => self.scale.place(rest),
            Some(Err(text)) if text < self.shared.as_str() => 0.0,
            Some(Err(_)) | None => 1.0,
        }
    }
}

fn second_half(keys: &[String]) -> Option<(String, String)> {
    keys.get(keys.len() / 2).cloned().zip(keys.last().cloned())
}

/// A text greater than everything that begins with `prefix`.
fn beyond(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests;
