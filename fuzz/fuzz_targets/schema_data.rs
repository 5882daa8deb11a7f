//! Data for any JSON Schema: it ends, and what is made obeys the schema.
#![no_main]

use efsm_generate::{Options, SampleOptions, generate, is_valid, sample, sample_valid};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: (u64, &str)| {
    let (seed, text) = input;
    let Ok(schema) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let options = Options {
        steps: 2_000,
        ..Options::default()
    };
    let _ = sample(&schema, &schema, &SampleOptions::default());
    let _ = sample_valid(&schema, &schema, &options);
    if let Ok(value) = generate(&schema, &schema, seed, &options) {
        assert_eq!(generate(&schema, &schema, seed, &options), Ok(value.clone()));
        // A schema that runs in circles has no answer, and then everything is made for it.
        let circular = !is_valid(&schema, &schema, &value) && text.contains("$ref");
        assert!(circular || is_valid(&schema, &schema, &value));
    }
});
