//! SQLite's C interface: the only `unsafe` code of the crate. Each block says why it is sound.
//!
//! | module | holds |
//! | --- | --- |
//! | [`vfs`] | the file system over copy-on-write pages |
//! | [`prepared`] | compiled statements: binding, stepping, columns |

pub(crate) mod prepared;
pub(crate) mod vfs;
