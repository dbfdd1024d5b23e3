//! Sorted runs: compressed JSON lines in files without a name, which vanish with the process.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{DiskError, Sortable};

/// A sorted run, to be read from its beginning.
#[derive(Debug)]
pub(super) struct Run(File);

/// Disk and compression block their thread, so they get one of their own.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DiskError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| DiskError { message: error.to_string() }),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

pub(super) fn write_run<T: Sortable>(items: Vec<T>) -> io::Result<Run> {
    let file = tempfile::tempfile()?;
    let mut encoder = DeflateEncoder::new(BufWriter::new(file), Compression::fast());
    for item in items {
        serde_json::to_writer(&mut encoder, &item)?;
        encoder.write_all(b"\n")?;
    }
    let mut file = encoder.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(Run(file))
}

#[derive(Debug)]
enum Source<T> {
    Disk(Box<Lines<BufReader<DeflateDecoder<BufReader<File>>>>>),
    Memory(std::vec::IntoIter<T>),
}

impl<T: Sortable> Source<T> {
    fn next(&mut self) -> io::Result<Option<T>> {
        match self {
            Self::Disk(lines) => {
                let line = lines.next().transpose()?;
                line.map(|line| serde_json::from_str(&line).map_err(io::Error::from)).transpose()
            }
            Self::Memory(items) => Ok(items.next()),
        }
    }
}

/// The runs, merged.
#[derive(Debug)]
pub(super) struct MergedRuns<T: Sortable> {
    sources: Vec<Source<T>>,
    /// The smallest item of each source that is not at its end, by rank and source.
    heads: BinaryHeap<Reverse<Head<T>>>,
}

#[derive(Debug)]
struct Head<T> {
    item: T,
    source: usize,
}

impl<T: Sortable> PartialEq for Head<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Sortable> Eq for Head<T> {}

impl<T: Sortable> PartialOrd for Head<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Sortable> Ord for Head<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.item.rank(&other.item).then(self.source.cmp(&other.source))
    }
}

impl<T: Sortable> MergedRuns<T> {
    /// `last` was never written; it is sorted like the runs.
    pub(super) fn open(runs: Vec<Run>, last: Vec<T>) -> io::Result<Self> {
        let disk = runs.into_iter().map(|Run(file)| {
            let decoder = DeflateDecoder::new(BufReader::new(file));
            Source::Disk(Box::new(BufReader::new(decoder).lines()))
        });
        let sources = disk.chain([Source::Memory(last.into_iter())]).collect::<Vec<_>>();
        let mut merged = Self { heads: BinaryHeap::with_capacity(sources.len()), sources };
        for source in 0..merged.sources.len() {
            merged.refill(source)?;
        }
        Ok(merged)
    }

    /// The next `count` items, or what is left.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Vec<T>> {
        let mut taken = Vec::new();
        while taken.len() < count
            && let Some(Reverse(Head { item, source })) = self.heads.pop()
        {
            taken.push(item);
            self.refill(source)?;
        }
        Ok(taken)
    }

    fn refill(&mut self, source: usize) -> io::Result<()> {
        if let Some(item) = self.sources.get_mut(source).map(Source::next).transpose()?.flatten() {
            self.heads.push(Reverse(Head { item, source }));
        }
        Ok(())
    }
}
