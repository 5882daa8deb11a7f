//! One run, seen from the caller: the helper's socket, the command's streams, the clock, and the caller's orders.

use std::ffi::OsString;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use efsm_core::Stopwatch;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::channel::AsyncChannel;
use super::pump::{self, Allowance, Count};
use super::wire::{Command, Event, Refusal, Setting, Spec, Status};
use crate::orders::Order;
use crate::{
    Chunk, End, Enforced, Job, Lacking, Measure, Orders, SandboxError, Stdin, Stream, Tier, Written,
};

/// How long a killed command's pipes may stay open before its output is given up.
const LAST_OUTPUT: Duration = Duration::from_secs(5);
/// How long a supervisor that was told to kill may take before it is given up.
const KILL_PATIENCE: Duration = Duration::from_secs(15);

/// What is known of a run when its supervisor has said its last word.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) survivors: u32,
    pub(super) enforced: Vec<Enforced>,
    pub(super) lacking: Vec<Lacking>,
    pub(super) duration: Duration,
    pub(super) stdout: Written,
    pub(super) stderr: Written,
}

/// The job as the supervisor is told it.
pub(super) fn spec(job: &Job, setting: Setting) -> Spec {
    Spec {
        setting,
        has_stdin: !matches!(job.stdin, Stdin::Null),
        program: job.program.clone(),
        args: job.args.clone(),
        env: env(job),
        workspace: job.workspace.clone(),
        writable: job.writable.clone(),
        listen: match setting {
            Setting::Host => Vec::new(),
            Setting::Namespaces | Setting::Container => {
                job.stacks.iter().map(|stack| stack.address()).collect()
            }
        },
        memory_bytes: job.limits.memory_bytes,
        processes: job.limits.processes,
        cpus: job.limits.cpus,
        file_size_bytes: job.limits.file_size_bytes,
        homes: homes(job),
    }
}

/// The job's variables, and before them those of this machine that it does not replace.
fn env(job: &Job) -> Vec<(OsString, OsString)> {
    let is_replaced = |name: &OsString| job.env.iter().any(|(known, _)| known == name);
    let of_host = job.host_env.iter().filter(|(name, _)| !is_replaced(name));
    of_host.chain(&job.env).cloned().collect()
}

/// The caller's, and what the command takes for its own.
fn homes(job: &Job) -> Vec<PathBuf> {
    let given = job
        .env
        .iter()
        .chain(&job.host_env)
        .filter(|(name, _)| name == "HOME");
    std::env::home_dir()
        .into_iter()
        .chain(given.map(|(_, home)| PathBuf::from(home)))
        .filter(|home| home.is_absolute())
        .collect()
}

/// Sends the job through `channel` and sees it to its end.
pub(super) async fn conduct(
    mut channel: AsyncChannel,
    job: &Job,
    tier: Tier,
    spec: &Spec,
    output: &mpsc::Sender<Chunk>,
    orders: &mut Orders,
) -> Result<Ended, SandboxError> {
    let io = SandboxError::io;
    // Aborted when this future is dropped, so that nothing outlives the run.
    let mut pumps = JoinSet::new();
    let allowance = Allowance::new(job.limits.output_bytes);
    let counts = [Count::default(), Count::default()];
    {
        let stdin = stdin(job, &mut pumps)?;
        let (out_reader, out_writer) = pipe()?;
        let (err_reader, err_writer) = pipe()?;
        let streams = [(Stream::Stdout, out_reader), (Stream::Stderr, err_reader)];
        for ((stream, reader), count) in streams.into_iter().zip(&counts) {
            let (to, allowance, count) = (output.clone(), allowance.clone(), count.clone());
            pumps.spawn(pump::pump(reader, stream, to, allowance, count));
        }
        let mut fds: Vec<BorrowedFd<'_>> = stdin.iter().map(OwnedFd::as_fd).collect();
        fds.extend([out_writer.as_fd(), err_writer.as_fd()]);
        channel
            .send(spec, &fds)
            .await
            .map_err(io("the job cannot be handed to its supervisor"))?;
        // This side's copies of the command's ends close here: the pipes end with the command.
    }
    let mut run = Run {
        channel,
        job,
        tier,
        adopted: Vec::new(),
        force: None,
        started: None,
    };
    let clock = Stopwatch::start();
    let (status, survivors) = run.until_the_end(orders).await?;
    // The stack closes the listeners that it was lent.
    run.adopted.clear();
    let duration = clock.elapsed();
    // The pumps have all the time that their reader takes, but not that of a process which got away with a pipe.
    let drained = async { while pumps.join_next().await.is_some() {} };
    tokio::select! {
        () = drained => {}
        () = stalled(&counts, output) => {}
    }
    let (enforced, lacking) = run.started.unwrap_or_default();
    let end = match (run.force, status) {
        (Some(end), _) => end,
        (None, Status::Code(code)) => End::Code(code),
        (None, Status::Signal(signal)) => End::Signal(signal),
        (None, Status::Over(measure)) => End::Over(measure),
    };
    Ok(Ended {
        end,
        survivors,
        enforced,
        lacking,
        duration,
        stdout: counts[0].written(),
        stderr: counts[1].written(),
    })
}

/// Returns when nothing has been read for a while although the caller has room for more.
async fn stalled(counts: &[Count; 2], output: &mpsc::Sender<Chunk>) {
    loop {
        let before = counts.each_ref().map(Count::written);
        tokio::time::sleep(LAST_OUTPUT).await;
        if counts.each_ref().map(Count::written) == before && output.capacity() > 0 {
            return;
        }
    }
}

