//! The protocol: everything that names the SDK.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use efsm_core::{Body, Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, JsonRpcMessage, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    Prompt, PromptArgument, PromptMessage, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, Resource, ResourceContents, ResourceTemplate, Role, ServerCapabilities,
    ServerConfig, ToolAnnotations,
};
use rmcp::service::{RequestContext, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use tower_service::Service as _;

use crate::reply::{Failure, Reply};
use crate::resources::{self, KINDS, Whole};
use crate::stacks::Stacks;
use crate::tools::{self, Call, Effect, TOOLS};
use crate::{Options, prompt};

const JSON: &str = "application/json";

const INSTRUCTIONS: &str = "efsm is a complete backend for tests on one port: HTTP mocks, a SQL database, OAuth2 tokens, \
    queues, object storage. Start a stack with orchestrate_mock, give its `env` to the code under test, run the tests, and \
    ask explain_request and read_journal what went wrong. Every call names its stack. Snapshots and forks cost nothing: take \
    one before you change what others need.";

/// One server; it keeps nothing of its clients but results that were too long for them.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) stacks: Stacks,
    pub(crate) options: Options,
    pub(crate) whole: Whole,
}

pub(crate) async fn stdio(server: Server) -> std::io::Result<()> {
    let (input, output) = rmcp::transport::stdio();
    let transport = Patient {
        inner: AsyncRwTransport::new_server(input, output),
        has_begun: false,
    };
    let running = match server.serve(transport).await {
        Ok(running) => running,
        // Whoever closes the input before saying anything has changed their mind.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(std::io::Error::other(error)),
    };
    running.waiting().await.map_err(std::io::Error::other)?;
    Ok(())
}

/// A transport that passes over what is no request until the first one came: the SDK ends the process there.
struct Patient<T> {
    inner: T,
    has_begun: bool,
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Patient<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let message = self.inner.receive().await?;
            self.has_begun |= matches!(message, JsonRpcMessage::Request(_));
            if self.has_begun {
                return Some(message);
            }
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}

pub(crate) async fn http(server: Server, request: Request) -> Response {
    // The gateway's guard has looked at Host, Origin and token.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None);
    let mut service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let request = http::Request::from_parts(request.head, request.body);
    let Ok(response) = service.call(request).await;
    response.map(outgoing)
}

fn outgoing(body: BoxBody<Bytes, Infallible>) -> Body {
    Body::from_stream(body.map_err(|never| match never {}))
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .build();
        let name = Implementation::new("efsm", env!("CARGO_PKG_VERSION"))
            .with_title("efsm: a backend for tests");
        ServerConfig::new(capabilities)
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(
            TOOLS.iter().map(listed).collect(),
        ))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == request.name) else {
            let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
            return Err(ErrorData::invalid_params(
                format!(
                    "no tool `{}`: the tools are {}",
                    request.name,
                    names.join(", ")
                ),
                None,
            ));
        };
        let call = Call {
            stacks: self.stacks.clone(),
            options: self.options.clone(),
            arguments: request.arguments.unwrap_or_default(),
        };
        let done = tokio::select! {
            done = (tool.call)(call) => done,
            () = context.ct.cancelled() => {
                Err(Failure::new("the call was cancelled", "call again if it was not meant"))
            }
        };
        Ok(match done {
            Ok(reply) => self.result(reply).into(),
            Err(failure) => {
                CallToolResult::error(vec![ContentBlock::text(failure.to_string())]).into()
            }
        })
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = self.stacks.list().into_iter().flat_map(|place| {
            KINDS
                .iter()
                .filter(|kind| kind.is_of(&place))
                .map(|kind| {
                    let name = format!("{} of {}", kind.name, place.name);
                    Resource::new(format!("efsm://{}/{}", place.name, kind.name), name)
                        .with_description(kind.description)
                        .with_mime_type(JSON)
                })
                .collect::<Vec<_>>()
        });
        Ok(ListResourcesResult::with_all_items(resources.collect()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = KINDS.iter().map(|kind| {
            ResourceTemplate::new(format!("efsm://{{stack}}/{}", kind.name), kind.name)
                .with_description(kind.description)
                .with_mime_type(JSON)
        });
        Ok(ListResourceTemplatesResult::with_all_items(
            templates.collect(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (stacks, whole, uri) = (self.stacks.clone(), self.whole.clone(), request.uri.clone());
        let text = tools::blocking(move || resources::read(&stacks, &whole, &uri))
            .await
            .map_err(|failure| {
                let data = serde_json::json!({ "uri": request.uri });
                ErrorData::resource_not_found(failure.to_string(), Some(data))
            })?;
        let contents = ResourceContents::text(text, request.uri).with_mime_type(JSON);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let folder = PromptArgument::new(prompt::FOLDER)
            .with_description("The repository's folder; the current one when missing")
            .with_required(false);
        let prompt = Prompt::new(prompt::NAME, Some(prompt::DESCRIPTION), Some(vec![folder]))
            .with_title(prompt::TITLE);
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name != prompt::NAME {
            return Err(ErrorData::invalid_params(
                format!("no prompt `{}`: there is {}", request.name, prompt::NAME),
                None,
            ));
        }
        let arguments = request.arguments.unwrap_or_default();
        let folder = arguments
            .get(prompt::FOLDER)
            .and_then(|value| value.as_str());
        let text = prompt::text(folder.unwrap_or("."));
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message])
            .with_description(prompt::DESCRIPTION)
            .into())
    }
}

impl Server {
    fn result(&self, reply: Reply) -> CallToolResult {
        let (reply, whole) = reply.bounded();
        let mut content = vec![ContentBlock::text(reply.summary)];
        if let Some(whole) = whole {
            let size = whole.len() as u64;
            let link = Resource::new(self.whole.keep(whole), "the whole result")
                .with_description("What was left out of this result")
                .with_mime_type(JSON)
                .with_size(size);
            content.push(ContentBlock::resource_link(link));
        }
        let mut result = CallToolResult::success(content);
        result.structured_content = Some(reply.structured.into());
        result
    }
}

fn listed(tool: &tools::Tool) -> rmcp::model::Tool {
    let annotations = ToolAnnotations::with_title(tool.title)
        .read_only(tool.effect == Effect::Reads)
        .destructive(tool.effect == Effect::Destroys)
        .idempotent(tool.effect == Effect::Reads)
        .open_world(tool.is_open_world);
    rmcp::model::Tool::new(tool.name, tool.description, Arc::new((tool.input)()))
        .with_title(tool.title)
        .with_raw_output_schema(Arc::new((tool.output)()))
        .with_annotations(annotations)
}
