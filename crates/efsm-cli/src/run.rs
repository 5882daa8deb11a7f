//! `efsm run` and `efsm setup`: a stack, a command against it in a sandbox, and nothing left afterwards.
//!
//! | module | holds |
//! | --- | --- |
//! | [`backend`] | the stack: in this process, or left in the background |
//! | [`environment`] | the variables of the command |
//! | [`database`] | `--db file`: filled before, read back after |
//! | [`isolation`] | which sandbox, and what it enforces |
//! | [`command`] | the command itself: output, signals, its end |
//! | [`relay`] | the stack's port inside a network of the command's own |
//! | [`report`], [`junit`], [`summary`] | what is said of it afterwards |
//! | [`watch`] | running it again |

mod backend;
mod command;
mod database;
mod environment;
mod isolation;
mod junit;
mod relay;
mod report;
mod summary;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use efsm_sandbox::{Job, JobLimits, Stdin};
use serde_json::json;

use crate::args::{DatabaseKind, Run, RunOptions, Setup};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::registry::Name;
use crate::scratch::{self, Scratch};
use crate::up;

use backend::Backend;
use command::{Listener, Ran};
use database::FileDatabase;
use environment::Environment;
use isolation::Chosen;
use watch::{Seen, Watch};

/// The exit code of a process whose reader went away, as shells give it.
const BROKEN_PIPE: u8 = 128 + 13;

/// What is to be done, whichever command said it.
#[derive(Debug)]
struct Plan {
    name: Option<Name>,
    config: Option<PathBuf>,
    how: RunOptions,
    /// Empty when nothing is to be run.
    command: Vec<OsString>,
    announces: bool,
    stays_up: bool,
}

pub(crate) fn run(run: Run) -> Result<ExitCode, Failure> {
    carry_out(&Plan {
        name: None,
        config: run.config,
        how: run.how,
        command: run.command,
        announces: false,
        stays_up: false,
    })
}

pub(crate) fn setup(setup: Setup) -> Result<ExitCode, Failure> {
    let command = setup
        .test_cmd
        .map(|script| vec!["sh".into(), "-c".into(), script])
        .unwrap_or_default();
    carry_out(&Plan {
        name: Some(setup.name),
        config: setup.config,
        how: setup.how,
        command,
        announces: true,
        stays_up: setup.serve_mock,
    })
}

fn carry_out(plan: &Plan) -> Result<ExitCode, Failure> {
    check(plan)?;
    scratch::sweep();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let chosen = if plan.command.is_empty() {
        None
    } else {
        let chosen = runtime.block_on(isolation::choose(&plan.how))?;
        chosen.warn();
        Some(chosen)
    };
    let _in_runtime = runtime.enter();
    // While the stack is prepared for the first time, a signal ends this process as it ends others.
    let mut round = Round::prepare(plan)?;
    let mut listener = Listener::new()?;
    let mut watch = plan.how.watch.then(|| {
        let reports = [&plan.how.junit, &plan.how.report];
        Watch::without(reports.into_iter().flatten().map(PathBuf::as_path))
    });
    loop {
        if plan.announces {
            round.announce(plan, chosen.as_ref())?;
        }
        let Some(chosen) = &chosen else {
            if !plan.stays_up {
                eprintln!(
                    "note: nothing was run: give --test-cmd, or --serve-mock to keep the stack"
                );
            }
            return Ok(ExitCode::SUCCESS);
        };
        match round.run(plan, chosen, &runtime, &mut listener, &mut watch)? {
            Next::End(code) => return Ok(code),
            Next::Anew(prepared) => round = *prepared,
        }
    }
}

fn check(plan: &Plan) -> Result<(), Failure> {
    let refuse = |what: &str, hint: &str| {
        Err(Failure::Options {
            what: what.to_owned(),
            hint: hint.to_owned(),
        })
    };
    if plan.how.db == Some(DatabaseKind::Postgres) {
        return refuse(
            "--db postgres is reserved for the PostgreSQL engine, which this build does not have yet",
            "use --db (libSQL over HTTP) or --db file (a SQLite file)",
        );
    }
    if plan.command.is_empty() {
        for (is_given, option) in [
            (plan.how.watch, "--watch"),
            (plan.how.db == Some(DatabaseKind::File), "--db file"),
            (plan.how.junit.is_some(), "--junit"),
            (plan.how.report.is_some(), "--report"),
        ] {
            if is_given {
                return refuse(
                    &format!("{option} is about a command, and none is given"),
                    "add --test-cmd \"pytest -q\"",
                );
            }
        }
    }
    if plan.stays_up && plan.how.watch {
        return refuse(
            "--watch puts the stack back before each run, and --serve-mock leaves it to others",
            "leave one of them out",
        );
    }
    Ok(())
}

/// What follows a round.
enum Next {
    End(ExitCode),
    /// With the stack that the changed configuration describes.
    Anew(Box<Round>),
}

/// A stack as one reading of the configuration describes it, and the command's surroundings.
struct Round {
    backend: Backend,
    environment: Environment,
    file: Option<FileDatabase>,
    sources: Vec<PathBuf>,
    /// Last: what it holds is used by the rest.
    scratch: Option<Scratch>,
}

