//! The pages of one table: which of its rows can differ between two versions, without reading the rows.
//!
//! <https://www.sqlite.org/fileformat2.html#b_tree_pages>. A leaf page that is the same page in both versions
//! holds the same rows in both. So only the rows of other leaves, and rows that overflow into changed
//! pages, have to be compared: a diff costs as much as was changed. Leaves that did not change are not even read,
//! unless rows may overflow into pages that did. Damaged pages give `None`, and the caller compares every row.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::engine::pages::Version;
use crate::engine::pages::version::BLOCK;

const INTERIOR_INDEX: u8 = 0x02;
const INTERIOR_TABLE: u8 = 0x05;
const LEAF_INDEX: u8 = 0x0a;
const LEAF_TABLE: u8 = 0x0d;

/// Trees are at most about 40 levels deep with the smallest pages; damaged ones may be endless.
const MAX_DEPTH: usize = 64;

/// The pages that differ between two versions.
pub(super) struct Changed {
    page_size: usize,
    pages: BTreeSet<u32>,
    /// Some of them may be where rows overflow: leaves must be read, also those that did not change.
    may_overflow: bool,
}

/// A version seen as numbered pages.
struct Pages<'a> {
    version: &'a Version,
    size: usize,
    /// The page's size without the bytes that are reserved at its end.
    usable: usize,
}

/// What was found of one tree in one version; numbers of pages ascend.
#[derive(Default)]
struct Walked {
    leaves: Vec<u32>,
    /// Rows that overflow into changed pages, of leaves that may be unchanged.
    changed_rows: Vec<i64>,
    pages: Vec<u32>,
}

/// The rowids that may differ, on each side, ascending.
pub(super) struct Candidates {
    pub before: Vec<i64>,
    pub after: Vec<i64>,
}

