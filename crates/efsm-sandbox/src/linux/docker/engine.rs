//! Finding an engine: where somebody says it is, or in the usual places, and only if it answers.

use std::path::Path;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};

use super::{Engine, Kind, told, unavailable};
use crate::SandboxError;

/// An engine that is there answers a ping at once.
const PING_PATIENCE: Duration = Duration::from_secs(5);
/// Of each request to the engine, in seconds. Creating a container on a busy disk takes a while.
const REQUEST_PATIENCE: u64 = 60;

pub(super) async fn find(named: Option<&str>) -> Result<Engine, SandboxError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let said = named
        .map(str::to_owned)
        .or_else(|| variable("DOCKER_HOST"))
        .or_else(|| variable("CONTAINER_HOST"));
    if let Some(address) = said {
        return match address.strip_prefix("unix://") {
            Some(path) => ask(path).await,
            None if address.starts_with('/') => ask(&address).await,
            None => Err(unavailable(format!(
                "the engine at {address} is not reached by a socket of this machine, so that its folders and sockets cannot be mounted: use a local one"
            ))),
        };
    }
    let mut usual = vec!["/var/run/docker.sock".to_owned()];
    if let Some(runtime) = variable("XDG_RUNTIME_DIR") {
        usual.push(format!("{runtime}/docker.sock"));
        usual.push(format!("{runtime}/podman/podman.sock"));
    }
    if let Some(home) = std::env::home_dir() {
        usual.push(
            home.join(".docker/run/docker.sock")
                .to_string_lossy()
                .into_owned(),
        );
    }
    usual.push("/run/podman/podman.sock".to_owned());
    let mut reasons = Vec::new();
    for path in usual.iter().filter(|path| Path::new(path).exists()) {
        match ask(path).await {
            Ok(engine) => return Ok(engine),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Err(unavailable(if reasons.is_empty() {
        format!(
            "no engine's socket was found (looked at {}): start Docker or Podman, or set DOCKER_HOST",
            usual.join(", ")
        )
    } else {
        reasons.join("; ")
    }))
}

async fn ask(path: &str) -> Result<Engine, SandboxError> {
    let api = Docker::connect_with_unix(path, REQUEST_PATIENCE, API_DEFAULT_VERSION)
        .map_err(|e| told(&format!("no engine at {path}"), &e))?;
    let answered = tokio::time::timeout(PING_PATIENCE, async {
        let api = api.negotiate_version().await?;
        let info = api.info().await?;
        let version = api.version().await?;
        Ok::<_, bollard::errors::Error>((api, info, version))
    })
    .await;
    let (api, info, version) = match answered {
        Err(_elapsed) => {
            return Err(unavailable(format!("the engine at {path} does not answer")));
        }
        Ok(Err(error)) => {
            return Err(told(
                &format!(
                    "the engine at {path} does not answer (is it running, and may you use it?)"
                ),
                &error,
            ));
        }
        Ok(Ok(answer)) => answer,
    };
    let options = info.security_options.unwrap_or_default();
    let is_rootless = options.iter().any(|option| option.contains("rootless"));
    let is_podman = version
        .components
        .unwrap_or_default()
        .iter()
        .any(|component| component.name.contains("Podman"));
    let kind = match (is_rootless, is_podman) {
        (false, _) => Kind::Rootful,
        (true, false) => Kind::RootlessDocker,
        (true, true) => Kind::RootlessPodman,
    };
    Ok(Engine { api, kind })
}

/// The variables of an image that must be there: nothing is pulled behind anybody's back.
pub(super) async fn image_env(api: &Docker, image: &str) -> Result<Vec<String>, SandboxError> {
    match api.inspect_image(image).await {
        Ok(found) => Ok(found
            .config
            .and_then(|config| config.env)
            .unwrap_or_default()),
        Err(bollard::errors::Error::DockerResponseServerError {
            status_code: 404, ..
        }) => Err(unavailable(format!(
            "the image {image} is not there: `docker pull {image}` (or build it), then run again"
        ))),
        Err(error) => Err(told(&format!("the image {image}"), &error)),
    }
}
