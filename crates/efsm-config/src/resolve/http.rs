use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::Resolver;
use super::fetch::is_document;
use crate::config::{Http, Resource, Spec, Stub};
use crate::error::ConfigError;
use crate::format::values::{Name, Object, Path as WrittenPath};
use crate::format::{At, OneOrMany};
use crate::keys::{GraphQlKeys, PathOr, ResourceKeys, SpecKeys};
use crate::text::{self, Kind, Node, Origin, Source};

impl Resolver<'_> {
    pub(super) fn http(
        &mut self,
        stubs: OneOrMany<PathOr<Object>>,
        specs: OneOrMany<PathOr<SpecKeys>>,
        root_dir: Option<&At<WrittenPath>>,
        resources: BTreeMap<Name, At<ResourceKeys>>,
    ) -> Http {
        let mut http = Http::default();
        if let Some(root) = root_dir {
            self.root_dir(root, &mut http);
        }
        for entry in stubs.0 {
            match entry {
                PathOr::Inline(At { value, origin }) => http.stubs.push(Stub {
                    origin,
                    mapping: value.0,
                }),
                PathOr::Path(written) => {
                    for file in self.find(&written, is_document) {
                        self.stub_file(&file.path, &written.origin, &mut http.stubs);
                    }
                }
            }
        }
        self.body_files(&mut http);
        for entry in specs.0 {
            self.specs(entry, &mut http.specs);
        }
        for (name, At { value, origin }) in resources {
            let resource = self.resource(name.0, value, origin);
            http.resources.push(resource);
        }
        http
    }

    /// The descriptions that an entry stands for; a glob may stand for several.
    fn specs(&mut self, entry: PathOr<SpecKeys>, specs: &mut Vec<Spec>) {
        let (written, keys) = match entry {
            PathOr::Path(written) => (written, SpecKeys::default()),
            PathOr::Inline(At { value, .. }) => match value.path {
                Some(ref written) => (written.clone(), value),
                // Its absence is an error already.
                None => return,
            },
        };
        let options = options_of(&keys);
        for file in self.find(&written, is_description) {
            let Some(source) = self.text(&file.path, &written.origin) else {
                continue;
            };
            specs.push(Spec {
                origin: written.origin.clone(),
                name: keys.name.as_ref().map(|name| name.0.clone()),
                location: file.path.display().to_string(),
                text: source.text().into(),
                options: options.clone(),
            });
        }
    }

    fn root_dir(&mut self, root: &At<WrittenPath>, http: &mut Http) {
        let folder = self.path(&root.value.0);
        let mappings = folder.join("mappings");
        let files = folder.join("__files");
        let has_mappings = self.files.list(&mappings).is_ok();
        let has_files = self.files.list(&files).is_ok();
        if !has_mappings && !has_files {
            let message = format!(
                "`{}` has neither a folder `mappings` nor a folder `__files`",
                folder.display()
            );
            self.errors.push(root.origin.error(message));
            return;
        }
        let below = |resolver: &mut Self, folder: &Path, is_wanted: fn(&str) -> bool| {
            resolver
                .find_below(folder, is_wanted)
                .unwrap_or_else(|message| {
                    resolver.errors.push(root.origin.error(message));
                    Vec::new()
                })
        };
        if has_mappings {
            for file in below(self, &mappings, is_document) {
                self.stub_file(&file.path, &root.origin, &mut http.stubs);
            }
        }
        if has_files {
            for file in below(self, &files, |_| true) {
                if let Some(bytes) = self.bytes(&file.path, &root.origin) {
                    http.files.insert(file.below, Bytes::from(bytes));
                }
            }
        }
    }

    /// A file of one mapping, of a list of them, or of `{"mappings": [..]}`.
    fn stub_file(&mut self, path: &Path, origin: &Origin, stubs: &mut Vec<Stub>) {
        let Some((source, node)) = self.document(path, origin) else {
            return;
        };
        let mappings = match &node.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == "mappings"),
            _ => None,
        };
        let node = mappings.map_or(&node, |entry| &entry.value);
        let nodes = match &node.kind {
            Kind::List(nodes) => &nodes[..],
            _ => std::slice::from_ref(node),
        };
        for node in nodes {
            match object(&source, node, "a stub mapping") {
                Ok(mapping) => stubs.push(Stub {
                    origin: place(&source, node),
                    mapping,
                }),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// Finds what `bodyFileName` names beside the file in which the stub stands, where the WireMock folder does
    /// not have it. A name with a template in it is known only when a request comes.
    fn body_files(&mut self, http: &mut Http) {
        for stub in &http.stubs {
            let name = stub
                .mapping
                .get("response")
                .and_then(|response| response.get("bodyFileName"))
                .and_then(Value::as_str)
                .filter(|name| !name.contains("{{"));
            let Some(name) = name else { continue };
            if http.files.contains_key(name.trim_start_matches('/'))
                || http.files.contains_key(name)
            {
                continue;
            }
            let folder = Path::new(stub.origin.file()).parent().map(Path::to_owned);
            let path = folder.unwrap_or_default().join(name);
            if let Some(bytes) = self.bytes(&path, &stub.origin) {
                http.files.insert(name.to_owned(), Bytes::from(bytes));
            }
        }
    }

    fn resource(&mut self, name: String, keys: ResourceKeys, origin: Origin) -> Resource {
        let seed = match keys.seed {
            None => Vec::new(),
            Some(PathOr::Inline(objects)) => {
                objects.value.into_iter().map(|object| object.0).collect()
            }
            Some(PathOr::Path(written)) => {
                let path = self.path(&written.value.0);
                self.seed_file(&path, &written.origin)
            }
        };
        Resource {
            path: keys.path.map_or_else(|| format!("/{name}"), |path| path.0),
            name,
            origin,
            seed,
        }
    }

    fn seed_file(&mut self, path: &Path, origin: &Origin) -> Vec<Map<String, Value>> {
        let Some((source, node)) = self.document(path, origin) else {
            return Vec::new();
        };
        let Kind::List(items) = &node.kind else {
            let message = format!("expected a list of objects, found {}", node.in_words());
            self.errors.push(place(&source, &node).error(message));
            return Vec::new();
        };
        let mut objects = Vec::new();
        for item in items {
            match object(&source, item, "an object") {
                Ok(object) => objects.push(object),
                Err(error) => self.errors.push(error),
            }
        }
        objects
    }

    fn document(
        &mut self,
        path: &Path,
        origin: &Origin,
    ) -> Option<(std::sync::Arc<Source>, std::sync::Arc<Node>)> {
        let source = self.text(path, origin)?;
        match text::document(&source) {
            Ok(node) => Some((source, node)),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }
}

/// What a folder or glob of descriptions may hold.
fn is_description(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    is_document(name) || matches!(extension, Some("graphql" | "graphqls" | "gql"))
}

/// The options of a description by their names; those that are not given are left out.
fn options_of(keys: &SpecKeys) -> Map<String, Value> {
    let flags = [
        ("dynamic", keys.dynamic),
        ("errors", keys.errors),
        ("cors", keys.cors),
        ("ignore_examples", keys.ignore_examples),
        ("validate_request", keys.validate_request),
        ("stateful", keys.stateful),
        ("fallback", keys.fallback),
    ];
    let texts = [
        ("seed", keys.seed.as_ref().map(|seed| seed.0.clone())),
        ("upstream", keys.upstream.as_ref().map(|url| url.0.clone())),
    ];
    let flags = flags
        .into_iter()
        .filter_map(|(name, flag)| Some((name.to_owned(), flag?.into())));
    let texts = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    let graphql = keys.graphql.as_ref().map(graphql_options);
    let graphql = graphql.map(|options| ("graphql".to_owned(), options.into()));
    flags.chain(texts).chain(graphql).collect()
}

fn graphql_options(keys: &GraphQlKeys) -> Map<String, Value> {
    let mut options = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    };
    set(
        "mount",
        keys.mount.as_ref().map(|path| path.0.as_str().into()),
    );
    set(
        "overrides",
        keys.overrides
            .as_ref()
            .map(|overrides| overrides.0.clone().into()),
    );
    set("list_length", keys.list_length.map(Into::into));
    set("events", keys.events.map(Into::into));
    let interval = keys.event_interval.map(|interval| interval.0.as_millis());
    set(
        "event_interval_ms",
        interval.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX).into()),
    );
    options
}

fn place(source: &std::sync::Arc<Source>, node: &Node) -> Origin {
    Origin {
        source: source.clone(),
        span: node.span.clone(),
        key: "".into(),
    }
}

fn object(
    source: &std::sync::Arc<Source>,
    node: &Node,
    what: &str,
) -> Result<Map<String, Value>, ConfigError> {
    match (&node.kind, node.to_json()) {
        (Kind::Map(_), Ok(Value::Object(object))) => Ok(object),
        (Kind::Map(_), Err(span)) => Err(Origin {
            span,
            ..place(source, node)
        }
        .error("JSON cannot hold this number")),
        _ => Err(place(source, node).error(format!("expected {what}, found {}", node.in_words()))),
    }
}
