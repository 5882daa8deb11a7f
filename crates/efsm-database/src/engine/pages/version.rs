//! The tree of shared blocks, and the drafts that become its next versions.

use std::sync::Arc;

use bytes::Bytes;

/// Bytes of a block: the size of SQLite's default page, though a database may use another.
pub(crate) const BLOCK: usize = 4096;
/// Blocks of a chunk: a write copies one chunk of pointers (1 KiB) and one block.
const CHUNK: usize = 128;
/// Readable bytes behind each block. SQLite may read a few bytes past a page that it was handed
/// directly when the page's content is corrupt; its own memory maps keep the same margin.
const MARGIN: usize = 256;

#[repr(C, align(16))]
pub(crate) struct Block {
    data: [u8; BLOCK],
    margin: [u8; MARGIN],
}

impl Block {
    const ZERO: Self = Self {
        data: [0; BLOCK],
        margin: [0; MARGIN],
    };

    pub(crate) fn data(&self) -> &[u8; BLOCK] {
        &self.data
    }
}

impl Clone for Block {
    fn clone(&self) -> Self {
        Self {
            data: self.data,
            margin: [0; MARGIN],
        }
    }
}

/// What a block that was never written reads as.
static HOLE: Block = Block::ZERO;

#[derive(Clone)]
struct Chunk([Option<Arc<Block>>; CHUNK]);

/// One state of a database: immutable, shared, empty by default.
///
/// Cloning it takes a snapshot. Two versions share every block in which they do not differ.
#[derive(Clone)]
pub struct Version(Arc<Tree>);

#[derive(Clone)]
struct Tree {
    chunks: Vec<Arc<Chunk>>,
    size: u64,
}

impl Default for Version {
    fn default() -> Self {
        Self(Arc::new(Tree {
            chunks: Vec::new(),
            size: 0,
        }))
    }
}

impl std::fmt::Debug for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Version")
            .field("size_bytes", &self.0.size)
            .finish_non_exhaustive()
    }
}

impl Version {
    /// The size of the database file that this version is, in bytes, whether shared or not.
    pub fn size_bytes(&self) -> u64 {
        self.0.size
    }

    /// Whether the database was never written: it has no tables and no header.
    pub fn is_empty(&self) -> bool {
        self.0.size == 0
    }

    /// Whether both are the same version, not merely equal ones.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The version as a database file.
    pub fn to_image(&self) -> Bytes {
        let mut image = Vec::with_capacity(self.0.size as usize);
        for index in 0..self.blocks() {
            let left = self.0.size as usize - image.len();
            image.extend_from_slice(&self.0.block(index).data[..left.min(BLOCK)]);
        }
        Bytes::from(image)
    }

    /// A version with the bytes of a database file, which are not looked at.
    pub(crate) fn from_image(image: &[u8]) -> Self {
        let mut draft = Self::default().draft();
        draft.write(0, image);
        draft.into_version()
    }

    pub(crate) fn draft(&self) -> Draft {
        Draft(Tree::clone(&self.0))
    }

    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        self.0.read(offset, out)
    }

    pub(crate) fn block_at(&self, offset: u64) -> Option<&Block> {
        self.0.block_at(offset)
    }

    /// The number that every change of the schema changes; 0 for a database that was never written.
    ///
    /// <https://www.sqlite.org/fileformat.html#schema_cookie>
    pub(crate) fn schema_cookie(&self) -> u32 {
        let mut cookie = [0; 4];
        self.read(40, &mut cookie);
        u32::from_be_bytes(cookie)
    }

    fn blocks(&self) -> usize {
        self.0.size.div_ceil(BLOCK as u64) as usize
    }

    /// The indexes of the blocks in which two versions differ, ascending, those past the end of the
    /// shorter one included. Shared chunks and blocks are passed over without being read.
    pub(crate) fn changed_blocks(&self, other: &Self) -> Vec<usize> {
        let mut changed = Vec::new();
        if self.is(other) {
            return changed;
        }
        let blocks = self.blocks().max(other.blocks());
        let mut index = 0;
        while index < blocks {
            let chunk = index / CHUNK;
            if let (Some(a), Some(b)) = (self.0.chunks.get(chunk), other.0.chunks.get(chunk))
                && Arc::ptr_eq(a, b)
            {
                index = (chunk + 1) * CHUNK;
                continue;
            }
            let (a, b) = (self.0.block(index), other.0.block(index));
            if !std::ptr::eq(a, b) && a.data != b.data {
                changed.push(index);
            }
            index += 1;
        }
        changed
    }
}

impl Tree {
    fn block(&self, index: usize) -> &Block {
        self.chunks
            .get(index / CHUNK)
            .and_then(|chunk| chunk.0[index % CHUNK].as_deref())
            .unwrap_or(&HOLE)
    }

    fn block_at(&self, offset: u64) -> Option<&Block> {
        (offset < self.size).then(|| self.block((offset / BLOCK as u64) as usize))
    }

