//! Package `hrana.ws`.

use prost::{Message, Oneof};

use super::http::{
    BatchResp, CloseSqlReq, DescribeResp, ExecuteResp, GetAutocommitResp, StoreSqlReq,
};
use super::missing;
use super::shared::{Batch, CursorEntry, Empty, Error, Stmt};
use crate::wire::hrana::error::ProtocolError;
use crate::wire::hrana::message::{self, Answer};

#[derive(Clone, PartialEq, Message)]
pub struct ClientMsg {
    #[prost(oneof = "ClientKind", tags = "1, 2")]
    pub msg: Option<ClientKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ClientKind {
    #[prost(message, tag = "1")]
    Hello(HelloMsg),
    #[prost(message, tag = "2")]
    Request(RequestMsg),
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct HelloMsg {
    #[prost(string, optional, tag = "1")]
    pub jwt: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct RequestMsg {
    #[prost(int32, tag = "1")]
    pub request_id: i32,
    #[prost(oneof = "RequestKind", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13")]
    pub request: Option<RequestKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum RequestKind {
    #[prost(message, tag = "2")]
    OpenStream(StreamReq),
    #[prost(message, tag = "3")]
    CloseStream(StreamReq),
    #[prost(message, tag = "4")]
    Execute(ExecuteReq),
    #[prost(message, tag = "5")]
    Batch(BatchReq),
    #[prost(message, tag = "6")]
    OpenCursor(OpenCursorReq),
    #[prost(message, tag = "7")]
    CloseCursor(CloseCursorReq),
    #[prost(message, tag = "8")]
    FetchCursor(FetchCursorReq),
    #[prost(message, tag = "9")]
    Sequence(SqlReq),
    #[prost(message, tag = "10")]
    Describe(SqlReq),
    #[prost(message, tag = "11")]
    StoreSql(StoreSqlReq),
    #[prost(message, tag = "12")]
    CloseSql(CloseSqlReq),
    #[prost(message, tag = "13")]
    GetAutocommit(StreamReq),
}

/// A request that names a stream and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct StreamReq {
    #[prost(int32, tag = "1")]
    pub stream_id: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct ExecuteReq {
    #[prost(int32, tag = "1")]
    pub stream_id: i32,
    #[prost(message, optional, tag = "2")]
    pub stmt: Option<Stmt>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchReq {
    #[prost(int32, tag = "1")]
    pub stream_id: i32,
    #[prost(message, optional, tag = "2")]
    pub batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Message)]
pub struct OpenCursorReq {
    #[prost(int32, tag = "1")]
    pub stream_id: i32,
    #[prost(int32, tag = "2")]
    pub cursor_id: i32,
    #[prost(message, optional, tag = "3")]
    pub batch: Option<Batch>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct CloseCursorReq {
    #[prost(int32, tag = "1")]
    pub cursor_id: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct FetchCursorReq {
    #[prost(int32, tag = "1")]
    pub cursor_id: i32,
    #[prost(uint32, tag = "2")]
    pub max_count: u32,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct SqlReq {
    #[prost(int32, tag = "1")]
    pub stream_id: i32,
    #[prost(string, optional, tag = "2")]
    pub sql: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub sql_id: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ServerMsg {
    #[prost(oneof = "ServerKind", tags = "1, 2, 3, 4")]
    pub msg: Option<ServerKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ServerKind {
    #[prost(message, tag = "1")]
    HelloOk(Empty),
    #[prost(message, tag = "2")]
    HelloError(HelloErrorMsg),
    #[prost(message, tag = "3")]
    ResponseOk(ResponseOkMsg),
    #[prost(message, tag = "4")]
    ResponseError(ResponseErrorMsg),
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct HelloErrorMsg {
    #[prost(message, optional, tag = "1")]
    pub error: Option<Error>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ResponseOkMsg {
    #[prost(int32, tag = "1")]
    pub request_id: i32,
    #[prost(
        oneof = "ResponseKind",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13"
    )]
    pub response: Option<ResponseKind>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct ResponseErrorMsg {
    #[prost(int32, tag = "1")]
    pub request_id: i32,
    #[prost(message, optional, tag = "2")]
    pub error: Option<Error>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ResponseKind {
    #[prost(message, tag = "2")]
    OpenStream(Empty),
    #[prost(message, tag = "3")]
    CloseStream(Empty),
    #[prost(message, tag = "4")]
    Execute(ExecuteResp),
    #[prost(message, tag = "5")]
    Batch(BatchResp),
    #[prost(message, tag = "6")]
    OpenCursor(Empty),
    #[prost(message, tag = "7")]
    CloseCursor(Empty),
    #[prost(message, tag = "8")]
    FetchCursor(FetchCursorResp),
    #[prost(message, tag = "9")]
    Sequence(Empty),
    #[prost(message, tag = "10")]
    Describe(DescribeResp),
    #[prost(message, tag = "11")]
    StoreSql(Empty),
    #[prost(message, tag = "12")]
    CloseSql(Empty),
    #[prost(message, tag = "13")]
    GetAutocommit(GetAutocommitResp),
}

#[derive(Clone, PartialEq, Message)]
pub struct FetchCursorResp {
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<CursorEntry>,
    #[prost(bool, tag = "2")]
    pub done: bool,
}

impl TryFrom<ClientMsg> for message::ClientMessage {
    type Error = ProtocolError;

    fn try_from(message: ClientMsg) -> Result<Self, ProtocolError> {
        Ok(match message.msg.ok_or_else(|| missing("the message"))? {
            ClientKind::Hello(hello) => Self::Hello { jwt: hello.jwt },
            ClientKind::Request(request) => Self::Request {
                request_id: request.request_id,
                request: request
                    .request
                    .ok_or_else(|| missing("the request"))?
                    .try_into()?,
            },
        })
    }
}

impl TryFrom<RequestKind> for message::Request {
    type Error = ProtocolError;

    fn try_from(request: RequestKind) -> Result<Self, ProtocolError> {
        Ok(match request {
            RequestKind::OpenStream(StreamReq { stream_id }) => Self::OpenStream { stream_id },
            RequestKind::CloseStream(StreamReq { stream_id }) => Self::CloseStream { stream_id },
            RequestKind::Execute(request) => Self::Execute {
                stream_id: request.stream_id,
                stmt: request.stmt.unwrap_or_default().try_into()?,
            },
            RequestKind::Batch(request) => Self::Batch {
                stream_id: request.stream_id,
                batch: request.batch.unwrap_or_default().try_into()?,
            },
            RequestKind::OpenCursor(request) => Self::OpenCursor {
                stream_id: request.stream_id,
                cursor_id: request.cursor_id,
                batch: request.batch.unwrap_or_default().try_into()?,
            },
            RequestKind::CloseCursor(request) => Self::CloseCursor {
                cursor_id: request.cursor_id,
            },
            RequestKind::FetchCursor(request) => Self::FetchCursor {
                cursor_id: request.cursor_id,
                max_count: request.max_count,
            },
            RequestKind::Sequence(SqlReq {
                stream_id,
                sql,
                sql_id,
            }) => Self::Sequence {
                stream_id,
                sql,
                sql_id,
            },
            RequestKind::Describe(SqlReq {
                stream_id,
                sql,
                sql_id,
            }) => Self::Describe {
                stream_id,
                sql,
                sql_id,
            },
            RequestKind::StoreSql(request) => Self::StoreSql {
                sql_id: request.sql_id,
                sql: request.sql,
            },
            RequestKind::CloseSql(request) => Self::CloseSql {
                sql_id: request.sql_id,
            },
            RequestKind::GetAutocommit(StreamReq { stream_id }) => {
                Self::GetAutocommit { stream_id }
            }
        })
    }
}

impl From<message::ServerMessage> for ServerMsg {
    fn from(message: message::ServerMessage) -> Self {
        let kind = match message {
            message::ServerMessage::HelloOk => ServerKind::HelloOk(Empty {}),
            message::ServerMessage::ResponseOk {
                request_id,
                response,
            } => ServerKind::ResponseOk(ResponseOkMsg {
                request_id,
                response: of_answer(response),
            }),
            message::ServerMessage::ResponseError { request_id, error } => {
                ServerKind::ResponseError(ResponseErrorMsg {
                    request_id,
                    error: Some(error.into()),
                })
            }
        };
        Self { msg: Some(kind) }
    }
}

/// None for the answer that only HTTP has.
fn of_answer(answer: Answer) -> Option<ResponseKind> {
    Some(match answer {
        Answer::Close => return None,
        Answer::OpenStream => ResponseKind::OpenStream(Empty {}),
        Answer::CloseStream => ResponseKind::CloseStream(Empty {}),
        Answer::Execute { result } => ResponseKind::Execute(ExecuteResp {
            result: Some(result.into()),
        }),
        Answer::Batch { result } => ResponseKind::Batch(BatchResp {
            result: Some(result.into()),
        }),
        Answer::OpenCursor => ResponseKind::OpenCursor(Empty {}),
        Answer::CloseCursor => ResponseKind::CloseCursor(Empty {}),
        Answer::FetchCursor { entries, done } => ResponseKind::FetchCursor(FetchCursorResp {
            entries: entries.into_iter().map(CursorEntry::from).collect(),
            done,
        }),
        Answer::Sequence => ResponseKind::Sequence(Empty {}),
        Answer::Describe { result } => ResponseKind::Describe(DescribeResp {
            result: Some(result.into()),
        }),
        Answer::StoreSql => ResponseKind::StoreSql(Empty {}),
        Answer::CloseSql => ResponseKind::CloseSql(Empty {}),
        Answer::GetAutocommit { is_autocommit } => {
            ResponseKind::GetAutocommit(GetAutocommitResp { is_autocommit })
        }
    })
}
