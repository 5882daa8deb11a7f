//! Requests to storage, queue and auth, each in the protocol that the dispatch takes it for.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use efsm_auth::AuthService;
use efsm_core::{Context, Limits, Request, ResetDepth, Service};
use efsm_gateway::dispatch::{Directory, Target, dispatch};
use efsm_queue::QueueService;
use efsm_storage::StorageService;
use libfuzzer_sys::fuzz_target;

struct Stack {
    context: Context,
    services: [Box<dyn Service>; 3],
    directory: Directory,
}

static STACK: LazyLock<Stack> = LazyLock::new(|| {
    let limits = Limits {
        memory_bytes: 16 << 20,
        ..Limits::default()
    };
    let context = Context::new(efsm_core::Clock::system(), efsm_core::Entropy::seeded(1), limits);
    let services: [Box<dyn Service>; 3] = [
        Box::new(StorageService::new(context.clone())),
        Box::new(QueueService::new(context.clone())),
        Box::new(AuthService::new(context.clone())),
    ];
    Stack {
        directory: Directory {
            services: services.iter().map(|s| (s.name(), s.prefix())).collect(),
            own: Some(([127, 0, 0, 1], 8888).into()),
        },
        services,
        context,
    }
});

/// A request's head, as far as there is one.
fn head(text: &str) -> Option<http::request::Parts> {
    let mut lines = text.lines();
    let (method, uri) = lines.next()?.split_once(' ')?;
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        request = request.header(name, value.trim());
    }
    Some(request.body(()).ok()?.into_parts().0)
}

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (first, body) = bytes.split_at(end.unwrap_or(bytes.len()));
    let body = body.get(2..).unwrap_or_default();
    let Some(head) = std::str::from_utf8(first).ok().and_then(head) else { return };
    let (Target::Service { name, route } | Target::Unclaimed { name, route }) =
        dispatch(&head, Some(body), &STACK.directory)
    else {
        return;
    };
    let Some(service) = STACK.services.iter().find(|service| service.name() == name) else { return };
    let mut request = Request::new(http::Request::from_parts(head, body.to_vec()));
    request.route = route;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        // Who waits for a message waits for ever.
        let answered = tokio::time::timeout(Duration::from_millis(5), async {
            let response = service.http(request).await;
            assert_ne!(response.status(), 500);
            let _ = response.into_body().collect(1 << 24).await;
        });
        let _ = answered.await;
    });
    let cut = STACK.context.gate().cut();
    service.reset(ResetDepth::All, &cut);
    STACK.context.journal().clear();
});
