//! Issuing tokens beside the signatures of the crypto library alone, as the example `tokens` measures both.

use std::process::Command;

use super::server::output;
use super::table::Row;
use super::{Measured, Setup};

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let report = output(&mut Command::new(setup.release.join("examples/tokens")))?;
    let value = |name: String| -> Result<f64, String> {
        report
            .lines()
            .find_map(|line| line.strip_prefix(&name)?.trim().parse().ok())
            .ok_or_else(|| format!("no {name} in {report}"))
    };
    let mut measured = Measured::default();
    for (name, what, least) in [
        ("rs256", "RS256 token", Some(0.8)),
        ("es256", "ES256 token", Some(0.8)),
        ("hs256", "HS256 token of the whole service, logged", None),
    ] {
        let issued = value(format!("{name}_issued_per_second"))?;
        let signed = value(format!("{name}_signed_per_second"))?;
        let ratio = issued / signed;
        measured.rows.push(Row {
            what: what.to_owned(),
            efsm: format!("{issued:.0}/s"),
            beside: format!("aws-lc-rs, signature alone: {signed:.0}/s"),
            ratio: format!("{:.0} %", ratio * 100.0),
            budget: least.map_or("-", |_| "at least 80 %"),
            is_met: least.map(|least| ratio >= least),
        });
    }
    Ok(measured)
}
