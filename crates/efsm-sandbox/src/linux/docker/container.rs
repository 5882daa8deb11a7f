//! One container: made, started, and removed whatever happens.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType};
use bollard::query_parameters::{
    AttachContainerOptions, CreateContainerOptions, InspectContainerOptions, ListContainersOptions,
    RemoveContainerOptions, StartContainerOptions,
};
use futures_util::{Stream, StreamExt as _};

use super::loader::Loaded;
use super::{Engine, Kind, helper_arguments, told};
use crate::linux::secrets;
use crate::{Job, Policy, SandboxError};

pub(super) const SOCKET_FOLDER: &str = "socket";
pub(super) const SOCKET: &str = "run";
pub(super) const INSIDE_SOCKET_FOLDER: &str = "/.efsm/socket";
const INSIDE_HELPER: &str = "/.efsm/helper";
const INSIDE_LOADER: &str = "/.efsm/loader";
const INSIDE_LIBRARIES: &str = "/.efsm/lib";
/// Tells whose container it is, for the removal of those whose owner was killed before it could start them.
const OWNER: &str = "efsm.owner";
/// Nobody.
const UNPRIVILEGED: (u32, u32) = (65534, 65534);
const REMOVAL_PATIENCE: Duration = Duration::from_secs(20);
/// What a helper that does not come up says is short.
const LONGEST_LAST_WORDS: usize = 4096;

#[derive(Debug)]
pub(super) struct Container {
    api: Docker,
    id: String,
    pub(super) warnings: Vec<String>,
    /// Until it was removed.
    is_there: bool,
}

