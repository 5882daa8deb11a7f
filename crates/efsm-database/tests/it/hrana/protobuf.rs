//! The same in Protobuf.

use super::*;

#[tokio::test]
async fn protobuf_says_the_same_as_json() {
    let service = service();
    let value = |kind| shared::Value { kind: Some(kind) };
    let kinds = [
        shared::Kind::Null(shared::Empty {}),
        shared::Kind::Integer(i64::MIN),
        shared::Kind::Float(f64::INFINITY),
        shared::Kind::Text("ü".to_owned()),
        shared::Kind::Blob(vec![0, 255]),
    ];
    let stmt = |sql: &str, args: Vec<shared::Value>| shared::Stmt {
        sql: Some(sql.to_owned()),
        args,
        ..shared::Stmt::default()
    };
    let step = |sql: &str, cond| shared::BatchStep {
        condition: cond,
        stmt: Some(stmt(sql, vec![])),
    };
    let failed = shared::BatchCond {
        cond: Some(shared::Cond::Not(Box::new(shared::BatchCond {
            cond: Some(shared::Cond::StepOk(1)),
        }))),
    };
    let batch = shared::Batch {
        steps: vec![
            step("SELECT 1 AS one", None),
            step("SELECT nope", None),
            step("SELECT 2", Some(failed.clone())),
            step(
                "SELECT 3",
                Some(shared::BatchCond {
                    cond: Some(shared::Cond::StepError(0)),
                }),
            ),
        ],
    };
    let request = |request| http_pb::StreamRequest {
        request: Some(request),
    };
    let body = http_pb::PipelineReqBody {
        baton: None,
        requests: vec![
            request(http_pb::RequestKind::Execute(http_pb::ExecuteReq {
                stmt: Some(stmt(
                    "SELECT ?, ?, ?, ?, ?",
                    kinds.iter().cloned().map(value).collect(),
                )),
            })),
            request(http_pb::RequestKind::Batch(http_pb::BatchReq {
                batch: Some(batch.clone()),
            })),
            request(http_pb::RequestKind::GetAutocommit(shared::Empty {})),
            request(http_pb::RequestKind::Describe(http_pb::SqlReq {
                sql: Some("SELECT :a".to_owned()),
                sql_id: None,
            })),
            request(http_pb::RequestKind::Sequence(http_pb::SqlReq {
                sql: Some("SELECT 1; SELECT".to_owned()),
                sql_id: None,
            })),
        ],
    };
    let response = call(
        &service,
        "POST",
        "/v3-protobuf/pipeline",
        body.encode_to_vec(),
    )
    .await;
    assert_eq!(response.headers()["content-type"], "application/x-protobuf");
    let (status, body) = bytes(response).await;
    assert_eq!(status, 200);
    let answer = http_pb::PipelineRespBody::decode(body).unwrap();
    assert!(answer.baton.is_some() && answer.base_url.is_none());
    let mut results = answer
        .results
        .into_iter()
        .map(|result| result.result.unwrap());
    let mut ok = || match results.next().unwrap() {
        http_pb::ResultKind::Ok(response) => response.response.unwrap(),
        http_pb::ResultKind::Error(error) => panic!("{error:?}"),
    };
    let http_pb::ResponseKind::Execute(executed) = ok() else {
        panic!("not the answer to execute")
    };
    let row = &executed.result.unwrap().rows[0];
    let found: Vec<_> = row.values.iter().map(|v| v.kind.clone().unwrap()).collect();
    assert_eq!(found, kinds);
    let http_pb::ResponseKind::Batch(done) = ok() else {
        panic!("not the answer to batch")
    };
    let done = done.result.unwrap();
    assert_eq!(done.step_results.keys().collect::<Vec<_>>(), [&0, &2]);
    assert_eq!(
        done.step_errors[&1].code.as_deref(),
        Some("SQL_INPUT_ERROR")
    );
    assert_eq!(
        ok(),
        http_pb::ResponseKind::GetAutocommit(http_pb::GetAutocommitResp {
            is_autocommit: true
        })
    );
    let http_pb::ResponseKind::Describe(described) = ok() else {
        panic!("not the answer to describe")
    };
    assert_eq!(
        described.result.unwrap().params[0].name.as_deref(),
        Some(":a")
    );
    assert!(matches!(
        results.next(),
        Some(http_pb::ResultKind::Error(_))
    ));

    let body = http_pb::CursorReqBody {
        baton: None,
        batch: Some(batch),
    };
    let response = call(
        &service,
        "POST",
        "/v3-protobuf/cursor",
        body.encode_to_vec(),
    )
    .await;
    assert_eq!(
        response.headers()["content-type"],
        "application/octet-stream"
    );
    let (_, mut body) = bytes(response).await;
    let first = http_pb::CursorRespBody::decode_length_delimited(&mut body).unwrap();
    assert!(first.baton.is_some());
    let mut kinds = Vec::new();
    while !body.is_empty() {
        let entry = shared::CursorEntry::decode_length_delimited(&mut body).unwrap();
        kinds.push(match entry.entry.unwrap() {
            shared::Entry::StepBegin(begin) => format!("begin {}", begin.step),
            shared::Entry::StepEnd(_) => "end".to_owned(),
            shared::Entry::StepError(error) => format!("error {}", error.step),
            shared::Entry::Row(row) => format!("row {:?}", row.values[0].kind.clone().unwrap()),
            shared::Entry::Error(error) => error.message,
        });
    }
    assert_eq!(
        kinds,
        [
            "begin 0",
            "row Integer(1)",
            "end",
            "error 1",
            "begin 2",
            "row Integer(2)",
            "end"
        ]
    );
}
