//! QUIC as lean as devices need it: few streams, small windows, no datagrams, no path probing.

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{
    Endpoint, EndpointConfig, IdleTimeout, ServerConfig, TokioRuntime, TransportConfig,
    ValidationTokenConfig, VarInt,
};
use socket2::SockRef;

use super::ListenError;
use crate::limits::{
    CONNECTION_WINDOW, INCOMING, INCOMING_BYTES, SEND_WINDOW, SOCKET_BUFFER, STREAM_WINDOW,
};

/// `beat` in seconds.
pub(super) fn config(tls: rustls::ServerConfig, beat: u32) -> Result<ServerConfig, ListenError> {
    let tls =
        QuicServerConfig::try_from(tls).map_err(|error| ListenError::Tls(error.to_string()))?;
    let mut config = ServerConfig::with_crypto(Arc::new(tls));
    let mut tokens = ValidationTokenConfig::default();
    tokens.sent(0);
    config
        .transport_config(Arc::new(transport(beat)))
        .validation_token_config(tokens)
        .max_incoming(INCOMING)
        .incoming_buffer_size_total(INCOMING_BYTES)
        .migration(true);
    Ok(config)
}

fn transport(beat: u32) -> TransportConfig {
    // A beat is at most 25 hours: three of them in milliseconds fit.
    let idle = IdleTimeout::from(VarInt::from_u32(beat.saturating_mul(3_000)));
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(u32::from(link::limits::STREAMS)))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(idle))
        // Devices keep the path alive: they know their NAT and their battery.
        .keep_alive_interval(None)
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(SEND_WINDOW)
        // The least every path carries (RFC 9000, 14): nothing we send needs more, and probing costs memory.
        .initial_mtu(1_200)
        .mtu_discovery_config(None);
    transport
}

/// One socket for all: several with `SO_REUSEPORT` would break migration.
pub(super) fn endpoint(socket: UdpSocket, config: ServerConfig) -> io::Result<Endpoint> {
    let buffers = SockRef::from(&socket);
    // The system may grant less; a storm then loses datagrams, which are sent again.
    let _ = buffers.set_recv_buffer_size(SOCKET_BUFFER);
    let _ = buffers.set_send_buffer_size(SOCKET_BUFFER);
    Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime))
}
