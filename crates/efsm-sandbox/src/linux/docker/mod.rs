//! The docker tier: the same supervisor, as the first process of a container.
//!
//! The helper's executable is mounted into the container with its loader and libraries, so that it runs in any image of this
//! processor. It connects to a socket in a mounted folder, and over that everything passes that would be the engine's part
//! otherwise: the listener of the stack goes out, and the command's output does not go through the engine at all, which cuts and
//! delays it. When the caller is gone, the socket is, and the container ends itself.

mod container;
mod engine;
mod loader;

use std::time::Duration;

use bollard::Docker;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use self::container::Container;
use self::loader::Loaded;
use super::channel::AsyncChannel;
use super::scratch::{Scratch, let_all_in};
use super::tiers::Attempt;
use super::wire::Setting;
use super::{helper, locate, session};
use crate::{Chunk, Job, Lacking, Measure, Orders, Policy, SandboxError, Tier};

/// How long a container may take from its start to the first word of its helper.
const START_PATIENCE: Duration = Duration::from_mins(1);

fn unavailable(why: impl Into<String>) -> SandboxError {
    SandboxError::Unavailable {
        tier: Tier::Docker,
        why: why.into(),
    }
}

pub(super) async fn attempt(
    job: &Job,
    policy: &Policy,
    output: &mpsc::Sender<Chunk>,
    orders: &mut Orders,
) -> Attempt {
    let Some(image) = &policy.container.image else {
        return Err(unavailable(
            "no image is named: name one that has the command's tools, with --image",
        ));
    };
    let engine = engine::find(policy.container.engine.as_deref()).await?;
    let image_env = engine::image_env(&engine.api, image).await?;
    let loaded = load(policy)?;
    let scratch = Scratch::new().map_err(SandboxError::io(
        "no folder for the container's socket can be made",
    ))?;
    let listener = listen(&scratch)?;
    container::remove_those_of_the_dead(&engine.api).await;
    let mut spec = session::spec(job, Setting::Container);
    spec.env = container::env(image_env, &job.env);
    let made = Container::create(&engine, image, job, policy, &loaded, scratch.path()).await?;
    let started = start(&made, listener).await;
    // What is connected needs no name any more, and what is gone cannot be left behind.
    drop(scratch);
    let ended = match started {
        Ok(socket) => {
            let channel = AsyncChannel::new(socket);
            session::conduct(channel, job, Tier::Docker, &spec, output, orders).await
        }
        Err(error) => Err(error),
    };
    let warnings = made.warnings.clone();
    let left_behind: Vec<String> = made.remove().await.into_iter().collect();
    let mut ended = ended?;
    for lacking in discarded(&warnings) {
        ended.enforced.retain(|e| e.measure != lacking.measure);
        ended.lacking.push(lacking);
    }
    Ok((ended, left_behind))
}

fn load(policy: &Policy) -> Result<Loaded, SandboxError> {
    let helper = std::fs::canonicalize(locate::helper(policy)?)
        .map_err(SandboxError::io("the helper's executable"))?;
    loader::find(&helper).map_err(|e| unavailable(format!("{}: {e}", helper.display())))
}

/// How the helper is run in a container.
pub(super) fn helper_inside(policy: &Policy) -> Result<Vec<String>, SandboxError> {
    Ok(container::entrypoint(&load(policy)?))
}

/// The socket that the helper inside connects to. Its folder is reached by nobody else on this machine.
fn listen(scratch: &Scratch) -> Result<UnixListener, SandboxError> {
    let io = SandboxError::io;
    let what = "the container's socket";
    let folder = scratch
        .folder_for_all(container::SOCKET_FOLDER)
        .map_err(io(what))?;
    let path = folder.join(container::SOCKET);
    let listener = UnixListener::bind(&path).map_err(io(what))?;
    let_all_in(&path).map_err(io(what))?;
    Ok(listener)
}

/// Starts the container and waits for its helper, or for what it says instead.
async fn start(made: &Container, listener: UnixListener) -> Result<UnixStream, SandboxError> {
    let mut said = made.attach().await?;
    made.start().await?;
    let patience = tokio::time::sleep(START_PATIENCE);
    tokio::select! {
        accepted = listener.accept() => {
            let (socket, _) = accepted.map_err(SandboxError::io("the container's socket"))?;
            Ok(socket)
        }
        last_words = said.until_the_end() => Err(unavailable(format!(
            "the container ended before its helper was up: {last_words}"
        ))),
        () = patience => Err(unavailable("the container's helper did not come up within a minute")),
    }
}

/// Limits that the engine says it does not set, as one without root does whose control groups were not handed to it.
fn discarded(warnings: &[String]) -> Vec<Lacking> {
    let measures = [
        ("memory", Measure::Memory),
        ("pids", Measure::ProcessCount),
        ("cpu", Measure::Cpus),
    ];
    let mut lacking = Vec::new();
    for warning in warnings {
        let text = warning.to_lowercase();
        // Podman says it of all at once.
        let is_about_all = text.contains("resource limits");
        for (word, measure) in measures {
            if is_about_all || (text.contains(word) && !text.contains("swap")) {
                lacking.push(Lacking {
                    measure,
                    why: format!("the engine says: {warning}"),
                });
            }
        }
    }
    lacking
}

/// How an error of the engine reads.
fn told(what: &str, error: &bollard::errors::Error) -> SandboxError {
    let why = match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } => message.clone(),
        error => error.to_string(),
    };
    unavailable(format!("{what}: {why}"))
}

/// The arguments after the helper's own executable.
fn helper_arguments() -> [String; 3] {
    [
        helper::MARK.to_owned(),
        helper::CONTAINER.to_owned(),
        format!("{}/{}", container::INSIDE_SOCKET_FOLDER, container::SOCKET),
    ]
}

/// An engine that answered.
#[derive(Debug)]
struct Engine {
    api: Docker,
    kind: Kind,
}

/// Who root inside is, and how one's own user is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The engine is root's: users are the same inside and outside.
    Rootful,
    /// Root inside is this user.
    RootlessDocker,
    /// This user can be kept by asking for it.
    RootlessPodman,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_an_engine_discards_are_lacking() {
        let measures = |warning: &str| -> Vec<Measure> {
            let found = discarded(&[warning.to_owned()]);
            found.into_iter().map(|lacking| lacking.measure).collect()
        };
        let cases: [(&str, &[Measure]); 5] = [
            (
                "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
                &[Measure::Memory],
            ),
            (
                "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.",
                &[Measure::ProcessCount],
            ),
            // Swap alone is not bounded: where there is none, nothing is lost.
            (
                "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
                &[],
            ),
            (
                "Resource limits are not supported and ignored on cgroups V1 rootless systems",
                &[Measure::Memory, Measure::ProcessCount, Measure::Cpus],
            ),
            (
                "Published ports are discarded when using host network mode",
                &[],
            ),
        ];
        for (warning, lacking) in cases {
            assert_eq!(measures(warning), lacking, "{warning}");
        }
    }
}
