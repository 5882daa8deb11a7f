//! Requests that the gateway reads by itself. That they are read as hyper reads them is a property test's to show.
#![no_main]

use efsm_core::Body;
use efsm_gateway::plain_request::{Reading, read};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Reading::Plain(head, body) = read(bytes, &mut HeaderMap::new()) {
        let length = head.headers.get("content-length").map_or("0", |length| length.to_str().unwrap());
        let body = match &body {
            Body::Full(body) => &body[..],
            _ => &[],
        };
        assert_eq!(length.parse(), Ok(body.len()));
        assert!(bytes.ends_with(body));
        assert!(head.uri.path().starts_with('/'));
    }
});
