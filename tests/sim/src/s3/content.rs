//! Bodies by reference: copies, parts and ranges share the bytes of what they were made from.

use std::sync::Arc;

use bytes::Bytes;

/// The bytes of an object or part, in one or more shared pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pieces: Arc<[Bytes]>,
    size: u64,
}

impl Content {
    pub(super) fn of_pieces(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces: Arc<[Bytes]> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let size = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, size }
    }

    pub(super) fn concat<'a>(contents: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::of_pieces(contents.into_iter().flat_map(|content| content.pieces.iter().cloned()))
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// The bytes from `first` to `last`, both included; what lies beyond the end is left out.
    pub(super) fn range(&self, first: u64, last: u64) -> Self {
        let mut position = 0_u64;
        let mut pieces = Vec::new();
        for piece in self.pieces.iter() {
            let length = piece.len() as u64;
            let from = first.saturating_sub(position).min(length);
            let to = (last + 1).saturating_sub(position).min(length);
            if from < to {
                pieces.push(piece.slice(as_usize(from)..as_usize(to)));
            }
            position += length;
        }
        Self::of_pieces(pieces)
    }
}

/// Sizes of pieces in memory fit.
fn as_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &Content) -> String {
        content.pieces().iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
    }

    #[test]
    fn a_range_goes_over_the_edges_of_pieces() {
        let content = Content::of_pieces(
            ["abc", "", "defg", "h"].map(|piece| Bytes::from_static(piece.as_bytes())),
        );
        assert_eq!(content.size(), 8);
        for (first, last, expected) in [
            (0, 7, "abcdefgh"),
            (2, 3, "cd"),
            (3, 6, "defg"),
            (7, 99, "h"),
            (8, 9, ""),
            (1, 1, "b"),
        ] {
            assert_eq!(text(&content.range(first, last)), expected, "{first}-{last}");
        }
        assert_eq!(text(&Content::concat([&content.range(6, 7), &content])), "ghabcdefgh");
    }
}
