//! The command: its output is passed on as it comes, signals reach it, and it is waited for.

use std::io::{self, Write};

use efsm_sandbox::{Chunk, End, Job, Outcome, Policy, SandboxError, Steering, Stream};
use futures_util::future::select_all;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::BROKEN_PIPE;
use crate::failure::Failure;

/// Pieces of output on their way; then the command waits.
const IN_FLIGHT: usize = 64;

/// Signals that are passed on: hang-up, interrupt, quit, two for users, terminate.
const FORWARDED: [i32; 6] = [1, 2, 3, 10, 12, 15];
const SIGPIPE: i32 = 13;

/// Hears the signals that are for the command.
#[derive(Debug)]
pub(super) struct Listener(Vec<(i32, Signal)>);

impl Listener {
    /// Needs a runtime's context.
    pub(super) fn new() -> io::Result<Self> {
        FORWARDED
            .into_iter()
            .map(|number| Ok((number, signal(SignalKind::from_raw(number))?)))
            .collect::<io::Result<_>>()
            .map(Self)
    }

    pub(super) async fn next(&mut self) -> i32 {
        let heard = self.0.iter_mut().map(|(number, signal)| {
            Box::pin(async move {
                signal.recv().await;
                *number
            })
        });
        select_all(heard).await.0
    }
}

/// Whether it asks for the end.
pub(super) fn is_ending(signal: i32) -> bool {
    matches!(signal, 1 | 2 | 3 | 15)
}

/// A command that ran.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) outcome: Outcome,
    /// The first signal that asked this process for the end.
    pub(super) asked_to_end: Option<i32>,
    /// Whoever read our output went away.
    pub(super) is_pipe_broken: bool,
}

impl Ran {
    pub(super) fn exit_code(&self) -> u8 {
        match (self.outcome.end, self.asked_to_end) {
            _ if self.is_pipe_broken => BROKEN_PIPE,
            (End::Cancelled, Some(signal)) => 128 + signal as u8,
            _ => self.outcome.exit_code,
        }
    }
}

pub(super) async fn run(
    job: Job,
    policy: &Policy,
    listener: &mut Listener,
) -> Result<Ran, Failure> {
    let (sender, receiver) = mpsc::channel(IN_FLIGHT);
    let (steering, orders) = efsm_sandbox::steering();
    let writer = {
        let steering = steering.clone();
        std::thread::spawn(move || pass_on(receiver, &steering))
    };
    let mut running = std::pin::pin!(efsm_sandbox::run(job, policy, sender, orders));
    let mut asked_to_end = None;
    let mut ending_signals = 0;
    let outcome = loop {
        tokio::select! {
            outcome = &mut running => break outcome,
            signal = listener.next() => {
                if is_ending(signal) {
                    asked_to_end.get_or_insert(signal);
                    ending_signals += 1;
                }
                match ending_signals {
                    0 | 1 => steering.signal(signal),
                    2 => steering.stop(),
                    _ => steering.kill(),
                }
            }
        }
    };
    // The sender went with the run: the writer ends.
    let written = tokio::task::spawn_blocking(move || writer.join())
        .await
        .ok()
        .and_then(Result::ok)
        .unwrap_or(Ok(()));
    let outcome = outcome.map_err(|e| failure(&e))?;
    match written {
        Ok(()) => Ok(Ran {
            outcome,
            asked_to_end,
            is_pipe_broken: false,
        }),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(Ran {
            outcome,
            asked_to_end,
            is_pipe_broken: true,
        }),
        Err(e) => Err(Failure::CommandOutput(e)),
    }
}

/// Writes until the command ends. When that fails, the command is told as its own write would have told it.
fn pass_on(mut chunks: mpsc::Receiver<Chunk>, steering: &Steering) -> io::Result<()> {
    while let Some(chunk) = chunks.blocking_recv() {
        let written = match chunk.stream {
            Stream::Stdout => write(&mut io::stdout().lock(), &chunk.bytes),
            Stream::Stderr => write(&mut io::stderr().lock(), &chunk.bytes),
        };
        if let Err(e) = written {
            steering.signal(SIGPIPE);
            steering.stop();
            return Err(e);
        }
    }
    Ok(())
}

fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

fn failure(error: &SandboxError) -> Failure {
    let code = error.exit_code();
    Failure::Command {
        what: error.to_string(),
        code,
    }
}
