//! The file system that SQLite sees, as its C interface wants it.
//!
//! <https://www.sqlite.org/vfs.html>. One instance serves the whole process and holds no state: a file
//! gets its store from the thread that opens it ([`scope`]). There is no path to anything else:
//! opening without an offered store fails, nothing exists, nothing can be deleted, no library loads.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::ffi;

use crate::engine::pages::scope;
use crate::engine::pages::store::{Refused, Store};
use crate::engine::pages::version::{BLOCK, Draft, Version};

/// The name under which the file system is registered.
pub(crate) const NAME: &CStr = c"efsm";

/// What `PRAGMA mmap_size` reports: pages are handed out directly up to SQLite's own limit.
pub(crate) const MMAP_BYTES: i64 = 0x7fff_0000;

/// What the inner pages of trees begin with. <https://www.sqlite.org/fileformat.html#b_tree_pages>
const INNER_INDEX: u8 = 2;
const INNER_TABLE: u8 = 5;

/// After so many searches without a commit by anybody, inner pages are left to SQLite's cache, which forgets them with
/// each commit by somebody else.
const SETTLED: u32 = 64;

/// 1970-01-01 in milliseconds of the Julian day, which is how SQLite counts.
const UNIX_EPOCH_JULIAN_MS: i64 = 210_866_760_000_000;

/// Pragmas that would take a database out of memory or out of its versions. The session answers
/// them before SQLite sees them; this is the second line, for spellings that it does not recognise. A
/// connection that is being set up is outside of any statement and may set them.
const FIXED_PRAGMAS: [(&CStr, &CStr); 3] = [
    (c"journal_mode", c"memory"),
    (c"locking_mode", c"normal"),
    (c"temp_store", c"2"),
];

/// Registers the file system once in the process.
pub(crate) fn register() -> Result<(), c_int> {
    static REGISTERED: OnceLock<Result<(), c_int>> = OnceLock::new();
    *REGISTERED.get_or_init(|| {
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<File>() as c_int,
            mxPathname: 256,
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: Some(dl_open),
            xDlError: Some(dl_error),
            xDlSym: Some(dl_sym),
            xDlClose: Some(dl_close),
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(get_last_error),
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the structure is complete and lives for ever, which is what registering asks for;
        // SQLite alone changes it from here on (`pNext`).
        match unsafe { ffi::sqlite3_vfs_register(vfs, 0) } {
            ffi::SQLITE_OK => Ok(()),
            code => Err(code),
        }
    })
}

/// What SQLite holds of an open file. It allocates `szOsFile` bytes and sees the first field only.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// An open file: which version it sees, and what it writes.
struct Open {
    store: Arc<Store>,
    lock: c_int,
    /// What is read from; set from SHARED on.
    pinned: Option<Version>,
    /// What is written to; set by the first write under RESERVED.
    draft: Option<Draft>,
    /// SQLite said that the draft is a commit, not the remains of a rollback.
    committed: bool,
    /// Pages handed out and not given back.
    fetched: usize,
    /// Versions whose pages may be among them though the file has moved on.
    retired: Vec<Version>,
    /// How many commits there were when a version was last pinned.
    commits: u64,
    /// How many inner pages were handed out since then.
    searches: u32,
    /// Where some of the inner pages are that SQLite has read since: it asks for each again at every search, and finding
    /// the page to see what it is would cost more than all else. In the place that the page's number gives.
    inner: [u64; INNER_PAGES],
}

const INNER_PAGES: usize = 64;
/// No page begins there.
const NOWHERE: u64 = u64::MAX;

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 3,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    // Without shared memory SQLite refuses `journal_mode=wal` by itself.
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: Some(fetch),
    xUnfetch: Some(unfetch),
};

