//! Which device a certificate names.

use central::words::Municipality;
use rcgen::{KeyPair, PublicKeyData};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// A device as its certificate names it. That the certificate is ours was checked in the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Subject CN.
    pub device: String,
    /// Subject O: whose data it is.
    pub municipality: Municipality,
}

/// Why a certificate names no device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not X.509.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// Subject CN is missing, there twice, or out of form.
    #[error("subject CN is no device id: 1 to 32 of A-Z a-z 0-9 -")]
    DeviceId,
    /// Subject O is missing, there twice, or out of form.
    #[error("subject O is no municipality number of four digits")]
    Municipality,
    /// It is not for clients.
    #[error("extended key usage lacks clientAuth")]
    Usage,
}

/// Reads who a device is from its certificate.
pub fn identity(certificate: &[u8]) -> Result<Peer, Refused> {
    let (rest, certificate) =
        X509Certificate::from_der(certificate).map_err(|_| Refused::Unreadable)?;
    if !rest.is_empty() {
        return Err(Refused::Unreadable);
    }
    let usage = certificate.extended_key_usage().map_err(|_| Refused::Unreadable)?;
    if !usage.is_some_and(|usage| usage.value.client_auth) {
        return Err(Refused::Usage);
    }
    let subject = certificate.subject();
    let device = only(subject, X509Name::iter_common_name).ok_or(Refused::DeviceId)?;
    let owner = only(subject, X509Name::iter_organization).ok_or(Refused::Municipality)?;
    if !link::is_device_id(device) {
        return Err(Refused::DeviceId);
    }
    let number = owner.parse().ok().filter(|number| *number > 0 && link::is_municipality(owner));
    let municipality = Municipality(number.ok_or(Refused::Municipality)?);
    Ok(Peer { device: device.to_owned(), municipality })
}

/// The value of an attribute that is there exactly once.
fn only<'a, I>(name: &'a X509Name<'a>, of: impl Fn(&'a X509Name<'a>) -> I) -> Option<&'a str>
where
    I: Iterator<Item = &'a x509_parser::x509::AttributeTypeAndValue<'a>>,
{
    let mut found = of(name);
    let first = found.next()?.as_str().ok()?;
    found.next().is_none().then_some(first)
}

/// Whether a certificate is of this key.
pub(super) fn belongs(certificate: &[u8], key: &KeyPair) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, certificate)| certificate.public_key().raw == key.subject_public_key_info())
}