impl Round {
    fn prepare(plan: &Plan) -> Result<Self, Failure> {
        let _progress = Progress::start("preparing the stack");
        let loaded = up::configuration(plan.config.as_deref())?;
        let mut config = loaded.config;
        config.api.extend(plan.how.stack.api.iter().cloned());
        if !plan.how.stack.services.is_empty() {
            config.services = plan
                .how
                .stack
                .services
                .iter()
                .map(|s| (*s).into())
                .collect();
        }
        let needs = environment::Needs::of(&plan.how, &config);
        let scratch = if needs.files() && !plan.command.is_empty() {
            Some(Scratch::new()?)
        } else {
            None
        };
        let backend = if plan.stays_up {
            Backend::in_background(plan)?
        } else {
            Backend::here(plan, config.clone())?
        };
        let file = match &scratch {
            Some(scratch) if plan.how.db == Some(DatabaseKind::File) => {
                Some(FileDatabase::new(scratch.path()))
            }
            _ => None,
        };
        let environment = Environment::new(
            &plan.how,
            &config,
            &backend,
            needs,
            scratch.as_ref().map(Scratch::path),
            file.as_ref(),
        )?;
        Ok(Self {
            backend,
            environment,
            file,
            sources: loaded.sources,
            scratch,
        })
    }

    /// The environment as one line of JSON.
    fn announce(&self, plan: &Plan, chosen: Option<&Chosen>) -> Result<(), Failure> {
        let mut line = self.backend.describe();
        line["name"] = plan.name.as_ref().map(ToString::to_string).into();
        line["env"] = self.environment.stack_json();
        line["isolation"] = chosen.map(Chosen::isolation).into();
        line["sandbox"] = chosen.map_or(json!(null), Chosen::describe);
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
        Ok(())
    }

    fn run(
        &self,
        plan: &Plan,
        chosen: &Chosen,
        runtime: &tokio::runtime::Runtime,
        listener: &mut Listener,
        watch: &mut Option<Watch>,
    ) -> Result<Next, Failure> {
        let prepared = self.backend.snapshot();
        loop {
            if let Some(watch) = watch {
                runtime.block_on(watch.begin(&self.sources));
            }
            if let Some(file) = &self.file {
                file.fill(&self.backend)?;
            }
            let junit = plan.how.junit.as_deref().map(junit::Report::expected);
            let ran = runtime.block_on(command::run(self.job(plan)?, &chosen.policy, listener));
            if let Some(file) = &self.file {
                file.read_back(&self.backend)?;
            }
            let code = self.tell(plan, chosen, junit, ran)?;
            let Some(watch) = watch else {
                return Ok(Next::End(code));
            };
            loop {
                match runtime.block_on(watch.wait(&self.sources, listener)) {
                    Seen::Signal => return Ok(Next::End(code)),
                    Seen::Files => break,
                    Seen::Configuration => match Self::prepare(plan) {
                        Ok(round) => return Ok(Next::Anew(Box::new(round))),
                        // Somebody is at it: the next change may mend it.
                        Err(failure) => failure.report(),
                    },
                }
            }
            self.backend.restore(prepared.as_ref());
        }
    }

    fn job(&self, plan: &Plan) -> Result<Job, Failure> {
        let (program, arguments) = plan.command.split_first().expect("checked before");
        let workspace = std::env::current_dir().map_err(|source| Failure::File {
            path: ".".into(),
            source,
        })?;
        let how = &plan.how;
        let mut limits = JobLimits::default();
        limits.timeout = how.timeout.or(limits.timeout);
        limits.memory_bytes = how.memory.or(limits.memory_bytes);
        limits.processes = how.processes.or(limits.processes);
        limits.cpus = how.cpus.or(limits.cpus);
        limits.file_size_bytes = how.file_size.or(limits.file_size_bytes);
        limits.output_bytes = how.output.or(limits.output_bytes);
        let mut job = Job::new(program, &workspace).args(arguments);
        job.env = self.environment.of_command();
        job.host_env = self.environment.of_machine();
        job.limits = limits;
        job.writable.clone_from(&how.writable);
        job.writable.extend(
            self.scratch
                .as_ref()
                .map(|scratch| scratch.path().to_owned()),
        );
        // A report outside of the workspace is to be written all the same.
        let report_folder = how
            .junit
            .as_deref()
            .and_then(|path| std::path::absolute(path).ok())
            .and_then(|path| path.parent().map(std::path::Path::to_owned))
            .filter(|folder| !folder.starts_with(&workspace) && folder.is_dir());
        job.writable.extend(report_folder);
        job.stdin = if how.watch {
            Stdin::Null
        } else {
            Stdin::Inherit
        };
        job.stacks = vec![self.backend.port()];
        Ok(job)
    }

    /// Says how it ended, and gives the exit code.
    fn tell(
        &self,
        plan: &Plan,
        chosen: &Chosen,
        junit: Option<junit::Report>,
        ran: Result<Ran, Failure>,
    ) -> Result<ExitCode, Failure> {
        let ran = match ran {
            Ok(ran) => ran,
            Err(failure) if plan.how.watch => {
                let code = failure.exit_code();
                failure.report();
                return Ok(ExitCode::from(code));
            }
            Err(failure) => return Err(failure),
        };
        let code = ran.exit_code();
        report::tell(&ran, &plan.how);
        let junit = junit.map(junit::Report::read);
        if let Some(junit) = &junit {
            eprint!("{}", junit.text());
        }
        let unmatched = self.backend.unmatched();
        if plan.how.summary && code != 0 {
            eprint!("{}", summary::text(&unmatched, &self.backend.refusals()));
        }
        if let Some(path) = &plan.how.report {
            report::write(path, plan, chosen, &ran, junit.as_ref(), &unmatched)?;
        }
        Ok(ExitCode::from(code))
    }
}
