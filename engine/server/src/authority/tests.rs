use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use central::words::Moment;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose};
use tempfile::TempDir;

use super::*;
use crate::clock::Clock;

const OSLO: Municipality = Municipality(301);

fn authority() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(&folder.path().join("authority")).unwrap();
    (folder, authority)
}

/// A certificate with a subject and usages of our choice; [`identity`] does not look at who signed it.
fn odd(subject: &[(DnType, &str)], usage: &[ExtendedKeyUsagePurpose]) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (part, value) in subject {
        params.distinguished_name.push(part.clone(), *value);
    }
    params.extended_key_usages = usage.to_vec();
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

#[test]
fn a_device_certificate_names_its_device() {
    let (_folder, authority) = authority();
    let issued = authority.issue_device("K7-0042", OSLO).unwrap();
    let peer = Peer { device: "K7-0042".to_owned(), municipality: OSLO };
    assert_eq!(identity(&issued.cert_der), Ok(peer));
    assert!(
        issued.cert_der.len() < 700,
        "{} bytes: a handshake flight must stay small",
        issued.cert_der.len()
    );
}

#[test]
fn ids_and_municipalities_out_of_form_are_not_issued() {
    let (_folder, authority) = authority();
    for bad in ["", "a b", "a/b", "å", &"x".repeat(33)] {
        assert!(
            matches!(authority.issue_device(bad, OSLO), Err(AuthorityError::DeviceId(_))),
            "{bad:?}"
        );
    }
    for bad in [0, 10_000] {
        let refused = authority.issue_device("K7", Municipality(bad));
        assert!(matches!(refused, Err(AuthorityError::Municipality(_))), "{bad}");
    }
}

#[test]
fn a_certificate_that_names_no_device_is_refused() {
    use DnType::{CommonName, OrganizationName};
    let client = [ExtendedKeyUsagePurpose::ClientAuth];
    let (id, owner) = ((CommonName, "K7"), (OrganizationName, "0301"));
    assert!(identity(&odd(&[id.clone(), owner.clone()], &client)).is_ok());
    let server = [ExtendedKeyUsagePurpose::ServerAuth];
    assert_eq!(identity(&odd(&[id.clone(), owner.clone()], &server)), Err(Refused::Usage));
    assert_eq!(identity(&odd(&[id.clone(), owner.clone()], &[])), Err(Refused::Usage));
    assert_eq!(identity(&odd(std::slice::from_ref(&owner), &client)), Err(Refused::DeviceId));
    assert_eq!(identity(&odd(std::slice::from_ref(&id), &client)), Err(Refused::Municipality));
    assert_eq!(identity(&odd(&[(CommonName, "K 7"), owner], &client)), Err(Refused::DeviceId));
    for bad in ["301", "030a", "0000", "Oslo"] {
        let refused = identity(&odd(&[id.clone(), (OrganizationName, bad)], &client));
        assert_eq!(refused, Err(Refused::Municipality), "{bad}");
    }
    assert_eq!(identity(b"rubbish"), Err(Refused::Unreadable));
}

#[test]
fn the_authority_is_the_same_after_a_restart_and_its_key_is_private() {
    let (folder, first) = authority();
    let folder = folder.path().join("authority");
    let mode = fs::metadata(folder.join("ca.key")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(Authority::open(&folder).unwrap().ca_pem(), first.ca_pem());
    fs::set_permissions(folder.join("ca.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Authority::open(&folder), Err(AuthorityError::Open { mode: 0o644, .. })));
}

#[test]
fn a_first_start_cut_short_is_finished_and_a_lost_key_is_told() {
    let (folder, _) = authority();
    let folder = folder.path().join("authority");
    fs::remove_file(folder.join("ca.pem")).unwrap();
    assert!(Authority::open(&folder).is_ok());
    fs::remove_file(folder.join("ca.key")).unwrap();
    assert!(matches!(Authority::open(&folder), Err(AuthorityError::KeyGone(_))));
}

#[test]
fn a_certificate_of_another_key_is_not_taken() {
    let (folder, _) = authority();
    let (_other_folder, other) = authority();
    let folder = folder.path().join("authority");
    fs::write(folder.join("ca.pem"), other.ca_pem()).unwrap();
    assert!(matches!(Authority::open(&folder), Err(AuthorityError::Unreadable(_))));
}

#[test]
fn the_list_of_revoked_is_read_again_when_it_changes() {
    let (folder, authority) = authority();
    let list = folder.path().join("authority/revoked");
    assert!(!authority.is_revoked("K7"));
    assert!(!authority.reload());
    fs::write(&list, "# lost in the lake\nK7\n\nK9 # sold\nnot an id\n").unwrap();
    assert!(authority.reload());
    assert!(
        authority.is_revoked("K7") && authority.is_revoked("K9") && !authority.is_revoked("K8")
    );
    assert!(!authority.reload());
    fs::remove_file(&list).unwrap();
    assert!(!authority.reload(), "a list that vanished stays in force");
    assert!(authority.is_revoked("K7"));
    fs::write(&list, "").unwrap();
    assert!(authority.reload());
    assert!(!authority.is_revoked("K7"));
}

#[test]
fn a_devices_files_are_written_once() {
    let (folder, authority) = authority();
    let out = folder.path().join("out");
    let files = authority.write_device("K7", OSLO, &out).unwrap();
    assert!(files.iter().all(|file| file.exists()));
    let mode = fs::metadata(out.join("K7.key")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let key = fs::read(out.join("K7.key")).unwrap();
    assert!(authority.write_device("K7", OSLO, &out).is_err());
    assert_eq!(fs::read(out.join("K7.key")).unwrap(), key);
    assert!(authority.write_device("K8", OSLO, &out).is_ok());
}

#[test]
fn quic_takes_no_early_data_and_gives_no_tickets() {
    let (_folder, authority) = authority();
    let server = authority.server_certificate(&["localhost".to_owned()]).unwrap();
    let clock = Arc::new(Clock::start(Moment(0)));
    let config = authority.quic_config(server, clock).unwrap();
    assert_eq!((config.max_early_data_size, config.send_tls13_tickets), (0, 0));
    assert_eq!(config.alpn_protocols, [b"alarm/1".to_vec()]);
    assert!(authority.sip_acceptor("sos.example").is_ok());
    assert!(authority.server_certificate(&["no host\n".to_owned()]).is_err());
}

#[test]
fn devices_are_judged_by_the_engines_clock_and_not_the_machines() {
    let (_folder, authority) = authority();
    let server = authority.server_certificate(&["localhost".to_owned()]).unwrap();
    // A log whose last entry is of the year 2100 holds the engine's clock there.
    let far = 4_102_444_800;
    let clock = Arc::new(Clock::start(Moment(far * 1_000_000_000)));
    let config = authority.quic_config(server, clock).unwrap();
    assert!(config.time_provider.current_time().unwrap().as_secs() >= far);
}

#[test]
fn a_certificate_can_be_made_for_a_shorter_time() {
    let (_folder, authority) = authority();
    let issued = authority.issue_device_for("K7", OSLO, Duration::from_mins(1)).unwrap();
    let (_, read) = x509_parser::parse_x509_certificate(&issued.cert_der).unwrap();
    assert!(read.validity().is_valid());
    let whole = read.validity().not_after.timestamp() - read.validity().not_before.timestamp();
    assert!(whole <= 86_400 + 61);
}