impl Open {
    fn size_bytes(&self) -> u64 {
        match (&self.draft, &self.pinned) {
            (Some(draft), _) => draft.size_bytes(),
            (None, Some(version)) => version.size_bytes(),
            (None, None) => self.store.current().size_bytes(),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        match (&self.draft, &self.pinned) {
            (Some(draft), _) => draft.read(offset, out),
            (None, Some(version)) => version.read(offset, out),
            // SQLite looks at the header once before it locks.
            (None, None) => self.store.current().read(offset, out),
        }
    }

    fn draft(&mut self) -> Option<&mut Draft> {
        if self.lock < ffi::SQLITE_LOCK_RESERVED {
            return None;
        }
        let pinned = self.pinned.as_ref()?;
        Some(self.draft.get_or_insert_with(|| pinned.draft()))
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> c_int {
        let base = self.pinned.as_ref().map_or(0, Version::size_bytes);
        let end = offset + bytes.len() as u64;
        if end > base && end > self.size_bytes() && !self.store.may_grow(base, end) {
            return ffi::SQLITE_FULL;
        }
        let Some(draft) = self.draft() else {
            return ffi::SQLITE_IOERR_WRITE;
        };
        draft.write(offset, bytes);
        ffi::SQLITE_OK
    }

    fn truncate(&mut self, size: u64) -> c_int {
        let fetched = self.fetched;
        let Some(draft) = self.draft() else {
            return ffi::SQLITE_IOERR_TRUNCATE;
        };
        if fetched > 0 {
            let kept = draft.freeze();
            draft.truncate(size);
            self.retired.push(kept);
        } else {
            draft.truncate(size);
        }
        ffi::SQLITE_OK
    }

    fn lock(&mut self, level: c_int) -> c_int {
        if level <= self.lock {
            return ffi::SQLITE_OK;
        }
        if self.pinned.is_none() {
            let commits = self.store.commits();
            if commits != self.commits {
                (self.commits, self.searches) = (commits, 0);
                self.inner.fill(NOWHERE);
            }
        }
        let pinned = self.pinned.get_or_insert_with(|| self.store.current());
        if level >= ffi::SQLITE_LOCK_RESERVED && self.lock < ffi::SQLITE_LOCK_RESERVED {
            match self.store.reserve(pinned) {
                Ok(()) => {}
                Err(Refused::Busy) => {
                    scope::refuse(&self.store);
                    return ffi::SQLITE_BUSY;
                }
                Err(Refused::Stale) => return ffi::SQLITE_BUSY_SNAPSHOT,
            }
        }
        // Nothing more is needed above RESERVED: readers have their own versions.
        self.lock = level;
        ffi::SQLITE_OK
    }

    fn unlock(&mut self, level: c_int) {
        if self.lock >= ffi::SQLITE_LOCK_RESERVED && level < ffi::SQLITE_LOCK_RESERVED {
            let draft = self.draft.take();
            // A rollback restores what it had written early into the draft; the base still holds it.
            let committed = std::mem::take(&mut self.committed);
            if let Some(draft) = draft {
                let version = draft.into_version();
                if committed {
                    let base = self.pinned.replace(version.clone());
                    self.retire(base);
                    self.store.release(Some(version));
                } else {
                    self.retire(Some(version));
                    self.store.release(None);
                }
            } else {
                self.store.release(None);
            }
        }
        if level == ffi::SQLITE_LOCK_NONE {
            let pinned = self.pinned.take();
            self.retire(pinned);
        }
        self.lock = self.lock.min(level);
    }

    /// Lets go of a version, unless pages of it may still be in SQLite's hands.
    fn retire(&mut self, version: Option<Version>) {
        if self.fetched > 0 {
            self.retired.extend(version);
        }
    }

    fn fetch(&mut self, offset: u64, length: usize) -> *mut c_void {
        let place = (offset as usize / BLOCK) % INNER_PAGES;
        if self.inner[place] == offset {
            return std::ptr::null_mut();
        }
        let block = match (&self.draft, &self.pinned) {
            (Some(draft), _) => draft.block_at(offset),
            (None, Some(version)) => version.block_at(offset),
            (None, None) => None,
        };
        let from = offset as usize % BLOCK;
        match block.and_then(|block| block.data().get(from..from + length)) {
            // A page larger than a block is not in one piece: SQLite reads it instead. It reads an inner page of a tree,
            // too, and keeps it: every search uses it, where a page that is handed out is looked through anew each time.
            Some([INNER_INDEX | INNER_TABLE, ..]) if self.searches >= SETTLED => {
                self.inner[place] = offset;
                std::ptr::null_mut()
            }
            None => std::ptr::null_mut(),
            Some(page) => {
                self.searches += u32::from(matches!(page, [INNER_INDEX | INNER_TABLE, ..]));
                self.fetched += 1;
                page.as_ptr().cast_mut().cast()
            }
        }
    }

    fn unfetch(&mut self) {
        self.fetched = self.fetched.saturating_sub(1);
        if self.fetched == 0 {
            self.retired.clear();
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.unlock(ffi::SQLITE_LOCK_NONE);
    }
}

/// The open file behind a handle of SQLite's.
///
/// # Safety
/// `file` must be a handle that [`open`] filled with success and [`close`] was not called on.
unsafe fn open_file<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: `open` put a valid box there and only `close` takes it away. SQLite calls the methods
    // of one file from one thread at a time, so the reference is the only one while a method runs.
    unsafe { &mut *(*file.cast::<File>()).open }
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    _name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let file = file.cast::<File>();
    let store = (flags & ffi::SQLITE_OPEN_MAIN_DB != 0)
        .then(scope::take_offered)
        .flatten();
    let Some(store) = store else {
        // SAFETY: SQLite gives room for a `File`; a null `pMethods` tells it that nothing is open.
        unsafe { (*file).base.pMethods = std::ptr::null() };
        return ffi::SQLITE_CANTOPEN;
    };
    let open = Box::new(Open {
        store,
        lock: ffi::SQLITE_LOCK_NONE,
        pinned: None,
        draft: None,
        committed: false,
        fetched: 0,
        retired: Vec::new(),
        commits: 0,
        searches: 0,
        inner: [NOWHERE; INNER_PAGES],
    });
    // SAFETY: SQLite gives room for `szOsFile` bytes, aligned for pointers, which is what `File` needs;
    // `out_flags` may be null and is a valid place otherwise.
    unsafe {
        file.write(File {
            base: ffi::sqlite3_file {
                pMethods: &raw const METHODS,
            },
            open: Box::into_raw(open),
        });
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let file = file.cast::<File>();
    // SAFETY: SQLite closes a file that `open` opened, once; the pointer came from `Box::into_raw`.
    unsafe {
        drop(Box::from_raw((*file).open));
        (*file).open = std::ptr::null_mut();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: `out` is `length` writable bytes that belong to SQLite; the file is open.
    let (open, out) = unsafe {
        (
            open_file(file),
            std::slice::from_raw_parts_mut(out.cast::<u8>(), length as usize),
        )
    };
    if open.read(offset as u64, out) {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_IOERR_SHORT_READ
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: `bytes` is `length` readable bytes that belong to SQLite; the file is open. They are never
    // a page that `fetch` handed out: SQLite writes pages of its own cache only.
    unsafe {
        let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length as usize);
        open_file(file).write(offset as u64, bytes)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    unsafe { open_file(file) }.truncate(size as u64)
}

unsafe extern "C" fn sync(_file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    size: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open and `size` is a valid place.
    unsafe { *size = open_file(file).size_bytes() as ffi::sqlite3_int64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { open_file(file) }.lock(level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { open_file(file) }.unlock(level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(
    file: *mut ffi::sqlite3_file,
    reserved: *mut c_int,
) -> c_int {
    // SAFETY: the file is open and `reserved` is a valid place.
    unsafe { *reserved = c_int::from(open_file(file).store.is_written()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    match operation {
        ffi::SQLITE_FCNTL_COMMIT_PHASETWO => {
            // SAFETY: the file is open.
            unsafe { open_file(file) }.committed = true;
            ffi::SQLITE_OK
        }
        ffi::SQLITE_FCNTL_MMAP_SIZE => {
            // SAFETY: for this operation the argument points to a 64-bit integer.
            unsafe { *argument.cast::<ffi::sqlite3_int64>() = MMAP_BYTES };
            ffi::SQLITE_OK
        }
        ffi::SQLITE_FCNTL_PRAGMA => {
            // SAFETY: for this operation the argument is an array of strings: a place for the answer, the
            // name, and the value or null. The strings end in NUL and live during the call.
            unsafe {
                let strings = argument.cast::<*mut c_char>();
                let name = CStr::from_ptr(*strings.add(1)).to_bytes();
                if (*strings.add(2)).is_null() || !scope::is_entered() {
                    return ffi::SQLITE_NOTFOUND;
                }
                for (fixed, value) in FIXED_PRAGMAS {
                    if fixed.to_bytes().eq_ignore_ascii_case(name) {
                        *strings = ffi::sqlite3_mprintf(c"%s".as_ptr(), value.as_ptr());
                        return ffi::SQLITE_OK;
                    }
                }
            }
            ffi::SQLITE_NOTFOUND
        }
        _ => ffi::SQLITE_NOTFOUND,
    }
}

unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    BLOCK as c_int
}

unsafe extern "C" fn device_characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_ATOMIC
        | ffi::SQLITE_IOCAP_SAFE_APPEND
        | ffi::SQLITE_IOCAP_SEQUENTIAL
        | ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

/// Hands a page out without copying it.
///
/// The pointer stays valid until as many pages were given back as handed out: until then the versions
/// that the file has let go of are kept in `retired`, a block of the pinned version is never changed, and
/// a block of the draft is changed in place or kept by a retired version, never freed. SQLite reads the
/// page and does not write to it: writable pages are copies in its own cache.
unsafe extern "C" fn fetch(
    file: *mut ffi::sqlite3_file,
    offset: ffi::sqlite3_int64,
    length: c_int,
    page: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open and `page` is a valid place.
    unsafe { *page = open_file(file).fetch(offset as u64, length as usize) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn unfetch(
    file: *mut ffi::sqlite3_file,
    _offset: ffi::sqlite3_int64,
    page: *mut c_void,
) -> c_int {
    // A null page is only the advice to map less.
    if !page.is_null() {
        // SAFETY: the file is open.
        unsafe { open_file(file) }.unfetch();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _vfs: *mut ffi::sqlite3_vfs,
    _name: *const c_char,
    _sync_dir: c_int,
) -> c_int {
    ffi::SQLITE_IOERR_DELETE_NOENT
}

unsafe extern "C" fn access(
    _vfs: *mut ffi::sqlite3_vfs,
    _name: *const c_char,
    _flags: c_int,
    exists: *mut c_int,
) -> c_int {
    // SAFETY: `exists` is a valid place.
    unsafe { *exists = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: `name` ends in NUL and `out` has room for `size` bytes; the copy is cut to fit and
    // closed with a NUL.
    unsafe { ffi::sqlite3_snprintf(size, out, c"%s".as_ptr(), name) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn dl_open(_vfs: *mut ffi::sqlite3_vfs, _name: *const c_char) -> *mut c_void {
    std::ptr::null_mut()
}

unsafe extern "C" fn dl_error(_vfs: *mut ffi::sqlite3_vfs, size: c_int, out: *mut c_char) {
    let text = c"extensions cannot be loaded: nothing leaves the memory of a stack";
    // SAFETY: `out` has room for `size` bytes; the copy is cut to fit and closed with a NUL.
    unsafe { ffi::sqlite3_snprintf(size, out, c"%s".as_ptr(), text.as_ptr()) };
}

unsafe extern "C" fn dl_sym(
    _vfs: *mut ffi::sqlite3_vfs,
    _library: *mut c_void,
    _symbol: *const c_char,
) -> Option<unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *mut c_void, *const c_char)> {
    None
}

unsafe extern "C" fn dl_close(_vfs: *mut ffi::sqlite3_vfs, _library: *mut c_void) {}

unsafe extern "C" fn randomness(
    _vfs: *mut ffi::sqlite3_vfs,
    _size: c_int,
    _out: *mut c_char,
) -> c_int {
    // SQLite seeds its generator from its default file system, which this one never is.
    0
}

unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    scope::pause(Duration::from_micros(microseconds.max(0) as u64));
    microseconds
}

unsafe extern "C" fn current_time_int64(
    _vfs: *mut ffi::sqlite3_vfs,
    now: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: `now` is a valid place.
    unsafe { *now = UNIX_EPOCH_JULIAN_MS + scope::now_ms() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time(_vfs: *mut ffi::sqlite3_vfs, now: *mut f64) -> c_int {
    // SAFETY: `now` is a valid place.
    unsafe { *now = (UNIX_EPOCH_JULIAN_MS + scope::now_ms()) as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn get_last_error(
    _vfs: *mut ffi::sqlite3_vfs,
    _size: c_int,
    _out: *mut c_char,
) -> c_int {
    0
}
