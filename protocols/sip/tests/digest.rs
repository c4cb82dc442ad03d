//! Digest: the vectors of the RFCs, and what is right, stale and wrong.

mod common;

use common::{alarm, request};
use proptest::prelude::*;
use sip::Request;
use sip::digest::{Algorithm, Checked, Counts, Credentials, Guard, Ha1, Offer, Presented, Wrong};
use sip::limits::NONCE_LIFE;

const URI: &str = "sip:arc@sip.example";
const NOW: u64 = 1_000_000_000_000;

/// A unit that knows its password and answers a challenge as a client does.
struct Unit {
    algorithm: Algorithm,
    qop: bool,
    password: &'static str,
    uri: &'static str,
}

const UNIT: Unit = Unit { algorithm: Algorithm::Sha256, qop: true, password: "pw", uri: URI };

impl Unit {
    /// The Authorization header that answers `challenge`, for the `count`th time.
    fn authorization(&self, challenge: &str, count: u32) -> String {
        let nonce = parameter(challenge, "nonce");
        let algorithm = self.algorithm.as_str();
        let start = format!(
            "Digest username=\"111111\", realm=\"sip.example\", nonce=\"{nonce}\", uri=\"{}\", algorithm={algorithm}",
            self.uri
        );
        let qop = if self.qop {
            format!(", qop=auth, nc={count:08x}, cnonce=\"0a4f\"")
        } else {
            String::new()
        };
        let ha1 = Ha1::of(self.algorithm, b"111111", b"sip.example", self.password.as_bytes());
        let ha2 = hash(self.algorithm, &format!("MESSAGE:{}", self.uri));
        let middle = if self.qop { format!("{nonce}:{count:08x}:0a4f:auth") } else { nonce };
        let response = hash(self.algorithm, &format!("{}:{middle}:{ha2}", ha1.as_hex()));
        format!("Authorization: {start}, response=\"{response}\"{qop}\n")
    }

    fn sends(&self, challenge: &str, count: u32) -> Request {
        request(&alarm(&self.authorization(challenge, count), b"<mrq></mrq>"))
    }
}

/// A hash of text, made in another way than the crate makes it.
fn hash(algorithm: Algorithm, text: &str) -> String {
    use sha2::Digest;
    let hex =
        |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    match algorithm {
        Algorithm::Sha256 => hex(&sha2::Sha256::digest(text)),
        Algorithm::Md5 => hex(&md5::Md5::digest(text)),
    }
}

fn parameter(challenge: &str, name: &str) -> String {
    let (_, rest) = challenge.split_once(&format!("{name}=\"")).expect("it is there");
    rest.split('"').next().expect("it ends").to_owned()
}

fn guard() -> Guard {
    Guard::new("sip.example", [7; 32])
}

fn account() -> [Ha1; 2] {
    [Algorithm::Sha256, Algorithm::Md5].map(|a| Ha1::of(a, b"111111", b"sip.example", b"pw"))
}

fn check(
    guard: &Guard,
    sent: &Request,
    offers: &[Offer],
    counts: &mut Counts,
    now: u64,
) -> Checked {
    let Presented::Credentials(credentials) = guard.presented(sent.headers()) else {
        panic!("no credentials of ours in {:?}", sent.raw());
    };
    guard.check(&credentials, sent, &account(), offers, counts, now)
}

/// RFC 7616 3.9.1, RFC 2617 3.5, and RFC 2069 2.4 as its erratum has it.
#[test]
fn the_vectors_of_the_rfcs() {
    let new = "username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", \
        nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
        cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, \
        opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    let old = "username=\"Mufasa\", realm=\"testrealm@host.com\", uri=\"/dir/index.html\", \
        nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    let sha = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
    for (header, algorithm, password) in [
        (
            format!("{new}, algorithm=SHA-256, response=\"{sha}\""),
            Algorithm::Sha256,
            "Circle of Life",
        ),
        (
            format!("{new}, algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\""),
            Algorithm::Md5,
            "Circle of Life",
        ),
        (
            format!(
                "{old}, qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\""
            ),
            Algorithm::Md5,
            "Circle Of Life",
        ),
        (
            format!("{old}, response=\"1949323746fe6a43ef61f9606e7febea\""),
            Algorithm::Md5,
            "CircleOfLife",
        ),
    ] {
        let header = format!("Digest {header}");
        let read = Credentials::parse(header.as_bytes()).expect("an RFC's example");
        assert_eq!((&*read.username, read.algorithm), (&b"Mufasa"[..], algorithm));
        let ha1 = |password: &str| Ha1::of(algorithm, b"Mufasa", &read.realm, password.as_bytes());
        assert!(read.proves(&ha1(password), b"GET"), "{header}");
        assert!(!read.proves(&ha1("circle of life"), b"GET"), "{header}");
        assert!(!read.proves(&ha1(password), b"POST"), "{header}");
        let kept = Ha1::from_hex(algorithm, &ha1(password).as_hex().to_ascii_uppercase());
        assert!(read.proves(&kept.expect("as it was kept"), b"GET"));
    }
}

