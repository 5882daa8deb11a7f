//! Answers that are made for their request.

use std::sync::Arc;

use bytes::Bytes;
use efsm_core::ResponseFuture;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Serving, body, event, fault, mocked};
use crate::engine::mock::MockHit;
use crate::engine::reply::Reply;
use crate::engine::request::{KeptContent, unpacked};
use crate::engine::response::{BodyDefinition, Content, Fault, Proxy, ResponseDefinition};
use crate::engine::serve_event::{self, ServeEvent};
use crate::engine::templating::{Rendering, TemplateRequest, TemplatingError};
use crate::service::HttpService;

/// An answer before it is put into a response.
struct Built {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    fault: Option<Fault>,
    proxied: bool,
}

impl HttpService {
    /// Nearly every answer is made without waiting, and then there is none for a future either.
    pub(super) fn respond(&self, serving: Serving) -> ResponseFuture<'_> {
        let stub = serving.stub.clone();
        let definition = stub.definition(serving.response);
        let built = match self.content(&serving, definition) {
            Ok(content) if waits(&content) => {
                return ResponseFuture::new(async move {
                    let definition = stub.definition(serving.response);
                    let built = match content.proxy.clone() {
                        Some(proxy) => self.proxied(&serving, &proxy, content).await,
                        None => self.computed(&serving, content).await,
                    };
                    self.give(&serving, definition, built).await
                });
            }
            Ok(content) => put_together(&serving, content),
            Err(built) => built,
        };
        self.give(&serving, definition, built)
    }

    /// Puts an answer into the journal and into a response, which is given after the stub's delay.
    fn give(
        &self,
        serving: &Serving,
        definition: &ResponseDefinition,
        mut built: Built,
    ) -> ResponseFuture<'_> {
        let mock = self.breaking(serving, &mut built);
        let event = match &serving.logged {
            Some(event) => event.clone(),
            None => self.finish(serving, &built, mock),
        };
        let mut response = match built.fault {
            Some(fault) => fault::answer(fault, self.context().entropy()),
            None => body::answer(&serving.request, built.status, built.headers, built.body),
        };
        if let Some(message) = &definition.status_message {
            body::phrase(&mut response, message);
        }
        if let Some(dribble) = definition.dribble {
            body::dribble(&mut response, dribble, self.context().clock().clone());
        }
        if !serving.stub.listeners.is_empty() {
            self.tell_listeners(&serving.stub, &event);
        }
        let delay = serving.delay;
        if delay.is_zero() {
            return ResponseFuture::Ready(response);
        }
        ResponseFuture::new(async move {
            self.context().clock().sleep(delay).await;
            response
        })
    }

    /// What an answer is made of, or one that is made already.
    fn content(
        &self,
        serving: &Serving,
        definition: &ResponseDefinition,
    ) -> Result<Content, Built> {
        if let Some(resource) = &serving.stub.resource {
            let request = &serving.request;
            let (status, mut headers, body) = self.resource(&serving.stub, resource, request);
            serving.stub.mark(&mut headers);
            return Err(built(status, headers, body));
        }
        let is_templated = definition.is_templated()
            || (self.options().global_templating && definition.fault.is_none());
        if !is_templated {
            return Ok(definition.content());
        }
        let world = self.world();
        let request =
            TemplateRequest::of_request(serving.request.clone(), serving.stub.clone(), serving.id);
        let parameters = definition.transformer_parameters.as_ref();
        let rendered = definition
            .templates()
            .map_err(Into::into)
            .and_then(|templates| {
                let rendering = Rendering::of_request(request, parameters, &world);
                let mut rendered = templates.render(definition, &rendering)?;
                // A file is read here, so that the model does not outlive this block: it holds the request.
                if let BodyDefinition::File(name) = &rendered.body
                    && let Some(content) = serving.state.files.get(file_key(name))
                {
                    let content = templates.file(content, &rendering)?;
                    rendered.body = BodyDefinition::Bytes(content);
                }
                Ok::<_, TemplatingError>(rendered)
            });
        rendered.map_err(|error| failed(error.to_string()))
    }

    /// The answer of the server that is asked in the stub's place.
    async fn proxied(&self, serving: &Serving, proxy: &Proxy, content: Content) -> Built {
        let fetched = self.fetch(&serving.request, proxy, &HeaderMap::new()).await;
        let mut headers = fetched.headers;
        for name in content.headers.keys() {
            headers.remove(name);
        }
        headers.extend(content.headers);
        Built {
            proxied: true,
            // What was fetched is not sent then, but it was fetched.
            fault: content.fault,
            ..built(fetched.status, headers, fetched.body)
        }
    }

    /// The answer of a function, in a thread that may block: it may be a Python callable that waits for its lock.
    async fn computed(&self, serving: &Serving, content: Content) -> Built {
        let BodyDefinition::Computed(responder) = content.body else {
            return put_together(serving, content);
        };
        let request = serving.request.clone();
        let reply = tokio::task::spawn_blocking(move || (responder.0)(&request)).await;
        let reply = reply.unwrap_or_else(|_| {
            Reply::from("the function that answers this endpoint panicked").status(500)
        });
        put_together(serving, reply.into_definition().content())
    }

    /// What the answer breaks of the description that knows the request; the client is told in a header.
    fn breaking(&self, serving: &Serving, built: &mut Built) -> Option<Box<MockHit>> {
        if serving.state.specs.is_empty() || built.fault.is_some() {
            return None;
        }
        let limit = self.context().limits().body_bytes;
        let content = unpacked(&built.headers, built.body.clone(), limit);
        let (spec, violations) = mocked::checked(
            &serving.state,
            &serving.request,
            built.status,
            &built.headers,
            &content,
        )?;
        if let Some((name, value)) = mocked::violations_header(&violations) {
            built.headers.insert(name, value);
        }
        Some(Box::new(MockHit {
            spec: spec.id,
            name: spec.name.clone(),
            operation: None,
            violations,
            log: Arc::default(),
            is_described: true,
        }))
    }

    /// Puts the served request into the journal.
    fn finish(
        &self,
        serving: &Serving,
        built: &Built,
        mock: Option<Box<MockHit>>,
    ) -> Arc<ServeEvent> {
        let limit = self.context().limits().body_bytes;
        let body = unpacked(&built.headers, built.body.clone(), limit);
        let answer = serve_event::Built {
            status: built.status,
            content: KeptContent::new(&built.headers, &body),
            fault: built.fault,
            proxied: built.proxied,
        };
        let (stub, response) = (Some(serving.stub.clone()), serving.response);
        let mut event = event(serving.id, &serving.request, stub, response, answer.into());
        event.mock = mock;
        self.log(event, &serving.watch, serving.delay)
    }
}

