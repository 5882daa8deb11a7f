//! Hrana over HTTP: pipelines, cursors, and the calls without a stream that the first version has.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use efsm_core::{Body, BodyError, Effect, Request, Response, SocketFault};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body::Frame;
use prost::Message as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ProtocolError;
use super::message::{
    Answer, BatchRequest, CursorAnswer, CursorEntry, CursorRequest, Error, ExecuteRequest,
    PipelineAnswer, PipelineRequest, Resulting, Stmt, StreamRequest, StreamResult,
};
use super::program::leaves_no_trace;
use super::protobuf::http as protobuf;
use super::run::{Entries, Job, Refused, execute_rendered, open_cursor, run, texts};
use super::streams::{Stream, Streams, Taken};
use super::version::{Encoding, Version};
use crate::DatabaseService;
use crate::engine::Database;

pub(super) async fn pipeline(
    service: &DatabaseService,
    database: Database,
    body: Body,
    version: Version,
    encoding: Encoding,
) -> Response {
    let limit = service.context().limits().body_bytes;
    let body = match body.collect(limit).await {
        Ok(body) => body,
        Err(bad) => return unreadable(bad),
    };
    let answered = async {
        let request: PipelineRequest = match encoding {
            Encoding::Json => read_json(&body)?,
            Encoding::Protobuf => read_protobuf::<protobuf::PipelineReqBody>(body)?.try_into()?,
        };
        let mut taken = Streams::take(service, &database, request.baton.as_deref())?;
        let mut results = Results::of(encoding);
        for request in request.requests {
            let answered = match (request, &mut results) {
                // Nearly every request; the others have room made for them when they come.
                (StreamRequest::Execute { stmt }, Results::Json(text)) => {
                    execute_onto(text, &mut taken, stmt, version)
                        .await
                        .map(|()| None)
                }
                (StreamRequest::Close {}, Results::Json(text)) => {
                    taken.close();
                    follow(text, CLOSED);
                    Ok(None)
                }
                (request, _) => Box::pin(answer(&mut taken, request, version))
                    .await
                    .map(Some),
            };
            match answered {
                Ok(None) => {}
                Ok(Some(response)) => results.push(StreamResult::Ok { response }),
                Err(Refusal::Error(error)) => results.push(StreamResult::Error { error }),
                Err(whole) => return Err(whole),
            }
        }
        Ok(results.into_response(taken.release()?))
    };
    match answered.await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

/// The results of a pipeline so far.
enum Results {
    /// Their text, with commas between them.
    Json(Vec<u8>),
    Protobuf(Vec<StreamResult>),
}

impl Results {
    fn of(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Json(Vec::new()),
            Encoding::Protobuf => Self::Protobuf(Vec::new()),
        }
    }

    fn push(&mut self, result: StreamResult) {
        match self {
            Self::Json(text) => {
                follow(text, b"");
                write_json(text, &result);
            }
            Self::Protobuf(results) => results.push(result),
        }
    }

    fn into_response(self, baton: Option<String>) -> Response {
        match self {
            Self::Json(results) => {
                let mut text = Vec::with_capacity(results.len() + 128);
                text.extend_from_slice(b"{\"baton\":");
                write_json(&mut text, &baton);
                text.extend_from_slice(b",\"base_url\":null,\"results\":[");
                text.extend_from_slice(&results);
                text.extend_from_slice(b"]}");
                with_type("application/json", text)
            }
            Self::Protobuf(results) => {
                let answer = PipelineAnswer {
                    baton,
                    base_url: None,
                    results,
                };
                let answer = protobuf::PipelineRespBody::from(answer);
                with_type("application/x-protobuf", answer.encode_to_vec())
            }
        }
    }
}

/// Runs a statement, and writes its result behind those before it as JSON.
async fn execute_onto(
    text: &mut Vec<u8>,
    taken: &mut Taken,
    stmt: Stmt,
    version: Version,
) -> Result<(), Refusal> {
    let stream = open(taken)?;
    let statement = stream.texts.statement(stmt, version)?;
    stream.leaves_no_trace = stream.leaves_no_trace && leaves_no_trace(&statement.sql);
    let result = execute_rendered(&stream.session, statement).await?;
    text.reserve(result.len() + 128);
    follow(
        text,
        b"{\"type\":\"ok\",\"response\":{\"type\":\"execute\",\"result\":",
    );
    text.extend_from_slice(&result);
    text.extend_from_slice(b"}}");
    Ok(())
}

