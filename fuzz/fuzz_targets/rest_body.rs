//! Bodies of the database's plain REST calls: answered, or refused with an error that says why.
#![no_main]

use std::time::Duration;

use efsm_core::{Clock, Context, Entropy, Limits, Request, Service as _};
use efsm_database::DatabaseService;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
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
        // An import takes any file, and what it took must be readable by the calls after it.
        for path in [
            "/execute",
            "/executemany",
            "/batch",
            "/load",
            "/import",
            "/reset",
            "/sessions",
        ] {
            let body = http::Request::post(path)
                .body(bytes.to_vec())
                .expect("a request");
            let response = database.http(Request::new(body)).await;
            assert!(
                response.status().as_u16() < 500,
                "{path} {}",
                response.status()
            );
            let _ = response.into_body().collect(1 << 24).await;
        }
    });
});