#[test]
fn challenges_name_the_best_first_and_share_a_nonce() {
    let challenges = guard().challenges(Offer::ALSO_OLD, NOW, 3, false);
    let nonce = parameter(&challenges[0], "nonce");
    let start = format!("Digest realm=\"sip.example\", nonce=\"{nonce}\", algorithm=");
    assert_eq!(
        challenges,
        [
            format!("{start}SHA-256, qop=\"auth\""),
            format!("{start}MD5, qop=\"auth\""),
            format!("{start}MD5")
        ]
    );
    let stale = guard().challenges(Offer::MODERN, NOW, 3, true);
    assert!(stale.iter().all(|challenge| challenge.ends_with(", stale=true")));
    let odd = Guard::new("a\"b\\c\r\nX: y", [0; 32]).challenges(Offer::MODERN, NOW, 3, false);
    assert!(odd[0].starts_with("Digest realm=\"a\\\"b\\\\c  X: y\", "));
}

#[test]
fn each_way_of_proving_is_right_once() {
    for (algorithm, qop) in
        [(Algorithm::Sha256, true), (Algorithm::Md5, true), (Algorithm::Md5, false)]
    {
        let (guard, mut counts, unit) =
            (guard(), Counts::default(), Unit { algorithm, qop, ..UNIT });
        let challenge = &guard.challenges(Offer::ALSO_OLD, NOW, 1, false)[0];
        let mut says = |count, now| {
            check(&guard, &unit.sends(challenge, count), Offer::ALSO_OLD, &mut counts, now)
        };
        assert_eq!(says(1, NOW), Checked::Right);
        assert_eq!(says(1, NOW + 1), Checked::Stale, "the very same again is a replay");
        // With a count the nonce serves on; without one it is used up.
        let next = if qop { Checked::Right } else { Checked::Stale };
        assert_eq!(says(2, NOW + NONCE_LIFE - 1), next);
        assert_eq!(says(3, NOW + NONCE_LIFE), Checked::Stale);
        assert_eq!(says(4, NOW - 1), Checked::Stale, "made in a time to come");
    }
}

#[test]
fn what_proves_nothing() {
    let (guard, mut counts) = (guard(), Counts::default());
    let challenge = guard.challenges(Offer::ALSO_OLD, NOW, 1, false).remove(0);
    let mut says =
        |unit: &Unit, offers| check(&guard, &unit.sends(&challenge, 1), offers, &mut counts, NOW);
    let wrong = Checked::Wrong;
    let other = Unit { password: "other", ..UNIT };
    assert_eq!(says(&other, Offer::MODERN), wrong(Wrong::Password));
    let elsewhere = Unit { uri: "sip:arc@elsewhere.example", ..UNIT };
    assert_eq!(says(&elsewhere, Offer::MODERN), wrong(Wrong::Uri));
    let sloppy = Unit { uri: "sip:arc@SIP.example;x=1", ..UNIT };
    assert_eq!(says(&sloppy, Offer::MODERN), Checked::Right);
    let old = Unit { algorithm: Algorithm::Md5, qop: false, ..UNIT };
    assert_eq!(says(&old, Offer::MODERN), wrong(Wrong::NotOffered));
    let sha_only = &Offer::MODERN[..1];
    assert_eq!(says(&Unit { qop: true, ..old }, sha_only), wrong(Wrong::NotOffered));
    assert!(counts.len() == 1, "who knows no password takes no room");
}

/// Its digest is right, so the unit knows the password: it is not told that it is wrong.
#[test]
fn a_nonce_of_another_run_or_realm_is_stale() {
    let unit = UNIT;
    for stranger in [Guard::new("sip.example", [8; 32]), Guard::new("other.example", [7; 32])] {
        let challenge = &stranger.challenges(Offer::MODERN, NOW, 1, false)[0];
        let sent = unit.sends(challenge, 1);
        let mut counts = Counts::default();
        assert_eq!(check(&guard(), &sent, Offer::MODERN, &mut counts, NOW), Checked::Stale);
        assert!(counts.is_empty());
    }
}

