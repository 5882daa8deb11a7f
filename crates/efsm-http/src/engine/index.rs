//! The stubs, so arranged that a request looks at the few that could match it.
//!
//! Exact URLs and paths are hashed; templates stand in a tree by segment; whatever is left (regular
//! expressions, no URL at all) in one list. Each place keeps its stubs in rank order, and the few places
//! that a request touches are merged, so that nothing is sorted when a request comes.

mod tree;

use std::cmp::Reverse;
use std::sync::Arc;

use imbl::OrdMap;
use uuid::Uuid;

use self::tree::Tree;
use super::pattern::UrlPattern;
use super::rank::Rank;
use super::request::LoggedRequest;
use super::stub::Stub;

/// By URL, segment or id: looked up by every request, with keys that a test wrote itself, which need no hash that
/// stands attacks.
type HashMap<K, V> =
    imbl::GenericHashMap<K, V, foldhash::fast::RandomState, imbl::shared_ptr::DefaultSharedPtr>;

/// All stubs of a stack. A clone shares everything with its origin.
#[derive(Clone, Debug, Default)]
pub struct Index {
    ranked: OrdMap<Rank, Arc<Stub>>,
    ids: HashMap<Uuid, Rank>,
    urls: HashMap<Arc<str>, Bucket>,
    paths: HashMap<Arc<str>, Bucket>,
    templates: Tree,
    others: OrdMap<Rank, Arc<Stub>>,
    scenarios: OrdMap<Arc<str>, OrdMap<Rank, Arc<Stub>>>,
    /// How many stubs were ever added: the next one's place.
    added: u64,
    size_bytes: u64,
}

/// The stubs of one place. Nearly always one, and that one costs no tree.
#[derive(Clone, Debug)]
enum Bucket {
    One(Rank, Arc<Stub>),
    Many(OrdMap<Rank, Arc<Stub>>),
}

impl Bucket {
    fn with(self, rank: Rank, stub: Arc<Stub>) -> Self {
        let mut map = match self {
            Self::One(first, held) => OrdMap::unit(first, held),
            Self::Many(map) => map,
        };
        map.insert(rank, stub);
        Self::Many(map)
    }

    fn without(self, rank: Rank) -> Option<Self> {
        match self {
            Self::One(held, _) if held == rank => None,
            Self::One(..) => Some(self),
            Self::Many(mut map) => {
                map.remove(&rank);
                (!map.is_empty()).then_some(Self::Many(map))
            }
        }
    }

    /// The first stub in rank order that `accept` takes.
    fn find(&self, mut accept: impl FnMut(&Arc<Stub>) -> bool) -> Option<&Arc<Stub>> {
        match self {
            Self::One(_, stub) => accept(stub).then_some(stub),
            Self::Many(map) => map.values().find(|stub| accept(stub)),
        }
    }

    fn walk(&self) -> Walk<'_> {
        match self {
            Self::One(rank, stub) => Walk {
                head: Some((*rank, stub)),
                rest: None,
            },
            Self::Many(map) => Walk::of(map),
        }
    }
}

/// One place's stubs in rank order.
struct Walk<'a> {
    head: Option<(Rank, &'a Arc<Stub>)>,
    rest: Option<imbl::ordmap::Iter<'a, Rank, Arc<Stub>, imbl::shared_ptr::DefaultSharedPtr>>,
}

impl<'a> Walk<'a> {
    fn of(map: &'a OrdMap<Rank, Arc<Stub>>) -> Self {
        let mut walk = Walk {
            head: None,
            rest: Some(map.iter()),
        };
        walk.advance();
        walk
    }

    fn advance(&mut self) {
        self.head = self
            .rest
            .as_mut()
            .and_then(Iterator::next)
            .map(|(rank, stub)| (*rank, stub));
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a Arc<Stub>;

    fn next(&mut self) -> Option<&'a Arc<Stub>> {
        let (_, stub) = self.head?;
        self.advance();
        Some(stub)
    }
}

