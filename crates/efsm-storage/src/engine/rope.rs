//! A body in the pieces in which it came, so that neither storing nor sending it joins or copies it.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

/// A piece below this size is copied into its neighbour: what a piece costs beside its bytes (its
/// handle, and the network buffer that it keeps alive) must stay small against them.
const COPY_BELOW: usize = 16 * 1024;

/// Copied pieces are gathered up to this size.
const GATHER: usize = 256 * 1024;

/// An immutable body. Cloning shares it.
#[derive(Clone, Default)]
pub struct Rope {
    pieces: Arc<[Bytes]>,
    length: u64,
}

/// Makes a [`Rope`] from pieces as they come.
#[derive(Debug, Default)]
pub struct RopeBuilder {
    pieces: Vec<Bytes>,
    gathered: Vec<u8>,
    length: u64,
}

impl Rope {
    /// The body's length in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The body in order; no piece is empty.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// The part of the body in `range`, sharing its memory. What lies past the end is left out.
    pub fn slice(&self, range: Range<u64>) -> VecDeque<Bytes> {
        let mut part = VecDeque::new();
        let mut start = 0;
        for piece in &*self.pieces {
            let end = start + piece.len() as u64;
            if start >= range.end {
                break;
            }
            if end > range.start {
                let from = range.start.saturating_sub(start) as usize;
                let to = (range.end.min(end) - start) as usize;
                if from < to {
                    part.push_back(piece.slice(from..to));
                }
            }
            start = end;
        }
        part
    }

    /// The whole body, sharing its memory.
    pub fn to_pieces(&self) -> VecDeque<Bytes> {
        self.pieces.iter().cloned().collect()
    }

    /// The whole body in one piece: shared when it is one already, else joined by copying.
    pub fn to_bytes(&self) -> Bytes {
        match &*self.pieces {
            [] => Bytes::new(),
            [only] => only.clone(),
            pieces => {
                let mut joined = BytesMut::with_capacity(self.length as usize);
                for piece in pieces {
                    joined.extend_from_slice(piece);
                }
                joined.freeze()
            }
        }
    }
}

impl From<Bytes> for Rope {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        let pieces = if bytes.is_empty() {
            Arc::default()
        } else {
            Arc::new([bytes]) as Arc<[Bytes]>
        };
        Self { pieces, length }
    }
}

impl fmt::Debug for Rope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Rope({} bytes in {} pieces)",
            self.length,
            self.pieces.len()
        )
    }
}

impl RopeBuilder {
    pub fn push(&mut self, piece: Bytes) {
        self.length += piece.len() as u64;
        if piece.len() >= COPY_BELOW {
            self.seal();
            self.pieces.push(piece);
        } else if !piece.is_empty() {
            self.gathered.extend_from_slice(&piece);
            if self.gathered.len() >= GATHER {
                self.seal();
            }
        }
    }

    /// How many bytes were pushed.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub fn finish(mut self) -> Rope {
        self.seal();
        Rope {
            pieces: self.pieces.into_iter().map(trimmed).collect(),
            length: self.length,
        }
    }

    fn seal(&mut self) {
        if !self.gathered.is_empty() {
            let gathered = std::mem::take(&mut self.gathered);
            self.pieces.push(Bytes::from(gathered.into_boxed_slice()));
        }
    }
}

/// A piece that is cut from a buffer of more than twice its size is copied, so that the buffer can go: a
/// reader of sockets sizes its buffers by what it hopes to get. A buffer that others share stays theirs.
fn trimmed(piece: Bytes) -> Bytes {
    match piece.try_into_mut() {
        Ok(owned) if owned.capacity() > 2 * owned.len() => Bytes::copy_from_slice(&owned),
        Ok(owned) => owned.freeze(),
        Err(shared) => shared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rope_of(pieces: &[Vec<u8>]) -> Rope {
        let mut builder = RopeBuilder::default();
        for piece in pieces {
            builder.push(Bytes::from(piece.clone()));
        }
        builder.finish()
    }

    fn joined(pieces: VecDeque<Bytes>) -> Vec<u8> {
        pieces.into_iter().flatten().collect()
    }

    #[test]
    fn million_one_byte_pieces_are_few_pieces() {
        let mut builder = RopeBuilder::default();
        for n in 0..1_000_000u32 {
            builder.push(Bytes::copy_from_slice(&[n as u8]));
        }
        let rope = builder.finish();
        assert_eq!(rope.len(), 1_000_000);
        assert!(rope.pieces().len() <= 4, "{rope:?}");
        assert_eq!(rope.to_bytes()[999_999], 999_999u32 as u8);
    }

    #[test]
    fn large_pieces_are_kept_where_they_are() {
        let piece = Bytes::from(vec![7; COPY_BELOW]);
        let mut builder = RopeBuilder::default();
        builder.push(piece.clone());
        builder.push(piece.clone());
        let rope = builder.finish();
        let places: Vec<_> = rope.pieces().iter().map(|p| p.as_ptr()).collect();
        assert_eq!(places, [piece.as_ptr(), piece.as_ptr()]);
    }

    #[test]
    fn piece_of_a_mostly_empty_buffer_lets_the_buffer_go() {
        let mut buffer = BytesMut::with_capacity(1 << 20);
        buffer.resize(COPY_BELOW, 7);
        let piece = buffer.split().freeze();
        drop(buffer);
        let place = piece.as_ptr();
        let mut builder = RopeBuilder::default();
        builder.push(piece);
        let rope = builder.finish();
        assert_ne!(rope.pieces()[0].as_ptr(), place);
        assert_eq!(rope.to_bytes(), vec![7; COPY_BELOW]);
    }

    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let size = prop_oneof![3 => 0..40usize, 1 => COPY_BELOW - 2..COPY_BELOW + 2];
        proptest::collection::vec(size.prop_map(|n| (0..n).map(|i| i as u8).collect()), 0..8)
    }

    proptest! {
        #[test]
        fn rope_is_the_pieces_joined(pieces in pieces()) {
            let rope = rope_of(&pieces);
            let whole = pieces.concat();
            prop_assert_eq!(rope.len(), whole.len() as u64);
            prop_assert_eq!(&rope.to_bytes()[..], &whole[..]);
            prop_assert_eq!(joined(rope.to_pieces()), whole);
            prop_assert!(rope.pieces().iter().all(|p| !p.is_empty()));
        }

        #[test]
        fn slice_is_the_slice_of_the_whole(pieces in pieces(), a in 0..40_000u64, b in 0..40_000u64) {
            let rope = rope_of(&pieces);
            let whole = pieces.concat();
            let (from, to) = (a.min(b), a.max(b));
            let at = |n: u64| (n as usize).min(whole.len());
            prop_assert_eq!(joined(rope.slice(from..to)), &whole[at(from)..at(to)]);
        }
    }
}
