//! A response template: compiled or refused, rendered within its limits.
#![no_main]

use efsm_template::Template;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Template::compile(text);
});
