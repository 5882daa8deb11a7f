//! What a caller writes in the place of a document: its text, or the path of its file. Files are for callers that may
//! run commands here anyway.

use std::io::{self, Read as _};
use std::path::Path;

use efsm_config::Listed;
use efsm_http::SpecLoader;

use crate::Options;
use crate::reply::Failure;

/// The longest file that is read.
const LONGEST: u64 = 32 << 20;

const NO_FILES: &str = "this server reads no files";
const INSTEAD: &str = "write what it holds into the call, or start efsm with --allow-run, or use it over stdio (`efsm mcp`)";

/// Whether this is a document and not the path of one.
pub(super) fn is_text(written: &str) -> bool {
    if written.contains(['\n', '\r']) {
        return true;
    }
    let line = written.trim_start_matches('\u{feff}').trim();
    if ["/", "./", "../", "~"]
        .iter()
        .any(|start| line.starts_with(start))
    {
        return false;
    }
    // JSON, a comment, a description of GraphQL or a YAML document; types of GraphQL; a key of YAML with its value.
    line.starts_with(['{', '[', '"', '#', '%'])
        || (line.contains('{') && line.contains(char::is_whitespace))
        || line.contains(": ")
        || line.ends_with(':')
}

/// The text of the file at `path`. Blocks.
pub(super) fn read(path: &str, options: &Options) -> Result<String, Failure> {
    if !options.allow_run {
        return Err(Failure::new(
            format!("{NO_FILES}, and `{path}` is a path"),
            INSTEAD,
        ));
    }
    bytes(Path::new(path))
        .and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
        })
        .map_err(|error| {
            Failure::new(
                format!("{path} cannot be read: {error}"),
                "give an absolute path, or the document's text",
            )
        })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let about = std::fs::metadata(path)?;
    // Looked at before it is opened: whoever opens a pipe waits for its other end.
    if !about.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a file",
        ));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is longer than {} MiB", LONGEST >> 20),
        ));
    }
    Ok(bytes)
}

/// The files that a description refers to, for a caller with these options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    may_read: bool,
}

impl Beside {
    pub(super) fn of(options: &Options) -> Self {
        Self {
            may_read: options.allow_run,
        }
    }
}

impl SpecLoader for Beside {
    fn read(&self, location: &str) -> Result<Vec<u8>, String> {
        if !self.may_read {
            return Err(format!("{NO_FILES}, and {location} is one: {INSTEAD}"));
        }
        bytes(Path::new(location)).map_err(|error| error.to_string())
    }
}

/// A configuration's files, when there may be none.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoFiles;

impl efsm_config::Files for NoFiles {
    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{NO_FILES}: {INSTEAD}"),
        ))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        self.read(folder).map(|_| Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_paths_are_told_apart_by_what_they_say() {
        for text in [
            "type Query { hello: String }",
            "type Query{hello:String}",
            "schema{query:Q}type Q{a:Int}",
            "\"\"\"A shop\"\"\" type Query { a: Int }",
            "# none yet",
            "{\"openapi\": \"3.1.0\"}",
            "  {}",
            "services: [http]",
            "openapi: 3.1.0\ninfo: {}",
            "/pets:\n  get: {}\n",
            "http:",
            "",
        ] {
            assert_eq!(is_text(text), !text.is_empty(), "{text}");
        }
        for path in [
            "efsm.yaml",
            "/tmp/a: b.yaml",
            "./{v1}/my spec.yaml",
            "../x.json",
            "~/x.graphql",
            "specs/petstore v2.yaml",
            "specs/{v1}/x.yaml",
            "C:\\specs\\x.yaml",
        ] {
            assert!(!is_text(path), "{path}");
        }
    }

    #[test]
    fn files_are_read_within_bounds_and_only_with_leave() {
        let allowed = Options {
            allow_run: true,
            ..Options::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("a"), "text").unwrap();
        assert_eq!(read(&path("a"), &allowed).unwrap(), "text");
        let refused = read(&path("a"), &Options::default()).unwrap_err();
        assert!(refused.what.contains("reads no files") && refused.next.contains("--allow-run"));

        std::fs::write(path("bytes"), b"\xff").unwrap();
        let long = std::fs::File::create(path("long")).unwrap();
        long.set_len(LONGEST + 1).unwrap();
        for (what, why) in [
            (path("none"), "No such file"),
            (path("bytes"), "UTF-8"),
            (path("long"), "longer than 32 MiB"),
            (folder.path().display().to_string(), "not a file"),
            ("/dev/zero".to_owned(), "not a file"),
        ] {
            let refused = read(&what, &allowed).unwrap_err().what;
            assert!(refused.contains(why), "{refused}");
        }
        assert!(Beside::of(&allowed).read(&path("a")).is_ok());
        assert!(Beside::of(&Options::default()).read(&path("a")).is_err());
    }
}
