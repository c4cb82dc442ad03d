//! `addresses.json`: where the engine listens, and whether it may be played at.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What an engine's data is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A demonstration.
    Demonstration,
    /// A load test.
    LoadTest,
    /// A real centre: never played at.
    Real,
}

/// What the engine says of itself in its data folder.
#[derive(Clone, Debug, Deserialize)]
pub struct Addresses {
    /// What its data is for.
    pub purpose: Purpose,
    /// SIP over UDP.
    pub sip_udp: Option<SocketAddr>,
    /// SIP over TCP.
    pub sip_tcp: Option<SocketAddr>,
    /// `alarm/1` over QUIC.
    pub quic: Option<SocketAddr>,
    /// The root of its certificates, relative to this file.
    pub ca: Option<PathBuf>,
}

/// Why an engine is not played at.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The file cannot be read.
    #[error(
        "cannot read {path}: {why}; start the engine first, it writes this file in its data folder"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: std::io::Error,
    },
    /// It is not what an engine writes.
    #[error("{path} is not an engine's addresses.json: {why}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: serde_json::Error,
    },
    /// A real centre.
    #[error(
        "this engine is a real alarm centre: simulated alarms are never sent to one; use an engine whose data folder was made for load_test or demonstration"
    )]
    Real,
}

impl Addresses {
    /// Reads the file and refuses a real centre.
    pub fn read(path: &Path) -> Result<Self, AddressError> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| AddressError::Unreadable { path: path.to_owned(), why })?;
        let mut found: Self = serde_json::from_str(&text)
            .map_err(|why| AddressError::Malformed { path: path.to_owned(), why })?;
        if found.purpose == Purpose::Real {
            return Err(AddressError::Real);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        found.ca = found.ca.map(|ca| folder.join(ca));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Addresses, AddressError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("addresses.json");
        std::fs::write(&path, text).unwrap();
        Addresses::read(&path)
    }

    #[test]
    fn a_real_centre_is_refused_in_one_sentence() {
        let error = read(r#"{"purpose":"real","sip_tcp":"127.0.0.1:5060"}"#).unwrap_err();
        assert!(matches!(error, AddressError::Real));
        let sentence = error.to_string();
        assert!(
            sentence.starts_with("this engine is a real alarm centre") && !sentence.contains('\n')
        );
    }

    #[test]
    fn a_load_test_is_read_and_an_unstamped_engine_is_not() {
        let text = r#"{"purpose":"load_test","sip_udp":"127.0.0.1:5060","sip_tcp":"127.0.0.1:5061",
            "sip_tls":"127.0.0.1:1","quic":"127.0.0.1:4433","console":"127.0.0.1:8080",
            "ops":"127.0.0.1:8081","ca":"keys/ca.pem"}"#;
        let found = read(text).unwrap();
        assert_eq!(found.quic, "127.0.0.1:4433".parse().ok());
        assert!(found.ca.unwrap().ends_with("keys/ca.pem"));
        assert!(matches!(read(r#"{"quic":"127.0.0.1:1"}"#), Err(AddressError::Malformed { .. })));
        assert!(matches!(read(r#"{"purpose":"other"}"#), Err(AddressError::Malformed { .. })));
        assert!(matches!(
            Addresses::read(Path::new("/nowhere/addresses.json")),
            Err(AddressError::Unreadable { .. })
        ));
    }
}
