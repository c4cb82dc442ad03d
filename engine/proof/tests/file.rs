//! A proof file: whole it holds; with any byte flipped, left out or added it does not, and says where.

use proof::file::{Part, Why};
use proof::line::Flaw;
use proof::{DayRoot, Framed, Hash, Key, Proof, Proved, Signature, Signed, tree};
use sha2::{Digest, Sha256};

const KEY: Key = [9; 32];

/// A stand-in for Ed25519 (the real one is tried with the binary): both halves hash key and bytes.
fn sign(key: &Key, bytes: &[u8]) -> Signature {
    let hash: Hash = Sha256::new().chain_update(key).chain_update(bytes).finalize().into();
    [hash, hash].concat().try_into().expect("64 bytes")
}

fn verify(key: &Key, bytes: &[u8], signature: &Signature) -> bool {
    sign(key, bytes) == *signature
}

fn signed(root: DayRoot) -> Signed {
    Signed { signature: sign(&KEY, &root.signed()), key: KEY, root }
}

/// The second and fourth of five entries of a day.
fn proof() -> Proof {
    let entry = |seq: u64| Framed {
        seq,
        moment: 20_778 * proof::day::NANOS + seq,
        boot: 1,
        n: seq,
        i: 0,
        node: 0,
        prev: [seq as u8; 32],
        body: vec![0x83, seq as u8],
    };
    let leaves: Vec<Hash> = (11..16).map(|seq| tree::leaf(seq, &entry(seq).hash())).collect();
    let root = DayRoot {
        log: [7; 16],
        day: 20_778,
        municipality: 301,
        size: 5,
        root: tree::root(&leaves),
        first: 11,
        last: 15,
        end: 20,
        head: [5; 32],
        before: [0; 32],
    };
    let proved = |index: usize| Proved {
        entry: entry(11 + index as u64),
        root: 0,
        index: index as u64,
        path: tree::path(&leaves, index),
    };
    Proof { alarm: 12, roots: vec![signed(root)], entries: vec![proved(1), proved(3)] }
}

fn check(file: &[u8]) -> Result<proof::Proven, proof::Wrong> {
    Proof::check(file, None, &verify)
}

#[test]
fn a_whole_proof_holds_and_says_who_signed() {
    let file = proof().write();
    let proven = check(file.as_bytes()).expect("it holds");
    assert_eq!(proven.proof, proof());
    assert_eq!(proven.key, KEY);
    assert!(Proof::check(file.as_bytes(), Some(&KEY), &verify).is_ok());
    let wrong = Proof::check(file.as_bytes(), Some(&[1; 32]), &verify).unwrap_err();
    assert_eq!((wrong.part, wrong.why), (Part::Signature(1), Why::Key));
}

/// The parts of the file above, line by line.
fn parts() -> Vec<Part> {
    let entry =
        |k| [Part::Entry(k), Part::Body(k), Part::Step(k, 1), Part::Step(k, 2), Part::Step(k, 3)];
    [Part::Head, Part::Root(1)].into_iter().chain(entry(1)).chain(entry(2)).collect()
}

#[test]
fn a_flip_of_any_bit_of_any_byte_is_named_with_its_line_and_part() {
    let file = proof().write().into_bytes();
    let parts = parts();
    assert_eq!(proof().write().lines().count(), parts.len());
    let (mut line, mut signature) = (1, false);
    for at in 0..file.len() {
        signature |= line == 2 && file[at..].starts_with(b",\"key\":");
        for bit in 0..8 {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            let wrong = check(&flipped).expect_err("a flipped byte is no proof");
            assert_eq!(wrong.line, line, "byte {at} bit {bit}: {wrong}");
            let part = match wrong.part {
                Part::Signature(1) if signature && line == 2 => Part::Root(1),
                part => part,
            };
            assert_eq!(part, parts[line - 1], "byte {at} bit {bit}: {wrong}");
        }
        line += usize::from(file[at] == b'\n');
    }
}

