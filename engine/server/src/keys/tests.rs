use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::limits::KEY_RESERVE;

const DOOR: &[u8] = "Dørkode 4711, Kari Nordmann".as_bytes();

fn begun(folder: &Path, used: u64) -> Keys {
    let keys = Keys::open(folder).unwrap();
    keys.used_up_to(KeyId(used));
    keys.begin().unwrap();
    keys
}

fn folder() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("keys");
    (outer, folder)
}

fn key_on_disk(folder: &Path, id: KeyId) -> Vec<u8> {
    let bytes = fs::read(folder.join("keys")).unwrap();
    let at = 4_096 + (id.0 as usize - 1) * 32;
    bytes[at..at + 32].to_vec()
}

fn eventually(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20), "did not come in 20 s");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_is_sealed_opens_and_every_signal_has_its_own_key() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let one = keys.seal(DOOR).unwrap();
    let two = keys.seal(DOOR).unwrap();
    assert_eq!(one.key.0 + 1, two.key.0);
    assert!(!one.bytes.windows(4).any(|four| four == b"4711"));
    assert_eq!(keys.open_sealed(&one).unwrap(), DOOR);
    assert_eq!(keys.open_sealed(&two).unwrap(), DOOR);
    assert_eq!(keys.seal(b"").map(|sealed| sealed.bytes.len()), Some(16));
}

#[test]
fn a_key_is_on_disk_before_it_is_used() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let sealed = keys.seal(DOOR).unwrap();
    assert_ne!(key_on_disk(&folder, sealed.key), [0; 32]);
}

#[test]
fn after_a_restart_old_seals_open_and_no_key_is_used_again() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let old: Vec<Sealed> = (0..10).map(|_| keys.seal(DOOR).unwrap()).collect();
    drop(keys);
    let last = old.last().unwrap().key;
    let keys = begun(&folder, last.0);
    for sealed in &old {
        assert_eq!(keys.open_sealed(sealed).unwrap(), DOOR);
    }
    let new = keys.seal(DOOR).unwrap();
    assert!(new.key > last);
}

#[test]
fn restarts_use_up_the_keys_already_made_before_more_are_made() {
    let (_outer, folder) = folder();
    drop(begun(&folder, 0));
    let length = fs::metadata(folder.join("keys")).unwrap().len();
    drop(begun(&folder, 0));
    assert_eq!(fs::metadata(folder.join("keys")).unwrap().len(), length);
}

#[test]
fn the_pool_is_filled_again_before_it_runs_dry() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    for _ in 0..=KEY_POOL / 2 {
        keys.seal(b"x").unwrap();
    }
    eventually(|| keys.ready() > KEY_POOL / 2);
    assert_eq!(keys.shared(), 0);
}

#[test]
fn an_erased_key_opens_nothing_and_its_bytes_are_gone() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let gone = keys.seal(DOOR).unwrap();
    let stays = keys.seal(DOOR).unwrap();
    let bytes = key_on_disk(&folder, gone.key);
    keys.erase(&[gone.key]).unwrap();
    assert!(matches!(keys.open_sealed(&gone), Err(Closed::Erased)));
    assert_eq!(keys.open_sealed(&stays).unwrap(), DOOR);
    let file = fs::read(folder.join("keys")).unwrap();
    assert!(!file.windows(32).any(|window| window == bytes));
    drop(keys);
    let keys = begun(&folder, stays.key.0);
    assert!(matches!(keys.open_sealed(&gone), Err(Closed::Erased)));
}

#[test]
fn an_erased_key_that_was_never_used_is_passed_over() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let first = keys.seal(DOOR).unwrap().key.0;
    keys.erase(&[KeyId(first + 1)]).unwrap();
    assert_eq!(keys.seal(DOOR).unwrap().key.0, first + 2);
    drop(keys);
    let keys = begun(&folder, first);
    let ids: Vec<u64> = (0..KEY_RESERVE).map(|_| keys.seal(DOOR).unwrap().key.0).collect();
    assert!(!ids.contains(&(first + 1)));
}

