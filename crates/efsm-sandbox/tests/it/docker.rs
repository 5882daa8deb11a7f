//! The docker tier against a real engine, with an image made here of this machine's own programs: nothing is pulled.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bollard::query_parameters::{
    CreateImageOptions, ListContainersOptions, RemoveContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use bytes::Bytes;
use efsm_sandbox::{Choice, Container, End, Job, Policy, SandboxError, Tier, steering};
use futures_util::StreamExt as _;
use tokio::sync::OnceCell;

use crate::support::{self, PROBE, ran, shell, try_run, try_run_with};
use crate::world::{eventually, mark, marked};
use crate::{deaths, probes};

const TOOLS: [&str; 12] = [
    "sh", "grep", "sleep", "cat", "head", "mv", "ln", "rm", "setsid", "true", "ls", "id",
];
pub(crate) const PROBE_INSIDE: &str = "/probe";

fn socket() -> Option<PathBuf> {
    let said = std::env::var("DOCKER_HOST").ok();
    let said = said
        .as_deref()
        .and_then(|host| host.strip_prefix("unix://"))
        .map(PathBuf::from);
    let usual = ["/var/run/docker.sock", "/run/podman/podman.sock"].map(PathBuf::from);
    said.into_iter().chain(usual).find(|path| path.exists())
}

pub(crate) fn api() -> Option<Docker> {
    Docker::connect_with_unix(socket()?.to_str()?, 60, API_DEFAULT_VERSION).ok()
}

/// A policy with an image, or the printed reason why there is none.
pub(crate) async fn policy() -> Option<Policy> {
    static IMAGE: OnceCell<Result<String, String>> = OnceCell::const_new();
    let image = IMAGE.get_or_init(image).await;
    match image {
        Ok(image) => Some(Policy {
            container: Container {
                image: Some(image.clone()),
                ..Container::default()
            },
            ..support::policy(Tier::Docker)
        }),
        Err(why) => {
            println!("left out: the docker tier: {why}");
            None
        }
    }
}

async fn image() -> Result<String, String> {
    let api = api().ok_or("no engine's socket is there: set DOCKER_HOST")?;
    let api = api
        .negotiate_version()
        .await
        .map_err(|e| format!("the engine does not answer: {e}"))?;
    let name = "efsm-test-tools";
    let layer = Bytes::from(layer());
    let options = CreateImageOptions {
        from_src: Some("-".to_owned()),
        repo: Some(name.to_owned()),
        tag: Some("latest".to_owned()),
        changes: vec!["ENV PATH=/bin:/usr/bin".to_owned()],
        ..CreateImageOptions::default()
    };
    let mut made = api.create_image(Some(options), Some(bollard::body_full(layer)), None);
    while let Some(progress) = made.next().await {
        progress.map_err(|e| format!("the image cannot be made: {e}"))?;
    }
    Ok(format!("{name}:latest"))
}

/// A tar file of the tools and the probe with the libraries that they need, each where it is here.
fn layer() -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    let put = |from: &Path, to: &str| {
        let to = root.path().join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    let mut libraries = BTreeSet::new();
    let mut programs: Vec<(PathBuf, String)> = vec![(PROBE.into(), PROBE_INSIDE.to_owned())];
    for tool in TOOLS {
        let found = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(tool));
        let found = found.into_iter().find(|path| path.exists()).expect(tool);
        programs.push((fs::canonicalize(found).unwrap(), format!("/bin/{tool}")));
    }
    for (from, to) in &programs {
        put(from, to);
        let listed = Command::new("ldd").arg(from).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let paths = listed
            .split_whitespace()
            .filter(|word| word.starts_with('/'));
        libraries.extend(paths.map(str::to_owned));
    }
    for library in libraries {
        put(Path::new(&library), &library);
    }
    let tar = Command::new("tar")
        .args(["-C", root.path().to_str().unwrap(), "-c", "."])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert!(tar.status.success());
    tar.stdout
}

