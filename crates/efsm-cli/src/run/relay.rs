//! The stack's address in a network namespace of the command's own: what connects there is connected to the stack.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use efsm_sandbox::StackPort;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// After a failed accept, such as when descriptors ran out.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
}

impl Relay {
    pub(super) fn to(address: SocketAddr) -> Self {
        Self { address }
    }
}

/// Ends with its task.
#[derive(Debug)]
struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl StackPort for Relay {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn adopt(&self, listener: std::net::TcpListener) -> io::Result<Box<dyn Send + Sync>> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Box::new(Running(
            runtime.spawn(relay(listener, self.address)),
        )))
    }
}

async fn relay(listener: TcpListener, stack: SocketAddr) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((mut inside, _)) => drop(connections.spawn(async move {
                // A stack that does not accept looks to the command as it is: the connection ends.
                if let Ok(mut outside) = TcpStream::connect(stack).await {
                    let _ = inside.set_nodelay(true);
                    let _ = outside.set_nodelay(true);
                    let _ = copy_bidirectional(&mut inside, &mut outside).await;
                }
            })),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn what_connects_inside_reaches_the_stack_until_the_run_ends() {
        let stack = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = inside.local_addr().unwrap();
        let adopted = Relay::to(stack.local_addr().unwrap())
            .adopt(inside)
            .unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let (mut server, _) = stack.accept().await.unwrap();
        client.write_all(b"ping").await.unwrap();
        let mut got = [0; 4];
        server.read_exact(&mut got).await.unwrap();
        server.write_all(b"pong").await.unwrap();
        client.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"pong");
        drop(adopted);
        assert_eq!(client.read(&mut got).await.unwrap_or(0), 0);
    }
}
