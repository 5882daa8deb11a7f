//! Copy-on-write pages: where a database's bytes live.
//!
//! A [`Version`] is an immutable tree of shared 4 KiB blocks; cloning it is one reference count. A
//! [`Store`] holds the version that is current and the lock of its one writer. The file system that
//! SQLite sees ([`super::sqlite::vfs`]) pins a version when a reader locks, gives a writer a private draft, and makes the
//! draft the current version when a committed writer unlocks. So readers never wait, a snapshot or fork is a
//! clone, and what was not committed was never anywhere but in a draft.
//!
//! | module | holds |
//! | --- | --- |
//! | [`version`] | the tree, its drafts, file images, which blocks differ |
//! | [`store`] | the current version and who writes |
//! | [`scope`] | what a running statement lends to the file system: the stack's time, patience |

pub(crate) mod scope;
pub(crate) mod store;
pub(crate) mod version;

pub(crate) use store::Store;
pub use version::Version;