impl Changed {
    /// `None` when the versions have pages of different sizes, or one has none.
    pub(super) fn between(before: &Version, after: &Version) -> Option<Self> {
        let (a, b) = (Pages::of(before)?, Pages::of(after)?);
        if (a.size, a.usable) != (b.size, b.usable) {
            return None;
        }
        let mut pages = BTreeSet::new();
        for block in before.changed_blocks(after) {
            let first = block * BLOCK / a.size;
            let last = ((block + 1) * BLOCK - 1) / a.size;
            pages.extend((first..=last).map(|page| page as u32 + 1));
        }
        Some(Self {
            page_size: a.size,
            pages,
            may_overflow: true,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Looks whether every changed page is a node of one of each version's trees, whose roots these are, or free.
    /// No row overflows into a changed page then, and leaves that did not change need not be read.
    pub(super) fn account_for(&mut self, sides: [(&Version, &[u32]); 2]) {
        self.may_overflow = false;
        let are_nodes = sides
            .into_iter()
            .all(|(version, roots)| self.are_nodes(version, roots) == Some(true));
        self.may_overflow = !are_nodes;
    }

    fn are_nodes(&self, version: &Version, roots: &[u32]) -> Option<bool> {
        let pages = Pages::of(version)?;
        let mut left: Vec<u32> = self.pages.range(..=pages.count()).copied().collect();
        for root in roots {
            let tree = self.walk(version, *root)?;
            left.retain(|page| tree.pages.binary_search(page).is_err());
        }
        if !left.is_empty() {
            let free = pages.free()?;
            left.retain(|page| free.binary_search(page).is_err());
        }
        Some(left.is_empty())
    }

    /// Whether any page of a tree differs; the tree may be a table's or an index's.
    pub(super) fn touches(&self, before: (&Version, u32), after: (&Version, u32)) -> Option<bool> {
        let a = self.walk(before.0, before.1)?;
        let b = self.walk(after.0, after.1)?;
        let is_changed = |page: &u32| self.pages.contains(page);
        Some(a.pages != b.pages || a.pages.iter().any(is_changed))
    }

    /// The rows of a rowid table that may differ.
    pub(super) fn candidates(
        &self,
        before: (&Version, u32),
        after: (&Version, u32),
    ) -> Option<Candidates> {
        let a = self.walk(before.0, before.1)?;
        let b = self.walk(after.0, after.1)?;
        Some(Candidates {
            before: self.rows_apart(before.0, &a, &b)?,
            after: self.rows_apart(after.0, &b, &a)?,
        })
    }

    /// The rowids of one side's leaves that the other side does not have as they are.
    fn rows_apart(&self, version: &Version, one: &Walked, other: &Walked) -> Option<Vec<i64>> {
        let pages = Pages::of(version)?;
        let mut rowids = one.changed_rows.clone();
        let mut others = other.leaves.iter().peekable();
        for page in &one.leaves {
            while others.next_if(|theirs| *theirs < page).is_some() {}
            if others.peek() == Some(&page) && !self.pages.contains(page) {
                continue;
            }
            let leaf = Node::read(&pages, *page)?;
            for cell in 0..leaf.cells {
                rowids.push(leaf.cell(&pages, cell)?.rowid);
            }
        }
        rowids.sort_unstable();
        rowids.dedup();
        Some(rowids)
    }

    fn walk(&self, version: &Version, root: u32) -> Option<Walked> {
        let pages = Pages::of(version)?;
        debug_assert_eq!(pages.size, self.page_size);
        let mut walked = Walked::default();
        self.walk_from(&pages, root, pages.levels(root)?, &mut walked)?;
        walked.leaves.sort_unstable();
        walked.pages.sort_unstable();
        Some(walked)
    }

    /// Walks a tree that has so many levels below its root: all leaves are equally deep.
    fn walk_from(
        &self,
        pages: &Pages<'_>,
        page: u32,
        levels: usize,
        walked: &mut Walked,
    ) -> Option<()> {
        walked.add(page, pages)?;
        if levels == 0 {
            walked.leaves.push(page);
            if !self.may_overflow {
                return Some(());
            }
        }
        let node = Node::read(pages, page)?;
        if (levels == 0) != node.rightmost.is_none() {
            return None;
        }
        for cell in 0..node.cells {
            let cell = node.cell(pages, cell)?;
            if self.may_overflow
                && self.has_changed_overflow(pages, &cell, walked)?
                && node.kind == LEAF_TABLE
            {
                walked.changed_rows.push(cell.rowid);
            }
            if let Some(child) = cell.child {
                self.walk_from(pages, child, levels - 1, walked)?;
            }
        }
        if let Some(child) = node.rightmost {
            self.walk_from(pages, child, levels - 1, walked)?;
        }
        Some(())
    }

    fn has_changed_overflow(
        &self,
        pages: &Pages<'_>,
        cell: &Cell,
        walked: &mut Walked,
    ) -> Option<bool> {
        let mut has_changed = false;
        let mut left = cell.overflow_bytes;
        let mut next = cell.overflow;
        while left > 0 {
            let page = next?;
            walked.add(page, pages)?;
            has_changed |= self.pages.contains(&page);
            let bytes = pages.page(page)?;
            next = Some(u32_at(&bytes, 0)?);
            left = left.saturating_sub(pages.usable - 4);
        }
        Some(has_changed)
    }
}

impl Walked {
    /// Notes a page; none when there are more of them than the version has, as in damaged trees that go in circles.
    fn add(&mut self, page: u32, pages: &Pages<'_>) -> Option<()> {
        self.pages.push(page);
        (self.pages.len() <= pages.count() as usize).then_some(())
    }
}

impl<'a> Pages<'a> {
    fn of(version: &'a Version) -> Option<Self> {
        let mut header = [0; 100];
        if !version.read(0, &mut header) {
            return None;
        }
        let size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = size.checked_sub(usize::from(header[20]))?;
        (size >= 512 && size.is_power_of_two() && usable >= 480).then_some(Self {
            version,
            size,
            usable,
        })
    }

    fn count(&self) -> u32 {
        (self.version.size_bytes() / self.size as u64) as u32
    }

    /// How many levels a tree has below its root.
    fn levels(&self, root: u32) -> Option<usize> {
        let mut page = root;
        for levels in 0..MAX_DEPTH {
            match Node::read(self, page)?.rightmost {
                None => return Some(levels),
                Some(child) => page = child,
            }
        }
        None
    }

    /// The pages of the free list, ascending: <https://www.sqlite.org/fileformat2.html#the_freelist>.
    fn free(&self) -> Option<Vec<u32>> {
        let mut free = Vec::new();
        let mut trunk = u32_at(&self.page(1)?, 32)?;
        while trunk != 0 {
            let bytes = self.page(trunk)?;
            free.push(trunk);
            let leaves = u32_at(&bytes, 4)? as usize;
            if free.len() + leaves > self.count() as usize {
                return None;
            }
            for leaf in 0..leaves {
                free.push(u32_at(&bytes, 8 + 4 * leaf)?);
            }
            trunk = u32_at(&bytes, 0)?;
        }
        free.sort_unstable();
        Some(free)
    }

    fn page(&self, number: u32) -> Option<Cow<'a, [u8]>> {
        let offset = (number as usize).checked_sub(1)? * self.size;
        if offset as u64 + self.size as u64 > self.version.size_bytes() {
            return None;
        }
        if self.size <= BLOCK {
            let block = self.version.block_at(offset as u64)?;
            let from = offset % BLOCK;
            return Some(Cow::Borrowed(&block.data()[from..from + self.size]));
        }
        let mut page = vec![0; self.size];
        self.version.read(offset as u64, &mut page);
        Some(Cow::Owned(page))
    }
}

/// A page of a tree.
struct Node<'a> {
    bytes: Cow<'a, [u8]>,
    kind: u8,
    cells: usize,
    /// Where the array of cell pointers begins.
    pointers: usize,
    rightmost: Option<u32>,
}

/// What a walk needs of a cell.
struct Cell {
    rowid: i64,
    child: Option<u32>,
    overflow: Option<u32>,
    overflow_bytes: usize,
}

impl<'a> Node<'a> {
    fn read(pages: &Pages<'a>, page: u32) -> Option<Self> {
        let bytes = pages.page(page)?;
        // The first page begins with the header of the file.
        let at = if page == 1 { 100 } else { 0 };
        let kind = *bytes.get(at)?;
        let (pointers, rightmost) = match kind {
            LEAF_TABLE | LEAF_INDEX => (at + 8, None),
            INTERIOR_TABLE | INTERIOR_INDEX => (at + 12, Some(u32_at(&bytes, at + 8)?)),
            _ => return None,
        };
        let cells = usize::from(u16_at(&bytes, at + 3)?);
        Some(Self {
            bytes,
            kind,
            cells,
            pointers,
            rightmost,
        })
    }

