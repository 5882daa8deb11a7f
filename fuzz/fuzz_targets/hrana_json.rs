//! Hrana in JSON: pipelines, cursors and what is said on a socket; answered, or refused as the protocol has it.
#![no_main]

use std::time::Duration;

use efsm_core::{Clock, Context, Entropy, Face, Limits, Request, Service as _};
use efsm_database::DatabaseService;
use efsm_database::wire::hrana::message::ClientMessage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = serde_json::from_slice::<ClientMessage>(bytes);
    let limits = Limits {
        statement_timeout: Duration::from_millis(50),
        database_bytes: 1 << 20,
        result_bytes: 1 << 20,
        ..Limits::default()
    };
    let context = Context::new(Clock::system(), Entropy::seeded(1), limits);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let database = DatabaseService::new(context);
        for path in ["/v2/pipeline", "/v3/pipeline", "/v3/cursor"] {
            let body = http::Request::post(path)
                .body(bytes.to_vec())
                .expect("a request");
            let mut request = Request::new(body);
            request.route.face = Face::Hrana;
            let response = database.http(request).await;
            let status = response.status().as_u16();
            assert!(matches!(status, 200 | 400 | 413), "{status}");
            let _ = response.into_body().collect(1 << 24).await;
        }
    });
});
