//! A stub mapping: refused with an error, or kept and served.
#![no_main]

use std::time::Duration;

use efsm_core::{Context, Request, Service as _};
use efsm_http::HttpService;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mapping) = serde_json::from_slice::<Value>(bytes) else { return };
    let http = HttpService::new(Context::default());
    let is_kept = http.add_stub(&mapping).is_ok();
    // Nothing is to be sent to hosts whose names come from the fuzzer.
    let sends = ["serveEventListeners", "postServeActions"]
        .iter()
        .any(|name| mapping.get(name).is_some());
    if !is_kept || sends || mapping["response"].get("proxyBaseUrl").is_some() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let request = http::Request::get("/a/b?c=d").body("e").expect("a request");
        let answer = http.http(Request::new(request)).into_future();
        // A stub may ask for any delay.
        let _ = tokio::time::timeout(Duration::from_millis(5), answer).await;
    });
});
