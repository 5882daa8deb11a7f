//! A stub mapping: refused with an error, or kept and served.
#![no_main]

use efsm_core::{Context, Request, Service as _};
use efsm_http::HttpService;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mapping) = serde_json::from_slice(bytes) else { return };
    let http = HttpService::new(Context::default());
    if http.add_stub(&mapping).is_ok() {
        let request = http::Request::get("/a/b?c=d").body("e").expect("a request");
        let _ = futures_executor::block_on(http.http(Request::new(request)));
    }
});
