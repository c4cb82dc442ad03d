//! Where devices get their client certificates.

use std::path::{Path, PathBuf};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Issues or finds the certificate of each device. Called from many tasks at once, and seldom
/// twice for one device.
pub trait Identities: Send + Sync {
    /// The client certificate of a device and its key: subject CN is the device's id, O its
    /// municipality in four digits.
    fn certificate(
        &self,
        device: &str,
        municipality: u16,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), IdentityError>;

    /// The roots by which the engine's own certificate is trusted.
    fn roots(&self) -> Result<Vec<CertificateDer<'static>>, IdentityError>;
}

/// Why a device has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file is missing or no PEM.
    #[error("cannot read {path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The authority cannot issue.
    #[error("cannot issue a certificate for {device}: {why}")]
    Issue {
        /// The device.
        device: String,
        /// The reason.
        why: String,
    },
    /// A source of the caller's own has none.
    #[error("{0}")]
    Other(String),
}

/// Certificates made beforehand: `<device>.pem` and `<device>.key` in one folder, and `ca.pem`.
#[derive(Clone, Debug)]
pub struct Folder {
    folder: PathBuf,
}

impl Folder {
    /// Reads from `folder` when asked.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Identities for Folder {
    fn certificate(
        &self,
        device: &str,
        _municipality: u16,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), IdentityError> {
        let certificate = read_certificate(&self.folder.join(format!("{device}.pem")))?;
        let path = self.folder.join(format!("{device}.key"));
        let key = PrivateKeyDer::from_pem_file(&path).map_err(|why| file(&path, &why))?;
        Ok((certificate, key))
    }

    fn roots(&self) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
        Ok(vec![read_certificate(&self.folder.join("ca.pem"))?])
    }
}

/// A certificate authority given by `ca.pem` and `ca.key`: issues as it is asked (ECDSA P-256).
pub struct Authority {
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority in `folder`.
    pub fn open(folder: &Path) -> Result<Self, IdentityError> {
        let path = folder.join("ca.key");
        let key = std::fs::read_to_string(&path).map_err(|why| file(&path, &why))?;
        let key = KeyPair::from_pem(&key).map_err(|why| file(&path, &why))?;
        let path = folder.join("ca.pem");
        let root = read_certificate(&path)?;
        let issuer = Issuer::from_ca_cert_der(&root, key).map_err(|why| file(&path, &why))?;
        Ok(Self { root, issuer })
    }

    fn issue(
        &self,
        device: &str,
        municipality: u16,
    ) -> Result<(CertificateDer<'static>, KeyPair), rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, device);
        params.distinguished_name.push(DnType::OrganizationName, format!("{municipality:04}"));
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.der().clone(), key))
    }
}

impl Identities for Authority {
    fn certificate(
        &self,
        device: &str,
        municipality: u16,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), IdentityError> {
        let (certificate, key) = self.issue(device, municipality).map_err(|why| {
            IdentityError::Issue { device: device.to_owned(), why: why.to_string() }
        })?;
        Ok((certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }

    fn roots(&self) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
        Ok(vec![self.root.clone()])
    }
}

fn read_certificate(path: &Path) -> Result<CertificateDer<'static>, IdentityError> {
    CertificateDer::from_pem_file(path).map_err(|why| file(path, &why))
}

fn file(path: &Path, why: &dyn std::fmt::Display) -> IdentityError {
    IdentityError::File { path: path.to_owned(), why: why.to_string() }
}
