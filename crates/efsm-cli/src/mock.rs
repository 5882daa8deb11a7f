//! `efsm mock` and `efsm proxy`: one API from its description, as Prism's commands serve it.

mod log;
mod record;
mod source;

use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::Path;
use std::process::ExitCode;

use efsm::{Builder, Config, EphemeralMockServer, ServiceName, SpecDefinition, SpecOptions};

use self::log::Log;
use self::record::Recorder;
pub(crate) use self::source::Source;
use crate::args::{Mock, PrismOptions, Proxy, Verbosity};
use crate::failure::Failure;
use crate::up;

pub(crate) fn mock(mock: &Mock) -> Result<ExitCode, Failure> {
    if let Some(url) = &mock.record {
        must_be_url(url)?;
    }
    let options = SpecOptions {
        stateful: mock.stateful,
        upstream: mock.record.clone(),
        ..options(&mock.shared)
    };
    let to = mock.record.is_some().then_some(&*mock.record_to);
    run(&mock.spec, &mock.shared, options, to)
}

pub(crate) fn proxy(proxy: &Proxy) -> Result<ExitCode, Failure> {
    must_be_url(&proxy.upstream)?;
    if let Some(through) = &proxy.through
        && !through.starts_with("http://")
    {
        return Err(Failure::Spec {
            what: format!("{through} is not the URL of an HTTP proxy"),
            hint: "give --upstream-proxy one with http://".to_owned(),
        });
    }
    let options = SpecOptions {
        upstream: Some(proxy.upstream.clone()),
        through: proxy.through.clone(),
        validate_request: proxy.validate_request,
        ..options(&proxy.shared)
    };
    run(&proxy.spec, &proxy.shared, options, None)
}

fn must_be_url(text: &str) -> Result<(), Failure> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return Ok(());
    }
    Err(Failure::Spec {
        what: format!("{text} is no URL of an API"),
        hint: "give one with http:// or https://".to_owned(),
    })
}

fn options(shared: &PrismOptions) -> SpecOptions {
    SpecOptions {
        dynamic: shared.dynamic,
        seed: shared.seed.clone(),
        errors: shared.errors,
        cors: shared.cors,
        ignore_examples: shared.ignore_examples,
        fallback: true,
        log: shared.verbose_level <= Verbosity::Error,
        ..SpecOptions::default()
    }
}

fn run(
    spec: &str,
    shared: &PrismOptions,
    options: SpecOptions,
    record_to: Option<&Path>,
) -> Result<ExitCode, Failure> {
    if shared.multiprocess == Some(true) {
        eprintln!("note: --multiprocess has no effect: efsm answers on several threads");
    }
    if shared.fill_properties.is_some() {
        eprintln!(
            "note: --json-schema-faker-fillProperties has no effect: generated objects have the properties that their schemas ask for"
        );
    }
    let log = Log::new(shared.verbose_level);
    log.starting();
    let source = Source::of(spec)?;
    let text = source.text()?;
    let config = Config {
        port: Some(shared.port),
        strict_port: true,
        bind: address(&shared.host)?,
        services: vec![ServiceName::Http],
        ..Config::default()
    };
    let definition = SpecDefinition {
        name: None,
        location: source.location().to_owned(),
        text,
        options,
    };
    let server = Builder::default()
        .config(config)
        .spec(definition.clone(), source.clone())
        .start()?;
    let specs = server.http().specs();
    let abouts = specs.iter().map(|spec| &*spec.about);
    for warning in abouts.clone().flat_map(|about| &about.warnings) {
        eprintln!("warning: {warning}");
    }
    let printer = log.follow(&server)?;
    let recorder = record_to.map(|to| (Recorder::follow(&server), to));
    let routes = abouts.flat_map(|about| &about.routes);
    let ended = up::serve(&server, || announce(&log, &server, routes));
    if let Some(printer) = printer {
        printer.finish();
    }
    if let Some((recorder, to)) = recorder {
        recorder.write(&definition.location, &definition.text, &source, to)?;
    }
    ended
}

fn announce<'a>(
    log: &Log,
    server: &EphemeralMockServer,
    routes: impl Iterator<Item = &'a (String, String)>,
) -> std::io::Result<()> {
    let url = server.url();
    for (method, path) in routes {
        log.info(&format!("{method:<10} {url}{path}"));
    }
    if let Some(token) = server.stack().token() {
        log.info(&format!("The control API asks for this token: {token}"));
    }
    log.listening(&url)
}

/// The address of a host: one that it is, or one that it is known by.
fn address(host: &str) -> Result<IpAddr, Failure> {
    if let Ok(ip) = host.parse() {
        return Ok(ip);
    }
    let found = (host, 0).to_socket_addrs().ok().and_then(|addresses| {
        let addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
        let v4 = addresses.iter().find(|ip| ip.is_ipv4());
        v4.or(addresses.first()).copied()
    });
    found.ok_or_else(|| Failure::Spec {
        what: format!("{host} is no address of this machine"),
        hint: "give an IP address, such as --host 127.0.0.1".to_owned(),
    })
}
