//! Package `hrana.http`.

use prost::{Message, Oneof};

use super::missing;
use super::shared::{Batch, BatchResult, DescribeResult, Empty, Error, Stmt, StmtResult};
use crate::wire::hrana::error::ProtocolError;
use crate::wire::hrana::message::{self, Answer};

#[derive(Clone, PartialEq, Message)]
pub struct PipelineReqBody {
    #[prost(string, optional, tag = "1")]
    pub baton: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub requests: Vec<StreamRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PipelineRespBody {
    #[prost(string, optional, tag = "1")]
    pub baton: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub base_url: Option<String>,
    #[prost(message, repeated, tag = "3")]
    pub results: Vec<StreamResult>,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamResult {
    #[prost(oneof = "ResultKind", tags = "1, 2")]
    pub result: Option<ResultKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ResultKind {
    #[prost(message, tag = "1")]
    Ok(StreamResponse),
    #[prost(message, tag = "2")]
    Error(Error),
}

#[derive(Clone, PartialEq, Message)]
pub struct CursorReqBody {
    #[prost(string, optional, tag = "1")]
    pub baton: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct CursorRespBody {
    #[prost(string, optional, tag = "1")]
    pub baton: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub base_url: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamRequest {
    #[prost(oneof = "RequestKind", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub request: Option<RequestKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum RequestKind {
    #[prost(message, tag = "1")]
    Close(Empty),
    #[prost(message, tag = "2")]
    Execute(ExecuteReq),
    #[prost(message, tag = "3")]
    Batch(BatchReq),
    #[prost(message, tag = "4")]
    Sequence(SqlReq),
    #[prost(message, tag = "5")]
    Describe(SqlReq),
    #[prost(message, tag = "6")]
    StoreSql(StoreSqlReq),
    #[prost(message, tag = "7")]
    CloseSql(CloseSqlReq),
    #[prost(message, tag = "8")]
    GetAutocommit(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub struct StreamResponse {
    #[prost(oneof = "ResponseKind", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub response: Option<ResponseKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ResponseKind {
    #[prost(message, tag = "1")]
    Close(Empty),
    #[prost(message, tag = "2")]
    Execute(ExecuteResp),
    #[prost(message, tag = "3")]
    Batch(BatchResp),
    #[prost(message, tag = "4")]
    Sequence(Empty),
    #[prost(message, tag = "5")]
    Describe(DescribeResp),
    #[prost(message, tag = "6")]
    StoreSql(Empty),
    #[prost(message, tag = "7")]
    CloseSql(Empty),
    #[prost(message, tag = "8")]
    GetAutocommit(GetAutocommitResp),
}

#[derive(Clone, PartialEq, Message)]
pub struct ExecuteReq {
    #[prost(message, optional, tag = "1")]
    pub stmt: Option<Stmt>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchReq {
    #[prost(message, optional, tag = "1")]
    pub batch: Option<Batch>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct SqlReq {
    #[prost(string, optional, tag = "1")]
    pub sql: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub sql_id: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct StoreSqlReq {
    #[prost(int32, tag = "1")]
    pub sql_id: i32,
    #[prost(string, tag = "2")]
    pub sql: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct CloseSqlReq {
    #[prost(int32, tag = "1")]
    pub sql_id: i32,
}

// The answers below are the same messages in the package for WebSockets.

#[derive(Clone, PartialEq, Message)]
pub struct ExecuteResp {
    #[prost(message, optional, tag = "1")]
    pub result: Option<StmtResult>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchResp {
    #[prost(message, optional, tag = "1")]
    pub result: Option<BatchResult>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct DescribeResp {
    #[prost(message, optional, tag = "1")]
    pub result: Option<DescribeResult>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct GetAutocommitResp {
    #[prost(bool, tag = "1")]
    pub is_autocommit: bool,
}

impl TryFrom<PipelineReqBody> for message::PipelineRequest {
    type Error = ProtocolError;

    fn try_from(body: PipelineReqBody) -> Result<Self, ProtocolError> {
        let requests = body.requests.into_iter();
        Ok(Self {
            baton: body.baton,
            requests: requests.map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<StreamRequest> for message::StreamRequest {
    type Error = ProtocolError;

    fn try_from(request: StreamRequest) -> Result<Self, ProtocolError> {
        Ok(match request.request.ok_or_else(|| missing("a request"))? {
            RequestKind::Close(_) => Self::Close {},
            RequestKind::Execute(request) => Self::Execute {
                stmt: request.stmt.unwrap_or_default().try_into()?,
            },
            RequestKind::Batch(request) => Self::Batch {
                batch: request.batch.unwrap_or_default().try_into()?,
            },
            RequestKind::Sequence(SqlReq { sql, sql_id }) => Self::Sequence { sql, sql_id },
            RequestKind::Describe(SqlReq { sql, sql_id }) => Self::Describe { sql, sql_id },
            RequestKind::StoreSql(request) => Self::StoreSql {
                sql_id: request.sql_id,
                sql: request.sql,
            },
            RequestKind::CloseSql(request) => Self::CloseSql {
                sql_id: request.sql_id,
            },
            RequestKind::GetAutocommit(_) => Self::GetAutocommit {},
        })
    }
}

impl TryFrom<CursorReqBody> for message::CursorRequest {
    type Error = ProtocolError;

    fn try_from(body: CursorReqBody) -> Result<Self, ProtocolError> {
        Ok(Self {
            baton: body.baton,
            batch: body.batch.unwrap_or_default().try_into()?,
        })
    }
}

impl From<message::CursorAnswer> for CursorRespBody {
    fn from(answer: message::CursorAnswer) -> Self {
        Self {
            baton: answer.baton,
            base_url: answer.base_url,
        }
    }
}

impl From<message::PipelineAnswer> for PipelineRespBody {
    fn from(answer: message::PipelineAnswer) -> Self {
        let results = answer.results.into_iter().map(|result| StreamResult {
            result: Some(match result {
                message::StreamResult::Ok { response } => ResultKind::Ok(StreamResponse {
                    response: of_answer(response),
                }),
                message::StreamResult::Error { error } => ResultKind::Error(error.into()),
            }),
        });
        Self {
            baton: answer.baton,
            base_url: answer.base_url,
            results: results.collect(),
        }
    }
}

/// None for the answers that only a WebSocket has.
fn of_answer(answer: Answer) -> Option<ResponseKind> {
    Some(match answer {
        Answer::Close => ResponseKind::Close(Empty {}),
        Answer::Execute { result } => ResponseKind::Execute(ExecuteResp {
            result: Some(result.into()),
        }),
        Answer::Batch { result } => ResponseKind::Batch(BatchResp {
            result: Some(result.into()),
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
        Answer::OpenStream
        | Answer::CloseStream
        | Answer::OpenCursor
        | Answer::CloseCursor
        | Answer::FetchCursor { .. } => return None,
    })
}
