//! Old segments go to the archive; what is thinned there takes its keys along, and no key that something kept still names.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use central::entry::{Attributed, Entry, Genesis, Purpose, Sealed};
use central::kind::Kind;
use central::words::{PersonId, Seq};
use journal::embedded::{Embedded, Kept, Options, open, records, verify_both};
use journal::{Batch, Draft, Event, Log};

use super::Keeping;
use crate::config::Retention;
use crate::engine::{KEYS, LOG};
use crate::gate::tests::press;
use crate::keys::{Closed, Keys};

const DAY: u64 = 86_400_000_000_000;

fn log_in(data: &Path) -> Embedded {
    let mut options = Options::new(data.join(LOG), Arc::new(|| {}));
    options.create = Some([5; 16]);
    options.segment_bytes = 1 << 20;
    open(&options).unwrap()
}

fn wait(log: &mut Embedded, mut done: impl FnMut(Event) -> bool) {
    for _ in 0..20_000 {
        if log.poll().is_some_and(&mut done) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("nothing comes in 20 s");
}

/// One day's entries, in a segment of their own.
fn write(log: &mut Embedded, data: &Path, day: u64, entries: Vec<Entry>) {
    let ahead = data.join(LOG).join(format!("segments/{:020}.seg", day + 1));
    while !ahead.exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    // It has its name a moment before the writer has it.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let draft = |entry: Entry| Draft { moment: day * DAY, body: Bytes::from(entry.encode()) };
    let mut left = entries.len();
    let entries = entries.into_iter().map(draft).collect();
    let batch = Batch { node: 0, boot: 1, n: day + 1, entries, decided: Vec::new() };
    assert!(log.propose(batch).is_ok());
    wait(log, |event| {
        left -= usize::from(matches!(event, Event::Entry(_)));
        left == 0
    });
}

fn signal(kind: Kind, sealed: &Sealed) -> Entry {
    let mut signal = press();
    (signal.kind, signal.sealed) = (kind, Some(sealed.clone()));
    Entry::Signal(signal)
}

#[test]
fn what_is_thinned_takes_its_keys_along_and_no_key_that_something_kept_still_names() {
    let (folder, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let keys = Arc::new(Keys::open(&data.join(KEYS)).unwrap());
    keys.begin().unwrap();
    let seal = |text: &str| keys.seal(text.as_bytes()).unwrap();
    let [own, handed, shared, kept] = ["own", "handed over", "shared", "kept"].map(seal);
    let mut log = log_in(data);
    let genesis = Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id: [5; 16] });
    write(
        &mut log,
        data,
        0,
        vec![
            genesis,
            signal(Kind::FAULT, &own),
            signal(Kind::FAULT, &handed),
            signal(Kind::FAULT, &shared),
        ],
    );
    let to = Attributed { signal: Seq(3), person: PersonId(1), key: Some(handed.key) };
    write(
        &mut log,
        data,
        1,
        vec![Entry::Attributed(to), signal(press().kind, &shared), signal(press().kind, &kept)],
    );
    write(&mut log, data, 2, vec![Entry::Tick]);
    log.stop().unwrap();
    let mut log = log_in(data);
    let keeping = Keeping {
        data: data.to_owned(),
        archive: archive.path().to_owned(),
        days: 10,
        retention: Retention { technical: Some(20), ..Retention::default() },
        trimmer: log.trimmer(),
        mirrored: false,
        keys: Arc::clone(&keys),
    };
    keeping.round(5 * DAY);
    assert_eq!(std::fs::read_dir(archive.path()).unwrap().count(), 0, "nothing is old yet");
    keeping.round(30 * DAY);
    // Archived; but without a snapshot a start needs the whole log, and what the log has is not thinned.
    let whole = verify_both(&data.join(LOG), archive.path()).unwrap();
    assert_eq!((whole.log.first, whole.files, whole.thinned), (1, 2, 0));
    assert_eq!(keys.open_sealed(&own).unwrap(), b"own");
    log.trim(8);
    wait(&mut log, |event| matches!(event, Event::Trimmed { below: 8 }));
    keeping.round(30 * DAY);
    let whole = verify_both(&data.join(LOG), archive.path()).unwrap();
    assert_eq!((whole.log.first, whole.entries, whole.thinned), (8, 4, 3));
    assert!(matches!(keys.open_sealed(&own), Err(Closed::Erased)));
    for (sealed, text) in [(&handed, "handed over"), (&shared, "shared"), (&kept, "kept")] {
        assert_eq!(keys.open_sealed(sealed).unwrap(), text.as_bytes());
    }
    assert!(!data.join(KEYS).join("over").exists(), "nothing is owed any more");
    let left = records(archive.path()).unwrap().filter(|it| matches!(it, Ok(Kept::Entry(_))));
    assert_eq!(left.count(), 4);
    log.stop().unwrap();
}
