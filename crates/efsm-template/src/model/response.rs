//! A response, as the templates of webhooks see it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::request::{Headers, is_text};
use crate::{Object, Value};

/// What is asked of a response.
pub trait ResponseView: Send + Sync {
    fn status(&self) -> u16;
    /// Every header in order, repeated ones repeatedly.
    fn headers(&self) -> Vec<(&str, &str)>;
    fn body(&self) -> &[u8];
}

/// `originalResponse` in the template of a webhook: `status headers body bodyAsBase64 isBinary`.
pub struct ResponseModel {
    view: Arc<dyn ResponseView>,
}

impl ResponseModel {
    pub fn new(view: Arc<dyn ResponseView>) -> Self {
        Self { view }
    }
}

impl Object for ResponseModel {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "status" => i64::from(self.view.status()).into(),
            "headers" => Value::Object(Arc::new(Headers::new(&self.view.headers()))),
            "body" => String::from_utf8_lossy(self.view.body())
                .into_owned()
                .into(),
            "bodyAsBase64" => STANDARD.encode(self.view.body()).into(),
            "isBinary" | "binary" => {
                let headers = self.view.headers();
                let content_type = headers
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
                (!is_text(content_type.map(|(_, value)| *value))).into()
            }
            _ => return None,
        })
    }

    fn entries(&self) -> Vec<(Arc<str>, Value)> {
        ["status", "headers", "body", "bodyAsBase64", "binary"]
            .into_iter()
            .filter_map(|name| Some((name.into(), self.get(name)?)))
            .collect()
    }

    fn write_text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}", self.view.status())
    }
}

impl fmt::Debug for ResponseModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_text(f)
    }
}

impl From<ResponseModel> for Value {
    fn from(response: ResponseModel) -> Self {
        Self::Object(Arc::new(response))
    }
}
