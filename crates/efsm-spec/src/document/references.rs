//! `$ref`s to other files: the files are read, put below the root, and the references made local.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::syntax;
use super::{Document, FILES, File, Loader, Placed};

/// Files that one description may consist of, and what they may hold together.
const MAX_FILES: usize = 2_000;
const MAX_BYTES: usize = 256 << 20;

/// Nesting of a tree that is walked.
const DEPTH: usize = 200;

pub(super) fn bundle(location: &str, text: String, value: Value, loader: &dyn Loader) -> Document {
    let mut bundler = Bundler {
        loader,
        bytes: text.len(),
        files: vec![File {
            location: location.to_owned(),
            text,
        }],
        failed: HashSet::new(),
        warnings: Vec::new(),
    };
    let mut values = vec![value];
    let mut number = 0;
    while number < values.len() {
        let mut value = std::mem::take(&mut values[number]);
        bundler.walk(
            &mut value,
            number,
            &mut String::new(),
            Place::Keywords,
            &mut values,
            0,
        );
        values[number] = value;
        number += 1;
    }
    let mut values = values.into_iter();
    let mut root = values.next().unwrap_or_default();
    let others: Map<String, Value> = values
        .enumerate()
        .map(|(place, value)| ((place + 1).to_string(), value))
        .collect();
    if let Value::Object(root) = &mut root
        && !others.is_empty()
    {
        root.insert(FILES.to_owned(), Value::Object(others));
    }
    let mut document = Document {
        value: root,
        files: bundler.files,
        warnings: bundler.warnings,
    };
    dangling(&mut document);
    document
}

struct Bundler<'a> {
    loader: &'a dyn Loader,
    bytes: usize,
    files: Vec<File>,
    failed: HashSet<String>,
    warnings: Vec<Placed>,
}

/// What the keys of a map are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Keywords,
    /// Names of the author's own: a property may be called `example`.
    Names,
    /// Named examples, of which only the references are of interest.
    Examples,
}

impl Place {
    /// What stands under a key; `None` for data, in which a `$ref` is nothing but a text.
    fn below(self, key: &str, value: &Value) -> Option<Self> {
        match (self, key) {
            (Self::Names, _) => Some(Self::Keywords),
            (Self::Keywords, "examples") if value.is_object() => Some(Self::Examples),
            (_, "example" | "examples" | "default" | "const" | "enum" | "value" | "x-example") => {
                None
            }
            (
                _,
                "properties" | "patternProperties" | "schemas" | "definitions" | "$defs"
                | "dependentSchemas" | "responses" | "headers" | "paths" | "encoding" | "content"
                | "callbacks" | "links" | "securitySchemes" | "requestBodies" | "pathItems" | FILES,
            ) => Some(Self::Names),
            // A list of an operation's, or a map of the components'.
            (_, "parameters") if value.is_object() => Some(Self::Names),
            _ => Some(Self::Keywords),
        }
    }
}

