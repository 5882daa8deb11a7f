//! Properties over random stubs and requests.

use std::sync::Arc;

use efsm_core::{Request, Service as _, Timestamp};
use efsm_http::engine::document::Place;
use efsm_http::engine::index::Index;
use efsm_http::engine::stub::Stub;
use efsm_http::{HttpService, LoggedRequest};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::context;

/// Few segments, so that stubs and requests often meet.
fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "c", "", "a.b", "%20"]);
    prop::collection::vec(segment, 0..4).prop_map(|parts| format!("/{}", parts.join("/")))
}

fn template() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "{x}", "{y}", "a{z}", "**", "x**", "{p/q}"]);
    prop::collection::vec(segment, 1..4).prop_map(|parts| format!("/{}", parts.join("/")))
}

fn query() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "?x=1", "?x=2", "?"]).prop_map(str::to_owned)
}

fn pattern() -> impl Strategy<Value = Value> {
    let url = prop_oneof![
        (path(), query()).prop_map(|(path, query)| json!({"url": format!("{path}{query}")})),
        path().prop_map(|path| json!({"urlPath": path})),
        template().prop_map(|template| json!({"urlPathTemplate": template})),
        prop::sample::select(vec!["/a.*", ".*", "/(a|b)/.*"])
            .prop_map(|p| json!({"urlPathPattern": p})),
        Just(json!({})),
    ];
    let method = prop::sample::select(vec!["GET", "POST", "ANY"]);
    (url, method).prop_map(|(mut pattern, method)| {
        pattern["method"] = json!(method);
        pattern
    })
}

fn stub() -> impl Strategy<Value = Value> {
    (pattern(), prop::option::of(1..4), 0..12u8, any::<bool>()).prop_map(
        |(request, priority, id, resource)| {
            let mut stub =
                json!({"id": Uuid::from_u128(u128::from(id)).to_string(), "request": request});
            if resource && id > 9 {
                stub["request"] = json!({});
                stub["resource"] = json!({"path": if id == 10 { "/a" } else { "/b/**" }});
            }
            if let Some(priority) = priority {
                stub["priority"] = json!(priority);
            }
            stub
        },
    )
}

#[derive(Clone, Debug)]
enum Step {
    Add(Value),
    Replace(Value),
    Remove(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => stub().prop_map(Step::Add),
        1 => stub().prop_map(Step::Replace),
        1 => (0..12u8).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 1..24)
}

fn parse(json: &Value) -> Arc<Stub> {
    Arc::new(Stub::parse(&Place::root(json), Uuid::nil).unwrap())
}

fn request(method: &str, url: &str) -> LoggedRequest {
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .body(())
        .unwrap();
    LoggedRequest::new(
        Request::new(request),
        bytes::Bytes::new(),
        Timestamp::UNIX_EPOCH,
    )
}

proptest! {
    #[test]
    fn index_finds_what_a_linear_scan_finds(
        steps in steps(),
        requests in prop::collection::vec((prop::sample::select(vec!["GET", "POST"]), path(), query()), 1..12),
    ) {
        let mut index = Index::default();
        for step in &steps {
            match step {
                Step::Add(stub) => index.insert(parse(stub)),
                Step::Replace(stub) => {
                    index.replace(parse(stub));
                }
                Step::Remove(id) => {
                    index.remove(&Uuid::from_u128(u128::from(*id)));
                }
            }
        }
        for (method, path, query) in requests {
            let request = request(method, &format!("{path}{query}"));
            let scanned = index.iter().find(|stub| stub.pattern.matches(&request));
            let found = index.find(&request, |stub| stub.pattern.matches(&request));
            prop_assert_eq!(found.map(|stub| stub.id), scanned.map(|stub| stub.id));
        }
    }

    #[test]
    fn rank_is_priority_and_then_the_newest(stubs in prop::collection::vec(stub(), 1..20)) {
        let mut index = Index::default();
        // A plain list as the model: what is added again moves to the end.
        let mut model: Vec<Arc<Stub>> = Vec::new();
        for json in &stubs {
            let stub = parse(json);
            model.retain(|other| other.id != stub.id);
            model.push(stub.clone());
            index.insert(stub);
        }
        model.reverse();
        model.sort_by_key(|stub| stub.effective_priority());
        let ids = |stubs: Vec<&Arc<Stub>>| stubs.iter().map(|stub| stub.id).collect::<Vec<_>>();
        prop_assert_eq!(ids(index.iter().collect()), ids(model.iter().collect()));
    }

    #[test]
    fn import_is_whole_or_nothing(
        before in prop::collection::vec(stub(), 0..6),
        import in prop::collection::vec(stub(), 1..6),
        bad in prop::option::of(0..6usize),
        overwrite in any::<bool>(),
        delete in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let http = HttpService::new(context());
        for stub in &before {
            http.add_stub(stub).unwrap();
        }
        let held = http.stubs();
        let mut import = import;
        if let Some(bad) = bad {
            let place = bad % import.len();
            import[place] = json!({"request": {"urll": "/"}});
        }
        let policy = if overwrite { "OVERWRITE" } else { "IGNORE" };
        let body = json!({
            "mappings": import,
            "importOptions": {"duplicatePolicy": policy, "deleteAllNotInImport": delete},
        });
        let answer = runtime.block_on(crate::support::admin(&http, "POST /__admin/mappings/import", &body));
        if bad.is_some() {
            prop_assert_eq!(answer.status, 422);
            prop_assert_eq!(http.stubs(), held);
        } else {
            prop_assert_eq!(answer.status, 200);
            let ids = |stubs: &[Value]| -> Vec<Value> { stubs.iter().map(|s| s["id"].clone()).collect() };
            let (now, sent) = (ids(&http.stubs()), ids(&import));
            prop_assert!(sent.iter().all(|id| now.contains(id)));
            if delete {
                prop_assert!(now.iter().all(|id| sent.contains(id)));
            }
        }
    }

    #[test]
    fn snapshot_and_restore_are_the_identity(
        before in prop::collection::vec(stub(), 0..8),
        after in prop::collection::vec(stub(), 0..8),
        urls in prop::collection::vec(path(), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let context = context();
        let http = HttpService::new(context.clone());
        for stub in &before {
            http.add_stub(stub).unwrap();
        }
        let part = http.snapshot(&context.gate().cut());
        let seen = |http: &HttpService| {
            let answers = urls.iter().map(|url| {
                let answer = runtime.block_on(crate::support::get(http, url));
                (answer.status, answer.body)
            });
            (http.stubs(), answers.collect::<Vec<_>>())
        };
        let first = seen(&http);
        for stub in &after {
            http.add_stub(stub).unwrap();
        }
        http.restore(&part, &context.gate().cut()).unwrap();
        prop_assert_eq!(seen(&http), first);
    }
}
