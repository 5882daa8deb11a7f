//! Descriptions from outside: read or refused, never a panic.

#![no_main]

use efsm_spec::{Description, Mock, NoFiles, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(description) = Description::parse("fuzz", text, &NoFiles) {
        for route in &description.routes {
            let _ = description.operation(route);
        }
        let _ = Mock::new(description, Options::default());
    }
});