impl Container {
    pub(super) async fn create(
        engine: &Engine,
        image: &str,
        job: &Job,
        policy: &Policy,
        loaded: &Loaded,
        scratch: &Path,
    ) -> Result<Self, SandboxError> {
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(entrypoint(loaded)),
            cmd: Some(helper_arguments().into()),
            user: Some(user(engine.kind, job, policy)),
            working_dir: Some("/".to_owned()),
            network_disabled: Some(true),
            labels: Some(HashMap::from([(
                OWNER.to_owned(),
                std::process::id().to_string(),
            )])),
            host_config: Some(host_config(engine.kind, job, loaded, scratch)),
            ..ContainerCreateBody::default()
        };
        let created = engine
            .api
            .create_container(None::<CreateContainerOptions>, body)
            .await
            .map_err(|e| told("the container cannot be made", &e))?;
        Ok(Self {
            api: engine.api.clone(),
            id: created.id,
            warnings: created.warnings,
            is_there: true,
        })
    }

    /// Before the start, so that nothing that is said is missed.
    pub(super) async fn attach(&self) -> Result<LastWords, SandboxError> {
        let options = AttachContainerOptions {
            stream: true,
            stdout: true,
            stderr: true,
            ..AttachContainerOptions::default()
        };
        let attached = self
            .api
            .attach_container(&self.id, Some(options))
            .await
            .map_err(|e| told("the container cannot be listened to", &e))?;
        Ok(LastWords(attached.output))
    }

    pub(super) async fn start(&self) -> Result<(), SandboxError> {
        self.api
            .start_container(&self.id, None::<StartContainerOptions>)
            .await
            .map_err(|e| told("the container cannot be started", &e))
    }

    /// Gives what is left behind when the engine does not do it.
    pub(super) async fn remove(mut self) -> Option<String> {
        self.is_there = false;
        let mut last = "the engine takes too long".to_owned();
        let removal = async {
            loop {
                match remove(&self.api, &self.id).await {
                    // It removes itself when it has ended, and may be at it.
                    Ok(())
                    | Err(Error::DockerResponseServerError {
                        status_code: 404 | 409,
                        ..
                    }) => {}
                    // Podman, when the container ends at that very moment: later it can.
                    Err(Error::DockerResponseServerError {
                        status_code: 500,
                        message,
                    }) => last = message,
                    Err(error) => return Err(error),
                }
                if !is_there(&self.api, &self.id).await? {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let why = match tokio::time::timeout(REMOVAL_PATIENCE, removal).await {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => last,
        };
        let short = self.id.get(..12).unwrap_or(&self.id);
        Some(format!(
            "the container {short} could not be removed ({why}): `docker rm -f {short}` when the engine is back"
        ))
    }
}

impl Drop for Container {
    /// A run that was given up. A container that runs ends by itself, because its helper sees its caller go; one that was never
    /// started would stay.
    fn drop(&mut self) {
        if !self.is_there {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (api, id) = (self.api.clone(), self.id.clone());
            runtime.spawn(async move {
                let _ = remove(&api, &id).await;
            });
        }
    }
}

async fn is_there(api: &Docker, id: &str) -> Result<bool, Error> {
    match api
        .inspect_container(id, None::<InspectContainerOptions>)
        .await
    {
        Err(Error::DockerResponseServerError {
            status_code: 404, ..
        }) => Ok(false),
        // Podman knows states that the API does not: whatever has one is there.
        Ok(_) | Err(Error::JsonDataError { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

async fn remove(api: &Docker, id: &str) -> Result<(), Error> {
    let options = RemoveContainerOptions {
        force: true,
        v: true,
        ..RemoveContainerOptions::default()
    };
    api.remove_container(id, Some(options)).await
}

/// Through the loader that was mounted with it, when it has one: that of the image may be another, or none.
pub(super) fn entrypoint(loaded: &Loaded) -> Vec<String> {
    let mut words = Vec::new();
    if loaded.loader.is_some() {
        words.extend([INSIDE_LOADER, "--library-path", INSIDE_LIBRARIES]);
    }
    words.push(INSIDE_HELPER);
    words.into_iter().map(str::to_owned).collect()
}

/// Containers that were made and never started, because their caller was killed in between.
pub(super) async fn remove_those_of_the_dead(api: &Docker) {
    let filters = HashMap::from([
        ("label".to_owned(), vec![OWNER.to_owned()]),
        (
            "status".to_owned(),
            // Those that both engines know.
            vec!["created".to_owned(), "exited".to_owned()],
        ),
    ]);
    let options = ListContainersOptions {
        all: true,
        filters: Some(filters),
        ..ListContainersOptions::default()
    };
    for found in api.list_containers(Some(options)).await.unwrap_or_default() {
        let owner = found.labels.as_ref().and_then(|labels| labels.get(OWNER));
        let is_orphan = owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists());
        if let (true, Some(id)) = (is_orphan, found.id) {
            let _ = remove(api, &id).await;
        }
    }
}

/// The image's variables, and over them the job's.
pub(super) fn env(image: Vec<String>, job: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let of_image = image.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_replaced = job.iter().any(|(known, _)| known == name);
        (!is_replaced).then(|| (name.into(), value.into()))
    });
    of_image.chain(job.iter().cloned()).collect()
}

/// Whom the command runs as: somebody who may write to the workspace, and is not root.
fn user(kind: Kind, job: &Job, policy: &Policy) -> String {
    if let Some(user) = &policy.container.user {
        return user.clone();
    }
    if kind == Kind::RootlessDocker {
        // Which is this user, outside.
        return "0:0".to_owned();
    }
    let owner = std::fs::metadata(&job.workspace).map(|status| (status.uid(), status.gid()));
    let (uid, gid) = match owner {
        Ok((uid, gid)) if uid != 0 => (uid, gid),
        _ => UNPRIVILEGED,
    };
    format!("{uid}:{gid}")
}

fn host_config(kind: Kind, job: &Job, loaded: &Loaded, scratch: &Path) -> HostConfig {
    let limits = &job.limits;
    let memory = limits
        .memory_bytes
        .and_then(|bytes| i64::try_from(bytes).ok());
    let size = memory.map_or(String::new(), |bytes| format!(",size={bytes}"));
    // Tests build and run programs there: `exec` is not an engine's default.
    let private = format!("rw,nosuid,nodev,exec,mode=1777{size}");
    HostConfig {
        network_mode: Some("none".to_owned()),
        readonly_rootfs: Some(true),
        mounts: Some(mounts(job, loaded, scratch)),
        tmpfs: Some(HashMap::from([
            ("/tmp".to_owned(), private.clone()),
            ("/var/tmp".to_owned(), private),
        ])),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        memory,
        memory_swap: memory,
        // The supervisor is one more.
        pids_limit: limits
            .processes
            .and_then(|count| i64::try_from(count + 1).ok()),
        nano_cpus: limits.cpus.map(|cpus| (cpus * 1e9) as i64),
        ipc_mode: Some("private".to_owned()),
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".to_owned()),
            config: None,
        }),
        userns_mode: (kind == Kind::RootlessPodman).then(|| "keep-id".to_owned()),
        auto_remove: Some(true),
        ..HostConfig::default()
    }
}

fn mounts(job: &Job, loaded: &Loaded, scratch: &Path) -> Vec<Mount> {
    let bind = |from: &Path, to: String, read_only| Mount {
        typ: Some(MountType::BIND),
        source: Some(from.to_string_lossy().into_owned()),
        target: Some(to),
        read_only: Some(read_only),
        ..Mount::default()
    };
    let in_place =
        |path: &Path, read_only| bind(path, path.to_string_lossy().into_owned(), read_only);
    let mut mounts = vec![bind(&loaded.executable, INSIDE_HELPER.to_owned(), true)];
    if let Some(loader) = &loaded.loader {
        mounts.push(bind(loader, INSIDE_LOADER.to_owned(), true));
    }
    for (name, path) in &loaded.libraries {
        mounts.push(bind(path, format!("{INSIDE_LIBRARIES}/{name}"), true));
    }
    let socket = scratch.join(SOCKET_FOLDER);
    mounts.push(bind(&socket, INSIDE_SOCKET_FOLDER.to_owned(), true));
    mounts.push(in_place(&job.workspace, false));
    for path in &job.writable {
        mounts.push(in_place(path, false));
    }
    for path in secrets::traps(&job.workspace) {
        mounts.push(in_place(&path, true));
    }
    mounts
}

/// What a container says before it ends.
pub(super) struct LastWords(Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>);

impl LastWords {
    /// Returns when the container has ended. Safe to give up.
    pub(super) async fn until_the_end(&mut self) -> String {
        let mut said = Vec::new();
        while let Some(Ok(piece)) = self.0.next().await {
            if said.len() < LONGEST_LAST_WORDS {
                said.extend_from_slice(piece.as_ref());
            }
        }
        let said = OsString::from_vec(said);
        let said = said.to_string_lossy();
        match said.trim() {
            "" => "it said nothing".to_owned(),
            said => said.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_job_replace_those_of_the_image() {
        let image = vec![
            "PATH=/bin".to_owned(),
            "A=1".to_owned(),
            "nonsense".to_owned(),
        ];
        let pair = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let job = [pair("A", "2"), pair("B", "3")];
        let all = env(image, &job);
        assert_eq!(all, [pair("PATH", "/bin"), pair("A", "2"), pair("B", "3")]);
    }

    fn loaded() -> Loaded {
        Loaded {
            executable: "/opt/efsm".into(),
            loader: None,
            libraries: Vec::new(),
        }
    }

    #[test]
    fn user_is_one_who_may_write_to_the_workspace_and_is_not_root() {
        let folder = tempfile::tempdir().unwrap();
        let status = std::fs::metadata(folder.path()).unwrap();
        let job = Job::new("true", folder.path());
        let mut policy = Policy::default();
        let owner = match status.uid() {
            0 => "65534:65534".to_owned(),
            uid => format!("{uid}:{}", status.gid()),
        };
        assert_eq!(user(Kind::Rootful, &job, &policy), owner);
        assert_eq!(user(Kind::RootlessPodman, &job, &policy), owner);
        // Root inside is the engine's user outside, and nobody more.
        assert_eq!(user(Kind::RootlessDocker, &job, &policy), "0:0");
        policy.container.user = Some("1234:5".to_owned());
        assert_eq!(user(Kind::RootlessDocker, &job, &policy), "1234:5");
    }

    #[test]
    fn own_user_is_kept_where_an_engine_without_root_can_do_it() {
        let job = Job::new("true", "/work");
        let scratch = Path::new("/tmp/efsm-run-x");
        let mode = |kind| host_config(kind, &job, &loaded(), scratch).userns_mode;
        assert_eq!(mode(Kind::RootlessPodman).as_deref(), Some("keep-id"));
        assert_eq!(mode(Kind::RootlessDocker), None);
        assert_eq!(mode(Kind::Rootful), None);
    }

    #[test]
    fn container_is_held_back_whatever_the_engine() {
        let mut job = Job::new("true", "/work");
        job.limits.memory_bytes = Some(1 << 20);
        job.limits.processes = Some(7);
        job.limits.cpus = Some(1.5);
        for kind in [Kind::Rootful, Kind::RootlessDocker, Kind::RootlessPodman] {
            let config = host_config(kind, &job, &loaded(), Path::new("/tmp/efsm-run-x"));
            assert_eq!(config.network_mode.as_deref(), Some("none"));
            assert_eq!(config.readonly_rootfs, Some(true));
            assert_eq!(config.cap_drop, Some(vec!["ALL".to_owned()]));
            assert_eq!(
                config.security_opt,
                Some(vec!["no-new-privileges".to_owned()])
            );
            assert_eq!(
                (config.memory, config.memory_swap),
                (Some(1 << 20), Some(1 << 20))
            );
            assert_eq!(
                (config.pids_limit, config.nano_cpus),
                (Some(8), Some(1_500_000_000))
            );
            assert_eq!(config.auto_remove, Some(true));
        }
    }
}
