//! Day roots over a real log: whose each entry is, the same bytes made again, never a second root for a day, and what is told
//! when a file is not what the log says.

mod town;

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use proof::{DayRoot, Signed, tree};
use roots::{Folder, Found, Keeper, Minder, News, Outcome, Signer, Unproven, prove, verify};

use town::{Days, Town, three_days};

const DAY: u32 = 20_700;

struct Place {
    folder: tempfile::TempDir,
    signer: Signer,
    days: Days,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let days = three_days(folder.path(), DAY);
    let signer = Signer::open(&folder.path().join("authority")).unwrap();
    Place { folder, signer, days }
}

fn walk(data: &Path, signer: Option<&Signer>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut keeper = Keeper::new(&data.join("log"), Folder::of(data)).unwrap();
    keeper.advance(signer, &mut |root| found.push(root), &mut || true).unwrap();
    found.extend(keeper.strays().unwrap());
    found
}

fn outcomes(found: &[Found]) -> Vec<Outcome> {
    found.iter().map(|root| root.outcome.clone()).collect()
}

fn hashes(data: &Path) -> Vec<proof::Hash> {
    let reader = journal::embedded::Reader::open(&data.join("log")).unwrap();
    let hash = |record: Result<journal::Record, _>| match record.unwrap() {
        journal::Record::Entry(entry) => Some(entry.hash),
        journal::Record::Decided(_) => None,
    };
    reader.from(journal::Pos::START).unwrap().filter_map(hash).collect()
}

#[test]
fn every_entry_is_in_the_tree_of_the_municipality_it_belongs_to() {
    let place = place();
    let data = place.folder.path();
    let hashes = hashes(data);
    let found = walk(data, Some(&place.signer));
    assert_eq!(outcomes(&found), vec![Outcome::Made; 6]);
    let stated = |day: u32, municipality: u16| -> DayRoot {
        let same = |root: &&Found| (root.day, root.municipality) == (day, municipality);
        found.iter().find(same).and_then(|root| root.root.clone()).expect("it is stated")
    };
    for (day, expected) in [(DAY, &place.days.first), (DAY + 1, &place.days.second)] {
        let end = expected.iter().flat_map(|(_, seqs)| seqs).max().copied().unwrap();
        for (municipality, seqs) in expected {
            let leaf = |seq: &u64| tree::leaf(*seq, &hashes[*seq as usize - 1]);
            let leaves: Vec<_> = seqs.iter().map(leaf).collect();
            let root = stated(day, *municipality);
            assert_eq!(root.root, tree::root(&leaves), "{municipality} of day {day}");
            assert_eq!((root.size, root.first), (seqs.len() as u64, seqs[0]));
            assert_eq!((root.last, root.end), (*seqs.last().unwrap(), end));
            assert_eq!(root.head, hashes[end as usize - 1]);
            assert_eq!(root.log, town::LOG_ID);
        }
    }
    for municipality in [0, 301, 4601] {
        assert_eq!(stated(DAY, municipality).before, [0; 32]);
        assert_eq!(stated(DAY + 1, municipality).before, stated(DAY, municipality).id());
    }
}

#[test]
fn made_again_it_is_the_same_bytes_and_nothing_is_written_twice() {
    let place = place();
    let data = place.folder.path();
    walk(data, Some(&place.signer));
    let file = Folder::of(data).file(DAY, 301);
    let first = fs::read(&file).unwrap();
    assert_eq!(outcomes(&walk(data, Some(&place.signer))), vec![Outcome::Same; 6]);
    fs::remove_file(&file).unwrap();
    assert!(outcomes(&walk(data, None)).contains(&Outcome::Missing));
    assert!(!file.exists(), "without a key nothing is made");
    // As another process finds it: the key from its file.
    let again = Signer::open(&data.join("authority")).unwrap();
    walk(data, Some(&again));
    assert_eq!(fs::read(&file).unwrap(), first);
    let signed = Signed::read(first.strip_suffix(b"\n").unwrap()).unwrap();
    assert!(signed.is_good(&verify));
}

#[test]
fn a_file_that_differs_is_told_and_left_as_it_is() {
    let place = place();
    let data = place.folder.path();
    walk(data, Some(&place.signer));
    let folder = Folder::of(data);
    let good = fs::read(folder.file(DAY, 301)).unwrap();
    let told = |bytes: &[u8]| {
        fs::write(folder.file(DAY, 301), bytes).unwrap();
        let found = walk(data, Some(&place.signer));
        assert_eq!(fs::read(folder.file(DAY, 301)).unwrap(), bytes);
        found.into_iter().find(|root| (root.day, root.municipality) == (DAY, 301)).unwrap().outcome
    };
    let mut other = Signed::read(good.strip_suffix(b"\n").unwrap()).unwrap();
    other.root.size += 1;
    other.signature = place.signer.sign(&other.root.signed()).unwrap();
    assert!(matches!(told(other.line().as_bytes()), Outcome::Differs(_)));
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        assert!(matches!(told(&flipped), Outcome::Differs(_)), "byte {at}");
    }
    assert_eq!(told(&good), Outcome::Same);
    fs::copy(folder.file(DAY, 301), folder.file(DAY, 5001)).unwrap();
    let found = walk(data, Some(&place.signer));
    let unknown = found.iter().find(|root| root.municipality == 5001).unwrap();
    assert!(matches!(unknown.outcome, Outcome::Differs(_)) && unknown.root.is_none());
}