/// Whether something has to be waited for.
fn waits(content: &Content) -> bool {
    content.proxy.is_some()
        || (content.fault.is_none() && matches!(content.body, BodyDefinition::Computed(_)))
}

/// The answer of content that is all there.
fn put_together(serving: &Serving, mut content: Content) -> Built {
    serving.stub.mark(&mut content.headers);
    let body = match &content.body {
        BodyDefinition::File(name) if content.fault.is_none() => {
            match serving.state.files.get(file_key(name)) {
                Some(file) => file.clone(),
                None => return no_file(name),
            }
        }
        body => body.bytes(),
    };
    Built {
        // With a fault nothing of this is sent, but the journal tells what would have been.
        fault: content.fault,
        ..built(content.status, content.headers, body)
    }
}

fn built(status: StatusCode, headers: HeaderMap, body: Bytes) -> Built {
    Built {
        status,
        headers,
        body,
        fault: None,
        proxied: false,
    }
}

/// The key of a file: paths are kept without a slash at the front.
pub(super) fn file_key(name: &str) -> &str {
    name.trim_start_matches("./").trim_start_matches('/')
}

fn no_file(name: &str) -> Built {
    failed(format!(
        "The stub's bodyFileName is {name}, and there is no such file: add it to the __files folder of the root \
         directory, or with PUT /__admin/files/{name}"
    ))
}

/// 500 with a text for people.
fn failed(message: String) -> Built {
    let mut headers = HeaderMap::new();
    headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain;charset=UTF-8"),
    );
    built(
        StatusCode::INTERNAL_SERVER_ERROR,
        headers,
        Bytes::from(message),
    )
}