/// The containers that this process, or one that it started, made.
pub(crate) async fn containers(owner: u32) -> Vec<String> {
    let Some(api) = api() else {
        return Vec::new();
    };
    let label = format!("efsm.owner={owner}");
    let options = ListContainersOptions {
        all: true,
        filters: Some(HashMap::from([("label".to_owned(), vec![label])])),
        ..ListContainersOptions::default()
    };
    let found = match api.list_containers(Some(options)).await {
        Ok(found) => found,
        // Podman knows states that the API does not.
        Err(bollard::errors::Error::JsonDataError { .. }) => return vec!["some".to_owned()],
        Err(error) => panic!("{error}"),
    };
    found
        .into_iter()
        .filter_map(|container| container.id)
        .collect()
}

async fn no_container_is_left(owner: u32) {
    for _ in 0..500 {
        if containers(owner).await.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("left: {:?}", containers(owner).await);
}

/// As [`shell`], for the image's own tools.
fn inside(script: &str, workspace: &Path) -> Job {
    let mut job = shell(script, workspace);
    job.env.clear();
    job.env("PROBE", PROBE_INSIDE)
}

#[test]
fn docker_tier_holds_what_it_says() {
    probes::all_of(Tier::Docker);
}

#[tokio::test]
async fn output_and_code_come_out_of_a_container() {
    let Some(policy) = policy().await else { return };
    let folder = support::writable_workspace();
    let script = "id -u; echo \"$PATH\"; echo err >&2; echo made > made; exit 42";
    let mut job = inside(script, folder.path());
    // What is about this machine does not go in.
    job.host_env.push(("PATH".into(), "/nowhere".into()));
    let ran = ran(job, &policy).await;
    assert_eq!(ran.outcome.end, End::Code(42), "{}", ran.stderr);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("65534\n/bin:/usr/bin\n", "err\n")
    );
    assert!(folder.path().join("made").exists());
    assert_eq!(
        serde_json::to_value(&ran.outcome).unwrap()["isolation"]["isolation"],
        "docker"
    );
}

#[tokio::test]
async fn much_output_comes_out_whole() {
    let Some(policy) = policy().await else { return };
    let folder = support::writable_workspace();
    let ran = ran(inside("head -c 20000000 /dev/zero", folder.path()), &policy).await;
    assert_eq!(ran.outcome.stdout.bytes, 20_000_000);
    assert_eq!(ran.stdout.len(), 20_000_000);
}

#[tokio::test]
async fn refusals_in_a_container_are_those_of_a_shell() {
    let Some(policy) = policy().await else { return };
    let folder = support::writable_workspace();
    let missing = Job::new("no-such-command", folder.path());
    let refusal = try_run(missing, &policy).await.err().unwrap();
    assert_eq!(refusal.exit_code(), 127, "{refusal}");
    let folder_as_program = Job::new("/bin", folder.path());
    let refusal = try_run(folder_as_program, &policy).await.err().unwrap();
    assert_eq!(refusal.exit_code(), 126, "{refusal}");
    no_container_is_left(std::process::id()).await;
}

#[tokio::test]
async fn missing_image_is_named_with_the_way_out() {
    let Some(mut policy) = policy().await else {
        return;
    };
    policy.container.image = Some("efsm-no-such-image:1".to_owned());
    let folder = support::writable_workspace();
    let refusal = try_run(inside("true", folder.path()), &policy)
        .await
        .err()
        .unwrap();
    assert!(
        refusal
            .to_string()
            .contains("docker pull efsm-no-such-image:1"),
        "{refusal}"
    );
    // Whoever leaves the choice open gets the next tier, and is told.
    policy.choice = Choice::Auto;
    let ran = ran(shell("true", folder.path()), &policy).await;
    let passed_over = &ran.outcome.isolation.passed_over;
    assert_eq!(passed_over[0].tier, Tier::Docker);
    assert!(
        ran.outcome
            .isolation
            .warning()
            .unwrap()
            .contains("docker pull")
    );
}

#[tokio::test]
async fn engine_that_is_not_there_is_named() {
    let folder = support::writable_workspace();
    for (address, says) in [
        ("unix:///no/such/engine.sock", "/no/such/engine.sock"),
        ("tcp://192.0.2.1:2375", "use a local one"),
    ] {
        let mut policy = support::policy(Tier::Docker);
        policy.container.image = Some("any".to_owned());
        policy.container.engine = Some(address.to_owned());
        let refusal = try_run(shell("true", folder.path()), &policy)
            .await
            .err()
            .unwrap();
        assert!(
            matches!(refusal, SandboxError::Unavailable { .. }),
            "{refusal}"
        );
        assert!(refusal.to_string().contains(says), "{refusal}");
    }
}

