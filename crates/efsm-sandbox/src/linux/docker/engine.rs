//! Finding an engine: where somebody says it is, or in the usual places, and only if it answers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::models::{SystemInfo, SystemVersion};
use bollard::{API_DEFAULT_VERSION, Docker};

use super::{Engine, Kind, told, unavailable};
use crate::SandboxError;

/// An engine that is there answers a ping at once.
const PING_PATIENCE: Duration = Duration::from_secs(5);
/// Of each request to the engine, in seconds. Creating a container on a busy disk takes a while.
const REQUEST_PATIENCE: u64 = 60;

pub(super) async fn find(named: Option<&str>) -> Result<Engine, SandboxError> {
    let variable = |name: &str| std::env::var(name).ok();
    match places(named, variable, std::env::home_dir()) {
        Places::Said(address) => ask(socket(&address)?).await,
        Places::Usual(usual) => first_that_answers(&usual).await,
    }
}

/// Where an engine is looked for.
#[derive(Debug, PartialEq, Eq)]
enum Places {
    /// There and nowhere else.
    Said(String),
    Usual(Vec<String>),
}

fn places(
    named: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
    home: Option<PathBuf>,
) -> Places {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let said = named
        .map(str::to_owned)
        .or_else(|| variable("DOCKER_HOST"))
        .or_else(|| variable("CONTAINER_HOST"));
    if let Some(address) = said {
        return Places::Said(address);
    }
    let mut usual = vec!["/var/run/docker.sock".to_owned()];
    if let Some(runtime) = variable("XDG_RUNTIME_DIR") {
        usual.push(format!("{runtime}/docker.sock"));
        usual.push(format!("{runtime}/podman/podman.sock"));
    }
    if let Some(home) = home {
        let desktop = home.join(".docker/run/docker.sock");
        usual.push(desktop.to_string_lossy().into_owned());
    }
    usual.push("/run/podman/podman.sock".to_owned());
    Places::Usual(usual)
}

/// The path of a socket on this machine.
fn socket(address: &str) -> Result<&str, SandboxError> {
    match address.strip_prefix("unix://") {
        Some(path) => Ok(path),
        None if address.starts_with('/') => Ok(address),
        None => Err(unavailable(format!(
            "the engine at {address} is not reached by a socket of this machine, so that its folders and sockets cannot be mounted: use a local one"
        ))),
    }
}

async fn first_that_answers(usual: &[String]) -> Result<Engine, SandboxError> {
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
    let kind = kind(&info, &version);
    Ok(Engine { api, kind })
}

