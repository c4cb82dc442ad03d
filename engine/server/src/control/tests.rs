//! The same wishes, with an engine and without one.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use central::entry::{Entry, Held, Purpose, Subject};
use central::words::{DeviceId, Municipality, PersonId};
use central::{Central, Decision};
use sequencer::{Skips, Step};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::config::Config;
use crate::engine::{Engine, LOG, Start};

const OSLO: Municipality = Municipality(301);

struct Place {
    runtime: Runtime,
    folder: TempDir,
}

impl Place {
    /// A log that an engine made and has left.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { runtime: Runtime::new().unwrap(), folder };
        place.stop(place.start());
        place
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn start(&self) -> Engine {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let mut config = Config::default();
        config.log.segment_mib = 1;
        for port in [
            &mut config.listen.sip,
            &mut config.listen.sip_tls,
            &mut config.listen.quic,
            &mut config.listen.console,
            &mut config.listen.ops,
        ] {
            *port = any;
        }
        let data = self.data().to_owned();
        let start = Start { config, purpose: Purpose::LoadTest, data, accept_clock: false };
        self.runtime.block_on(Engine::start(start)).unwrap()
    }

    fn stop(&self, engine: Engine) {
        self.runtime.block_on(engine.stop());
    }

    /// Every entry, and the state they come to; what was decided is compared on the way.
    fn folded(&self) -> (Vec<Entry>, Central) {
        let reader = journal::embedded::Reader::open(&self.data().join(LOG)).unwrap();
        let mut central = Central::new();
        let mut entries = Vec::new();
        let records = reader.from(journal::Pos::START).unwrap();
        let see = |step: Step<'_>| {
            if let Step::Applied { entry, .. } = step {
                entries.push(entry.clone());
            }
        };
        sequencer::refold_seeing(records, &Skips::default(), &mut central, see).unwrap();
        (entries, central)
    }
}

fn somebody() -> Wish {
    Wish::Person { id: None, municipality: OSLO, about: b"Kari Nordmann".to_vec() }
}

fn device() -> DeviceId {
    DeviceId("scaip:8031372".to_owned())
}

/// Registers somebody, gives her a device, looks at her, erases her; and what the log says then.
fn a_life(place: &Place) {
    let registered = submit(place.data(), &[somebody()]).unwrap();
    let person = registered[0].person.unwrap();
    assert_eq!(registered[0].decision, Decision::Noted);
    let held = Held { device: device(), person: Some(person) };
    let (by, reason) = ("os:kari".to_owned(), "Kari Nordmann spurte".to_owned());
    let looked = Wish::Disclosed { by, what: Subject::Person(person), reason };
    let wishes = [Wish::entry(&Entry::Held(held)), looked, Wish::erase(person)];
    let done = submit(place.data(), &wishes).unwrap();
    assert_eq!(done.len(), 3);
    assert!(done.iter().all(|one| one.decision == Decision::Noted && one.person == Some(person)));
    assert!(done.windows(2).all(|two| two[0].seq < two[1].seq));
    let (entries, central) = place.folded();
    let known = central.person(person).unwrap();
    assert!(known.erased && known.about.is_none());
    assert_eq!(central.holders().count(), 0);
    let kept = entries.iter().filter(|entry| {
        matches!(entry, Entry::Person(_) | Entry::Held(_) | Entry::Disclosed(_) | Entry::Erased(_))
    });
    assert_eq!(kept.count(), 4);
    let keys = fs::read(place.data().join(crate::engine::KEYS).join("keys")).unwrap();
    let at = 4_096 + (known.keys[0].0 as usize - 1) * 32;
    assert_eq!(keys[at..at + 32], [0; 32], "the key is gone when the erasure is answered");
    assert!(entries.iter().all(|entry| {
        let bytes = entry.encode();
        !bytes.windows(8).any(|part| part == b"Nordmann")
    }));
}

#[test]
fn a_command_is_done_by_the_engine_that_runs() {
    let place = Place::new();
    let engine = place.start();
    assert!(matches!(alone::submit(place.data(), &[]), Err(ControlError::Unanswered(_))));
    a_life(&place);
    place.stop(engine);
    assert!(!place.data().join(SOCKET).exists());
}

#[test]
fn a_command_is_done_without_an_engine_and_an_engine_goes_on_from_it() {
    let place = Place::new();
    a_life(&place);
    let (before, _) = place.folded();
    let engine = place.start();
    a_life_without_keys_lost(&place);
    place.stop(engine);
    assert!(place.folded().0.starts_with(&before));
}

/// A key drawn without an engine is not drawn again by one.
fn a_life_without_keys_lost(place: &Place) {
    let first = submit(place.data(), &[somebody(), somebody()]).unwrap();
    let central = place.folded().1;
    let key = |id: PersonId| central.person(id).unwrap().keys[0];
    let mut all: Vec<_> = central.persons().map(|(id, _)| key(id)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), central.persons().count());
    assert_ne!(first[0].person, first[1].person);
}

#[test]
fn many_wishes_are_all_done_in_their_order() {
    let place = Place::new();
    let engine = place.start();
    let one = submit(place.data(), &[somebody()]).unwrap()[0].person;
    let held = |n: usize| {
        let device = DeviceId(format!("scaip:{n:07}"));
        Wish::entry(&Entry::Held(Held { device, person: one }))
    };
    let many: Vec<Wish> = (0..crate::limits::CONTROL_BATCH + 10).map(held).collect();
    let done = submit(place.data(), &many).unwrap();
    assert_eq!(done.len(), many.len());
    assert!(done.is_sorted_by(|a, b| a.seq < b.seq));
    place.stop(engine);
    assert_eq!(place.folded().1.holders().count(), many.len());
}

#[test]
fn what_is_no_commands_to_write_is_refused_and_what_came_before_is_done() {
    let place = Place::new();
    for with_engine in [true, false] {
        let engine = with_engine.then(|| place.start());
        let forged = Wish::entry(&Entry::SessionEnded(central::words::SessionId([1; 16])));
        let nobody = Wish::Person { id: Some(PersonId(7)), municipality: OSLO, about: Vec::new() };
        for wrong in [forged, nobody, Wish::Entry(vec![1, 2, 3])] {
            let refused = submit(place.data(), &[somebody(), wrong, somebody()]);
            assert!(matches!(refused, Err(ControlError::Refused { done: 1, .. })), "{refused:?}");
        }
        if let Some(engine) = engine {
            place.stop(engine);
        }
    }
    assert_eq!(place.folded().1.persons().count(), 6);
}

#[test]
fn the_socket_is_its_owners_alone_and_a_dead_engines_is_replaced() {
    let place = Place::new();
    let socket = place.data().join(SOCKET);
    drop(UnixListener::bind(&socket).unwrap());
    assert!(socket.exists(), "as a killed engine leaves it");
    submit(place.data(), &[somebody()]).expect("nobody listens: the log is opened here");
    let engine = place.start();
    let mode = fs::metadata(&socket).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    submit(place.data(), &[somebody()]).unwrap();
    place.stop(engine);
}

#[test]
fn a_folder_without_a_log_is_said_so_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let said = submit(folder.path(), &[somebody()]).unwrap_err().to_string();
    assert!(said.contains("--data"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