/// The answer to a request that closes the stream.
const CLOSED: &[u8] = b"{\"type\":\"ok\",\"response\":{\"type\":\"close\"}}";

/// Goes on behind the results so far.
fn follow(text: &mut Vec<u8>, with: &[u8]) {
    if !text.is_empty() {
        text.push(b',');
    }
    text.extend_from_slice(with);
}

/// The stream, unless a request before has closed it.
fn open(taken: &mut Taken) -> Result<&mut Stream, Refusal> {
    taken.stream().ok_or_else(|| {
        Refusal::Error(super::error::refusal(
            "STREAM_CLOSED",
            "the stream was closed by a request before this one",
        ))
    })
}

/// Why a request of a pipeline, or all of it, has no answer.
enum Refusal {
    Error(Error),
    Protocol(ProtocolError),
    Fault(Box<Effect>),
}

impl From<ProtocolError> for Refusal {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Error(error) => Self::Error(error),
            Refused::Fault(fault) => Self::Fault(Box::new(fault.effect().clone())),
        }
    }
}

impl Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => efsm_wire::json(StatusCode::BAD_REQUEST, &error),
            Self::Protocol(error) => refused(&error),
            Self::Fault(effect) => broken(&effect),
        }
    }
}

/// The answer to a request that is refused as a whole: an `Error` of the protocol in JSON, which clients of
/// either encoding look for.
pub(super) fn refused(error: &ProtocolError) -> Response {
    let status = match error {
        ProtocolError::TooManyStreams { .. } => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    efsm_wire::json(status, &Error::from(error))
}

fn unreadable(error: BodyError) -> Response {
    let bad = efsm_wire::BadInput::from(error);
    let error = super::error::refusal("BODY_UNREADABLE", bad.message);
    efsm_wire::json(bad.status, &error)
}

/// The answer, or the lack of one, that a fault rule wants in the place of the whole.
fn broken(effect: &Effect) -> Response {
    if effect.reset || effect.drop || effect.truncate.is_some() {
        let mut response = efsm_wire::empty(StatusCode::SERVICE_UNAVAILABLE);
        response.extensions_mut().insert(if effect.reset {
            SocketFault::Reset
        } else {
            SocketFault::Close
        });
        return response;
    }
    let status = effect
        .status
        .and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match &effect.body {
        Some(serde_json::Value::String(text)) => efsm_wire::text(status, text.clone()),
        Some(body) => efsm_wire::json(status, body),
        None => efsm_wire::text(status, "a fault rule of the stack answers here"),
    }
}

async fn answer(
    taken: &mut Taken,
    request: StreamRequest,
    version: Version,
) -> Result<Answer, Refusal> {
    if let StreamRequest::Close {} = request {
        taken.close();
        return Ok(Answer::Close);
    }
    let Stream {
        session,
        texts,
        leaves_no_trace: harmless,
        ..
    } = open(taken)?;
    let job = match request {
        StreamRequest::Close {} => unreachable!("answered above"),
        StreamRequest::StoreSql { sql_id, sql } => {
            return match texts.store(sql_id, sql)? {
                Ok(()) => Ok(Answer::StoreSql),
                Err(error) => Err(Refusal::Error(error)),
            };
        }
        StreamRequest::CloseSql { sql_id } => {
            texts.close(sql_id);
            return Ok(Answer::CloseSql);
        }
        StreamRequest::Execute { stmt } => Job::Execute(texts.statement(stmt, version)?),
        StreamRequest::Batch { batch } => Job::Batch(texts.program(batch, version)?),
        StreamRequest::Sequence { sql, sql_id } => Job::Sequence(texts.text(sql, sql_id, version)?),
        StreamRequest::Describe { sql, sql_id } => Job::Describe(texts.text(sql, sql_id, version)?),
        StreamRequest::GetAutocommit {} => {
            version.needs(Version::Hrana3, "get_autocommit")?;
            Job::GetAutocommit
        }
    };
    *harmless = *harmless && job.texts().all(leaves_no_trace);
    Ok(run(session, job).await?)
}

/// Version 1's one statement on a stream of its own.
pub(super) async fn execute(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    let stmt = |request: ExecuteRequest| StreamRequest::Execute { stmt: request.stmt };
    match alone(service, database, request, stmt).await {
        Ok(Answer::Execute { result }) => efsm_wire::json(StatusCode::OK, &Resulting { result }),
        Ok(_) => unreachable!("a statement has a statement's answer"),
        Err(response) => response,
    }
}

/// Version 1's one batch on a stream of its own.
pub(super) async fn batch(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    let batch = |request: BatchRequest| StreamRequest::Batch {
        batch: request.batch,
    };
    match alone(service, database, request, batch).await {
        Ok(Answer::Batch { result }) => efsm_wire::json(StatusCode::OK, &Resulting { result }),
        Ok(_) => unreachable!("a batch has a batch's answer"),
        Err(response) => response,
    }
}

/// Runs one request on a stream that is closed after it; a transaction that it leaves open is rolled back.
async fn alone<R: DeserializeOwned>(
    service: &DatabaseService,
    database: &Database,
    request: Request,
    of: impl FnOnce(R) -> StreamRequest,
) -> Result<Answer, Response> {
    let limit = service.context().limits().body_bytes;
    let body = request.body.collect(limit).await.map_err(unreadable)?;
    let answered = async {
        let request = of(read_json(&body)?);
        let mut taken = Streams::take(service, database, None)?;
        let answered = answer(&mut taken, request, Version::Hrana1).await;
        taken.close();
        answered
    };
    answered.await.map_err(Refusal::into_response)
}

pub(super) async fn cursor(
    service: &DatabaseService,
    database: &Database,
    request: Request,
    encoding: Encoding,
) -> Response {
    let limit = service.context().limits().body_bytes;
    let body = match request.body.collect(limit).await {
        Ok(body) => body,
        Err(bad) => return unreadable(bad),
    };
    let opened = || {
        let request: CursorRequest = match encoding {
            Encoding::Json => read_json(&body)?,
            Encoding::Protobuf => {
                read_protobuf::<protobuf::CursorReqBody>(body.clone())?.try_into()?
            }
        };
        let mut taken = Streams::take(service, database, request.baton.as_deref())?;
        let Some(stream) = taken.stream() else {
            return Err(ProtocolError::BatonUnknown);
        };
        let steps = stream.texts.program(request.batch, Version::Hrana3)?;
        stream.leaves_no_trace = stream.leaves_no_trace && texts(&steps).all(leaves_no_trace);
        let session = stream.session.clone();
        // Held before the batch begins: whoever uses the baton early waits for its end.
        let first = CursorAnswer {
            baton: taken.release()?,
            base_url: None,
        };
        Ok((first, open_cursor(&session, steps)))
    };
    match opened() {
        Ok((first, entries)) => {
            let content_type = match encoding {
                Encoding::Json => "text/plain",
                Encoding::Protobuf => "application/octet-stream",
            };
            let body = CursorBody {
                first: Some(first),
                entries,
                encoding,
            };
            let mut response = Response::new(Body::from_stream(body));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            response
        }
        Err(error) => refused(&error),
    }
}

/// The entries of a cursor: lines of JSON, or Protobuf messages behind their lengths.
struct CursorBody {
    first: Option<CursorAnswer>,
    entries: Entries,
    encoding: Encoding,
}

impl http_body::Body for CursorBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut out = Vec::new();
        if let Some(first) = self.first.take() {
            match self.encoding {
                Encoding::Json => line(&mut out, &first),
                Encoding::Protobuf => delimited(&mut out, &protobuf::CursorRespBody::from(first)),
            }
            return Poll::Ready(Some(Ok(Frame::data(out.into()))));
        }
        match self.entries.poll_recv(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(entries)) => {
                for entry in entries {
                    self.encode(entry, &mut out);
                }
                Poll::Ready(Some(Ok(Frame::data(out.into()))))
            }
        }
    }
}

impl CursorBody {
    fn encode(&self, entry: CursorEntry, out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Json => line(out, &entry),
            Encoding::Protobuf => {
                delimited(out, &super::protobuf::shared::CursorEntry::from(entry));
            }
        }
    }
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) {
    write_json(out, value);
    out.push(b'\n');
}

fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    // Structures whose keys are all text, written into memory: nothing can fail.
    let _ = serde_json::to_writer(out, value);
}

fn delimited(out: &mut Vec<u8>, message: &impl prost::Message) {
    // A vector grows as it must.
    let _ = message.encode_length_delimited(out);
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProtocolError> {
    serde_json::from_slice(body).map_err(|e| ProtocolError::Json(e.to_string()))
}

fn read_protobuf<T: prost::Message + Default>(body: Bytes) -> Result<T, ProtocolError> {
    T::decode(body).map_err(|e| ProtocolError::Protobuf(e.to_string()))
}

fn with_type(content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