impl Index {
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ranked.is_empty()
    }

    /// About how many bytes the stubs hold.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub fn get(&self, id: &Uuid) -> Option<&Arc<Stub>> {
        self.ranked.get(self.ids.get(id)?)
    }

    /// All stubs in the order in which they are tried.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Stub>> {
        self.ranked.values()
    }

    /// Adds a stub as the newest. A stub with the same id is replaced.
    pub fn insert(&mut self, stub: Arc<Stub>) {
        self.remove(&stub.id);
        self.added += 1;
        self.place(stub, self.added);
    }

    /// Puts a stub in the place of the one with its id; `false` when there is none.
    pub fn replace(&mut self, stub: Arc<Stub>) -> bool {
        let Some(added) = self.ids.get(&stub.id).map(|rank| rank.added.0) else {
            return false;
        };
        self.remove(&stub.id);
        self.place(stub, added);
        true
    }

    pub fn remove(&mut self, id: &Uuid) -> Option<Arc<Stub>> {
        let rank = self.ids.remove(id)?;
        let stub = self.ranked.remove(&rank)?;
        self.size_bytes -= stub.size_bytes();
        match &stub.pattern.url {
            UrlPattern::Url(url) => take(&mut self.urls, url, rank),
            UrlPattern::Path(path) => take(&mut self.paths, path, rank),
            UrlPattern::Template(template) => self.templates.remove(template.as_str(), rank),
            UrlPattern::Resource(resource) => {
                for template in resource.templates() {
                    self.templates.remove(&template, rank);
                }
            }
            _ => {
                self.others.remove(&rank);
            }
        }
        if let Some(rule) = &stub.scenario {
            let name: Arc<str> = rule.name.as_str().into();
            if let Some(mut members) = self.scenarios.remove(&name) {
                members.remove(&rank);
                if !members.is_empty() {
                    self.scenarios.insert(name, members);
                }
            }
        }
        Some(stub)
    }

    /// Every scenario that a stub names, with its stubs in rank order; by name.
    pub fn scenarios(&self) -> impl Iterator<Item = (&Arc<str>, &OrdMap<Rank, Arc<Stub>>)> {
        self.scenarios.iter()
    }

    /// The stubs of a scenario in rank order.
    pub fn scenario(&self, name: &str) -> Option<&OrdMap<Rank, Arc<Stub>>> {
        self.scenarios.get(name)
    }

    /// Removes every stub; places of later ones go on counting.
    pub fn clear(&mut self) {
        *self = Self {
            added: self.added,
            ..Self::default()
        };
    }

    /// The stubs that could be at a URL pattern's own place, in rank order.
    pub fn at(&self, url: &UrlPattern) -> impl Iterator<Item = &Arc<Stub>> {
        let walk = match url {
            UrlPattern::Url(url) => self.urls.get(url.as_str()).map(Bucket::walk),
            UrlPattern::Path(path) => self.paths.get(path.as_str()).map(Bucket::walk),
            _ => Some(Walk::of(&self.ranked)),
        };
        walk.into_iter().flatten()
    }

    /// The first stub in rank order that `accept` takes, among those that could match the request.
    pub fn find(
        &self,
        request: &LoggedRequest,
        mut accept: impl FnMut(&Arc<Stub>) -> bool,
    ) -> Option<&Arc<Stub>> {
        let url = look_up(&self.urls, request.url());
        let path = look_up(&self.paths, request.path());
        if self.others.is_empty() && self.templates.is_empty() {
            // The common stack: the request's own place is all that there is to look at.
            match (url, path) {
                (None, None) => return None,
                (Some(place), None) | (None, Some(place)) => return place.find(accept),
                (Some(_), Some(_)) => {}
            }
        }
        let others = (!self.others.is_empty()).then(|| Walk::of(&self.others));
        let mut places = [url.map(Bucket::walk), path.map(Bucket::walk), others];
        // An empty vector costs nothing: most stacks have no template that fits.
        let mut fitting = Vec::new();
        self.templates
            .visit(request.path(), &mut |bucket| fitting.push(bucket.walk()));
        loop {
            let best = places
                .iter_mut()
                .flatten()
                .chain(&mut fitting)
                .filter(|walk| walk.head.is_some())
                .min_by_key(|walk| walk.head.map(|(rank, _)| rank))?;
            let (_, stub) = best.head?;
            if accept(stub) {
                return Some(stub);
            }
            best.advance();
        }
    }

    fn place(&mut self, stub: Arc<Stub>, added: u64) {
        let rank = Rank {
            priority: stub.effective_priority(),
            added: Reverse(added),
        };
        self.ids.insert(stub.id, rank);
        self.size_bytes += stub.size_bytes();
        match &stub.pattern.url {
            UrlPattern::Url(url) => put(&mut self.urls, url, rank, &stub),
            UrlPattern::Path(path) => put(&mut self.paths, path, rank, &stub),
            UrlPattern::Template(template) => {
                self.templates.insert(template.as_str(), rank, &stub);
            }
            UrlPattern::Resource(resource) => {
                for template in resource.templates() {
                    self.templates.insert(&template, rank, &stub);
                }
            }
            _ => {
                self.others.insert(rank, stub.clone());
            }
        }
        if let Some(rule) = &stub.scenario {
            let name: Arc<str> = rule.name.as_str().into();
            let mut members = self.scenarios.remove(&name).unwrap_or_default();
            members.insert(rank, stub.clone());
            self.scenarios.insert(name, members);
        }
        self.ranked.insert(rank, stub);
    }
}

fn look_up<'m>(map: &'m HashMap<Arc<str>, Bucket>, key: &str) -> Option<&'m Bucket> {
    // Hashing costs more than asking.
    if map.is_empty() { None } else { map.get(key) }
}

fn put(map: &mut HashMap<Arc<str>, Bucket>, key: &str, rank: Rank, stub: &Arc<Stub>) {
    let key: Arc<str> = key.into();
    let bucket = match map.remove(&key) {
        None => Bucket::One(rank, stub.clone()),
        Some(bucket) => bucket.with(rank, stub.clone()),
    };
    map.insert(key, bucket);
}

fn take(map: &mut HashMap<Arc<str>, Bucket>, key: &str, rank: Rank) {
    let Some((key, bucket)) = map.remove_with_key(key) else {
        return;
    };
    if let Some(bucket) = bucket.without(rank) {
        map.insert(key, bucket);
    }
}
