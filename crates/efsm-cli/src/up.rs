//! `efsm up`: a stack in the foreground, or the process that `--detach` left in the background.

use std::path::Path;
use std::process::ExitCode;

use efsm::{Builder, Config, EphemeralMockServer, HttpOptions, UnknownHosts};
use efsm_config::{Loaded, SqlScript};
use efsm_core::Stopwatch;

use crate::args::{StackOptions, Up};
use crate::detach;
use crate::failure::Failure;
use crate::output::{self, Announcement};
use crate::progress::Progress;
use crate::registry::{Claim, Name, Registry};
use crate::signals::Signals;

pub(crate) fn run(up: Up, started: Stopwatch) -> Result<ExitCode, Failure> {
    let background = detach::background();
    if up.detach && background.is_none() {
        return detach::run(&up);
    }
    let loaded = configuration(up.config.as_deref())?;
    let mut config = loaded.config;
    config.port = up.port.or(config.port);
    config.strict_port |= up.strict_port;
    config.bind = up.bind.unwrap_or(config.bind);
    let name = match (up.name, &config.name) {
        (Some(name), _) => Some(name),
        (None, Some(name)) => Some(name.parse::<Name>()?),
        (None, None) => None,
    };
    let mut claim = claim(name.as_ref(), background.is_some())?;
    config.name = match &claim {
        Some(claim) => Some(claim.name().to_owned()),
        None => name.map(Name::into_string),
    };
    let mut builder = builder(config, up.stack)?.trust_network(up.trust_network);
    if let Some(url) = up.public_url {
        builder = builder.public_url(url);
    }
    let progress = Progress::start("preparing the stack");
    let server = builder.start()?;
    drop(progress);
    efsm_mcp::mount(
        &server,
        efsm_mcp::Options {
            allow_run: up.allow_run,
            ..efsm_mcp::Options::default()
        },
    );
    if let Some(claim) = &mut claim {
        claim.publish(|record| {
            record.url = Some(server.stack().local_url());
            record.token = server.stack().token().map(str::to_owned);
            let file = loaded.sources.first();
            record.config = file.and_then(|path| path.canonicalize().ok());
            record.detached = background.is_some();
        })?;
        if let Some(background) = &background {
            background.keep_log(claim);
        }
    }
    let announcement = Announcement::of(&server, claim.as_ref(), started.elapsed());
    serve(&server, || {
        if up.json || background.is_some() {
            output::line(&announcement)
        } else {
            output::table(&announcement)
        }
    })
}

/// Announces the stack and keeps it until it is told to end.
pub(crate) fn serve(
    server: &EphemeralMockServer,
    announce: impl FnOnce() -> std::io::Result<()>,
) -> Result<ExitCode, Failure> {
    let host = server.host().clone();
    let runtime = host.runtime().clone();
    let _in_runtime = runtime.enter();
    // Before the table is printed: whoever reads it may stop us from then on.
    let mut signals = Signals::listen()?;
    announce()?;
    runtime.block_on(async {
        tokio::select! {
            _ = signals.next() => {}
            () = host.ended() => {}
        }
        tokio::select! {
            () = server.stop_async() => Ok(ExitCode::SUCCESS),
            signal = signals.next() => Ok(ExitCode::from(signal.exit_code())),
        }
    })
}

/// A name for this process. In the foreground a stack is useful without one, as in a container that has no
/// place to write; then it is said, and the others do not find it.
fn claim(name: Option<&Name>, is_background: bool) -> Result<Option<Claim>, Failure> {
    use crate::registry::RegistryError;
    match Registry::of_user().and_then(|registry| registry.claim(name)) {
        Ok(claim) => Ok(Some(claim)),
        Err(taken @ RegistryError::Taken(_)) => Err(taken.into()),
        Err(e) if is_background => Err(e.into()),
        Err(e) => {
            eprintln!("note: {e}; `efsm status` and the other commands will not find this stack");
            Ok(None)
        }
    }
}

/// What the file says, with its warnings told. Without a path it is that of the current folder, if there is one.
pub(crate) fn configuration(path: Option<&Path>) -> Result<Loaded, Failure> {
    let here = || {
        let mut names = efsm_config::FILE_NAMES.iter().map(Path::new);
        names.find(|path| path.is_file())
    };
    let Some(path) = path.or_else(here) else {
        return Ok(Loaded {
            config: Config::default(),
            sources: Vec::new(),
            warnings: Vec::new(),
        });
    };
    let mut loaded = efsm_config::load(path)?;
    for warning in std::mem::take(&mut loaded.warnings) {
        eprintln!("{:?}", miette::Report::new(warning));
    }
    Ok(loaded)
}

/// The file's settings with those of the command line on top.
pub(crate) fn builder(mut config: Config, options: StackOptions) -> Result<Builder, Failure> {
    config.seed = options.seed.or(config.seed);
    config.api.extend(options.api);
    if !options.services.is_empty() {
        config.services = options.services.into_iter().map(Into::into).collect();
        config.services.sort_unstable();
        config.services.dedup();
    }
    for path in options.seed_sql {
        let sql = std::fs::read_to_string(&path).map_err(|source| Failure::File {
            path: path.clone(),
            source,
        })?;
        config.database.seed.push(SqlScript::of_file(&path, sql));
    }
    let builder = Builder::default().config(config).http_options(HttpOptions {
        unknown_hosts: if options.pass_unknown_hosts {
            UnknownHosts::PassOn
        } else {
            UnknownHosts::Refuse
        },
        global_templating: options.global_response_templating,
        ..HttpOptions::default()
    });
    Ok(match options.root_dir {
        Some(path) => builder.root_dir(path),
        None => builder,
    })
}
