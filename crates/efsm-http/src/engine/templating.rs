//! Templates in responses: compiled once a stub, rendered for each request.

mod view;
mod world;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use efsm_template::{Env, Model, RenderLimits, RequestModel, Template, TemplateError, Value};
use http::StatusCode;
use parking_lot::Mutex;

pub use self::view::{EventResponse, TemplateRequest};
pub use self::world::{TokenSigner, World};
use super::response::{self, BodyDefinition, Content, Proxy, ResponseDefinition, StatusValue};

/// A response definition's templates. A text without a tag is not kept as one.
#[derive(Debug, Default)]
pub struct Templates {
    status: Option<Template>,
    body: Option<Template>,
    file_name: Option<Template>,
    headers: Vec<(usize, usize, Template)>,
    proxy_url: Option<Template>,
    proxy_headers: Vec<(usize, usize, Template)>,
    renders_files: bool,
    /// The file that was rendered last, and its template: most stubs have one file.
    file: Mutex<Option<(Bytes, Arc<Template>)>>,
}

/// A definition's templates, or why they are none.
pub type Compiled = OnceLock<Result<Arc<Templates>, TemplateError>>;

/// What a rendering needs.
pub struct Rendering<'a> {
    pub model: Model,
    pub env: &'a dyn Env,
    pub limits: RenderLimits,
}

/// A template that could not be compiled or rendered, or a result that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplatingError {
    #[error("the stub's template cannot be rendered: {0}")]
    Template(#[from] TemplateError),
    #[error("the status template gave {text:?}, which is no status between 100 and 999")]
    Status { text: String },
}

impl<'a> Rendering<'a> {
    /// The model of a stub's response: `request` and `parameters`.
    pub fn of_request(
        request: TemplateRequest,
        parameters: Option<&serde_json::Value>,
        env: &'a dyn Env,
    ) -> Self {
        let parameters = parameters
            .and_then(|json| Value::from_json(json, false).ok())
            .unwrap_or(Value::Null);
        Self {
            model: Model::for_request(RequestModel::new(Arc::new(request)), parameters),
            env,
            limits: RenderLimits::default(),
        }
    }

    pub fn text(&self, template: &Template) -> Result<String, TemplateError> {
        match template.constant_text() {
            Some(text) => Ok(text.to_owned()),
            None => template.render(&self.model, self.env, &self.limits),
        }
    }

    /// Renders a text that was not compiled before.
    pub fn source(&self, source: &str) -> Result<String, TemplateError> {
        if source.contains("{{") {
            self.text(&Template::compile(source)?)
        } else {
            Ok(source.to_owned())
        }
    }
}

impl Templates {
    /// Compiles everything of a definition that may be a template.
    pub fn compile(definition: &ResponseDefinition) -> Result<Self, TemplateError> {
        let mut templates = Self {
            renders_files: !definition
                .transformer_parameters
                .as_ref()
                .and_then(|parameters| parameters.get("disableBodyFileTemplating"))
                .is_some_and(|value| value == true),
            ..Self::default()
        };
        if let StatusValue::Template(source) = &definition.status {
            templates.status = Some(Template::compile(source)?);
        }
        match &definition.body {
            BodyDefinition::Text(text) | BodyDefinition::Json(_, text) => {
                templates.body = tagged(&String::from_utf8_lossy(text))?;
            }
            BodyDefinition::File(name) => templates.file_name = tagged(name)?,
            BodyDefinition::None | BodyDefinition::Bytes(_) | BodyDefinition::Computed(_) => {}
        }
        templates.headers = compile_headers(&definition.headers)?;
        if let Some(proxy) = &definition.proxy {
            templates.proxy_url = tagged(&proxy.base_url)?;
            templates.proxy_headers = compile_headers(&proxy.add_headers)?;
        }
        Ok(templates)
    }

    /// What the answer to one request is made of. A file stays to be read; see [`Templates::file`].
    pub fn render(
        &self,
        definition: &ResponseDefinition,
        rendering: &Rendering<'_>,
    ) -> Result<Content, TemplatingError> {
        let status = match &self.status {
            None => definition.status.fixed(),
            Some(template) => {
                let text = rendering.text(template)?;
                let status = text.trim().parse().ok();
                let status = status.and_then(|number: u16| StatusCode::from_u16(number).ok());
                status.ok_or(TemplatingError::Status { text })?
            }
        };
        let body = match (&self.body, &self.file_name) {
            (Some(template), _) => BodyDefinition::Text(rendering.text(template)?.into()),
            (None, Some(template)) => BodyDefinition::File(rendering.text(template)?),
            (None, None) => definition.body.clone(),
        };
        let headers = if self.headers.is_empty() {
            definition.header_map()
        } else {
            let mut headers = definition.headers.clone();
            render_headers(&self.headers, &mut headers, rendering)?;
            response::to_map(&headers)
        };
        let mut proxy = definition.proxy.clone();
        if let Some(proxy) = &mut proxy {
            self.render_proxy(proxy, rendering)?;
        }
        Ok(Content {
            status,
            headers,
            body,
            fault: definition.fault,
            proxy,
        })
    }

    /// A file's content as it is for one request.
    pub fn file(&self, content: &Bytes, rendering: &Rendering<'_>) -> Result<Bytes, TemplateError> {
        let text = match std::str::from_utf8(content) {
            Ok(text) if self.renders_files && text.contains("{{") => text,
            _ => return Ok(content.clone()),
        };
        let held = {
            let file = self.file.lock();
            file.as_ref()
                .filter(|(held, _)| {
                    held.as_ptr() == content.as_ptr() && held.len() == content.len()
                })
                .map(|(_, template)| template.clone())
        };
        let template = if let Some(template) = held {
            template
        } else {
            let template = Arc::new(Template::compile(text)?);
            *self.file.lock() = Some((content.clone(), template.clone()));
            template
        };
        rendering.text(&template).map(Bytes::from)
    }

    fn render_proxy(
        &self,
        proxy: &mut Proxy,
        rendering: &Rendering<'_>,
    ) -> Result<(), TemplateError> {
        if let Some(template) = &self.proxy_url {
            proxy.base_url = rendering.text(template)?;
        }
        render_headers(&self.proxy_headers, &mut proxy.add_headers, rendering)
    }
}

fn tagged(source: &str) -> Result<Option<Template>, TemplateError> {
    if source.contains("{{") {
        Template::compile(source).map(Some)
    } else {
        Ok(None)
    }
}

type Headers = Vec<(String, Vec<String>)>;

/// The templates among the values, by the places of name and value.
fn compile_headers(headers: &Headers) -> Result<Vec<(usize, usize, Template)>, TemplateError> {
    let mut templates = Vec::new();
    for (name, (_, values)) in headers.iter().enumerate() {
        for (value, source) in values.iter().enumerate() {
            if let Some(template) = tagged(source)? {
                templates.push((name, value, template));
            }
        }
    }
    Ok(templates)
}

fn render_headers(
    templates: &[(usize, usize, Template)],
    headers: &mut Headers,
    rendering: &Rendering<'_>,
) -> Result<(), TemplateError> {
    for (name, value, template) in templates {
        headers[*name].1[*value] = rendering.text(template)?;
    }
    Ok(())
}
