//! A small authority for device certificates: the certificate is the device (`docs/link-protocol.md`, Transport).
//!
//! Its folder holds `ca.pem`, which every device is given, `ca.key` (mode 0600), and `revoked`: one device id
//! a line, read again when it changes. ECDSA P-256 throughout, so that a handshake flight stays small.

mod certificate;
mod device;
mod identity;
mod revoked;
#[cfg(test)]
mod tests;
mod tls;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use central::words::Municipality;
use rcgen::{Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub use self::certificate::ServerCertificate;
pub use self::identity::{Peer, Refused, identity};
use self::revoked::Revoked;
pub use self::tls::LOCAL_NAMES;

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca.key";

/// Why the authority cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file or folder.
    #[error(
        "{path}: {source}: see that it exists and that the engine's user may read and write it"
    )]
    Disk {
        /// Which.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The key is readable by others.
    #[error(
        "{path} can be read by others (mode {mode:o}): set it to 600, owned by the engine's user"
    )]
    Open {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A certificate without its key.
    #[error(
        "{0} is missing beside its ca.pem: restore it from where it is kept safe; a new one would shut out every device"
    )]
    KeyGone(PathBuf),
    /// A file that is not what it should be.
    #[error("{0} is not a PEM file of this authority: restore it")]
    Unreadable(PathBuf),
    /// A device id out of form.
    #[error("{0:?} is no device id: use 1 to 32 of A-Z a-z 0-9 -")]
    DeviceId(String),
    /// A municipality out of form.
    #[error("{0} is no municipality number: use 1 to 9999, such as 0301")]
    Municipality(u16),
    /// A name that cannot stand in a server certificate.
    #[error("{0:?} is neither a host name nor an address")]
    Name(String),
    /// The cryptography.
    #[error("the certificate could not be made: {0}")]
    Crypto(String),
}

/// The authority.
pub struct Authority {
    ca_pem: String,
    ca_der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    revoked: Revoked,
}

impl Authority {
    /// Opens the authority in `folder`, or makes a new one there (folder 0700).
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk(folder))?;
        let (key, certificate) = (folder.join(KEY), folder.join(CERTIFICATE));
        let pair = match (key.exists(), certificate.exists()) {
            (true, _) => read_key(&key)?,
            (false, true) => return Err(AuthorityError::KeyGone(key)),
            (false, false) => {
                let pair = certificate::new_key()?;
                write_new(&key, pair.serialize_pem().as_bytes(), 0o600)?;
                pair
            }
        };
        if !certificate.exists() {
            // Missing beside a key when the first start was cut short: the same key makes the same authority.
            write_new(&certificate, certificate::root(&pair)?.as_bytes(), 0o644)?;
        }
        let ca_pem = fs::read_to_string(&certificate).map_err(disk(&certificate))?;
        let unreadable = || AuthorityError::Unreadable(certificate.clone());
        let ca_der = CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(|_| unreadable())?;
        if !identity::belongs(&ca_der, &pair) {
            return Err(unreadable());
        }
        let issuer = Issuer::from_ca_cert_der(&ca_der, pair).map_err(|_| unreadable())?;
        let revoked = Revoked::open(folder)?;
        Ok(Self { ca_pem, ca_der, issuer, revoked })
    }

    /// What devices verify the centre by.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Whether a device's certificate was withdrawn.
    pub fn is_revoked(&self, device: &str) -> bool {
        self.revoked.has(device)
    }

    /// Reads `revoked` again if it changed; true if it did. Reads a file: call it off the network's threads.
    pub fn reload(&self) -> bool {
        self.revoked.reload()
    }
}

/// A device's certificate and key.
pub struct Issued {
    /// Certificate, PEM.
    pub cert_pem: String,
    /// Private key, PEM (PKCS #8).
    pub key_pem: String,
    /// Certificate, DER.
    pub cert_der: Vec<u8>,
    /// Private key, DER (PKCS #8).
    pub key_der: Vec<u8>,
}

fn municipality_text(municipality: Municipality) -> Result<String, AuthorityError> {
    let text = municipality.to_string();
    let is_one = municipality.0 > 0 && link::is_municipality(&text);
    if is_one { Ok(text) } else { Err(AuthorityError::Municipality(municipality.0)) }
}

fn read_key(path: &Path) -> Result<KeyPair, AuthorityError> {
    let mode = fs::metadata(path).map_err(disk(path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(AuthorityError::Open { path: path.to_owned(), mode });
    }
    let pem = fs::read_to_string(path).map_err(disk(path))?;
    KeyPair::from_pem(&pem).map_err(|_| AuthorityError::Unreadable(path.to_owned()))
}

/// Writes a file that is either whole or not there, and never over another.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let write = || {
        let part = path.with_extension("part");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(mode).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::hard_link(&part, path)?;
        fs::remove_file(&part)?;
        path.parent().map_or(Ok(()), |folder| {
            File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?
                .sync_all()
        })
    };
    write().map_err(disk(path))
}

fn disk(path: &Path) -> impl Fn(io::Error) -> AuthorityError {
    let path = path.to_owned();
    move |source| AuthorityError::Disk { path: path.clone(), source }
}
