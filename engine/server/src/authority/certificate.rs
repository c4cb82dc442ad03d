//! The three certificates: the authority's own, the centre's, a device's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use central::words::Municipality;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use sha2::{Digest, Sha256};

use super::{Authority, AuthorityError, Issued, municipality_text};
use crate::limits::{CERTIFICATE_EARLY, CERTIFICATE_VALID, ROOT_VALID};

/// Followed by part of its key's hash: two authorities never bear one name, and a device of the one hears
/// from the other that the authority is unknown.
const ROOT_NAME: &str = "Varde device authority";

/// The centre's certificate and key, for one run.
#[derive(Debug)]
pub struct ServerCertificate {
    /// The certificate alone: devices have the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

impl Clone for ServerCertificate {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl Authority {
    /// A certificate for the centre under these names (host names and addresses), valid
    /// [`CERTIFICATE_VALID`]; make a new one at each start.
    pub fn server_certificate(
        &self,
        names: &[String],
    ) -> Result<ServerCertificate, AuthorityError> {
        let mut params = CertificateParams::default();
        for name in names {
            let wrong = || AuthorityError::Name(name.clone());
            ServerName::try_from(name.as_str()).map_err(|_| wrong())?;
            let one = CertificateParams::new(vec![name.clone()]).map_err(|_| wrong())?;
            params.subject_alt_names.extend(one.subject_alt_names);
        }
        valid_for(&mut params, CERTIFICATE_VALID);
        named(&mut params, names.first().map_or("varde", String::as_str));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = new_key()?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(crypto)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(ServerCertificate { chain: vec![certificate.der().clone()], key })
    }

    /// A certificate for a device, valid [`CERTIFICATE_VALID`] from a day ago.
    pub fn issue_device(&self, id: &str, owner: Municipality) -> Result<Issued, AuthorityError> {
        self.issue_device_for(id, owner, CERTIFICATE_VALID)
    }

    /// As [`Authority::issue_device`], valid for another time.
    pub fn issue_device_for(
        &self,
        id: &str,
        owner: Municipality,
        valid: Duration,
    ) -> Result<Issued, AuthorityError> {
        if !link::is_device_id(id) {
            return Err(AuthorityError::DeviceId(id.to_owned()));
        }
        let mut params = CertificateParams::default();
        valid_for(&mut params, valid);
        named(&mut params, id);
        params.distinguished_name.push(DnType::OrganizationName, municipality_text(owner)?);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = new_key()?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(crypto)?;
        Ok(Issued {
            cert_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            cert_der: certificate.der().to_vec(),
            key_der: key.serialize_der(),
        })
    }
}

/// The authority's own certificate, PEM.
pub(super) fn root(key: &KeyPair) -> Result<String, AuthorityError> {
    let mut params = CertificateParams::default();
    valid_for(&mut params, ROOT_VALID);
    let hash = Sha256::digest(key.subject_public_key_info());
    named(
        &mut params,
        &format!("{ROOT_NAME} {:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]),
    );
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.self_signed(key).map_err(crypto)?.pem())
}

pub(super) fn new_key() -> Result<KeyPair, AuthorityError> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(crypto)
}

fn named(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
}

fn valid_for(params: &mut CertificateParams, valid: Duration) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(CERTIFICATE_EARLY);
    params.not_after = epoch + now + valid;
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn crypto(error: rcgen::Error) -> AuthorityError {
    AuthorityError::Crypto(error.to_string())
}
