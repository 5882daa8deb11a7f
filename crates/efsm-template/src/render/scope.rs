//! The stack of contexts, and how a path is looked up in it.

use std::sync::Arc;

use super::Renderer;
use crate::syntax::Segment;
use crate::{Map, Value};

/// A context and those around it.
pub(crate) struct Scope<'s> {
    pub(crate) kind: ScopeKind,
    /// `this`.
    pub(crate) model: Value,
    pub(crate) extra: Extra,
    pub(crate) parent: Option<&'s Scope<'s>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Plain,
    /// The names of `as |x|`, between a context and the body.
    BlockParams,
    /// Inside block parameters: the outer contexts are asked first.
    ParentFirst,
    /// A partial's: its arguments are asked first.
    Partial,
}

/// What a context knows beside its model.
pub(crate) enum Extra {
    Nothing,
    /// `@index` and its like.
    Turn(Turn),
    Named(Vec<(Arc<str>, Value)>),
}

/// One turn of `each`.
pub(crate) struct Turn {
    pub(crate) index: i64,
    /// The key for maps; lists use the index.
    pub(crate) key: Option<Arc<str>>,
    pub(crate) first: bool,
    pub(crate) last: bool,
}

/// A path looked up in one context.
enum Found {
    Value(Value),
    /// The beginning of the path is there and the rest is not: outer contexts are not asked.
    Dead,
    Nothing,
}

impl<'s> Scope<'s> {
    pub(crate) fn root(model: &Value) -> Self {
        Self {
            kind: ScopeKind::Plain,
            model: model.clone(),
            extra: Extra::Nothing,
            parent: None,
        }
    }

    /// A context inside this one.
    pub(crate) fn child(&'s self, model: Value, extra: Extra) -> Scope<'s> {
        Scope {
            kind: match self.kind {
                ScopeKind::BlockParams | ScopeKind::ParentFirst => ScopeKind::ParentFirst,
                ScopeKind::Plain | ScopeKind::Partial => ScopeKind::Plain,
            },
            model,
            extra,
            parent: Some(self),
        }
    }
}

impl Extra {
    fn as_map(&self) -> Option<Value> {
        match self {
            Self::Named(named) => Map::new(named.iter().cloned()).ok().map(Value::from),
            Self::Nothing | Self::Turn(_) => None,
        }
    }

    fn get(&self, name: &str) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Named(entries) => entries
                .iter()
                .find(|(key, value)| **key == *name && !value.is_null())
                .map(|(_, value)| value.clone()),
            Self::Turn(turn) => turn.get(name),
        }
    }
}

impl Turn {
    fn get(&self, name: &str) -> Option<Value> {
        let flag = |set: bool, text: &str| Value::from(if set { text } else { "" });
        let of_list = self.key.is_none();
        Some(match name {
            "@index" => Value::Int(self.index),
            "@key" => match &self.key {
                Some(key) => Value::Text(key.clone()),
                None => Value::Int(self.index),
            },
            "@first" => flag(self.first, "first"),
            "@last" => flag(self.last, "last"),
            "@odd" if of_list => flag(self.index % 2 != 0, "odd"),
            "@even" if of_list => flag(self.index % 2 == 0, "even"),
            "@index_1" if of_list => Value::Int(self.index + 1),
            _ => return None,
        })
    }
}

