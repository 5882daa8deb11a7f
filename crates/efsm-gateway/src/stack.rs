//! One stack: a context, its services, the snapshots it keeps, and the port it answers on.

use std::net::SocketAddr;
use std::sync::Arc;

use efsm_core::journal::Query;
use efsm_core::{
    ClockChange, ClockError, ClockState, Context, Cut, Note, ResetDepth, RestoreError, Service,
    Stopwatch,
};
use efsm_tls::{CertificateAuthority, TlsError};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::connection::Connections;
use crate::dispatch::Directory;
use crate::snapshots::Snapshots;
use crate::{Guard, Snapshot, SnapshotInfo};

/// How a stack's services are made and what their clients need: the library's knowledge, lent to
/// the gateway, so that a fork can be built without naming any service here.
pub trait Assembly: Send + Sync {
    /// Fresh services in `context`, wired to each other, in the order in which they are listed.
    fn services(&self, context: &Context) -> Vec<Arc<dyn Service>>;

    /// The variables that clients of a stack at `url` need, in the order in which they are printed.
    fn env(&self, url: &str) -> Vec<(String, String)>;
}

/// One isolated set of services with its own state, clock, journal, faults and port.
pub struct Stack {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) parent: Option<String>,
    pub(crate) context: Context,
    pub(crate) services: Vec<Arc<dyn Service>>,
    pub(crate) directory: Directory,
    pub(crate) assembly: Arc<dyn Assembly>,
    pub(crate) snapshots: Mutex<Snapshots>,
    pub(crate) authority: CertificateAuthority,
    pub(crate) address: SocketAddr,
    /// The URL by which clients elsewhere reach it, when they do.
    pub(crate) public_url: Option<String>,
    pub(crate) guard: Guard,
    pub(crate) started: Stopwatch,
    pub(crate) connections: Connections,
    /// Turns true once: the listener closes and the connections finish what they do.
    pub(crate) stopping: watch::Sender<bool>,
    /// Turns false once, when the port is closed.
    pub(crate) listening: watch::Sender<bool>,
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack")
            .field("id", &self.id)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Stack {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    pub fn services(&self) -> &[Arc<dyn Service>] {
        &self.services
    }

    pub fn service(&self, name: &str) -> Option<&Arc<dyn Service>> {
        // The directory lists the services in their order, and comparing with it asks none of them.
        let mut names = self.directory.services.iter();
        self.services.get(names.position(|(n, _)| *n == name)?)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that clients use.
    pub fn url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| self.local_url())
    }

    /// The URL that clients on this machine can use in any case: an unspecified address becomes loopback.
    pub fn local_url(&self) -> String {
        let ip = self.address.ip();
        let port = self.address.port();
        match ip {
            std::net::IpAddr::V4(ip) if ip.is_unspecified() => format!("http://127.0.0.1:{port}"),
            std::net::IpAddr::V6(ip) if ip.is_unspecified() => format!("http://[::1]:{port}"),
            _ => format!("http://{}", self.address),
        }
    }

    pub fn env(&self) -> Vec<(String, String)> {
        self.assembly.env(&self.url())
    }

    /// The certificate of the stack's authority as PEM: what clients must trust to speak TLS to the stack, or
    /// through it to other hosts. Made at the first call or the first TLS connection; forks share it.
    pub fn ca_pem(&self) -> Result<String, TlsError> {
        self.authority.certificate_pem()
    }

    /// The token that the control API asks for, when it does.
    pub fn token(&self) -> Option<&str> {
        self.guard.token.as_deref()
    }

    /// The whole state at one instant, consistent across services. Copies nothing.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(&self.context.gate().cut())
    }

    fn snapshot_at(&self, cut: &Cut<'_>) -> Snapshot {
        let parts = self.services.iter().map(|s| s.snapshot(cut)).collect();
        Snapshot::new(self.context.snapshot(cut), parts)
    }

    /// Puts the stack where the snapshot found it, whole or, on an error, not at all.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let cut = self.context.gate().cut();
        let before = self.snapshot_at(&cut);
        let restored = self.restore_at(snapshot, &cut);
        if restored.is_err() {
            // The state of a moment ago fits its own services.
            let _ = self.restore_at(&before, &cut);
        }
        restored
    }

    fn restore_at(&self, snapshot: &Snapshot, cut: &Cut<'_>) -> Result<(), RestoreError> {
        for service in &self.services {
            match snapshot.part(service.name()) {
                Some(part) => service.restore(part, cut)?,
                // The service was not there then: it held nothing.
                None => service.reset(ResetDepth::All, cut),
            }
        }
        self.context.restore(snapshot.context(), cut);
        Ok(())
    }

    /// Takes a snapshot and keeps it under an id and, if given, a name.
    pub fn keep_snapshot(&self, name: Option<String>) -> SnapshotInfo {
        let snapshot = self.snapshot();
        self.snapshots
            .lock()
            .keep(name, self.context.now(), snapshot)
    }

    pub fn kept_snapshots(&self) -> Vec<SnapshotInfo> {
        self.snapshots.lock().list()
    }

    /// A kept snapshot by id or name.
    pub fn kept_snapshot(&self, id_or_name: &str) -> Option<Snapshot> {
        self.snapshots.lock().find(id_or_name)
    }

    /// Drops a kept snapshot; the state that only it held is freed.
    pub fn forget_snapshot(&self, id_or_name: &str) -> Option<SnapshotInfo> {
        self.snapshots.lock().forget(id_or_name)
    }

    /// Empties the services of these names, or all of them, and what the journal holds of them.
    /// Unknown names are given back and then nothing is done.
    pub fn reset(&self, names: Option<&[String]>, depth: ResetDepth) -> Result<(), Vec<String>> {
        if let Some(names) = names {
            let unknown: Vec<String> = names
                .iter()
                .filter(|name| self.service(name).is_none())
                .cloned()
                .collect();
            if !unknown.is_empty() {
                return Err(unknown);
            }
        }
        let is_meant = |name: &str| names.is_none_or(|names| names.iter().any(|n| n == name));
        let cut = self.context.gate().cut();
        for service in self.services.iter().filter(|s| is_meant(s.name())) {
            service.reset(depth, &cut);
        }
        if names.is_none() {
            self.context.journal().clear();
        } else {
            self.context
                .journal()
                .retain(|entry| !is_meant(entry.service));
        }
        Ok(())
    }

    /// Moves, freezes or resumes the clock and tells the services.
    pub fn change_clock(&self, change: ClockChange) -> Result<ClockState, ClockError> {
        let state = self.context.clock().change(change)?;
        let now = self.context.now();
        for service in &self.services {
            service.clock_moved(now);
        }
        let summary = match state.frozen {
            Some(at) => format!("clock stands at {at}"),
            None => format!("clock runs from {now}"),
        };
        self.context.record(
            "stack",
            "clock",
            Note::new(summary)
                .with("now", now.to_string())
                .with("frozen", state.frozen.is_some()),
        );
        Ok(state)
    }

    /// The journal's entries that fit, oldest first.
    pub fn journal(&self, query: &Query<'_>) -> efsm_core::journal::Page {
        self.context.journal().read(query)
    }

    /// Waits until the port is closed.
    pub(crate) async fn unlistened(&self) {
        // The sender lives in `self`: the wait can only end by the value.
        let _ = self
            .listening
            .subscribe()
            .wait_for(|listening| !*listening)
            .await;
    }
}
