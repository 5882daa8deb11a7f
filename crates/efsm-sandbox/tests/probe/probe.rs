//! Tries what a sandbox must stop, and says whether it could: exit code 0 when it worked, 1 when it was refused.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(3);

/// What is held until the process ends.
static HELD: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["write", path] => fs::write(path, "written by the probe").map_err(|e| e.to_string()),
        ["remove", path] => fs::remove_file(path).map_err(|e| e.to_string()),
        ["read", path] => fs::read(path).map_err(|e| e.to_string()).and_then(|bytes| {
            std::io::stdout()
                .write_all(&bytes)
                .map_err(|e| e.to_string())
        }),
        ["list", path] => list(path),
        ["connect", address] => connect(address).map(drop),
        ["udp", address] => udp(address),
        ["unix", path] => UnixStream::connect(path)
            .map(drop)
            .map_err(|e| e.to_string()),
        ["get", address, path] => get(address, path),
        ["listen"] => listen(),
        ["memory", mebibytes] => memory(number(mebibytes)),
        ["hold", mebibytes] => memory(number(mebibytes)).map(|()| {
            std::thread::sleep(PATIENCE);
        }),
        ["memory-by-many", children, mebibytes] => memory_by_many(number(children), mebibytes),
        ["file", path, mebibytes] => file(path, number(mebibytes)),
        ["spawn", children, ..] => spawn(number(children)),
        ["sleep" | "sleep-as", ..] => loop {
            std::thread::sleep(Duration::from_mins(1));
        },
        ["environment"] => {
            for (name, value) in std::env::vars() {
                println!("{name}={value}");
            }
            Ok(())
        }
        ["pour"] => pour(),
        _ => Err(format!("no such probe: {args:?}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("refused: {why}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

fn list(path: &str) -> Result<(), String> {
    let entries = fs::read_dir(path).map_err(|e| e.to_string())?;
    for entry in entries.flatten() {
        println!("{}", entry.file_name().display());
    }
    Ok(())
}

fn connect(address: &str) -> Result<TcpStream, String> {
    let address = address.parse().map_err(|_| "no address".to_owned())?;
    TcpStream::connect_timeout(&address, PATIENCE).map_err(|e| e.to_string())
}

fn udp(address: &str) -> Result<(), String> {
    let socket = UdpSocket::bind("0.0.0.0:0").map_err(|e| e.to_string())?;
    socket
        .send_to(b"probe", address)
        .map(drop)
        .map_err(|e| e.to_string())
}

fn get(address: &str, path: &str) -> Result<(), String> {
    let mut stream = connect(address)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .map_err(|e| e.to_string())?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .map_err(|e| e.to_string())?;
    print!("{answer}");
    Ok(())
}

/// A test may serve and call something of its own.
fn listen() -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let connected = connect(&address.to_string())?;
    listener.accept().map_err(|e| e.to_string())?;
    drop(connected);
    Ok(())
}

fn memory(mebibytes: u64) -> Result<(), String> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..mebibytes {
        let mut block = Vec::new();
        block
            .try_reserve_exact(1 << 20)
            .map_err(|e| e.to_string())?;
        block.resize(1 << 20, 1);
        held.push(block);
    }
    // Looked at, so that it is not optimised away.
    println!("{} MiB", held.iter().map(Vec::len).sum::<usize>() >> 20);
    HELD.set(held).map_err(|_| "held twice".to_owned())
}

/// Each within the limit, all together far over it; they hold what they have.
fn memory_by_many(children: u64, mebibytes: &str) -> Result<(), String> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut running = Vec::new();
    for _ in 0..children {
        let child = Command::new(&me).args(["hold", mebibytes]).spawn();
        running.push(child.map_err(|e| e.to_string())?);
    }
    let results = running.into_iter().map(|mut child| child.wait());
    let all_well = results
        .into_iter()
        .all(|status| status.is_ok_and(|s| s.success()));
    if all_well {
        Ok(())
    } else {
        Err("a child was refused".to_owned())
    }
}

fn file(path: &str, mebibytes: u64) -> Result<(), String> {
    let mut file = fs::File::create(path).map_err(|e| e.to_string())?;
    let block = vec![1; 1 << 20];
    for _ in 0..mebibytes {
        file.write_all(&block).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// Starts children that stay, and says how many it got.
fn spawn(children: u64) -> Result<(), String> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    for got in 0..children {
        if let Err(e) = Command::new(&me).arg("sleep").spawn() {
            println!("{got}");
            return Err(e.to_string());
        }
    }
    println!("{children}");
    Ok(())
}

fn pour() -> Result<(), String> {
    let block = vec![b'x'; 64 << 10];
    let mut out = std::io::stdout().lock();
    loop {
        out.write_all(&block).map_err(|e| e.to_string())?;
    }
}
