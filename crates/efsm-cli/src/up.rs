//! `efsm up`: a stack in the foreground.

use std::process::ExitCode;

use efsm::{Builder, Config, HttpOptions, UnknownHosts};
use efsm_config::SqlScript;
use efsm_core::Stopwatch;

use crate::args::Up;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

pub(crate) fn run(up: Up, started: Stopwatch) -> Result<ExitCode, Failure> {
    let as_json = up.json;
    let server = builder(up)?.start()?;
    let host = server.host().clone();
    let runtime = host.runtime().clone();
    let _in_runtime = runtime.enter();
    // Before the table is printed: whoever reads it may stop us from then on.
    let mut signals = Signals::listen()?;
    if as_json {
        output::up_json(&server, started.elapsed())?;
    } else {
        output::up_table(&server, started.elapsed())?;
    }
    runtime.block_on(async {
        tokio::select! {
            _ = signals.next() => {}
            () = host.ended() => {}
        }
        tokio::select! {
            () = server.stop_async() => Ok(ExitCode::SUCCESS),
            code = signals.next() => Ok(ExitCode::from(code)),
        }
    })
}

/// The file's settings with those of the command line on top.
fn builder(up: Up) -> Result<Builder, Failure> {
    let mut config = match &up.config {
        None => Config::default(),
        Some(path) => {
            let loaded = efsm_config::load(path)?;
            for warning in loaded.warnings {
                eprintln!("{:?}", miette::Report::new(warning));
            }
            loaded.config
        }
    };
    config.port = up.port.or(config.port);
    config.strict_port |= up.strict_port;
    config.bind = up.bind.unwrap_or(config.bind);
    config.seed = up.seed.or(config.seed);
    config.name = up.name.or(config.name);
    if !up.services.is_empty() {
        config.services = up.services.into_iter().map(Into::into).collect();
        config.services.sort_unstable();
        config.services.dedup();
    }
    for path in up.seed_sql {
        let sql = std::fs::read_to_string(&path).map_err(|source| Failure::File {
            path: path.clone(),
            source,
        })?;
        config.database.seed.push(SqlScript::of_file(&path, sql));
    }
    let builder = Builder::default()
        .config(config)
        .trust_network(up.trust_network)
        .http_options(HttpOptions {
            unknown_hosts: if up.pass_unknown_hosts {
                UnknownHosts::PassOn
            } else {
                UnknownHosts::Refuse
            },
            global_templating: up.global_response_templating,
            ..HttpOptions::default()
        });
    Ok(match up.root_dir {
        Some(path) => builder.root_dir(path),
        None => builder,
    })
}
