//! What is recorded, and into what.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::engine::document::Place;
use crate::engine::pattern::RequestPattern;
use crate::error::DocumentError;

const CLASS: &str = "recording.RecordSpec";
const CAPTURED: &str = "java.util.LinkedHashMap<java.lang.String,com.github.tomakehurst.wiremock.recording.CaptureHeadersSpec>";

/// WireMock's recording spec.
#[derive(Clone, Debug)]
pub struct RecordSpec {
    pub target: Option<String>,
    pub filter: RequestPattern,
    /// Only these serve events.
    pub ids: Option<Vec<Uuid>>,
    pub allow_non_proxied: bool,
    /// Headers that the stubs ask for, and whether their case counts.
    pub capture_headers: Vec<(String, Option<bool>)>,
    pub body: BodyMatching,
    /// Bodies longer than this become files.
    pub extract: Option<Criteria>,
    pub format: OutputFormat,
    pub persist: bool,
    pub repeats_as_scenarios: bool,
}

/// Sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criteria {
    pub text_bytes: u64,
    pub binary_bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    #[default]
    Full,
    Ids,
}

/// How the stubs match bodies. What is not said of a matcher is `auto`'s default, or left to a matcher that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyMatching {
    pub matcher: BodyMatcher,
    pub ignore_array_order: Option<bool>,
    pub ignore_extra_elements: Option<bool>,
    pub case_insensitive: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMatcher {
    Auto,
    Text,
    Json,
    Xml,
}

impl Default for RecordSpec {
    fn default() -> Self {
        Self {
            target: None,
            filter: RequestPattern::anything(),
            ids: None,
            allow_non_proxied: false,
            capture_headers: Vec::new(),
            body: BodyMatching {
                matcher: BodyMatcher::Auto,
                ignore_array_order: None,
                ignore_extra_elements: None,
                case_insensitive: None,
            },
            extract: None,
            format: OutputFormat::Full,
            persist: true,
            repeats_as_scenarios: true,
        }
    }
}

impl RecordSpec {
    pub fn parse(value: &Value) -> Result<Self, DocumentError> {
        let root = Place::root(value);
        let mut spec = Self::default();
        for (name, value) in root.object(CLASS)? {
            let field = root.field(name, value);
            if value.is_null() {
                continue;
            }
            match name.as_str() {
                "targetBaseUrl" => spec.target = Some(field.text()?),
                "filters" => spec.filters(&field)?,
                "captureHeaders" => {
                    for (header, options) in field.object(CAPTURED)? {
                        let place = field.field(header, options);
                        let insensitive = match options.get("caseInsensitive") {
                            Some(value) if !value.is_null() => {
                                Some(place.field("caseInsensitive", value).boolean()?)
                            }
                            _ => None,
                        };
                        spec.capture_headers.push((header.clone(), insensitive));
                    }
                }
                // The first is the documented name, the second what WireMock's Java client sends; there it wins.
                "requestBodyPattern" if root.value.get("requestBodyPatternFactory").is_some() => {}
                "requestBodyPattern" | "requestBodyPatternFactory" => spec.body.parse(&field)?,
                "extractBodyCriteria" => spec.extract = Some(criteria(&field)?),
                "outputFormat" => {
                    spec.format = match field.text()?.to_ascii_uppercase().as_str() {
                        "FULL" => OutputFormat::Full,
                        "IDS" => OutputFormat::Ids,
                        _ => return Err(field.error("Invalid output format")),
                    };
                }
                "persist" => spec.persist = field.boolean()?,
                "repeatsAsScenarios" => spec.repeats_as_scenarios = field.boolean()?,
                // They name extensions that change the stubs, and there are none here.
                "transformers" => drop(field.texts()?),
                "transformerParameters" => drop(field.object("common.Parameters")?),
                _ => return Err(root.unknown(name, CLASS)),
            }
        }
        Ok(spec)
    }

    fn filters(&mut self, place: &Place<'_>) -> Result<(), DocumentError> {
        let mut pattern = Map::new();
        for (name, value) in place.object("recording.ProxiedServeEventFilters")? {
            let field = place.field(name, value);
            match name.as_str() {
                "ids" if value.is_null() => {}
                "ids" => {
                    let ids = field.array("java.util.ArrayList<java.util.UUID>")?;
                    let ids = ids
                        .iter()
                        .enumerate()
                        .map(|(index, id)| field.item(index, id).uuid());
                    self.ids = Some(ids.collect::<Result<_, _>>()?);
                }
                "allowNonProxied" => self.allow_non_proxied = field.boolean()?,
                _ => {
                    pattern.insert(name.clone(), value.clone());
                }
            }
        }
        let pattern = Value::Object(pattern);
        self.filter =
            RequestPattern::from_json(&pattern).map_err(|error| error.below(&place.pointer()))?;
        Ok(())
    }
}

impl BodyMatching {
    fn parse(&mut self, place: &Place<'_>) -> Result<(), DocumentError> {
        for (name, value) in place.object("recording.RequestBodyPatternFactory")? {
            let field = place.field(name, value);
            if value.is_null() {
                continue;
            }
            match name.as_str() {
                "matcher" => {
                    self.matcher = match field.text()?.as_str() {
                        "auto" => BodyMatcher::Auto,
                        "equalTo" => BodyMatcher::Text,
                        "equalToJson" => BodyMatcher::Json,
                        "equalToXml" => BodyMatcher::Xml,
                        other => {
                            return Err(field.error(format!(
                                "{other:?} is none of auto, equalTo, equalToJson, equalToXml"
                            )));
                        }
                    };
                }
                "ignoreArrayOrder" => self.ignore_array_order = Some(field.boolean()?),
                "ignoreExtraElements" => self.ignore_extra_elements = Some(field.boolean()?),
                "caseInsensitive" => self.case_insensitive = Some(field.boolean()?),
                _ => return Err(place.unknown(name, "recording.RequestBodyPatternFactory")),
            }
        }
        Ok(())
    }
}

fn criteria(place: &Place<'_>) -> Result<Criteria, DocumentError> {
    let mut criteria = Criteria {
        text_bytes: u64::MAX,
        binary_bytes: u64::MAX,
    };
    for (name, value) in place.object("recording.ResponseDefinitionBodyMatcher")? {
        let field = place.field(name, value);
        match name.as_str() {
            "textSizeThreshold" => criteria.text_bytes = size(&field)?,
            "binarySizeThreshold" => criteria.binary_bytes = size(&field)?,
            _ => return Err(place.unknown(name, "recording.ResponseDefinitionBodyMatcher")),
        }
    }
    Ok(criteria)
}

/// A size such as `2048`, `10 kb`, `1 Mb`.
fn size(field: &Place<'_>) -> Result<u64, DocumentError> {
    let text = field.text()?;
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let factor = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024.0 * 1024.0,
        "gb" => 1024.0 * 1024.0 * 1024.0,
        _ => f64::NAN,
    };
    let bytes = text[..digits].parse::<f64>().unwrap_or(f64::NAN) * factor;
    if bytes.is_finite() {
        Ok(bytes as u64)
    } else {
        Err(field.error(format!(
            "{text:?} is not a size: use a number of bytes, or kb, mb, gb after it"
        )))
    }
}
