//! Says what takes long, on a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(1);

/// After a second without its end, says what goes on and for how long; its end takes the line away.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    pub(crate) fn start(what: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let (end, ended) = channel();
        let thread = std::thread::spawn(move || {
            let mut seconds = 0;
            while ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                seconds += 1;
                eprint!("\r{what}: {seconds} s ");
                // A line that cannot be shown is not needed.
                let _ = io::stderr().flush();
            }
            if seconds > 0 {
                eprint!("\r\x1b[K");
            }
        });
        Self(Some((end, thread)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            // It only prints.
            let _ = thread.join();
        }
    }
}
