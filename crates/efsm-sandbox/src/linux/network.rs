//! The network inside: a loopback interface, and on it the ports of the stacks.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, listen, recv, sendto,
    socket_with, sockopt,
};

use super::channel::Channel;
use super::wire::Event;

/// The first interface of a network namespace.
const LOOPBACK: u32 = 1;
const BACKLOG: i32 = 4096;

// rtnetlink(7), netlink(7)
const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const NLM_F_REQUEST_ACK: u16 = 1 | 4;
const NLM_F_CREATE: u16 = 0x400;
const NLMSG_ERROR: u16 = 2;
const IFF_UP: u32 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// Brings `lo` up. Needs the namespace's own administrator.
pub(super) fn raise_loopback() -> io::Result<()> {
    let mut body = vec![0; 4];
    body.extend(LOOPBACK.to_ne_bytes());
    body.extend(IFF_UP.to_ne_bytes());
    body.extend(IFF_UP.to_ne_bytes());
    ask_kernel(RTM_NEWLINK, 0, &body)
}

/// Gives `lo` an address that it does not have by itself: that of a stack which listens on another interface.
fn add_address(ip: IpAddr) -> io::Result<()> {
    let (family, bytes) = match ip {
        IpAddr::V4(ip) => (AddressFamily::INET, ip.octets().to_vec()),
        IpAddr::V6(ip) => (AddressFamily::INET6, ip.octets().to_vec()),
    };
    let mut body = vec![family.as_raw() as u8, (bytes.len() * 8) as u8, 0, 0];
    body.extend(LOOPBACK.to_ne_bytes());
    for attribute in [IFA_LOCAL, IFA_ADDRESS] {
        body.extend((4 + bytes.len() as u16).to_ne_bytes());
        body.extend(attribute.to_ne_bytes());
        body.extend(&bytes);
    }
    ask_kernel(RTM_NEWADDR, NLM_F_CREATE, &body)
}

/// One request of rtnetlink and the kernel's word on it.
fn ask_kernel(kind: u16, flags: u16, body: &[u8]) -> io::Result<()> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut message = Vec::with_capacity(16 + body.len());
    message.extend((16 + body.len() as u32).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend((NLM_F_REQUEST_ACK | flags).to_ne_bytes());
    // The sequence number and this side's port, both left to the kernel.
    message.extend([0; 8]);
    message.extend(body);
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, &message, SendFlags::empty(), &kernel)?;
    let mut answer = [0; 1024];
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    let answer = &answer[..length];
    let (Some(kind), Some(error)) = (answer.get(4..6), answer.get(16..20)) else {
        return Err(io::Error::other("the kernel's answer is too short"));
    };
    if kind != NLMSG_ERROR.to_ne_bytes() {
        return Err(io::Error::other("the kernel's answer is none"));
    }
    let error = i32::from_ne_bytes([error[0], error[1], error[2], error[3]]);
    // Zero is the acknowledgement; numbers are negative.
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}

/// Listens at each of the stacks' addresses, in this network, and hands the listeners to the caller.
pub(super) fn listen_for(channel: &Channel, addresses: &[SocketAddr]) -> Result<(), String> {
    for (index, address) in addresses.iter().enumerate() {
        if !address.ip().is_loopback() {
            add_address(address.ip()).map_err(|e| format!("{} on lo: {e}", address.ip()))?;
        }
        let listener = listen_on(*address).map_err(|e| format!("listening at {address}: {e}"))?;
        channel
            .send(&Event::Listener(index), &[listener.as_fd()])
            .map_err(|e| format!("the listener cannot be handed out: {e}"))?;
    }
    Ok(())
}

fn listen_on(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket)
}
