//! Listeners that a stack is lent beside its own port, for the time of somebody else's need: one inside of a
//! sandbox's network, or a Unix socket.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Bound and listening somewhere that the stack does not know.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExtraListener {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// Keeps a lent listener open; dropping it closes the listener, and leaves the connections that it brought.
#[derive(Debug)]
pub struct Adopted {
    _lent: oneshot::Sender<()>,
}

impl Adopted {
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>) {
        let (lent, ended) = oneshot::channel();
        (Self { _lent: lent }, ended)
    }
}

/// The same in the runtime's hands.
#[derive(Debug)]
pub(crate) enum LentListener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

pub(crate) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl LentListener {
    /// Needs a runtime's context.
    pub(crate) fn new(listener: ExtraListener) -> io::Result<Self> {
        Ok(match listener {
            ExtraListener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                Self::Tcp(tokio::net::TcpListener::from_std(listener)?)
            }
            #[cfg(unix)]
            ExtraListener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Self::Unix(tokio::net::UnixListener::from_std(listener)?)
            }
        })
    }

    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (tcp, remote) = listener.accept().await?;
                Ok(Accepted::Tcp(tcp, remote))
            }
            #[cfg(unix)]
            Self::Unix(listener) => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }
}
