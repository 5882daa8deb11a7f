//! Requests with bytes changed or cut off.

use efsm_database::wire::hrana::protobuf::{http as http_pb, shared};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use super::{Stream, bytes, call, execute, integer, service};

/// A valid request in either encoding.
fn valid(is_json: bool) -> (&'static str, Vec<u8>) {
    let sql = "INSERT INTO t VALUES (?) RETURNING a";
    if is_json {
        let body = json!({"baton": null, "requests": [
            execute(json!({"sql": sql, "args": [{"type": "blob", "base64": "AAEC"}]})),
            {"type": "batch", "batch": {"steps": [
                {"stmt": {"sql": "SELECT 1"}},
                {"stmt": {"sql": "SELECT 2"},
                 "condition": {"type": "not", "cond": {"type": "ok", "step": 0}}},
            ]}},
            {"type": "store_sql", "sql_id": 1, "sql": sql},
            {"type": "describe", "sql_id": 1},
            {"type": "close"},
        ]});
        return ("/v3/pipeline", body.to_string().into_bytes());
    }
    let stmt = shared::Stmt {
        sql: Some(sql.to_owned()),
        args: vec![shared::Value {
            kind: Some(shared::Kind::Blob(vec![0, 1, 2])),
        }],
        ..shared::Stmt::default()
    };
    let steps = vec![shared::BatchStep {
        condition: None,
        stmt: Some(stmt),
    }];
    let body = http_pb::CursorReqBody {
        baton: None,
        batch: Some(shared::Batch { steps }),
    };
    ("/v3-protobuf/cursor", body.encode_to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn spoilt_request_is_answered_or_refused_and_harms_no_other(
        is_json in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (path, mut body) = valid(is_json);
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(async {
            let service = service();
            Stream::new(&service).execute("CREATE TABLE t(a)").await;
            let (status, _) = bytes(call(&service, "POST", path, body).await).await;
            assert_eq!(Stream::new(&service).value("SELECT 42").await, integer(42));
            status.as_u16()
        });
        prop_assert!(matches!(status, 200 | 400), "{}", status);
    }
}
