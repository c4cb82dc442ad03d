//! `addresses.json` in the data folder: where this engine really listens, for people and for the load generator.

use std::net::SocketAddr;
use std::path::Path;

use central::entry::Purpose;
use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
pub const FILE: &str = "addresses.json";

/// Every address in use.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Addresses {
    /// `demonstration`, `load_test` or `real`.
    pub purpose: String,
    /// SIP over UDP.
    pub sip_udp: SocketAddr,
    /// SIP over TCP.
    pub sip_tcp: SocketAddr,
    /// SIP over TLS.
    pub sip_tls: SocketAddr,
    /// `alarm/1` over QUIC.
    pub quic: SocketAddr,
    /// The console and its API.
    pub console: SocketAddr,
    /// Health and metrics.
    pub ops: SocketAddr,
    /// The device authority's certificate, relative to the data folder.
    pub ca: String,
}

impl Addresses {
    /// Replaces the file whole, so that nobody reads half of it.
    pub fn write(&self, data: &Path) -> std::io::Result<()> {
        let part = data.join("addresses.json.part");
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        std::fs::write(&part, text)?;
        std::fs::rename(part, data.join(FILE))
    }

    /// Reads a running engine's file.
    pub fn read(data: &Path) -> std::io::Result<Self> {
        let text = std::fs::read(data.join(FILE))?;
        serde_json::from_slice(&text).map_err(std::io::Error::other)
    }
}

/// A purpose as files, pages and the API write it.
pub fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Demonstration => "demonstration",
        Purpose::LoadTest => "load_test",
        Purpose::Real => "real",
    }
}
