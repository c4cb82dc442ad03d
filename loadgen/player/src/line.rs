//! The socket of a SCAIP unit: a TCP connection or a UDP socket.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use sip::{Datagram, Event, Framer, Message, PONG};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use traffic::Transport;

use crate::limits::{CONNECT_TIMEOUT, READ_BYTES, WRITE_TIMEOUT};

/// An open socket to the centre.
pub(crate) enum Line {
    Stream(TcpStream, Framer),
    Datagrams(UdpSocket),
}

impl Line {
    /// Opens one.
    pub(crate) async fn open(transport: Transport, centre: SocketAddr) -> io::Result<Self> {
        if transport == Transport::Udp {
            let any = match centre {
                SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
                SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(centre).await?;
            return Ok(Self::Datagrams(socket));
        }
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(centre)).await??;
        stream.set_nodelay(true)?;
        Ok(Self::Stream(stream, Framer::new()))
    }

    /// Our own address.
    pub(crate) fn local(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Stream(stream, _) => stream.local_addr(),
            Self::Datagrams(socket) => socket.local_addr(),
        }
    }

    /// Waits until something came, and gives the messages in it. Cancelling it loses nothing. An
    /// error ends the line.
    pub(crate) async fn receive(&mut self) -> io::Result<Vec<Message>> {
        match self {
            Self::Stream(stream, framer) => {
                stream.readable().await?;
                read(stream, framer)
            }
            Self::Datagrams(socket) => {
                socket.readable().await?;
                let mut buffer = [0; READ_BYTES];
                match socket.try_recv(&mut buffer) {
                    Ok(length) => Ok(datagram(Bytes::copy_from_slice(&buffer[..length]))),
                    Err(why) if is_passing(&why) => Ok(Vec::new()),
                    Err(why) => Err(why),
                }
            }
        }
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream, _) => timeout(WRITE_TIMEOUT, stream.write_all(bytes)).await?,
            Self::Datagrams(socket) => match socket.send(bytes).await {
                // Nobody listens there now; SIP's own repeats go on.
                Err(why) if is_passing(&why) => Ok(()),
                sent => sent.map(drop),
            },
        }
    }
}

/// Reads what is there without waiting.
fn read(stream: &TcpStream, framer: &mut Framer) -> io::Result<Vec<Message>> {
    let mut messages = Vec::new();
    let mut buffer = [0; READ_BYTES];
    loop {
        let mut input = match stream.try_read(&mut buffer) {
            Ok(0) if messages.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => return Ok(messages),
            Ok(length) => &buffer[..length],
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => return Ok(messages),
            Err(why) => return Err(why),
        };
        while let Some(event) = framer.next(&mut input) {
            match event {
                Event::Message(frame) => messages.extend(Message::parse(frame)),
                Event::Ping => drop(stream.try_write(PONG)),
                Event::Broken(_) => {
                    let why = "the engine sent what is not SIP";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
            }
        }
    }
}

fn datagram(bytes: Bytes) -> Vec<Message> {
    match Datagram::parse(bytes) {
        Ok(Datagram::Message(message)) => vec![message],
        Ok(Datagram::KeepAlive) | Err(_) => Vec::new(),
    }
}

/// Errors of a datagram socket that a later datagram does not have: nothing there, or an ICMP
/// answer to an earlier one.
fn is_passing(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionRefused)
}
