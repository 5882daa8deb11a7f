//! The format as its users meet it: a text and files go in, a configuration or errors come out.

mod errors;
mod files;
mod format;
mod random;
mod report;
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use efsm_config::{Config, ConfigErrors, Loaded};

/// Files in memory: path and content.
type Tree = BTreeMap<PathBuf, Vec<u8>>;

fn tree(files: &[(&str, &str)]) -> Tree {
    files
        .iter()
        .map(|(path, content)| (PathBuf::from(path), content.as_bytes().to_vec()))
        .collect()
}

fn read(text: &str, files: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    efsm_config::parse_with("efsm.yaml", text, Path::new(""), &tree(files))
}

fn config(text: &str) -> Config {
    config_with(text, &[])
}

fn config_with(text: &str, files: &[(&str, &str)]) -> Config {
    match read(text, files) {
        Ok(loaded) => loaded.config,
        Err(errors) => panic!("{errors:#}\n\n{text}"),
    }
}

/// Every error of the text, one a line.
fn errors(text: &str) -> String {
    errors_with(text, &[])
}

fn errors_with(text: &str, files: &[(&str, &str)]) -> String {
    match read(text, files) {
        Ok(loaded) => panic!("no error: {:?}\n\n{text}", loaded.config),
        Err(errors) => format!("{errors:#}"),
    }
}
