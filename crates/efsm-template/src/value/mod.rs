//! What a template computes with.
//!
//! A value keeps what its Java counterpart would print: whole numbers apart from decimals, lists that
//! print as JSON apart from lists that print as Java's, dates with their format. Cloning is cheap.

mod date;
mod decimal;
pub(crate) mod json;
mod map;
mod object;
mod property;
mod text;
mod xml;

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

pub use date::Date;
pub use decimal::Decimal;
pub use json::{JsonError, JsonStyle};
pub use map::Map;
pub use object::Object;
pub use xml::XmlNode;

/// How deep lists and maps may nest. Deeper ones are refused, so that dropping or printing one cannot
/// exhaust the stack.
pub const MAX_VALUE_DEPTH: usize = 200;

/// How much a list or a map may hold, in bytes.
pub const MAX_VALUE_BYTES: usize = 64 << 20;

/// A value of the template language.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Java's `null`; also what a path to nothing gives.
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// `java.lang.Double`.
    Float(f64),
    /// `java.math.BigDecimal`, or `BigInteger` at scale 0.
    Decimal(Arc<Decimal>),
    Text(Arc<str>),
    List(Arc<List>),
    Map(Arc<Map>),
    Date(Arc<Date>),
    Xml(Arc<XmlNode>),
    /// Something whose properties are computed when they are asked for.
    Object(Arc<dyn Object>),
}

/// A list and how it prints.
#[derive(Debug, Clone)]
pub struct List {
    /// Those of a path are made when somebody asks for them: most templates print it.
    items: OnceLock<Vec<Value>>,
    style: ListStyle,
    extent: Extent,
}

/// What a list prints as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListStyle {
    /// `[1, two]`.
    Java,
    /// `[1,"two"]`, as lists do that a JSONPath gave.
    Json,
    /// Its first item: the values of a header or a query parameter.
    First,
    /// This text: a URL path whose items are its segments.
    Fixed(Arc<str>),
}

/// Why a list or a map was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("the value nests deeper than {MAX_VALUE_DEPTH} levels")]
    TooDeep,
    /// Counted as if nothing in it were shared, because whoever prints or compares it walks over all of it.
    #[error("the value holds more than {MAX_VALUE_BYTES} bytes")]
    TooLarge,
}

/// How deep and how large a value is.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    depth: usize,
    bytes: usize,
}

impl Extent {
    /// Of something that holds these values.
    fn over<'a>(items: impl IntoIterator<Item = &'a Value>) -> Result<Self, ValueError> {
        let mut over = Self {
            depth: 1,
            bytes: size_of::<Value>(),
        };
        for item in items {
            let inner = item.extent();
            over.depth = over.depth.max(inner.depth + 1);
            over.bytes = over.bytes.saturating_add(inner.bytes);
        }
        if over.depth > MAX_VALUE_DEPTH {
            return Err(ValueError::TooDeep);
        }
        if over.bytes > MAX_VALUE_BYTES {
            return Err(ValueError::TooLarge);
        }
        Ok(over)
    }
}

impl List {
    /// A list in a style.
    pub fn new(items: Vec<Value>, style: ListStyle) -> Result<Self, ValueError> {
        let extent = Extent::over(&items)?;
        Ok(Self {
            items: items.into(),
            style,
            extent,
        })
    }

    /// The segments of a URL path, which prints as it is.
    pub(crate) fn of_path(path: Arc<str>) -> Self {
        let slashes = path.bytes().filter(|byte| *byte == b'/').count();
        let bytes = path.len() + (slashes + 2) * size_of::<Value>();
        Self {
            items: OnceLock::new(),
            style: ListStyle::Fixed(path),
            extent: Extent { depth: 1, bytes },
        }
    }

    pub fn items(&self) -> &[Value] {
        self.items.get_or_init(|| match &self.style {
            ListStyle::Fixed(path) => segments(path),
            _ => Vec::new(),
        })
    }

    pub fn style(&self) -> &ListStyle {
        &self.style
    }
}

/// The segments of a URL path, empty ones left out.
pub(crate) fn segments(path: &str) -> Vec<Value> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(Value::from)
        .collect()
}

impl Value {
    /// A list that prints as Java's do: `[1, two]`.
    pub fn list(items: Vec<Self>) -> Result<Self, ValueError> {
        List::new(items, ListStyle::Java).map(|list| Self::List(Arc::new(list)))
    }

