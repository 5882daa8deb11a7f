//! Settings that hold for every stub.

use std::time::Duration;

use serde_json::{Map, Value};

use super::document::Place;
use super::response::DelayDistribution;
use crate::error::DocumentError;

const CLASS: &str = "admin.model.GetGlobalSettingsResult";

/// The global settings of WireMock.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Added to answers of stubs that name no delay of their own.
    pub fixed_delay: Option<Duration>,
    pub delay: Option<DelayDistribution>,
    /// Free for whoever wants to keep something here.
    pub extended: Option<Value>,
    pub proxy_pass_through: bool,
    /// As they are written, the pass-through aside.
    json: Map<String, Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fixed_delay: None,
            delay: None,
            extended: None,
            proxy_pass_through: true,
            json: Map::new(),
        }
    }
}

impl Settings {
    /// Reads `{"fixedDelay", "delayDistribution", "extended", "proxyPassThrough"}`; what is missing is unset.
    pub fn parse(value: &Value) -> Result<Self, DocumentError> {
        let document = Place::root(value);
        // A client may send back what it read, with the settings one level down.
        let root = match value.get("settings") {
            Some(inner) => document.field("settings", inner),
            None => document,
        };
        let mut settings = Self {
            proxy_pass_through: false,
            ..Self::default()
        };
        for (name, value) in root.object(CLASS)? {
            let field = root.field(name, value);
            if value.is_null() {
                continue;
            }
            match name.as_str() {
                "fixedDelay" => {
                    let ms = field.integer(i64::from(i32::MIN)..=i64::from(i32::MAX))?;
                    settings.fixed_delay = Some(Duration::from_millis(ms.max(0) as u64));
                    settings.json.insert(name.clone(), ms.into());
                    continue;
                }
                "delayDistribution" => settings.delay = Some(DelayDistribution::parse(&field)?),
                "extended" => {
                    field.object("common.Parameters")?;
                    settings.extended = Some(value.clone());
                }
                "proxyPassThrough" => {
                    settings.proxy_pass_through = field.boolean()?;
                    continue;
                }
                _ => return Err(root.unknown(name, CLASS)),
            }
            settings.json.insert(name.clone(), value.clone());
        }
        Ok(settings)
    }

    /// Adds to the extended settings, or replaces what is there of the same name.
    pub fn extend(&mut self, more: &Map<String, Value>) {
        let mut extended = match self.extended.take() {
            Some(Value::Object(extended)) => extended,
            _ => Map::new(),
        };
        for (name, value) in more {
            extended.insert(name.clone(), value.clone());
        }
        self.json
            .insert("extended".into(), Value::Object(extended.clone()));
        self.extended = Some(Value::Object(extended));
    }

    pub fn to_json(&self) -> Value {
        let mut json = self.json.clone();
        json.insert("proxyPassThrough".into(), self.proxy_pass_through.into());
        Value::Object(json)
    }
}
