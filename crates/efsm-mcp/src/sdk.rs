//! The protocol: everything that names the SDK. What is public here mounts another server of the SDK on a stack's port,
//! as the conformance suite's fixture is.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use efsm_core::{Body, Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, JsonObject, JsonRpcMessage,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, Prompt, PromptArgument, PromptMessage,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate, Role, ServerCapabilities, ServerConfig, ToolAnnotations,
};
use rmcp::service::{RequestContext, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{
    SessionManager, StreamableHttpServerConfig, StreamableHttpService,
};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tower_service::Service as _;

use crate::reply::{Failure, Reply};
use crate::resources::{self, JSON, KINDS, Text, Whole};
use crate::stacks::Stacks;
use crate::tools::{self, Call, Caller, Effect, Progress, TOOLS};
use crate::{Options, prompt};

const INSTRUCTIONS: &str = "efsm is a complete backend for tests on one port: HTTP mocks, a SQL database, OAuth2 tokens, \
    queues, object storage. Start a stack with orchestrate_mock, give its `env` to the code under test, run the tests, and \
    ask explain_request and read_journal what went wrong. Every call names its stack. Snapshots and forks cost nothing: take \
    one before you change what others need.";

/// The longest message, as the SDK has it for lines.
const LONGEST: usize = 16 << 20;
/// How long calls that nobody waits for may take to clean up.
const GRACE: Duration = Duration::from_secs(20);

/// One server; it keeps nothing of its clients but results that were too long for them.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    stacks: Stacks,
    options: Options,
    whole: Whole,
    /// Changes when the client's input has ended; its other end is dropped when there is no such client.
    input: watch::Receiver<bool>,
    /// Held by every call that is under way.
    calls: mpsc::Sender<()>,
}

impl Server {
    /// For requests that come one by one.
    pub(crate) fn new(stacks: Stacks, options: Options, whole: Whole) -> Self {
        Self {
            stacks,
            options,
            whole,
            input: watch::channel(false).1,
            calls: mpsc::channel(1).0,
        }
    }
}

/// Serves a client that writes and reads lines, until its input ends and its calls have cleaned up.
pub(crate) async fn lines(
    mut server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> io::Result<()> {
    let (ended, is_ended) = watch::channel(false);
    let (calls, mut ended_calls) = mpsc::channel(1);
    server.input = is_ended;
    server.calls = calls;
    let transport = Patient {
        inner: AsyncRwTransport::new_server(input, output),
        has_begun: false,
        ended,
    };
    let served = match server.serve(transport).await {
        Ok(running) => running
            .waiting()
            .await
            .map(|_| ())
            .map_err(io::Error::other),
        // Whoever closes the input before saying anything has changed their mind.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    };
    // Nothing is sent: it is none when the last call has dropped its end.
    let _ = tokio::time::timeout(GRACE, ended_calls.recv()).await;
    served
}

/// A transport that passes over what is no request until the first one came: the SDK ends the process there.
struct Patient<T> {
    inner: T,
    has_begun: bool,
    ended: watch::Sender<bool>,
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
            let Some(message) = self.inner.receive().await else {
                // The SDK waits for calls that are under way before it tells them.
                self.ended.send_replace(true);
                return None;
            };
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
    let config = at_a_port()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LONGEST);
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(server.clone()), sessions, config);
    answer(service, request).await
}

/// Settings for what is mounted at a stack's port.
pub fn at_a_port() -> StreamableHttpServerConfig {
    // The gateway's guard has looked at Host, Origin and token.
    StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_sse_keep_alive(None)
}

/// One request of a stack's port, answered by the SDK.
pub async fn answer<S, M>(mut service: StreamableHttpService<S, M>, request: Request) -> Response
where
    S: ServerHandler + Send + 'static,
    M: SessionManager,
{
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
        let done = self
            .run(tool, request.arguments.unwrap_or_default(), context)
            .await;
        Ok(match done {
            Ok(reply) => self.result(reply, &(tool.output)()).into(),
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
        let Text { mime, text } = tools::blocking(move || resources::read(&stacks, &whole, &uri))
            .await
            .map_err(|failure| {
                let data = serde_json::json!({ "uri": request.uri });
                ErrorData::resource_not_found(failure.to_string(), Some(data))
            })?;
        let contents = ResourceContents::text(&*text, request.uri).with_mime_type(mime);
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
    /// Runs a tool to its end, also when nobody waits for the result any more: it cleans up behind itself.
    async fn run(
        &self,
        tool: &tools::Tool,
        arguments: JsonObject,
        context: RequestContext<RoleServer>,
    ) -> Result<Reply, Failure> {
        let (sender, mut steps) = mpsc::channel(1);
        let token = context.meta.get_progress_token();
        let (cancelled, mut input) = (context.ct.cancelled_owned(), self.input.clone());
        let gone = async move {
            let ended = async {
                if input.wait_for(|ended| *ended).await.is_err() {
                    // There is no input that could end.
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = cancelled => {}
                () = ended => {}
            }
        };
        let call = Call {
            stacks: self.stacks.clone(),
            options: self.options.clone(),
            arguments,
            caller: Caller {
                gone: Box::pin(gone),
                progress: token.is_some().then_some(sender),
            },
        };
        let running = (tool.call)(call);
        let under_way = self.calls.clone();
        // A task of its own: whatever goes wrong in a tool is an answer.
        let done = tokio::spawn(async move {
            let _under_way = under_way;
            running.await
        });
        if let Some(token) = token {
            while let Some(Progress { step, message }) = steps.recv().await {
                let told = ProgressNotificationParam::new(token.clone(), f64::from(step));
                // A client that cannot be told does not wait for the result either.
                let _ = context
                    .peer
                    .notify_progress(told.with_message(message))
                    .await;
            }
        }
        done.await.unwrap_or_else(|_| Err(Failure::bug()))
    }

    fn result(&self, reply: Reply, schema: &JsonObject) -> CallToolResult {
        let output = reply.output.clone();
        let reply = reply.bounded(schema);
        let mut summary = reply.summary;
        let mut links = Vec::new();
        let whole = reply.whole.map(|text| (JSON, "the whole result", text));
        let output = output.map(|text| ("text/plain", "all output of the command", text));
        for (mime, name, text) in whole.into_iter().chain(output) {
            let size = text.len() as u64;
            if let Some(uri) = self.whole.keep(mime, text) {
                let link = Resource::new(uri, name)
                    .with_description("What was left out of this result")
                    .with_mime_type(mime)
                    .with_size(size);
                links.push(ContentBlock::resource_link(link));
            } else {
                summary += "; the whole is too long to be kept: ask for less";
            }
        }
        links.insert(0, ContentBlock::text(summary));
        let mut result = CallToolResult::success(links);
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