    /// The values of something that may be repeated, such as a header: it prints the first and can be
    /// indexed for the others.
    pub fn multi<T: Into<Arc<str>>>(values: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<_> = values
            .into_iter()
            .map(|value| Self::Text(value.into()))
            .collect();
        let bytes = items.iter().map(Self::bytes).sum();
        Self::List(Arc::new(List {
            items: items.into(),
            style: ListStyle::First,
            extent: Extent { depth: 1, bytes },
        }))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text when it is one (not the text that another kind would print).
    pub fn as_text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list.items()),
            _ => None,
        }
    }

    /// What the value prints, where that is a text which it holds.
    pub(crate) fn plain_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(list) => match list.style() {
                ListStyle::First => match list.items().first() {
                    Some(Self::Text(text)) => Some(text),
                    Some(_) => None,
                    None => Some(""),
                },
                ListStyle::Fixed(text) => Some(text),
                ListStyle::Java | ListStyle::Json => None,
            },
            _ => None,
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Float(_) | Self::Decimal(_))
    }

    /// A number as a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(int) => Some(*int as f64),
            Self::Float(float) => Some(*float),
            Self::Decimal(decimal) => Some(decimal.to_f64()),
            _ => None,
        }
    }

    /// Handlebars' notion of falsy: null, false, zero, and empty text and lists. An empty map is not.
    pub fn is_falsy(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(bool) => !bool,
            Self::Text(text) => text.is_empty(),
            Self::List(list) => list.items().is_empty(),
            Self::Int(int) => *int == 0,
            Self::Float(float) => *float == 0.0,
            Self::Decimal(decimal) => decimal.is_zero(),
            Self::Map(_) | Self::Date(_) | Self::Xml(_) | Self::Object(_) => false,
        }
    }

    /// Java's `==`: the same object, not merely an equal one.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Text(a), Self::Text(b)) => Arc::ptr_eq(a, b),
            (Self::List(a), Self::List(b)) => Arc::ptr_eq(a, b),
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b),
            (Self::Date(a), Self::Date(b)) => Arc::ptr_eq(a, b),
            (Self::Xml(a), Self::Xml(b)) => Arc::ptr_eq(a, b),
            (Self::Decimal(a), Self::Decimal(b)) => Arc::ptr_eq(a, b),
            (Self::Bool(_), Self::Bool(_))
            | (Self::Int(_), Self::Int(_))
            | (Self::Float(_), Self::Float(_)) => self.equals(other),
            _ => false,
        }
    }

    /// `Objects.equals`, numbers of different kinds by their value.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                a.items().len() == b.items().len()
                    && a.items().iter().zip(b.items()).all(|(a, b)| a.equals(b))
            }
            (Self::Map(a), Self::Map(b)) => a.equals(b),
            (Self::Date(a), Self::Date(b)) => a.timestamp() == b.timestamp(),
            (Self::Xml(a), Self::Xml(b)) => Arc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b),
            _ => match (self.as_f64(), other.as_f64()) {
                (Some(a), Some(b)) => a.partial_cmp(&b) == Some(Ordering::Equal),
                _ => false,
            },
        }
    }

    /// `Comparable.compareTo`; `None` where Java has no order between the two.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            // Java orders UTF-16 units; surrogates sort before U+E000.
            (Self::Text(a), Self::Text(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (Self::Date(a), Self::Date(b)) => Some(a.timestamp().cmp(&b.timestamp())),
            _ => Some(self.as_f64()?.total_cmp(&other.as_f64()?)),
        }
    }

    /// Whether Java would find it `Comparable`.
    pub fn is_comparable(&self) -> bool {
        matches!(
            self,
            Self::Bool(_)
                | Self::Int(_)
                | Self::Float(_)
                | Self::Decimal(_)
                | Self::Text(_)
                | Self::Date(_)
        )
    }

    /// About how much there is to walk over, in bytes; of what is computed on demand nothing is known.
    pub(crate) fn bytes(&self) -> usize {
        self.extent().bytes
    }

    fn extent(&self) -> Extent {
        let bytes = match self {
            Self::List(list) => return list.extent,
            Self::Map(map) => return map.extent(),
            Self::Text(text) => text.len(),
            Self::Xml(node) => node.rendered().len(),
            _ => 0,
        };
        Extent {
            depth: 0,
            bytes: bytes + size_of::<Self>(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(Arc::new(date))
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }
}

impl From<Decimal> for Value {
    fn from(decimal: Decimal) -> Self {
        decimal
            .to_i64()
            .map_or_else(|| Self::Decimal(Arc::new(decimal)), Self::Int)
    }
}
