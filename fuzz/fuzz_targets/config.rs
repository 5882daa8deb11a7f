//! efsm.yaml: read whole, or refused with errors that can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(errors) = efsm_config::parse("efsm.yaml", text, "") {
        let _ = format!("{errors:#}");
    }
});