    /// Fills `out` from `offset`; what lies past the end reads as zeros and gives `false`.
    fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        let mut done = 0;
        while done < out.len() {
            let at = offset + done as u64;
            if at >= self.size {
                out[done..].fill(0);
                return false;
            }
            let from = (at % BLOCK as u64) as usize;
            let here = (BLOCK - from)
                .min(out.len() - done)
                .min((self.size - at) as usize);
            let block = self.block((at / BLOCK as u64) as usize);
            out[done..done + here].copy_from_slice(&block.data[from..from + here]);
            done += here;
        }
        true
    }
}

/// A version in the making, private to one writer.
pub(crate) struct Draft(Tree);

impl Draft {
    pub(crate) fn size_bytes(&self) -> u64 {
        self.0.size
    }

    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        self.0.read(offset, out)
    }

    pub(crate) fn block_at(&self, offset: u64) -> Option<&Block> {
        self.0.block_at(offset)
    }

    /// Writes `bytes` at `offset`, growing the draft; the gap that this may leave reads as zeros.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let end = offset + bytes.len() as u64;
        let chunks = end.div_ceil((BLOCK * CHUNK) as u64) as usize;
        while self.0.chunks.len() < chunks {
            self.0.chunks.push(Arc::new(Chunk([const { None }; CHUNK])));
        }
        let mut done = 0;
        while done < bytes.len() {
            let at = offset + done as u64;
            let index = (at / BLOCK as u64) as usize;
            let from = (at % BLOCK as u64) as usize;
            let here = (BLOCK - from).min(bytes.len() - done);
            let slot = &mut Arc::make_mut(&mut self.0.chunks[index / CHUNK]).0[index % CHUNK];
            let block = slot.get_or_insert_with(|| Arc::new(Block::ZERO));
            if here == BLOCK && Arc::get_mut(block).is_none() {
                // The whole block is replaced: copying the shared one first would be wasted.
                *block = Arc::new(Block::ZERO);
            }
            Arc::make_mut(block).data[from..from + here].copy_from_slice(&bytes[done..done + here]);
            done += here;
        }
        self.0.size = self.0.size.max(end);
    }

    /// Cuts the draft off at `size` bytes; a greater size is ignored.
    pub(crate) fn truncate(&mut self, size: u64) {
        if size >= self.0.size {
            return;
        }
        self.0.size = size;
        let blocks = size.div_ceil(BLOCK as u64) as usize;
        self.0.chunks.truncate(blocks.div_ceil(CHUNK));
        // A later write past the cut must find zeros behind it, as in a file.
        if let Some(last) = self.0.chunks.last_mut() {
            let kept = blocks - (blocks - 1) / CHUNK * CHUNK;
            let chunk = Arc::make_mut(last);
            chunk.0[kept..].fill(None);
            let tail = (size % BLOCK as u64) as usize;
            if tail > 0
                && let Some(block) = &mut chunk.0[kept - 1]
            {
                Arc::make_mut(block).data[tail..].fill(0);
            }
        }
    }

    pub(crate) fn into_version(self) -> Version {
        Version(Arc::new(self.0))
    }

    /// The draft as it is now, for whoever must keep its blocks alive.
    pub(crate) fn freeze(&self) -> Version {
        Version(Arc::new(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        Truncate(u64),
        Fork,
    }

    fn step() -> impl Strategy<Value = Step> {
        let near = prop_oneof![0u64..20_000, 500_000u64..560_000];
        prop_oneof![
            6 => (near.clone(), 1usize..9000, any::<u8>())
                .prop_map(|(at, len, byte)| Step::Write(at, vec![byte; len])),
            2 => near.prop_map(Step::Truncate),
            1 => Just(Step::Fork),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn draft_behaves_as_a_vector_of_bytes(steps in prop::collection::vec(step(), 1..24)) {
            let mut model: Vec<u8> = Vec::new();
            let mut draft = Version::default().draft();
            let mut kept: Vec<(Version, Vec<u8>)> = Vec::new();
            for step in steps {
                match step {
                    Step::Write(at, bytes) => {
                        let end = at as usize + bytes.len();
                        if model.len() < end { model.resize(end, 0); }
                        model[at as usize..end].copy_from_slice(&bytes);
                        draft.write(at, &bytes);
                    }
                    Step::Truncate(size) => {
                        model.truncate(size as usize);
                        draft.truncate(size);
                    }
                    Step::Fork => {
                        let version = draft.into_version();
                        draft = version.draft();
                        kept.push((version, model.clone()));
                    }
                }
            }
            kept.push((draft.into_version(), model));
            for (version, model) in &kept {
                prop_assert!(version.to_image() == model[..], "a version changed after it was made");
                let mut tail = vec![1; 10];
                prop_assert!(!version.read(model.len() as u64, &mut tail));
                prop_assert_eq!(tail, vec![0; 10]);
            }
            for (a, x) in &kept {
                for (b, y) in &kept {
                    let blocks = x.len().max(y.len()).div_ceil(BLOCK);
                    let expected: Vec<usize> = (0..blocks).filter(|i| {
                        let cut = |v: &[u8]| {
                            let mut block = v[(i * BLOCK).min(v.len())..((i + 1) * BLOCK).min(v.len())].to_vec();
                            block.resize(BLOCK, 0);
                            block
                        };
                        cut(x) != cut(y)
                    }).collect();
                    prop_assert_eq!(a.changed_blocks(b), expected);
                }
            }
        }
    }
}