#[test]
fn a_persons_key_seals_until_it_is_erased_and_is_drawn_once() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let (one, two) = (keys.fresh().unwrap(), keys.fresh().unwrap());
    let sealed: Vec<Sealed> = (0..3).map(|_| keys.seal_under(one, DOOR).unwrap()).collect();
    assert!(sealed.iter().all(|sealed| sealed.key == one));
    assert!(sealed.iter().all(|sealed| keys.open_sealed(sealed).unwrap() == DOOR));
    assert_ne!(sealed[0].nonce, sealed[1].nonce);
    let own = keys.seal(DOOR).unwrap();
    assert!(one != two && own.key != one && own.key != two);
    let reading = ReadKeys::open(&folder).unwrap();
    assert_eq!(reading.open_sealed(&sealed[0]).unwrap(), DOOR);
    keys.doom(vec![one]);
    eventually(|| keys.doomed() == 0);
    assert!(keys.seal_under(one, DOOR).is_none() && !keys.has(one) && keys.has(two));
    assert!(matches!(reading.open_sealed(&sealed[0]), Err(Closed::Erased)));
    assert_eq!(key_on_disk(&folder, one), [0; 32]);
}

#[test]
fn no_person_gets_a_shared_key() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    lock(&keys.shared.file).broken = true;
    while keys.shared() == 0 {
        keys.seal(DOOR).unwrap();
    }
    assert!(keys.fresh().is_none());
}

#[test]
fn doomed_keys_are_destroyed_as_soon_as_the_disk_lets_them() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let key = keys.fresh().unwrap();
    lock(&keys.shared.file).broken = true;
    keys.doom(vec![key]);
    std::thread::sleep(Duration::from_millis(50));
    assert!(keys.has(key) && keys.doomed() == 1, "it is not called done before it is");
    lock(&keys.shared.file).broken = false;
    eventually(|| keys.doomed() == 0);
    assert_eq!(key_on_disk(&folder, key), [0; 32]);
}

#[test]
fn reading_alone_needs_the_files_own_rights_and_no_lock() {
    let (_outer, folder) = folder();
    assert!(matches!(ReadKeys::open(&folder), Err(KeysError::Disk { .. })));
    let keys = begun(&folder, 0);
    ReadKeys::open(&folder).expect("beside the one that writes");
    drop(keys);
    let file = folder.join("keys");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(ReadKeys::open(&folder), Err(KeysError::Open { mode: 0o640, .. })));
}

#[test]
fn altered_bytes_or_another_name_do_not_open() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let sealed = keys.seal(DOOR).unwrap();
    for at in 0..sealed.bytes.len() {
        let mut altered = sealed.clone();
        altered.bytes[at] ^= 1;
        assert!(matches!(keys.open_sealed(&altered), Err(Closed::Wrong)));
    }
    let renamed = Sealed { key: KeyId(sealed.key.0 + 1), ..sealed.clone() };
    assert!(matches!(keys.open_sealed(&renamed), Err(Closed::Wrong)));
    let short = Sealed { bytes: vec![1, 2, 3], ..sealed };
    assert!(matches!(keys.open_sealed(&short), Err(Closed::Wrong)));
}

#[test]
fn a_key_the_file_never_had_is_erased_and_the_log_goes_on_above_it() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 1_000_000);
    let sealed = keys.seal(DOOR).unwrap();
    assert!(sealed.key.0 > 1_000_000);
    let lost = Sealed { key: KeyId(999_999), ..sealed.clone() };
    assert!(matches!(keys.open_sealed(&lost), Err(Closed::Erased)));
    for id in [0, u64::MAX] {
        let odd = Sealed { key: KeyId(id), ..sealed.clone() };
        assert!(matches!(keys.open_sealed(&odd), Err(Closed::Erased)));
    }
}

