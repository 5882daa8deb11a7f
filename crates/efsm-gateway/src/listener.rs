//! Binding a port.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Pending connections that the kernel holds; a burst of a thousand clients must not be refused.
const BACKLOG: i32 = 4096;

/// Which port to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// This one, else any free one.
    Port(u16),
    /// This one or none.
    Strictly(u16),
    Any,
}

#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "port {port} of {ip} is taken: stop what listens there, choose another port, or leave out --strict-port to get a free one"
    )]
    Taken { ip: IpAddr, port: u16 },
    #[error("{address} cannot be bound: {source}")]
    Io {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
}

/// Binds and listens; the port is ready for connections when this returns. Needs a runtime's context.
pub fn bind(ip: IpAddr, preference: Preference) -> Result<TcpListener, BindError> {
    let listen = |port: u16| {
        let address = SocketAddr::new(ip, port);
        listen_on(address).map_err(|source| BindError::Io { address, source })
    };
    let (port, may_fall_back) = match preference {
        Preference::Any => return listen(0),
        Preference::Port(port) => (port, true),
        Preference::Strictly(port) => (port, false),
    };
    match listen(port) {
        Err(BindError::Io { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
            if may_fall_back {
                listen(0)
            } else {
                Err(BindError::Taken { ip, port })
            }
        }
        bound => bound,
    }
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // On Unix this lets a restarted stack take its port back from connections in TIME_WAIT; on
    // Windows the same option would let two processes share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(StdListener::from(socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn taken_port_falls_back_to_a_free_one() {
        let first = bind(LOCALHOST, Preference::Any).unwrap();
        let port = first.local_addr().unwrap().port();
        let second = bind(LOCALHOST, Preference::Port(port)).unwrap();
        assert_ne!(second.local_addr().unwrap().port(), port);
        let refused = bind(LOCALHOST, Preference::Strictly(port)).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains(&format!("port {port} of 127.0.0.1 is taken"))
        );
    }
}