    fn cell(&self, pages: &Pages<'_>, index: usize) -> Option<Cell> {
        let bytes = &*self.bytes;
        let mut at = usize::from(u16_at(bytes, self.pointers + 2 * index)?);
        let mut cell = Cell {
            rowid: 0,
            child: None,
            overflow: None,
            overflow_bytes: 0,
        };
        if matches!(self.kind, INTERIOR_TABLE | INTERIOR_INDEX) {
            cell.child = Some(u32_at(bytes, at)?);
            at += 4;
        }
        if self.kind == INTERIOR_TABLE {
            return Some(cell);
        }
        let payload = usize::try_from(varint(bytes, &mut at)?).ok()?;
        if self.kind == LEAF_TABLE {
            cell.rowid = varint(bytes, &mut at)? as i64;
        }
        let local = local_bytes(pages.usable, payload, self.kind == LEAF_TABLE);
        if local < payload {
            cell.overflow = Some(u32_at(bytes, at + local)?);
            cell.overflow_bytes = payload - local;
        }
        Some(cell)
    }
}

/// How much of a payload lies on the cell's own page.
fn local_bytes(usable: usize, payload: usize, is_table: bool) -> usize {
    let most = if is_table {
        usable - 35
    } else {
        (usable - 12) * 64 / 255 - 23
    };
    if payload <= most {
        return payload;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (payload - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// 1 to 9 bytes, seven bits each but the ninth, which gives eight.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for index in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if index == 8 {
            return Some((value << 8) | u64::from(byte));
        }
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}
