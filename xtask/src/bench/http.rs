//! Static stubs, one and ten thousand, and templates.

use std::fmt::Write as _;

use super::load::Plan;
use super::server::{Kind, Server};
use super::table::Row;
use super::{Measured, Setup};

const CONNECTIONS: u32 = 64;
pub(super) const STUBS: usize = 10_000;

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let bare = Server::pinned(&Kind::BareHyper, &setup.release)?;
    let one = Server::pinned(&Kind::Efsm, &setup.release)?;
    one.import(&stubs(1))?;
    let many = Server::pinned(&Kind::Efsm, &setup.release)?;
    many.import(&stubs(STUBS))?;
    let templates = Server::pinned(&Kind::Efsm, &setup.release)?;
    templates.import(TEMPLATE)?;
    let plan = |path: &str| Plan::get(path, CONNECTIONS);
    let rates = setup.load.rounds(
        setup.effort,
        &[
            (&bare, plan("/")),
            (&one, plan("/stub/0000")),
            (&many, plan(&format!("/stub/{:04}", STUBS / 2))),
            // The one that a scan from the newest would reach last.
            (&many, plan("/stub/9999")),
            (&templates, plan("/template?name=Ada")),
        ],
    )?;
    let beside = ("bare hyper", &rates[0][..]);
    let most = "at least 75 %";
    Ok(vec![
        Row::of_rates(
            "static stub, 64 connections",
            &rates[1],
            beside,
            0.85,
            "at least 85 %",
        ),
        Row::of_rates("static stub, 1 of 10,000", &rates[2], beside, 0.75, most),
        Row::of_rates(
            "static stub, the last of 10,000 to be tried",
            &rates[3],
            beside,
            0.75,
            most,
        ),
        Row::of_rates(
            "templated answer",
            &rates[4],
            ("efsm's static stub", &rates[1]),
            0.5,
            "at least 50 %",
        ),
    ]
    .into())
}

/// So many stubs as a document of WireMock's `/__admin/mappings/import`; the answers are those of bare hyper.
pub(super) fn stubs(count: usize) -> String {
    let mut mappings = String::new();
    for n in 0..count {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            mappings,
            r#"{comma}{{"request":{{"method":"GET","url":"/stub/{n:04}"}},"response":{{"status":200,"jsonBody":{{"msg":"world"}},"headers":{{"Content-Type":"application/json"}}}}}}"#
        );
    }
    format!(r#"{{"mappings":[{mappings}]}}"#)
}

const TEMPLATE: &str = r#"{"mappings":[{
    "request": {"method": "GET", "urlPath": "/template"},
    "response": {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": "{\"path\":\"{{request.path}}\",\"name\":\"{{request.query.name}}\"}",
        "transformers": ["response-template"]
    }
}]}"#;