#[test]
fn of_several_credentials_those_of_our_realm_count() {
    let challenge = guard().challenges(Offer::MODERN, NOW, 1, false).remove(0);
    let ours = UNIT.authorization(&challenge, 1);
    let theirs = ours.replace("sip.example\", nonce", "proxy.example\", nonce");
    let both = request(&alarm(&format!("{theirs}{ours}"), b""));
    assert!(matches!(guard().presented(both.headers()), Presented::Credentials(_)));
    let foreign = request(&alarm(&theirs, b""));
    assert_eq!(guard().presented(foreign.headers()), Presented::Nothing);
    let basic = request(&alarm("Authorization: Basic QWxhZGRpbg==\n", b""));
    assert_eq!(guard().presented(basic.headers()), Presented::Unreadable);
}

#[test]
fn what_units_write_and_what_is_no_credentials() {
    let usual = "Digest username=\"1\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"00\"";
    for (odd, readable) in [
        (usual.to_owned(), true),
        (usual.replace('"', ""), true),
        (format!("{usual}, algorithm=\"sha-256\", qop=\"auth\", nc=1, cnonce=c, x=y, "), true),
        (usual.replace("\"1\"", "\"a\\\"b, c\""), true),
        (format!("{usual}, userhash=false"), true),
        (format!("{usual}, userhash=true"), false),
        (format!("{usual}, algorithm=SHA-256-sess"), false),
        (format!("{usual}, qop=auth-int, nc=00000001, cnonce=c"), false),
        (format!("{usual}, qop=auth, cnonce=c"), false),
        (format!("{usual}, qop=auth, nc=+1, cnonce=c"), false),
        (format!("{usual}, qop=auth, nc=100000000, cnonce=c"), false),
        (format!("{usual}, realm=\"s\""), false),
        (format!("{usual}, opaque=\"never closed"), true),
        (usual.replace("\"00\"", "\"00"), false),
        (usual.replace("username=\"1\", ", ""), false),
        ("Digest".to_owned(), false),
        (String::new(), false),
    ] {
        assert_eq!(Credentials::parse(odd.as_bytes()).is_some(), readable, "{odd}");
    }
    let escaped = usual.replace("\"1\"", "\"a\\\"b, c\"");
    assert_eq!(&*Credentials::parse(escaped.as_bytes()).unwrap().username, b"a\"b, c");
}

#[test]
fn no_secret_is_printed() {
    let [sha, _] = account();
    assert_eq!(format!("{sha:?} {:?}", guard()), "Ha1(SHA-256) Guard(sip.example)");
    let challenge = guard().challenges(Offer::MODERN, NOW, 1, false).remove(0);
    let sent = UNIT.sends(&challenge, 1);
    let Presented::Credentials(credentials) = guard().presented(sent.headers()) else { panic!() };
    assert_eq!(format!("{credentials:?}"), "Credentials(SHA-256, qop: true)");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// One other byte anywhere in the nonce, and it is none of ours.
    #[test]
    fn nobody_else_can_make_a_nonce(place in 0..64_usize, byte in "[0-9a-z]", unique in any::<u64>()) {
        let guard = guard();
        let challenge = guard.challenges(Offer::MODERN, NOW, unique, false).remove(0);
        let nonce = parameter(&challenge, "nonce");
        prop_assert_eq!(nonce.len(), 64);
        prop_assume!(!nonce[place..].starts_with(&byte));
        let mut forged = nonce.clone();
        forged.replace_range(place..=place, &byte);
        let sent = UNIT.sends(&challenge.replace(&nonce, &forged), 1);
        prop_assert_eq!(check(&guard, &sent, Offer::MODERN, &mut Counts::default(), NOW), Checked::Stale);
    }

    #[test]
    fn no_header_panics(value in prop::collection::vec(prop_oneof![
        prop::sample::select(vec!["Digest ", "username=", "realm=", "nonce=", "uri=", "response=", "qop=auth", "nc=", "cnonce=",
            "algorithm=", "\"", "\\", ",", " ", "=", "0", "SHA-256"]).prop_map(|s| s.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..3)], 0..40)) {
        let value = value.concat();
        if let Some(credentials) = Credentials::parse(&value) {
            let ha1 = Ha1::of(credentials.algorithm, b"1", b"r", b"p");
            prop_assert!(!credentials.proves(&ha1, b"MESSAGE"));
        }
    }
}
