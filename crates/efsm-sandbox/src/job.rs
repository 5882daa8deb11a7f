//! What is to be run, and within which limits.

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

/// A command and everything that it may see.
#[derive(Clone, Debug)]
pub struct Job {
    /// A path, or a name that is looked up in the `PATH` that the command is given.
    pub program: OsString,
    pub args: Vec<OsString>,
    /// Exactly these variables: nothing of the caller's environment is added.
    pub env: Vec<(OsString, OsString)>,
    /// Variables that are about this machine, such as `PATH` and `HOME`: given unless [`Job::env`] has the name, and not in a container,
    /// which has those of its image instead. See [`inherited_env`].
    pub host_env: Vec<(OsString, OsString)>,
    /// The command's working directory, which it may write to.
    pub workspace: PathBuf,
    /// More files and folders that it may write to, such as a database file of the run.
    pub writable: Vec<PathBuf>,
    pub stdin: Stdin,
    pub limits: JobLimits,
    /// The stacks that the command reaches, each at its own address, and, in a tier that isolates the network,
    /// nothing else.
    pub stacks: Vec<Arc<dyn StackPort>>,
}

impl Job {
    /// `program` in `workspace`, with no arguments, variables, input or stacks, and the default limits.
    pub fn new(program: impl Into<OsString>, workspace: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            host_env: Vec::new(),
            workspace: workspace.into(),
            writable: Vec::new(),
            stdin: Stdin::Null,
            limits: JobLimits::default(),
            stacks: Vec::new(),
        }
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable; one of the same name is replaced.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let name = name.into();
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.into()));
        self
    }
}

/// What the command reads.
#[derive(Clone, Debug, Default)]
pub enum Stdin {
    #[default]
    Null,
    /// The standard input of this process.
    Inherit,
    /// These bytes, then the end.
    Bytes(Bytes),
}

/// `None` is no limit. Which of them a tier enforces, and how, is in the outcome's
/// [`Isolation`](crate::Isolation).
#[derive(Clone, Debug, PartialEq)]
pub struct JobLimits {
    /// Wall time; then SIGTERM, the grace, and SIGKILL.
    pub timeout: Option<Duration>,
    /// How long a command that was told to end may take for it.
    pub kill_grace: Duration,
    /// Memory of all its processes.
    pub memory_bytes: Option<u64>,
    /// Its processes and threads at one time.
    pub processes: Option<u64>,
    /// Processors at one time.
    pub cpus: Option<f64>,
    /// The size of one file.
    pub file_size_bytes: Option<u64>,
    /// Standard output and standard error together; the rest is read, counted and thrown away.
    pub output_bytes: Option<u64>,
}

impl Default for JobLimits {
    /// Bounds for a test suite on a developer's machine: generous, so that they stop what runs away and
    /// nothing else.
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_mins(30)),
            kill_grace: Duration::from_secs(5),
            memory_bytes: Some(8 << 30),
            processes: Some(1024),
            cpus: None,
            file_size_bytes: Some(4 << 30),
            output_bytes: Some(256 << 20),
        }
    }
}

/// Where a stack listens, and how to give it another listener for the time of a run.
pub trait StackPort: Send + Sync + std::fmt::Debug {
    /// The address in the URLs that the command is given.
    fn address(&self) -> SocketAddr;

    /// Lets the stack accept from `listener`, which listens at [`StackPort::address`] in another network
    /// namespace, until the returned value is dropped.
    fn adopt(&self, listener: TcpListener) -> io::Result<Box<dyn Send + Sync>>;
}

/// Names that a command needs in order to work at all and that hold no secret.
const HARMLESS: [&str; 22] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "COLUMNS",
    "LINES",
    "TMPDIR",
    "TEMP",
    "TMP",
    "CI",
    "VIRTUAL_ENV",
    "JAVA_HOME",
    "GOPATH",
];

/// The variables of this process that a command needs to work at all (`PATH`, `HOME`, the locale, the terminal) and
/// those that `also` names. Tokens, keys and addresses of real services stay behind.
pub fn inherited_env(also: &[&str]) -> Vec<(OsString, OsString)> {
    std::env::vars_os()
        .filter(|(name, _)| {
            name.to_str().is_some_and(|name| {
                HARMLESS.contains(&name) || name.starts_with("LC_") || also.contains(&name)
            })
        })
        .collect()
}

/// Why a job cannot even be tried.
pub(crate) fn first_fault(job: &Job) -> Option<String> {
    let has_nul = |text: &OsStr| text.as_encoded_bytes().contains(&0);
    if job.program.is_empty() {
        return Some("no command is given".to_owned());
    }
    if has_nul(&job.program) || job.args.iter().any(|arg| has_nul(arg)) {
        return Some("the command or one of its arguments holds a NUL byte".to_owned());
    }
    for (name, value) in job.env.iter().chain(&job.host_env) {
        let bytes = name.as_encoded_bytes();
        if bytes.is_empty() || bytes.contains(&b'=') || has_nul(name) || has_nul(value) {
            return Some(format!(
                "{} cannot be a variable of the environment: names are not empty and hold no `=`, and nothing holds a NUL byte",
                name.display()
            ));
        }
    }
    for path in std::iter::once(&job.workspace).chain(&job.writable) {
        if has_nul(path.as_os_str()) {
            return Some(format!("{} holds a NUL byte", path.display()));
        }
    }
    if !job.workspace.is_dir() {
        return Some(format!(
            "the workspace {} is not a folder that can be entered",
            job.workspace.display()
        ));
    }
    let missing: Option<&PathBuf> = job.writable.iter().find(|path| !path.exists());
    missing.map(|path| {
        format!(
            "{} does not exist, so the command cannot be given it to write",
            path.display()
        )
    })
}

/// The path without links and dots, so that every tier means the same folder.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}
