//! A request's URL against stubs of every kind of path.
#![no_main]

use std::sync::LazyLock;

use efsm_core::{Context, Request, Service as _};
use efsm_http::HttpService;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static HTTP: LazyLock<HttpService> = LazyLock::new(|| {
    let http = HttpService::new(Context::default());
    for request in [
        json!({"url": "/a?b=c"}),
        json!({"urlPath": "/a/b"}),
        json!({"urlPattern": "/x.*\\?y=[0-9]+"}),
        json!({"urlPathTemplate": "/t/{id}/**"}),
        json!({"urlPathPattern": "/p/(\\w+)/?", "queryParameters": {"q": {"contains": "z"}}}),
    ] {
        http.add_stub(&json!({"request": request, "response": {"status": 200}}))
            .expect("a good stub");
    }
    http
});

fuzz_target!(|uri: &str| {
    if let Ok(request) = http::Request::get(uri).body("") {
        let _ = futures_executor::block_on(HTTP.http(Request::new(request)).into_future());
    }
});