#[test]
fn a_byte_left_out_or_put_in_is_named() {
    let file = proof().write().into_bytes();
    for at in 0..=file.len() {
        let mut longer = file.clone();
        longer.insert(at, b'0');
        assert!(check(&longer).is_err(), "a byte more at {at}");
        assert!(check(&file[..at]).is_ok() == (at == file.len()), "cut at {at}");
        if at < file.len() {
            let mut shorter = file.clone();
            shorter.remove(at);
            assert!(check(&shorter).is_err(), "a byte less at {at}");
        }
    }
}

#[test]
fn who_makes_the_checks_match_again_is_still_found_out() {
    let why = |changed: &Proof| {
        let wrong = check(changed.write().as_bytes()).expect_err("a forgery is no proof");
        (wrong.part, wrong.why)
    };
    let mut body = proof();
    body.entries[1].entry.body[1] ^= 1;
    assert_eq!(why(&body), (Part::Way(2), Why::Root));
    let mut header = proof();
    header.entries[0].entry.boot += 1;
    assert_eq!(why(&header), (Part::Way(1), Why::Root));
    let mut step = proof();
    step.entries[0].path[2][0] ^= 1;
    assert_eq!(why(&step), (Part::Way(1), Why::Root));
    let mut place = proof();
    place.entries[0].index = 0;
    assert_eq!(why(&place), (Part::Way(1), Why::Root));
    let mut root = proof();
    root.roots[0].root.root[0] ^= 1;
    assert_eq!(why(&root), (Part::Signature(1), Why::Signature));
    let mut day = proof();
    day.entries[1].entry.moment += proof::day::NANOS;
    assert_eq!(why(&day), (Part::Entry(2), Why::Order));
    let mut twice = proof();
    twice.entries[1] = twice.entries[0].clone();
    assert_eq!(why(&twice), (Part::Entry(2), Why::Order));
    let mut nowhere = proof();
    nowhere.entries[0].root = 1;
    assert_eq!(why(&nowhere), (Part::Entry(1), Why::Limit));
}

/// Every field of the statement is in what is signed.
#[test]
fn every_field_of_a_root_is_signed() {
    let whole = proof().roots[0].root.clone();
    let change: [fn(&mut DayRoot); 10] = [
        |root| root.log[0] ^= 1,
        |root| root.day += 1,
        |root| root.municipality += 1,
        |root| root.size += 1,
        |root| root.root[0] ^= 1,
        |root| root.first += 1,
        |root| root.last += 1,
        |root| root.end += 1,
        |root| root.head[0] ^= 1,
        |root| root.before[0] ^= 1,
    ];
    for (field, change) in change.iter().enumerate() {
        let mut other = whole.clone();
        change(&mut other);
        assert_ne!(other.signed(), whole.signed(), "field {field}");
        assert_ne!(other.id(), whole.id(), "field {field}");
    }
    assert_eq!(whole.signed().len(), 168);
}

/// The layout of an entry's hash is the log's own; this vector stands in docs/log-format.md.
#[test]
fn an_entrys_hash_is_the_one_of_the_log() {
    let entry = Framed {
        seq: 1,
        moment: 1_000,
        boot: 3,
        n: 2,
        i: 1,
        node: 7,
        prev: [0; 32],
        body: b"body".to_vec(),
    };
    let expected = "3e5f34645bc25e56e778871cc71ba53e704c0894edb4821ced2c89222bfdb45f";
    assert_eq!(proof::line::hex(&entry.hash()), expected);
}

#[test]
fn a_check_alone_makes_no_line() {
    let line = proof().roots[0].line();
    let spelled = line.replace("\"size\":5", "\"size\":05");
    assert!(matches!(
        Signed::read(spelled.trim_end().as_bytes()),
        Err(Flaw::Form(_) | Flaw::Check)
    ));
}
