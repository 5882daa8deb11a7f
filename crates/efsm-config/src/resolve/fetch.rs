//! Reading what a path names: a file, a folder, or the files that fit a glob.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use glob::{MatchOptions, Pattern};

use super::Resolver;
use crate::error::ConfigError;
use crate::format::At;
use crate::format::table::nearest;
use crate::format::values::Path as WrittenPath;
use crate::text::{self, Origin, Source};

/// Folders below each other that are looked into.
const DEPTH: usize = 32;

/// A file that a path, folder or glob stands for.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Below the folder or the wildcard-free part of the glob, with `/`; the file's name for a plain path.
    pub(crate) below: String,
}

impl Resolver<'_> {
    /// The path from where the program runs, without `.` and needless `..`.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        tidy(&self.base.join(written))
    }

    pub(super) fn bytes(&mut self, path: &Path, origin: &Origin) -> Option<Vec<u8>> {
        match self.files.read(path) {
            Ok(bytes) => {
                if !self.sources.iter().any(|known| known == path) {
                    self.sources.push(path.to_owned());
                }
                Some(bytes)
            }
            Err(error) => {
                let error = self.read_error(path, origin, &error);
                self.errors.push(error);
                None
            }
        }
    }

    pub(super) fn text(&mut self, path: &Path, origin: &Origin) -> Option<Arc<Source>> {
        let bytes = self.bytes(path, origin)?;
        match text::decoded(bytes) {
            Ok(text) => Some(Source::new(path.display().to_string(), text)),
            Err(line) => {
                let message = format!("`{}` is not UTF-8: see its line {line}", path.display());
                self.errors.push(origin.error(message));
                None
            }
        }
    }

    /// The files that `written` stands for, in order of their paths; never none without an error. Of a folder,
    /// those at any depth that `is_wanted` by their names.
    pub(super) fn find(
        &mut self,
        written: &At<WrittenPath>,
        is_wanted: fn(&str) -> bool,
    ) -> Vec<Found> {
        let text = &written.value.0;
        let found = if text.contains(['*', '?', '[']) {
            self.find_glob(text)
        } else {
            let path = self.path(text);
            if self.files.list(&path).is_ok() {
                self.find_below(&path, is_wanted)
            } else {
                let below = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                return vec![Found { path, below }];
            }
        };
        match found {
            Ok(found) if found.is_empty() => {
                self.errors.push(
                    written
                        .origin
                        .error(format!("no file fits `{text}`"))
                        .with_help(format!("it is looked for in {}", self.base_in_words())),
                );
                Vec::new()
            }
            Ok(found) => found,
            Err(message) => {
                self.errors.push(written.origin.error(message));
                Vec::new()
            }
        }
    }

    fn find_glob(&self, text: &str) -> Result<Vec<Found>, String> {
        const OPTIONS: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let parts: Vec<&str> = text.split('/').collect();
        let plain = parts
            .iter()
            .take_while(|part| !part.contains(['*', '?', '[']))
            .count();
        let root = match parts[..plain].join("/") {
            folder if folder.is_empty() && plain > 0 => PathBuf::from("/"),
            folder => self.path(&folder),
        };
        let pattern = Pattern::new(&parts[plain..].join("/"))
            .map_err(|error| format!("`{text}` is not a glob: {}", error.msg))?;
        let mut found = self.find_below(&root, |_| true).unwrap_or_default();
        found.retain(|file| pattern.matches_with(&file.below, OPTIONS));
        Ok(found)
    }

    /// Every wanted file below `folder`.
    pub(super) fn find_below(
        &self,
        folder: &Path,
        is_wanted: fn(&str) -> bool,
    ) -> Result<Vec<Found>, String> {
        let mut found = Vec::new();
        self.walk(folder, "", 0, is_wanted, &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn walk(
        &self,
        folder: &Path,
        below: &str,
        depth: usize,
        is_wanted: fn(&str) -> bool,
        found: &mut Vec<Found>,
    ) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!(
                "`{}` is nested more than {DEPTH} folders deep",
                folder.display()
            ));
        }
        let listed = self
            .files
            .list(folder)
            .map_err(|error| format!("cannot list the folder `{}`: {error}", folder.display()))?;
        for entry in listed {
            // What an editor, git or a desktop left behind.
            if entry.name.starts_with('.') {
                continue;
            }
            let path = folder.join(&entry.name);
            let below = format!("{below}{}", entry.name);
            if entry.is_folder {
                self.walk(&path, &format!("{below}/"), depth + 1, is_wanted, found)?;
            } else if is_wanted(&entry.name) {
                found.push(Found { path, below });
            }
        }
        Ok(())
    }

    fn read_error(&self, path: &Path, origin: &Origin, error: &std::io::Error) -> ConfigError {
        let shown = path.display();
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                let error = origin.error(format!("no file `{shown}`"));
                match self.sibling(path) {
                    Some(near) => error.with_help(format!("did you mean `{}`?", near.display())),
                    None => {
                        error.with_help(format!("paths are relative to {}", self.base_in_words()))
                    }
                }
            }
            ErrorKind::IsADirectory => {
                origin.error(format!("`{shown}` is a folder: a file is needed here"))
            }
            _ => origin.error(format!("cannot read the file `{shown}`: {error}")),
        }
    }

    /// The file beside `path` whose name is close to it.
    fn sibling(&self, path: &Path) -> Option<PathBuf> {
        let folder = path.parent()?;
        let listed = self.files.list(folder).ok()?;
        let names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
        let near = nearest(path.file_name()?.to_str()?, &names)?;
        Some(folder.join(near))
    }

    pub(super) fn base_in_words(&self) -> String {
        match self.base.to_string_lossy() {
            base if base.is_empty() => "the current folder".to_owned(),
            base => format!("`{base}`"),
        }
    }
}

/// Whether the file is JSON or YAML by its name.
pub(super) fn is_document(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| matches!(extension, "json" | "yaml" | "yml"))
}

fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(tidied.components().next_back(), Some(Component::Normal(_))) =>
            {
                tidied.pop();
            }
            part => tidied.push(part),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_shown_without_detours() {
        for (path, tidied) in [
            ("./a/./b", "a/b"),
            ("a/../b", "b"),
            ("../a/../../b", "../../b"),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(tidy(Path::new(path)), Path::new(tidied), "{path}");
        }
    }
}