fn pipe() -> Result<(OwnedFd, OwnedFd), SandboxError> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(|e| SandboxError::io("no pipe can be made")(e.into()))
}

/// The command's end of its standard input, when it has one.
fn stdin(
    job: &Job,
    pumps: &mut JoinSet<std::io::Result<()>>,
) -> Result<Option<OwnedFd>, SandboxError> {
    Ok(match &job.stdin {
        Stdin::Null => None,
        Stdin::Inherit => Some(
            std::io::stdin()
                .as_fd()
                .try_clone_to_owned()
                .map_err(SandboxError::io("standard input cannot be passed on"))?,
        ),
        Stdin::Bytes(bytes) => {
            let (reader, writer) = pipe()?;
            pumps.spawn(pump::feed(writer, bytes.clone()));
            Some(reader)
        }
    })
}

struct Run<'r> {
    channel: AsyncChannel,
    job: &'r Job,
    tier: Tier,
    /// Keeps the stacks' listeners open.
    adopted: Vec<Box<dyn Send + Sync>>,
    /// How the run ends, once it was ended from outside.
    force: Option<End>,
    started: Option<(Vec<Enforced>, Vec<Lacking>)>,
}

impl Run<'_> {
    async fn until_the_end(&mut self, orders: &mut Orders) -> Result<(Status, u32), SandboxError> {
        let mut timeout = Box::pin(sleep(self.job.limits.timeout));
        // Armed when the command was told to end.
        let mut grace = Box::pin(sleep(None));
        let mut patience = Box::pin(sleep(None));
        let mut has_orders = true;
        loop {
            tokio::select! {
                biased;
                event = self.channel.receive::<Event>() => {
                    let received = event.map_err(|e| SandboxError::Broken(e.to_string()))?;
                    let Some((event, fds)) = received else {
                        return Err(SandboxError::Broken("it was killed".to_owned()));
                    };
                    if let Some(end) = self.take(event, fds)? {
                        return Ok(end);
                    }
                }
                order = orders.0.recv(), if has_orders => match order {
                    Some(Order::Signal(signal)) => self.tell(Command::Signal(signal)).await,
                    Some(Order::Stop) => {
                        self.force.get_or_insert(End::Cancelled);
                        self.tell(Command::Signal(15)).await;
                        grace = Box::pin(sleep(Some(self.job.limits.kill_grace)));
                    }
                    Some(Order::Kill) => {
                        self.force.get_or_insert(End::Cancelled);
                        self.tell(Command::Kill).await;
                        patience = Box::pin(sleep(Some(KILL_PATIENCE)));
                    }
                    None => has_orders = false,
                },
                () = &mut timeout => {
                    timeout = Box::pin(sleep(None));
                    if self.force.is_none() {
                        self.force = Some(End::TimedOut);
                        self.tell(Command::Signal(15)).await;
                        grace = Box::pin(sleep(Some(self.job.limits.kill_grace)));
                    }
                }
                () = &mut grace => {
                    grace = Box::pin(sleep(None));
                    self.tell(Command::Kill).await;
                    patience = Box::pin(sleep(Some(KILL_PATIENCE)));
                }
                () = &mut patience => {
                    return Err(SandboxError::Broken("it does not answer".to_owned()));
                }
            }
        }
    }

    /// A supervisor that cannot be told is gone, and that is seen when it is listened to.
    async fn tell(&mut self, command: Command) {
        let _ = self.channel.send(&command, &[]).await;
    }

    fn take(
        &mut self,
        event: Event,
        fds: Vec<OwnedFd>,
    ) -> Result<Option<(Status, u32)>, SandboxError> {
        match event {
            Event::Listener(index) => {
                let stack = self.job.stacks.get(index);
                let (Some(stack), Some(fd)) = (stack, fds.into_iter().next()) else {
                    return Err(SandboxError::Broken(
                        "a listener that nobody asked for".to_owned(),
                    ));
                };
                let adopted = stack
                    .adopt(fd.into())
                    .map_err(SandboxError::io("the stack cannot listen in the sandbox"))?;
                self.adopted.push(adopted);
                Ok(None)
            }
            Event::Started {
                mut enforced,
                lacking,
            } => {
                let mut has = |measure, by: &str| {
                    enforced.push(Enforced {
                        measure,
                        by: by.to_owned(),
                    });
                };
                if self.job.limits.timeout.is_some() {
                    has(Measure::Timeout, "SIGTERM, the grace, SIGKILL");
                }
                if self.job.limits.output_bytes.is_some() {
                    has(Measure::OutputSize, "what is over the limit is thrown away");
                }
                self.started = Some((enforced, lacking));
                Ok(None)
            }
            Event::Ended { status, survivors } => Ok(Some((status, survivors))),
            Event::Broken(why) => Err(SandboxError::Broken(why)),
            Event::NotStarted { why, message } => {
                let program = self.job.program.display().to_string();
                Err(match why {
                    Refusal::NotFound => SandboxError::NotFound {
                        program,
                        path: message,
                    },
                    Refusal::NotExecutable => SandboxError::NotExecutable {
                        program,
                        why: message,
                    },
                    Refusal::SetUp => SandboxError::Unavailable {
                        tier: self.tier,
                        why: message,
                    },
                    Refusal::Version => SandboxError::NoHelper { why: message },
                })
            }
        }
    }
}

/// Never returns when there is no time to wait for.
async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
