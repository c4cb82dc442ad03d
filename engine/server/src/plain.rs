//! What identifies or describes a person in a signal: sealed before it enters the log, opened only for who may see it.

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::limits::RAW_KEPT;

/// The sealed part of a signal, in clear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Plain {
    /// What the message says in words: label (bokmål) and value.
    #[n(0)]
    pub text: Vec<(String, String)>,
    /// The message as it came, at most [`RAW_KEPT`] bytes.
    #[n(1)]
    pub raw: Option<Raw>,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Raw {
    /// Its first bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Its full length.
    #[n(1)]
    pub length: u64,
    /// SHA-256 of the whole.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

impl Raw {
    /// Keeps what fits.
    pub fn of(message: &[u8]) -> Self {
        Self {
            bytes: message[..message.len().min(RAW_KEPT)].to_vec(),
            length: message.len() as u64,
            hash: Sha256::digest(message).into(),
        }
    }
}

impl Plain {
    /// With the message as it came and nothing read from it yet.
    pub fn raw(message: &[u8]) -> Self {
        Self { text: Vec::new(), raw: Some(Raw::of(message)) }
    }

    /// Adds a label and its value, unless the value is empty.
    pub fn say(&mut self, label: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.text.push((label.to_owned(), value));
        }
    }

    /// The bytes to seal.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads what was sealed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }
}
