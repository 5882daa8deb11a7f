//! `cargo xtask deny`: licences, advisories and duplicates of what ships, as `deny.toml` says.

use crate::root;
use crate::run::Run;
use crate::tally::Tally;

pub(crate) fn run() -> Tally {
    let root = root();
    let deny = || Run::new("licences and sources", "cargo", &root);
    if !deny().args(["deny", "--version"]).succeeds() {
        return Tally::leave_out(
            "licences and advisories: cargo-deny is not installed (cargo install cargo-deny)",
        );
    }
    // Advisories need a database that is fetched; where it cannot be, the rest still counts.
    let mut tally = deny()
        .args(["deny", "--offline", "check", "licenses", "bans", "sources"])
        .check();
    if deny().args(["deny", "fetch"]).succeeds() {
        tally.add(deny().args(["deny", "check", "advisories"]).check());
    } else {
        tally.add(Tally::leave_out(
            "advisories: their database cannot be fetched from here",
        ));
    }
    tally
}
