//! Listeners that a stack is lent.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use efsm_gateway::ExtraListener;

use crate::support::start;

const GET: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn stack_answers_on_a_lent_listener_until_it_is_given_back() {
    let server = start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let lent = server.sandbox_port().adopt(listener).unwrap();
    let ask = || -> std::io::Result<String> {
        let mut tcp = TcpStream::connect(address)?;
        tcp.write_all(GET)?;
        let mut answer = String::new();
        tcp.read_to_string(&mut answer)?;
        Ok(answer)
    };
    assert!(ask().unwrap().starts_with("HTTP/1.1 200"));
    drop(lent);
    // The runtime closes it in its own time.
    while ask().is_ok_and(|answer| !answer.is_empty()) {
        std::thread::yield_now();
    }
    TcpListener::bind(address).unwrap();
}

#[test]
fn stopped_stack_gives_its_lent_listener_up() {
    let server = start();
    let port = server.sandbox_port();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let _lent = port.adopt(listener).unwrap();
    server.stop();
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    drop(server);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(port.adopt(listener).is_err());
}

#[cfg(unix)]
#[test]
fn stack_answers_on_a_unix_socket() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let server = start();
    let folder = std::env::temp_dir().join(format!("efsm-lent-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("stack.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let _lent = server
        .host()
        .lend(server.stack(), ExtraListener::Unix(listener))
        .unwrap();
    let mut unix = UnixStream::connect(&path).unwrap();
    unix.write_all(GET).unwrap();
    let mut answer = String::new();
    unix.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    std::fs::remove_dir_all(folder).unwrap();
}
