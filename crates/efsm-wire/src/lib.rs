//! What every `wire/` needs and none should write again.
//!
//! | module | holds |
//! | --- | --- |
//! | [`answer`] | JSON answers, the plain error shape `{"error": ..}` |
//! | [`fault`] | what a fault rule does to an answer |
//! | [`input`] | JSON and form bodies, query parameters, raw path segments: each with a clear refusal |
//! | [`sse`] | Server-Sent Events |
//! | [`websocket`] | the WebSocket handshake (RFC 6455) and the socket behind it |

pub mod answer;
pub mod fault;
pub mod input;
pub mod sse;
pub mod websocket;

pub use answer::{empty, error, error_with_hint, json, method_not_allowed, text};
pub use input::{BadInput, decode, form_pairs, json_body, query_pairs, query_value, segments};
