//! The centre's own key for roots: Ed25519, made once, beside the authority's.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use proof::line::{hex, unhex};
use proof::{Key, Signature};

use crate::{RootsError, disk};

/// The private key's file: PKCS #8, DER, mode 0600.
pub const KEY_FILE: &str = "roots.key";
/// The public key's file, to hand out: 64 hexadecimal digits and a newline.
pub const PUBLIC_FILE: &str = "roots.pub";

/// Signs roots.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: Key,
}

impl Signer {
    /// Opens the key in a folder, or makes one there.
    ///
    /// # Errors
    /// The disk, a key that others may read, or a public key whose private one is gone: a new one is not made for it.
    pub fn open(folder: &Path) -> Result<Self, RootsError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk(folder))?;
        let (key, public) = (folder.join(KEY_FILE), folder.join(PUBLIC_FILE));
        if !key.exists() {
            if public.exists() {
                return Err(RootsError::KeyGone(key));
            }
            let made = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
            let made = made.map_err(|_| RootsError::Crypto)?;
            write_new(&key, made.as_ref(), 0o600)?;
        }
        let mode = fs::metadata(&key).map_err(disk(&key))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(RootsError::Open { path: key, mode });
        }
        let bytes = fs::read(&key).map_err(disk(&key))?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&bytes)
            .map_err(|_| RootsError::Unreadable(key.clone()))?;
        let own: Key = pair.public_key().as_ref().try_into().map_err(|_| RootsError::Crypto)?;
        if !public.exists() {
            write_new(&public, format!("{}\n", hex(&own)).as_bytes(), 0o644)?;
        }
        if read_public(&public)? != own {
            return Err(RootsError::Unreadable(public));
        }
        Ok(Self { pair, public: own })
    }

    /// The key that others check by.
    pub fn public(&self) -> &Key {
        &self.public
    }

    /// Signs. The same bytes always get the same signature (RFC 8032).
    ///
    /// # Errors
    /// The library refused.
    pub fn sign(&self, bytes: &[u8]) -> Result<Signature, RootsError> {
        self.pair.sign(bytes).as_ref().try_into().map_err(|_| RootsError::Crypto)
    }
}

/// Whether a signature is good.
pub fn verify(key: &Key, bytes: &[u8], signature: &Signature) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(bytes, signature).is_ok()
}

/// The public key in a file.
///
/// # Errors
/// The disk, or a file that holds none.
pub fn read_public(path: &Path) -> Result<Key, RootsError> {
    let text = fs::read_to_string(path).map_err(disk(path))?;
    let key = unhex(text.trim()).and_then(|bytes| bytes.try_into().ok());
    key.ok_or_else(|| RootsError::Unreadable(path.to_owned()))
}

/// Writes a file that is either whole or not there, and never over another.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), RootsError> {
    let write = || {
        // Of this file and this process alone, and never opened if it is there: a crash may have left it linked to
        // a whole file, which writing through it would destroy.
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        match fs::remove_file(&part) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(mode).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        let linked = fs::hard_link(&part, path);
        fs::remove_file(&part)?;
        linked?;
        path.parent().map_or(Ok(()), |folder| {
            File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?
                .sync_all()
        })
    };
    write().map_err(disk(path))
}