/// The power goes while a block is written: some of its pages are there, some are zeros, the last key is cut.
#[test]
fn a_block_that_was_not_synced_costs_nothing() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let old: Vec<Sealed> = (0..10).map(|_| keys.seal(DOOR).unwrap()).collect();
    let last = old.last().unwrap().key;
    drop(keys);
    let file = OpenOptions::new().write(true).open(folder.join("keys")).unwrap();
    file.write_all_at(&[0; 4_096], 4_096 + (last.0 + 100) * 32).unwrap();
    file.set_len(4_096 + (last.0 + 10_000) * 32 + 7).unwrap();
    drop(file);
    let keys = begun(&folder, last.0);
    for sealed in &old {
        assert_eq!(keys.open_sealed(sealed).unwrap(), DOOR);
    }
    for _ in 0..20_000 {
        let sealed = keys.seal(DOOR).unwrap();
        assert_ne!(key_on_disk_at(&keys, sealed.key), None);
    }
    assert_eq!(keys.shared(), 0);
}

fn key_on_disk_at(keys: &Keys, id: KeyId) -> Option<[u8; 32]> {
    keys.shared.reader.key(id.0).unwrap().map(|key| *key.bytes())
}

#[test]
fn with_no_room_for_keys_signals_share_the_reserve_and_then_no_longer() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    lock(&keys.shared.file).broken = true;
    let all = KEY_POOL + 3 * KEY_RESERVE;
    let sealed: Vec<Sealed> = (0..all).map(|_| keys.seal(DOOR).unwrap()).collect();
    assert!(keys.shared() >= 3 * KEY_RESERVE as u64);
    for sealed in sealed.iter().rev().take(3 * KEY_RESERVE) {
        assert_eq!(keys.open_sealed(sealed).unwrap(), DOOR);
    }
    lock(&keys.shared.file).broken = false;
    eventually(|| keys.ready() > KEY_POOL / 2);
    let shared = keys.shared();
    let fresh = keys.seal(DOOR).unwrap();
    assert!(sealed.iter().all(|old| old.key != fresh.key));
    assert_eq!(keys.shared(), shared);
    let reserve: Vec<u64> = lock(&keys.shared.pool).reserve().map(|slot| slot.id).collect();
    assert!(sealed.iter().all(|old| !reserve.contains(&old.key.0)));
}

#[test]
fn a_start_with_no_room_shares_the_last_keys_of_the_file() {
    let (_outer, folder) = folder();
    let keys = begun(&folder, 0);
    let sealed = keys.seal(DOOR).unwrap();
    drop(keys);
    let keys = Keys::open(&folder).unwrap();
    keys.used_up_to(KeyId(10 * KEY_POOL as u64));
    lock(&keys.shared.file).broken = true;
    keys.begin().unwrap();
    let shared = keys.seal(DOOR).unwrap();
    assert_eq!(keys.open_sealed(&shared).unwrap(), DOOR);
    assert_eq!(keys.open_sealed(&sealed).unwrap(), DOOR);
    assert_eq!(keys.shared(), 1);
}

#[test]
fn a_first_start_with_no_room_says_so() {
    let (_outer, folder) = folder();
    let keys = Keys::open(&folder).unwrap();
    lock(&keys.shared.file).broken = true;
    assert!(matches!(keys.begin(), Err(KeysError::Disk { .. })));
    assert!(keys.seal(DOOR).is_none());
}

#[test]
fn a_file_or_folder_that_others_can_read_is_refused() {
    let (_outer, folder) = folder();
    drop(begun(&folder, 0));
    let file = folder.join("keys");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let error = Keys::open(&folder).unwrap_err();
    assert!(error.to_string().contains("mode 640"), "{error}");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(Keys::open(&folder), Err(KeysError::Open { mode: 0o755, .. })));
}

#[test]
fn two_engines_cannot_share_a_key_file() {
    let (_outer, folder) = folder();
    let _first = begun(&folder, 0);
    assert!(matches!(Keys::open(&folder), Err(KeysError::InUse(_))));
}

#[test]
fn another_file_is_not_taken_for_keys() {
    let (_outer, folder) = folder();
    drop(Keys::open(&folder).unwrap());
    fs::write(folder.join("keys"), b"something else").unwrap();
    assert!(matches!(Keys::open(&folder), Err(KeysError::NotKeys(_))));
    fs::write(folder.join("keys"), [0; 100]).unwrap();
    assert!(Keys::open(&folder).is_ok());
}

#[test]
fn nothing_of_a_key_is_printed() {
    let (_outer, folder) = folder();
    assert_eq!(format!("{:?}", begun(&folder, 0)), "Keys");
}