#[test]
fn a_root_of_a_day_that_the_log_no_longer_reaches_is_told() {
    let place = place();
    let data = place.folder.path();
    walk(data, Some(&place.signer));
    let short = tempfile::tempdir().unwrap();
    let mut town = Town::begin(short.path(), DAY);
    town.signal(301, "scaip:1", central::kind::Kind::PRESS);
    town.stop();
    fs::rename(data.join(roots::ROOTS), short.path().join(roots::ROOTS)).unwrap();
    let found = walk(short.path(), None);
    assert_eq!(found.len(), 6, "three files a day");
    assert!(found.iter().all(|root| matches!(root.outcome, Outcome::Differs(_))));
}

#[test]
fn a_day_is_stated_only_when_an_entry_of_a_later_day_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut town = Town::begin(data, DAY);
    town.signal(301, "scaip:1", central::kind::Kind::PRESS);
    town.stop();
    let signer = Signer::open(&data.join("authority")).unwrap();
    let mut keeper = Keeper::new(&data.join("log"), Folder::of(data)).unwrap();
    let mut found = Vec::new();
    keeper.advance(Some(&signer), &mut |root| found.push(root), &mut || true).unwrap();
    assert!(found.is_empty());
    assert_eq!(keeper.last().0, 3);
    let mut town = Town::go_on(data, 100);
    town.next_day();
    town.put(&central::entry::Entry::Tick);
    town.stop();
    keeper.advance(Some(&signer), &mut |root| found.push(root), &mut || true).unwrap();
    assert_eq!(outcomes(&found), vec![Outcome::Made; 2], "the centre's and 0301's");
}

#[test]
fn what_cannot_be_read_is_the_centres_and_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut town = Town::begin(data, DAY);
    town.body(b"no entry at all");
    town.next_day();
    town.body(b"nor this");
    town.stop();
    let found = walk(data, None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].root.as_ref().map(|root| (root.municipality, root.size)), Some((0, 3)));
}

#[test]
fn the_key_is_made_once_and_for_us_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let first = *Signer::open(folder.path()).unwrap().public();
    assert_eq!(*Signer::open(folder.path()).unwrap().public(), first);
    let key = folder.path().join(roots::KEY_FILE);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Signer::open(folder.path()).is_err(), "a key that others read signs nothing");
    fs::remove_file(&key).unwrap();
    assert!(Signer::open(folder.path()).is_err(), "a second key is not made in silence");
}

#[test]
fn an_alarms_proof_holds_its_signals_acts_and_attribution_and_nothing_else() {
    let place = place();
    let data = place.folder.path();
    let (log, folder) = (data.join("log"), Folder::of(data));
    let alarm = place.days.alarm;
    assert!(matches!(prove(&log, &folder, alarm), Err(Unproven::NoRoot(_))));
    walk(data, Some(&place.signer));
    let proof = prove(&log, &folder, alarm).unwrap();
    let seqs: Vec<u64> = proof.entries.iter().map(|proved| proved.entry.seq).collect();
    assert_eq!(seqs, place.days.of_the_alarm);
    let file = proof.write();
    let proven =
        proof::Proof::check(file.as_bytes(), Some(place.signer.public()), &verify).unwrap();
    assert_eq!(proven.proof, proof);
    assert!(matches!(prove(&log, &folder, 6), Err(Unproven::NoAlarm(6))));
    assert!(matches!(prove(&log, &folder, 99), Err(Unproven::NoAlarm(99))));
}

#[test]
fn the_thread_makes_the_roots_and_asks_for_a_tick_when_the_log_stands_still() {
    let place = place();
    let data = place.folder.path().to_owned();
    let (tell, told) = mpsc::channel();
    let much_later = u64::from(DAY + 9) * proof::day::NANOS + roots::limits::IDLE_AFTER;
    let minder = Minder::start(
        data.join("log"),
        Folder::of(&data),
        place.signer,
        move || much_later,
        move |news| tell.send(news).unwrap(),
    )
    .unwrap();
    let mut made = 0;
    loop {
        match told.recv_timeout(Duration::from_secs(30)).expect("it tells") {
            News::Made(_, municipalities) => made += municipalities,
            News::Idle => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(made, 6);
    minder.stop();
    assert_eq!(outcomes(&walk(&data, None)), vec![Outcome::Same; 6]);
}
