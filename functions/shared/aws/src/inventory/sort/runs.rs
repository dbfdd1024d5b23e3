//! Sorted runs: compressed JSON lines in files without a name, which vanish with the process.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write};

use drayage_domain::reconcile::Object;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::super::InventoryError;

/// A sorted run, to be read from its beginning.
#[derive(Debug)]
pub(super) struct Run(File);

/// Disk and compression block their thread, so they get one of their own.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, InventoryError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| InventoryError::disk(&error)),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

pub(super) fn write_run(objects: Vec<Object>) -> io::Result<Run> {
    let file = tempfile::tempfile()?;
    let mut encoder = DeflateEncoder::new(BufWriter::new(file), Compression::fast());
    for object in objects {
        serde_json::to_writer(&mut encoder, &object)?;
        encoder.write_all(b"\n")?;
    }
    let mut file = encoder.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(Run(file))
}

#[derive(Debug)]
enum Source {
    Disk(Box<Lines<BufReader<DeflateDecoder<BufReader<File>>>>>),
    Memory(std::vec::IntoIter<Object>),
}

impl Source {
    fn next(&mut self) -> io::Result<Option<Object>> {
        match self {
            Self::Disk(lines) => {
                let line = lines.next().transpose()?;
                line.map(|line| serde_json::from_str(&line).map_err(io::Error::from)).transpose()
            }
            Self::Memory(objects) => Ok(objects.next()),
        }
    }
}

/// The runs, merged.
#[derive(Debug)]
pub(super) struct MergedRuns {
    sources: Vec<Source>,
    /// The smallest object of each source that is not at its end, by key and source.
    heads: BinaryHeap<Reverse<Head>>,
}

#[derive(Debug)]
struct Head {
    object: Object,
    source: usize,
}

impl Head {
    fn rank(&self) -> (&str, usize) {
        (&self.object.key, self.source)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl MergedRuns {
    /// `last` was never written; it is sorted like the runs.
    pub(super) fn open(runs: Vec<Run>, last: Vec<Object>) -> io::Result<Self> {
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

    /// The next `count` objects, or what is left.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Vec<Object>> {
        let mut taken = Vec::new();
        while taken.len() < count
            && let Some(Reverse(Head { object, source })) = self.heads.pop()
        {
            taken.push(object);
            self.refill(source)?;
        }
        Ok(taken)
    }

    fn refill(&mut self, source: usize) -> io::Result<()> {
        if let Some(object) = self.sources.get_mut(source).map(Source::next).transpose()?.flatten()
        {
            self.heads.push(Reverse(Head { object, source }));
        }
        Ok(())
    }
}
