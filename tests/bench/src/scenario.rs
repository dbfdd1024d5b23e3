//! What is copied, how, and how slow the servers are.

use crate::copy::Mode;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) mode: Mode,
    pub(crate) count: u64,
    pub(crate) size_bytes: u64,
    pub(crate) delay_ms: u64,
}

const KIBIBYTE: u64 = 1024;
const MEBIBYTE: u64 = 1024 * KIBIBYTE;

/// Every scenario; `quick` has a tenth of the objects.
pub(crate) fn all(quick: bool) -> Vec<Scenario> {
    let divisor = if quick { 10 } else { 1 };
    let mut scenarios = Vec::new();
    for delay_ms in [0, 20] {
        for (count, size_bytes) in [(20_000, 4 * KIBIBYTE), (200, 8 * MEBIBYTE)] {
            for mode in [Mode::ServerSide, Mode::Streaming] {
                scenarios.push(Scenario { mode, count: count / divisor, size_bytes, delay_ms });
            }
        }
    }
    // The same work with fewer objects: memory must not grow with their number.
    if !quick {
        scenarios.push(Scenario {
            mode: Mode::ServerSide,
            count: 2_000,
            size_bytes: 4 * KIBIBYTE,
            delay_ms: 0,
        });
    }
    scenarios
}

impl Scenario {
    /// All bytes together.
    pub(crate) const fn bytes(&self) -> u64 {
        self.count * self.size_bytes
    }

    pub(crate) fn label(&self) -> String {
        let mode = match self.mode {
            Mode::ServerSide => "server-side",
            Mode::Streaming => "streaming",
        };
        let kibibytes = self.size_bytes / KIBIBYTE;
        format!("{mode} {} x {kibibytes} KiB, {} ms", self.count, self.delay_ms)
    }
}
