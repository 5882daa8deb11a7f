//! A response template: compiled or refused, and rendered within its limits.
#![no_main]

use efsm_core::{Context, Request, Service as _};
use efsm_http::HttpService;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    let http = HttpService::new(Context::default());
    let stub = json!({"response": {"body": text, "transformers": ["response-template"]}});
    if http.add_stub(&stub).is_ok() {
        let request = http::Request::post("/a/b?c=d")
            .body(r#"{"a": 1, "b": [1, {"c": "x"}], "d": "2020-01-01T00:00:00Z"}"#)
            .expect("a request");
        let _ = futures_executor::block_on(http.http(Request::new(request)).into_future());
    }
});
