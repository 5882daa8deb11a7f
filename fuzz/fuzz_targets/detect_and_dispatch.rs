//! The first bytes of a connection, and the routing of whatever head they could be.
#![no_main]

use efsm_gateway::detect;
use efsm_gateway::dispatch::{Directory, dispatch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = detect::detect(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.lines();
    let Some((method, uri)) = lines.next().and_then(|line| line.split_once(' ')) else { return };
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in lines.by_ref().take_while(|l| !l.is_empty()).filter_map(|l| l.split_once(':')) {
        request = request.header(name, value.trim());
    }
    let Ok(request) = request.body(()) else { return };
    let (head, ()) = request.into_parts();
    let directory = Directory {
        services: vec![
            ("http", "/http"),
            ("database", "/db"),
            ("auth", "/auth"),
            ("queue", "/queue"),
            ("storage", "/storage"),
        ],
        own: Some(([127, 0, 0, 1], 8888).into()),
    };
    let form: String = lines.collect();
    let _ = dispatch(&head, Some(form.as_bytes()), &directory);
});
