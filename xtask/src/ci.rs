//! `cargo xtask ci`: what must pass before anything lands.

use crate::tally::Tally;
use crate::{deny, test};

pub(crate) fn run() -> Tally {
    let mut tally = deny::run();
    tally.add(test::run());
    tally
}