impl Bundler<'_> {
    fn walk(
        &mut self,
        value: &mut Value,
        file: usize,
        pointer: &mut String,
        place: Place,
        values: &mut Vec<Value>,
        depth: usize,
    ) {
        if depth > DEPTH {
            return;
        }
        let length = pointer.len();
        match value {
            Value::Array(items) => {
                for (number, item) in items.iter_mut().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&number.to_string());
                    self.walk(item, file, pointer, place, values, depth + 1);
                    pointer.truncate(length);
                }
            }
            Value::Object(fields) => {
                if place != Place::Names
                    && let Some(Value::String(reference)) = fields.get_mut("$ref")
                {
                    self.make_local(reference, file, pointer, values);
                }
                for (key, field) in fields.iter_mut() {
                    let Some(below) = place.below(key, field) else {
                        continue;
                    };
                    pointer.push('/');
                    pointer.push_str(&escaped(key));
                    self.walk(field, file, pointer, below, values, depth + 1);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn make_local(
        &mut self,
        reference: &mut String,
        file: usize,
        pointer: &str,
        values: &mut Vec<Value>,
    ) {
        let (target, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let fragment = fragment.to_owned();
        let number = if target.is_empty() {
            file
        } else {
            let location = joined(&self.files[file].location, target);
            match self.file(&location, file, pointer, values) {
                Some(number) => number,
                None => return,
            }
        };
        *reference = if number == 0 {
            format!("#{fragment}")
        } else {
            format!("#/{FILES}/{number}{fragment}")
        };
    }

    /// The number of a file, which is read when it is new.
    fn file(
        &mut self,
        location: &str,
        from: usize,
        pointer: &str,
        values: &mut Vec<Value>,
    ) -> Option<usize> {
        if let Some(known) = self.files.iter().position(|file| file.location == location) {
            return Some(known);
        }
        if !self.failed.insert(location.to_owned()) {
            return None;
        }
        let read = self.read(location);
        match read {
            Ok((text, value)) => {
                self.bytes += text.len();
                self.files.push(File {
                    location: location.to_owned(),
                    text,
                });
                values.push(value);
                Some(self.files.len() - 1)
            }
            Err(reason) => {
                self.warnings.push(Placed {
                    file: from,
                    pointer: pointer.to_owned(),
                    message: format!("what `$ref` names is left open: {reason}"),
                });
                None
            }
        }
    }

    fn read(&self, location: &str) -> Result<(String, Value), String> {
        if self.files.len() >= MAX_FILES || self.bytes >= MAX_BYTES {
            return Err(format!(
                "{location} is not read: a description may have {MAX_FILES} files of {MAX_BYTES} bytes together"
            ));
        }
        let bytes = self
            .loader
            .read(location)
            .map_err(|reason| format!("{location}: {reason}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{location} is not UTF-8"))?;
        let value = syntax::parse(location, &text).map_err(|error| error.to_string())?;
        Ok((text, value))
    }
}

pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A reference's target, from where the file stands that refers to it.
fn joined(base: &str, target: &str) -> String {
    let target = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
    if target.contains("://") {
        return target.into_owned();
    }
    let (origin, base) = match base.find("://") {
        Some(at) => {
            let end = base[at + 3..].find('/').map_or(base.len(), |s| at + 3 + s);
            base.split_at(end)
        }
        None => ("", base),
    };
    if target.starts_with('/') {
        return format!("{origin}{target}");
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{origin}{}", parts.join("/"))
}

/// Warns of references that lead nowhere, and takes them out: what they stood in then forbids nothing.
fn dangling(document: &mut Document) {
    let mut bad: Vec<(String, String)> = Vec::new();
    let mut pointer = String::new();
    let value = &document.value;
    visit(
        value,
        Place::Keywords,
        &mut pointer,
        0,
        &mut |pointer, reference| {
            let leads_somewhere = reference.strip_prefix('#').is_some_and(|fragment| {
                let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
                value.pointer(&fragment).is_some()
            });
            if !leads_somewhere {
                bad.push((pointer.to_owned(), reference.to_owned()));
            }
        },
    );
    let mut told = HashSet::new();
    for (pointer, reference) in bad {
        if let Some(Value::Object(object)) = document.value.pointer_mut(&pointer) {
            object.shift_remove("$ref");
        }
        // Of files that could not be read, the warning is there already.
        if reference.starts_with('#') && told.insert(reference.clone()) {
            let (file, pointer) = in_file(&pointer);
            document.warnings.push(Placed {
                file,
                pointer,
                message: format!("`$ref` leads nowhere: {reference}"),
            });
        }
    }
}

/// The file's number and the pointer in it.
pub(crate) fn in_file(pointer: &str) -> (usize, String) {
    pointer
        .strip_prefix(&format!("/{FILES}/"))
        .and_then(|rest| {
            let (number, below) = rest.split_once('/').unwrap_or((rest, ""));
            let below = if below.is_empty() {
                String::new()
            } else {
                format!("/{below}")
            };
            Some((number.parse().ok()?, below))
        })
        .unwrap_or((0, pointer.to_owned()))
}

fn visit(
    value: &Value,
    place: Place,
    pointer: &mut String,
    depth: usize,
    told: &mut impl FnMut(&str, &str),
) {
    if depth > DEPTH {
        return;
    }
    let length = pointer.len();
    match value {
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&number.to_string());
                visit(item, place, pointer, depth + 1, told);
                pointer.truncate(length);
            }
        }
        Value::Object(fields) => {
            if place != Place::Names
                && let Some(Value::String(reference)) = fields.get("$ref")
            {
                told(pointer, reference);
            }
            for (key, field) in fields {
                if let Some(below) = place.below(key, field) {
                    pointer.push('/');
                    pointer.push_str(&escaped(key));
                    visit(field, below, pointer, depth + 1, told);
                    pointer.truncate(length);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn targets_are_found_from_where_the_reference_stands() {
        for (base, target, expected) in [
            ("spec.yaml", "pet.yaml", "pet.yaml"),
            ("a/b/spec.yaml", "../c/pet.yaml", "a/c/pet.yaml"),
            ("a/spec.yaml", "./pet.yaml", "a/pet.yaml"),
            ("a/spec.yaml", "../../pet.yaml", "../pet.yaml"),
            ("/x/spec.yaml", "/pet.yaml", "/pet.yaml"),
            ("http://h:1/a/s.yaml", "p.yaml", "http://h:1/a/p.yaml"),
            ("http://h:1/a/s.yaml", "/p.yaml", "http://h:1/p.yaml"),
            ("spec.yaml", "http://h/p.yaml", "http://h/p.yaml"),
            ("spec.yaml", "a%20b.yaml", "a b.yaml"),
        ] {
            assert_eq!(joined(base, target), expected, "{target} from {base}");
        }
    }
}