#[tokio::test]
async fn killed_caller_leaves_no_container() {
    let Some(policy) = policy().await else { return };
    let image = policy.container.image.unwrap();
    let caller = deaths::killed_caller_takes_all_with_it(Tier::Docker, Some(&image)).await;
    no_container_is_left(caller).await;
}

#[tokio::test]
async fn cancelled_run_leaves_no_container() {
    let Some(policy) = policy().await else { return };
    let folder = support::writable_workspace();
    let mark = mark("cancelled-container");
    let job = || inside(deaths::SCRIPT, folder.path()).env("MARK", &mark);
    let (steer, orders) = steering();
    let killer = async {
        eventually("the command runs", || {
            marked(&mark).len() >= deaths::ALL_THREE
        })
        .await;
        steer.kill();
    };
    let (ran, ()) = tokio::join!(try_run_with(job(), &policy, orders), killer);
    assert_eq!(ran.unwrap().outcome.end, End::Cancelled);
    tokio::select! {
        _ = try_run(job(), &policy) => panic!("the command does not end by itself"),
        () = eventually("the command runs again", || marked(&mark).len() >= deaths::ALL_THREE) => {}
    }
    eventually("nothing is left", || marked(&mark).is_empty()).await;
    no_container_is_left(std::process::id()).await;
}

/// An engine that dies in the middle: the run ends as it would have, and says what it could not remove.
#[tokio::test]
async fn killed_engine_does_not_take_the_result_with_it() {
    let Some(mut policy) = policy().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let real = socket().unwrap();
    // Passes everything on to the real one, until it is aborted.
    let engine = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let real = real.clone();
            connections.spawn(async move {
                let mut engine = tokio::net::UnixStream::connect(real).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
            });
        }
    });
    policy.container.engine = Some(format!("unix://{}", path.display()));
    let workspace = support::writable_workspace();
    let script = "echo > ready; while [ ! -e go ]; do sleep 0.05; done; echo done; exit 9";
    let ready = workspace.path().join("ready");
    let killer = async {
        eventually("the command runs", || ready.exists()).await;
        engine.abort();
        let _ = engine.await;
        fs::remove_file(&path).unwrap();
        fs::write(workspace.path().join("go"), "").unwrap();
    };
    let job = inside(script, workspace.path());
    let (ran, ()) = tokio::join!(try_run(job, &policy), killer);
    let ran = ran.unwrap();
    assert_eq!(
        (ran.outcome.end, ran.stdout.as_str()),
        (End::Code(9), "done\n")
    );
    assert!(
        ran.outcome.left_behind[0].contains("docker rm -f"),
        "{:?}",
        ran.outcome.left_behind
    );
    // The container has ended all the same, and the engine removes it by itself.
    no_container_is_left(std::process::id()).await;
}

/// Made, never started, and its maker gone: the next run removes it.
#[tokio::test]
async fn container_of_a_dead_caller_is_removed_by_the_next_run() {
    let Some(policy) = policy().await else { return };
    let api = api().unwrap();
    // No process has it: pids end well below.
    let nobody = 4_194_304;
    let body = bollard::models::ContainerCreateBody {
        image: policy.container.image.clone(),
        cmd: Some(vec!["true".to_owned()]),
        labels: Some(HashMap::from([(
            "efsm.owner".to_owned(),
            format!("{nobody}"),
        )])),
        ..Default::default()
    };
    let created = api
        .create_container(
            None::<bollard::query_parameters::CreateContainerOptions>,
            body,
        )
        .await
        .unwrap();
    let folder = support::writable_workspace();
    ran(inside("true", folder.path()), &policy).await;
    let left = containers(nobody).await;
    let _ = api
        .remove_container(&created.id, None::<RemoveContainerOptions>)
        .await;
    assert_eq!(left, Vec::<String>::new());
}
