//! `efsm.yaml`: read, checked and resolved into a [`Config`] that cannot be invalid.
//!
//! A text goes through three steps, each with its own module:
//!
//! | module | from | to |
//! | --- | --- | --- |
//! | `text` | YAML or JSON | a tree of values that know where they stand |
//! | `keys` on `format` | the tree | typed keys, or errors that name file, line, column and key |
//! | `resolve` | keys | a [`Config`]: files read, defaults in place |
//!
//! The tables in `keys` are the only description of the format: the parser, its messages,
//! [`json_schema`] and [`markdown`] are made from them.
//!
//! ```
//! let text = "port: 0\nlimits:\n  body: 1MiB\nqueue:\n  topics: [orders]\n";
//! let loaded = efsm_config::parse("efsm.yaml", text, "").expect("a valid configuration");
//! assert_eq!(loaded.config.port, Some(0));
//! assert_eq!(loaded.config.limits.body_bytes, 1 << 20);
//!
//! let errors = efsm_config::parse("efsm.yaml", "limits:\n  bdy: 1MiB\n", "").unwrap_err();
//! assert_eq!(
//!     format!("{errors:#}"),
//!     "efsm.yaml:2:3: limits.bdy: no key `bdy` in `limits` (did you mean `body`?)"
//! );
//! ```

mod config;
mod docs;
mod error;
mod files;
mod format;
mod keys;
mod resolve;
mod schema;
mod text;

use std::path::{Path, PathBuf};

pub use config::{
    Auth, Bucket, Client, Clock, Config, Database, DatabaseFile, Http, Object, Queue, Resource,
    ServiceName, Spec, SqlScript, Storage, Stub, Topic, User,
};
pub use docs::markdown;
pub use error::{ConfigError, ConfigErrors};
pub use files::{Disk, Files, Listed};
pub use schema::json_schema;
pub use text::Origin;

/// A size as the format writes it (`64MiB`), in bytes.
pub fn size(text: &str) -> Option<u64> {
    format::values::size(text)
}

/// A duration as the format writes it (`1h30m`).
pub fn duration(text: &str) -> Option<std::time::Duration> {
    format::values::duration(text)
}

use format::{Read as _, Reader};
use keys::RootKeys;
use resolve::Resolver;
use text::Source;

/// The names under which a configuration is looked for in a folder, in this order.
pub const FILE_NAMES: [&str; 3] = ["efsm.yaml", "efsm.yml", "efsm.json"];

/// A configuration, and what reading it brought to light.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// Every file that was read, the configuration itself first: what to watch for changes.
    pub sources: Vec<PathBuf>,
    /// What has no effect but is most likely a mistake. Reported, never fatal.
    pub warnings: Vec<ConfigError>,
}

/// Reads the configuration at `path`, or the one in the folder `path`.
pub fn load(path: impl AsRef<Path>) -> Result<Loaded, ConfigErrors> {
    load_from(path.as_ref(), &Disk)
}

/// [`load`] from other files than the disk's.
pub fn load_from(path: &Path, files: &dyn Files) -> Result<Loaded, ConfigErrors> {
    let path = configuration_in(path, files)?;
    let bytes = files
        .read(&path)
        .map_err(|error| of_no_text(&path, &format!("cannot read the configuration: {error}")))?;
    let text = text::decoded(bytes)
        .map_err(|line| of_no_text(&path, &format!("not UTF-8: see its line {line}")))?;
    let base = path.parent().unwrap_or(Path::new(""));
    let mut loaded = parse_with(&path.display().to_string(), &text, base, files)?;
    loaded.sources.insert(0, path);
    Ok(loaded)
}

/// Reads a configuration from `text`. `name` stands for it in errors, and is JSON when it ends in `.json`; paths
/// are relative to `base_dir`.
pub fn parse(name: &str, text: &str, base_dir: impl AsRef<Path>) -> Result<Loaded, ConfigErrors> {
    parse_with(name, text, base_dir.as_ref(), &Disk)
}

/// [`parse`] with other files than the disk's.
pub fn parse_with(
    name: &str,
    text: &str,
    base_dir: &Path,
    files: &dyn Files,
) -> Result<Loaded, ConfigErrors> {
    let source = Source::new(name, text);
    let node = text::document(&source)?;
    let mut reader = Reader::new(source, RootKeys::TABLE);
    let keys = RootKeys::read(&node, &mut reader);
    // Files are looked at even when a key is wrong: one run shows everything.
    let mut resolver = Resolver::new(files, base_dir, reader.into_errors());
    let config = resolver.config(keys.unwrap_or_default());
    // A pass over the keys and a pass over the files found them; people read from the top.
    resolver.errors.sort_by_key(|error| {
        let origin = error.origin();
        (
            origin.file() != name,
            origin.file().to_owned(),
            origin.span.start,
        )
    });
    ConfigErrors::check(resolver.errors)?;
    Ok(Loaded {
        config,
        sources: resolver.sources,
        warnings: resolver.warnings,
    })
}

fn configuration_in(path: &Path, files: &dyn Files) -> Result<PathBuf, ConfigErrors> {
    let Ok(listed) = files.list(path) else {
        return Ok(path.to_owned());
    };
    FILE_NAMES
        .iter()
        .find(|name| listed.iter().any(|entry| entry.name == **name))
        .map(|name| path.join(name))
        .ok_or_else(|| {
            of_no_text(
                path,
                &format!("no {} in this folder", FILE_NAMES.join(", ")),
            )
        })
}

/// An error about a file whose text is not there to be shown.
fn of_no_text(path: &Path, message: &str) -> ConfigErrors {
    let origin = Origin {
        source: Source::new(path.display().to_string(), ""),
        span: 0..0,
        key: "".into(),
    };
    origin
        .error(format!("{}: {message}", path.display()))
        .into()
}
