//! The one runtime that serves all stacks of a process; it ends with the last of them.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

static SHARED: Mutex<Slot> = Mutex::new(Slot {
    process: 0,
    runtime: Weak::new(),
});

/// The runtime and the process whose threads it has: a child by `fork` has none of them.
struct Slot {
    process: u32,
    runtime: Weak<Shared>,
}

/// How long the end of the runtime waits for work that blocks a thread.
const END: Duration = Duration::from_secs(1);

/// Keeps the runtime alive.
#[derive(Debug)]
pub(crate) struct Shared(Option<Runtime>);

/// The process's runtime, started when nothing held it.
pub(crate) fn shared() -> io::Result<Arc<Shared>> {
    let mut slot = SHARED.lock();
    let process = std::process::id();
    if slot.process == process
        && let Some(shared) = slot.runtime.upgrade()
    {
        return Ok(shared);
    }
    let runtime = Builder::new_multi_thread()
        .thread_name("efsm")
        .enable_all()
        .build()?;
    let shared = Arc::new(Shared(Some(runtime)));
    *slot = Slot {
        process,
        runtime: Arc::downgrade(&shared),
    };
    Ok(shared)
}

impl Shared {
    pub(crate) fn handle(&self) -> &Handle {
        self.0
            .as_ref()
            .expect("the runtime is taken out only by drop")
            .handle()
    }

    /// Runs `work` on the runtime and waits for it on this thread, which may belong to any runtime
    /// or to none.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.handle().spawn(async move {
            let _ = sender.send(work.await);
        });
        receiver.recv().ok()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let Some(runtime) = self.0.take() else {
            return;
        };
        if Handle::try_current().is_ok() {
            // Waiting is not allowed inside a runtime, and the last server may well be dropped in one.
            runtime.shutdown_background();
        } else {
            // Threads that are gone when this returns: whoever stopped the last server may count them.
            runtime.shutdown_timeout(END);
        }
    }
}