/// Docker names `rootless` among its security options, and so does Podman, which calls itself a component of its version.
fn kind(info: &SystemInfo, version: &SystemVersion) -> Kind {
    let is_rootless = info
        .security_options
        .iter()
        .flatten()
        .any(|option| option.contains("rootless"));
    let is_podman = version
        .components
        .iter()
        .flatten()
        .any(|component| component.name.contains("Podman"));
    match (is_rootless, is_podman) {
        (false, _) => Kind::Rootful,
        (true, false) => Kind::RootlessDocker,
        (true, true) => Kind::RootlessPodman,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    fn looked_at(variables: &[(&str, &str)]) -> Places {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        places(None, variable, Some(PathBuf::from("/ann")))
    }

    #[test]
    fn engine_is_where_somebody_says_and_nowhere_else() {
        let said = |address: &str| Places::Said(address.to_owned());
        let both = [
            ("DOCKER_HOST", "unix:///d.sock"),
            ("CONTAINER_HOST", "unix:///p.sock"),
        ];
        assert_eq!(looked_at(&both), said("unix:///d.sock"));
        assert_eq!(looked_at(&both[1..]), said("unix:///p.sock"));
        let named = places(Some("/n.sock"), |_| Some("unix:///d.sock".to_owned()), None);
        assert_eq!(named, said("/n.sock"));
    }

    #[test]
    fn rootless_sockets_are_among_the_usual_places() {
        let user = [("XDG_RUNTIME_DIR", "/run/user/1000"), ("DOCKER_HOST", "")];
        let Places::Usual(usual) = looked_at(&user) else {
            panic!("an empty variable says nothing");
        };
        assert_eq!(
            usual,
            [
                "/var/run/docker.sock",
                "/run/user/1000/docker.sock",
                "/run/user/1000/podman/podman.sock",
                "/ann/.docker/run/docker.sock",
                "/run/podman/podman.sock",
            ]
        );
    }

    #[test]
    fn engine_elsewhere_is_refused() {
        assert_eq!(socket("unix:///a.sock").unwrap(), "/a.sock");
        assert_eq!(socket("/a.sock").unwrap(), "/a.sock");
        for remote in [
            "tcp://192.0.2.1:2375",
            "ssh://host",
            "npipe:////./pipe/docker",
        ] {
            assert!(socket(remote).unwrap_err().to_string().contains(remote));
        }
    }

    /// As the engines answer it; shortened to what is read, and a little more.
    fn docker(security_options: &Value) -> (Value, Value) {
        let info = json!({ "ID": "x", "SecurityOptions": security_options, "CgroupVersion": "2" });
        let version = json!({ "Version": "28.0.4", "ApiVersion": "1.48", "Components": [
            { "Name": "Engine", "Version": "28.0.4" },
            { "Name": "containerd", "Version": "1.7.27" },
        ]});
        (info, version)
    }

    fn podman(security_options: &Value) -> (Value, Value) {
        let (info, _) = docker(security_options);
        let version = json!({ "Version": "4.3.1", "ApiVersion": "1.41", "Components": [
            { "Name": "Podman Engine", "Version": "4.3.1" },
            { "Name": "Conmon", "Version": "conmon version 2.1.6" },
        ]});
        (info, version)
    }

    /// An engine that answers these three questions, each on a connection of its own, until it is dropped.
    async fn answers(listener: UnixListener, info: Value, version: Value) {
        loop {
            let Ok((mut client, _)) = listener.accept().await else {
                return;
            };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match client.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let path = head.split_whitespace().nth(1).unwrap_or_default();
            let body = match path.rsplit('/').next().unwrap_or_default() {
                "info" => info.to_string(),
                "version" => version.to_string(),
                _ => "OK".to_owned(),
            };
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    }

    async fn asked((info, version): (Value, Value)) -> Result<Kind, SandboxError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        tokio::select! {
            asked = ask(path.to_str().unwrap()) => asked.map(|engine| engine.kind),
            () = answers(listener, info, version) => panic!("the engine ended first"),
        }
    }

    #[tokio::test]
    async fn rootless_engines_are_recognised_by_what_they_say() {
        let rootful = json!(["name=seccomp,profile=builtin", "name=cgroupns"]);
        let rootless = json!([
            "name=seccomp,profile=builtin",
            "name=rootless",
            "name=cgroupns"
        ]);
        let cases = [
            (docker(&rootful), Kind::Rootful),
            (docker(&Value::Null), Kind::Rootful),
            (docker(&rootless), Kind::RootlessDocker),
            (podman(&rootful), Kind::Rootful),
            (podman(&rootless), Kind::RootlessPodman),
        ];
        for (answers, kind) in cases {
            assert_eq!(asked(answers.clone()).await.unwrap(), kind, "{answers:?}");
        }
    }

    #[tokio::test]
    async fn nonsense_and_silence_are_told() {
        let nonsense = asked((json!("nonsense"), json!([]))).await.unwrap_err();
        assert!(nonsense.to_string().contains("engine.sock"), "{nonsense}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        // Nobody accepts there any more.
        drop(UnixListener::bind(&path).unwrap());
        let usual = [
            path.to_str().unwrap().to_owned(),
            "/no/such.sock".to_owned(),
        ];
        let refused = first_that_answers(&usual).await.err().unwrap();
        assert!(refused.to_string().contains("may you use it"), "{refused}");
        let nowhere = first_that_answers(&usual[1..]).await.err().unwrap();
        assert!(nowhere.to_string().contains("/no/such.sock"), "{nowhere}");
    }
}
