//! Lists: filter, search, sort, page.
//!
//! | parameter | meaning |
//! | --- | --- |
//! | `field=value` | equal, as text; a repeated field is one of; `a.b` looks inside |
//! | `field_ne`, `_gt`, `_gte`, `_lt`, `_lte`, `_like` | compared; `_like` is contained, case ignored |
//! | `q` | text that any field contains, case ignored |
//! | `_sort=a,-b` | by `a`, then by `b` downwards; `_order=desc` turns all |
//! | `_page`, `_limit` | pages from 1 |
//! | `_start`, `_end` | from 0, end excluded |

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

/// What a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListQuery {
    filters: Vec<Filter>,
    search: Option<String>,
    sort: Vec<(String, bool)>,
    pub start: usize,
    pub limit: Option<usize>,
    /// The page's number, when pages were asked for.
    pub page: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    field: String,
    test: Test,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Compares(&'static [Ordering]),
    Like,
}

const TESTS: [(&str, Test); 6] = [
    (
        "_gte",
        Test::Compares(&[Ordering::Greater, Ordering::Equal]),
    ),
    ("_lte", Test::Compares(&[Ordering::Less, Ordering::Equal])),
    ("_gt", Test::Compares(&[Ordering::Greater])),
    ("_lt", Test::Compares(&[Ordering::Less])),
    ("_like", Test::Like),
    ("_ne", Test::IsNot),
];

/// The objects that a list shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub items: Vec<Arc<Value>>,
    /// How many there are without paging.
    pub total: usize,
    pub version: u64,
    pub number: Option<usize>,
    pub limit: Option<usize>,
}

impl ListQuery {
    /// Reads a query's decoded pairs; numbers that are none are left aside.
    pub fn parse(pairs: &[(String, String)]) -> Self {
        let mut query = Self::default();
        let mut descending = false;
        let (mut page, mut end) = (None, None);
        for (name, value) in pairs {
            let number = || value.parse::<usize>().ok();
            match name.as_str() {
                "q" => query.search = Some(value.to_lowercase()),
                "_sort" => {
                    query.sort = value
                        .split(',')
                        .filter(|field| !field.is_empty())
                        .map(|field| match field.strip_prefix('-') {
                            Some(field) => (field.to_owned(), true),
                            None => (field.to_owned(), false),
                        })
                        .collect();
                }
                "_order" => descending = value.eq_ignore_ascii_case("desc"),
                "_page" => page = number(),
                "_limit" | "_per_page" => query.limit = number(),
                "_start" => query.start = number().unwrap_or(0),
                "_end" => end = number(),
                _ => query.filter(name, value),
            }
        }
        for (_, down) in &mut query.sort {
            *down ^= descending;
        }
        if let Some(end) = end {
            query.limit = Some(end.saturating_sub(query.start));
        }
        if let Some(page) = page {
            let page = page.max(1);
            let limit = *query.limit.get_or_insert(10);
            query.start = (page - 1).saturating_mul(limit);
            query.page = Some(page);
        }
        query
    }

    fn filter(&mut self, name: &str, value: &str) {
        let (field, test) = TESTS
            .iter()
            .find_map(|(suffix, test)| Some((name.strip_suffix(suffix)?, *test)))
            .filter(|(field, _)| !field.is_empty())
            .unwrap_or((name, Test::Is));
        let same = self
            .filters
            .iter_mut()
            .find(|filter| filter.field == field && filter.test == test && test == Test::Is);
        match same {
            Some(filter) => filter.values.push(value.to_owned()),
            None => self.filters.push(Filter {
                field: field.to_owned(),
                test,
                values: vec![value.to_owned()],
            }),
        }
    }

    pub(super) fn apply<'t>(
        &self,
        all: impl Iterator<Item = &'t Arc<Value>>,
        version: u64,
    ) -> Page {
        let mut fitting: Vec<&Arc<Value>> = all
            .filter(|item| self.filters.iter().all(|filter| filter.fits(item)))
            .filter(|item| self.search.as_ref().is_none_or(|text| contains(item, text)))
            .collect();
        if !self.sort.is_empty() {
            fitting.sort_by(|a, b| self.order(a, b));
        }
        Page {
            total: fitting.len(),
            items: fitting
                .into_iter()
                .skip(self.start)
                .take(self.limit.unwrap_or(usize::MAX))
                .cloned()
                .collect(),
            version,
            number: self.page,
            limit: self.limit,
        }
    }

    fn order(&self, a: &Value, b: &Value) -> Ordering {
        self.sort
            .iter()
            .map(|(field, down)| {
                let order = compare(inside(a, field), inside(b, field));
                if *down { order.reverse() } else { order }
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl Filter {
    fn fits(&self, item: &Value) -> bool {
        let held = inside(item, &self.field);
        let is = |wanted: &String| match held {
            Some(Value::Array(items)) => items.iter().any(|item| text(item) == *wanted),
            Some(value) => text(value) == *wanted,
            None => false,
        };
        match self.test {
            Test::Is => self.values.iter().any(is),
            Test::IsNot => !self.values.iter().any(is),
            Test::Like => held.is_some_and(|value| {
                let held = text(value).to_lowercase();
                self.values.iter().all(|v| held.contains(&v.to_lowercase()))
            }),
            Test::Compares(orders) => held.is_some_and(|value| {
                self.values.iter().all(|wanted| {
                    let order = match (value.as_f64(), wanted.parse::<f64>()) {
                        (Some(a), Ok(b)) => a.total_cmp(&b),
                        _ => text(value).as_str().cmp(wanted),
                    };
                    orders.contains(&order)
                })
            }),
        }
    }
}

/// A field by its dotted name, the whole name first.
fn inside<'v>(value: &'v Value, field: &str) -> Option<&'v Value> {
    if let Some(value) = value.get(field) {
        return Some(value);
    }
    let (first, rest) = field.split_once('.')?;
    inside(value.get(first)?, rest)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => value.to_string(),
    }
}

fn contains(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Object(object) => object.values().any(|value| contains(value, wanted)),
        Value::Array(items) => items.iter().any(|value| contains(value, wanted)),
        _ => text(value).to_lowercase().contains(wanted),
    }
}

/// Missing first, then numbers, then texts by their characters.
fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => text(a).cmp(&text(b)),
        },
    }
}
