//! `cargo xtask docs`: the pages that are made from the code.

use std::path::Path;

use crate::root;
use crate::tally::Tally;

/// Where the page of `efsm.yaml` stands.
const CONFIGURATION: &str = "docs/configuration.md";

pub(crate) fn run() -> Tally {
    match std::fs::write(root().join(CONFIGURATION), efsm_config::markdown()) {
        Ok(()) => {
            println!("wrote {CONFIGURATION}");
            Tally::pass()
        }
        Err(e) => Tally::fail(format!("{CONFIGURATION}: {e}")),
    }
}

/// What is no longer as the code says.
pub(crate) fn check(root: &Path) -> Option<String> {
    let page = std::fs::read_to_string(root.join(CONFIGURATION)).unwrap_or_default();
    (page != efsm_config::markdown())
        .then(|| format!("{CONFIGURATION}: not current: run `cargo xtask docs`"))
}