impl Renderer<'_> {
    /// What a path leads to; never [`Value::Null`].
    pub(crate) fn lookup(&self, path: &[Segment], scope: &Scope<'_>) -> Option<Value> {
        match scope.kind {
            ScopeKind::Plain => self.stack_lookup(path, scope),
            ScopeKind::BlockParams => {
                let parent = scope.parent?;
                match (&path[0], path.len()) {
                    (Segment::WholeThis { dotted: false }, 1) => {
                        (!parent.model.is_null()).then(|| parent.model.clone())
                    }
                    // The parameters themselves, as a map; seen from inside also as the parent, which
                    // only a map can be.
                    (Segment::WholeThis { dotted: true }, 1) => scope.extra.as_map(),
                    (Segment::WholeParent, 1) => match &parent.model {
                        Value::Map(_) => Some(parent.model.clone()),
                        _ => scope.extra.as_map(),
                    },
                    (Segment::This { dotted: false }, 2..) => {
                        match self.walk_extra(&path[1..], scope) {
                            Found::Value(value) => Some(value),
                            Found::Dead | Found::Nothing => None,
                        }
                    }
                    (
                        Segment::This { dotted: true } | Segment::Parent | Segment::WholeParent,
                        2..,
                    ) => self.lookup(&path[1..], parent),
                    _ => self.stack_lookup(path, scope),
                }
            }
            ScopeKind::ParentFirst => scope
                .parent
                .and_then(|parent| self.lookup(path, parent))
                .or_else(|| self.stack_lookup(path, scope)),
            ScopeKind::Partial => {
                let named = match (&path[0], path.len()) {
                    (Segment::WholeThis { .. } | Segment::This { dotted: false }, _) => None,
                    (Segment::This { dotted: true }, 2..) => Some(&path[1..]),
                    _ => Some(path),
                };
                if let Some(named) = named
                    && let Found::Value(value) = self.walk_extra(named, scope)
                {
                    return Some(value);
                }
                self.stack_lookup(path, scope)
            }
        }
    }

    fn stack_lookup(&self, path: &[Segment], scope: &Scope<'_>) -> Option<Value> {
        let local = matches!(
            path[0],
            Segment::WholeThis { .. }
                | Segment::This { .. }
                | Segment::WholeParent
                | Segment::Parent
        );
        if local {
            return match self.walk(path, scope, scope.model.clone()) {
                Found::Value(value) => Some(value),
                Found::Dead | Found::Nothing => None,
            };
        }
        let mut current = Some(scope);
        while let Some(scope) = current {
            let found = match self.walk(path, scope, scope.model.clone()) {
                Found::Nothing => match self.walk_extra(path, scope) {
                    Found::Nothing => self.walk_variables(path, scope),
                    found => found,
                },
                found => found,
            };
            match found {
                Found::Value(value) => return Some(value),
                Found::Dead => return None,
                Found::Nothing => current = scope.parent,
            }
        }
        None
    }

    /// Looks the head of a path up by `get`, then walks on from there.
    fn walk_named(
        &self,
        path: &[Segment],
        scope: &Scope<'_>,
        get: impl Fn(&str) -> Option<Value>,
    ) -> Found {
        let head = match &path[0] {
            Segment::Property(name) | Segment::Index(_, name) => get(name),
            Segment::Data(name) => get(name).or_else(|| get(&name[1..])),
            _ => None,
        };
        match head {
            None => Found::Nothing,
            Some(value) if path.len() == 1 => Found::Value(value),
            Some(value) => match self.walk(&path[1..], scope, value) {
                Found::Nothing => Found::Dead,
                found => found,
            },
        }
    }

    fn walk_extra(&self, path: &[Segment], scope: &Scope<'_>) -> Found {
        if matches!(scope.extra, Extra::Nothing) {
            return Found::Nothing;
        }
        self.walk_named(path, scope, |name| scope.extra.get(name))
    }

    fn walk_variables(&self, path: &[Segment], scope: &Scope<'_>) -> Found {
        self.walk_named(path, scope, |name| {
            match self.variables.get(name).filter(|value| !value.is_null()) {
                None if name == "root" => Some(root_of(scope).model.clone()),
                value => value.cloned(),
            }
        })
    }

    fn walk(&self, path: &[Segment], scope: &Scope<'_>, from: Value) -> Found {
        let mut value = from;
        let mut segments = path.iter().enumerate();
        while let Some((at, segment)) = segments.next() {
            if let (Value::Object(object), Segment::Property(name), Some(Segment::Property(inner))) =
                (&value, segment, path.get(at + 1))
                && let Some(found) = object.get_in(name, inner)
            {
                value = found;
                segments.next();
                continue;
            }
            if value.is_null() {
                return if at > 1 { Found::Dead } else { Found::Nothing };
            }
            let next = match segment {
                Segment::WholeThis { .. } | Segment::This { .. } => Some(value),
                Segment::WholeParent => match scope.parent {
                    // A quirk of Handlebars.java: only a map is seen from inside through a bare `..`.
                    Some(parent) if matches!(parent.model, Value::Map(_)) => {
                        Some(parent.model.clone())
                    }
                    Some(_) => Some(value),
                    None => None,
                },
                Segment::Parent => {
                    let found = scope
                        .parent
                        .and_then(|parent| self.lookup(&path[at + 1..], parent));
                    return found.map_or(Found::Nothing, Found::Value);
                }
                Segment::Property(name) => value.property(name),
                Segment::Index(index, name) => value.index(*index, name),
                Segment::Data(name) => value.property(name).or_else(|| value.property(&name[1..])),
            };
            match next {
                Some(next) => value = next,
                None if at == 0 => return Found::Nothing,
                None => return Found::Dead,
            }
        }
        if value.is_null() {
            Found::Nothing
        } else {
            Found::Value(value)
        }
    }
}

fn root_of<'s>(scope: &'s Scope<'s>) -> &'s Scope<'s> {
    let mut current = scope;
    while let Some(parent) = current.parent {
        current = parent;
    }
    current
}
