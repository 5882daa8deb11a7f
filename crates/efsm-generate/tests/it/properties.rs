//! What holds for every schema and seed.

use efsm_generate::{Error, Options, SampleOptions, fit, generate, is_valid, sample, sample_valid};
use proptest::prelude::*;
use serde_json::Value;

use crate::schemas::{tame, wild};
use crate::validator;

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 300, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_satisfiable_schema_gets_data_that_obeys_it(schema in tame(), seed: u64) {
        let options = Options::default();
        let value = generate(&schema, &schema, seed, &options).map_err(|error| TestCaseError::fail(format!("{error}: {schema}")))?;
        prop_assert!(validator(&schema).is_valid(&value), "{value} for {schema}");
        prop_assert!(size(&value) <= options.steps as usize);
        prop_assert_eq!(generate(&schema, &schema, seed, &options), Ok(value));
    }

    #[test]
    fn whatever_is_made_for_a_wild_schema_obeys_it(schema in wild(), seed: u64) {
        match generate(&schema, &schema, seed, &Options::default()) {
            Ok(value) => prop_assert!(validator(&schema).is_valid(&value), "{value} for {schema}"),
            Err(error) => prop_assert!(!matches!(error, Error::DanglingReference { .. }), "{error}"),
        }
    }

    #[test]
    fn the_check_agrees_with_jsonschema(schema in wild(), other in tame(), seed: u64) {
        let value = generate(&other, &other, seed, &Options::default()).unwrap_or_default();
        prop_assert_eq!(is_valid(&schema, &schema, &value), validator(&schema).is_valid(&value), "{} for {}", value, schema);
    }

    #[test]
    fn a_mended_sample_is_valid_and_a_valid_one_is_kept(schema in tame()) {
        let mended = sample_valid(&schema, &schema, &Options::default()).map_err(|error| TestCaseError::fail(format!("{error}: {schema}")))?;
        let judge = validator(&schema);
        prop_assert!(judge.is_valid(&mended), "{mended} for {schema}");
        let sampled = sample(&schema, &schema, &SampleOptions::default()).unwrap_or_default();
        if judge.is_valid(&sampled) {
            prop_assert_eq!(mended, sampled);
        }
    }

    #[test]
    fn a_value_is_fitted_to_another_schema(schema in tame(), other in tame(), seed: u64) {
        let value = generate(&other, &other, seed, &Options::default()).unwrap_or_default();
        let fitted = fit(&schema, &schema, &value, seed, &Options::default()).map_err(|error| TestCaseError::fail(format!("{error}: {schema}")))?;
        prop_assert!(validator(&schema).is_valid(&fitted), "{fitted} for {schema}");
    }
}
