//! The player against a null receiver on real sockets.

mod null;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use null::{Null, Say};
use player::{Authority, Outcome, Plan, play};
use tempfile::TempDir;
use tokio::runtime::Handle;
use traffic::{Details, Fleet, Intended, Kind, Mix, Municipality, Signal, Steady, Transport, What};

const SECOND: u64 = 1_000_000_000;

fn fleet(devices: u32, mix: Mix) -> Fleet {
    Fleet::draw(&Municipality::demonstration(), devices, mix, 1).unwrap()
}

/// Alarm hubs on one transport.
fn hubs(devices: u32, transport: Transport) -> Fleet {
    fleet(devices, Mix { units: [1, 0, 0, 0, 0], ..Mix::COUNTRY }.only(transport))
}

fn press(at: u64, device: u32, number: u32) -> Intended {
    let signal = Signal { number, kind: Kind::PRESS, details: Details::Room(21) };
    Intended { at, device, what: What::Signal(signal) }
}

struct Bench {
    null: Null,
    folder: TempDir,
}

impl Bench {
    async fn new(rule: impl Fn(usize) -> Say + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let null = Null::start(folder.path(), rule).await;
        Self { null, folder }
    }

    fn plan(
        &self,
        fleet: Fleet,
        timeline: impl IntoIterator<Item = Intended, IntoIter: Send + 'static>,
    ) -> Plan {
        let mut plan = Plan::new(fleet, timeline.into_iter(), self.null.targets.clone(), 42);
        plan.identities = Some(Arc::new(Authority::open(self.folder.path()).unwrap()));
        plan
    }

    fn receipts(&self, plan: &mut Plan) -> std::path::PathBuf {
        let path = self.folder.path().join("receipts");
        plan.receipts = Some(Box::new(std::fs::File::create(&path).unwrap()));
        path
    }
}

async fn run(plan: Plan) -> Outcome {
    let outcome = play(&Handle::current(), plan).unwrap().finished().await;
    let tally = &outcome.tally;
    assert!(tally.conserved(), "{tally:?}");
    assert_eq!(outcome.unreceipted.len() as u64, tally.refused + tally.unanswered);
    assert_eq!(tally.connected, 0, "every connection is closed");
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_receipted_and_written_down() {
    let bench = Bench::new(|_| Say::Stored).await;
    let kinds = vec![Kind::PRESS, Kind::BED_ABSENCE, Kind::BATTERY_LOW, Kind::POSITION];
    let timeline = Steady::new(40, 100, kinds, 3);
    let mut plan = bench.plan(fleet(40, Mix::DEMONSTRATION), timeline);
    plan.length = Some(Duration::from_secs(2));
    let path = bench.receipts(&mut plan);
    let outcome = run(plan).await;
    let tally = outcome.tally;
    assert!(tally.sent > 120, "{tally:?}");
    assert_eq!((tally.receipted, tally.refused, tally.unanswered), (tally.sent, 0, 0));
    assert_eq!(tally.receipted, bench.null.unique() as u64);
    assert_eq!(tally.classes.iter().map(|c| c.from_intended.n).sum::<u64>(), tally.sent);
    for class in tally.classes.iter().filter(|class| class.sent > 0) {
        let latency = class.from_intended;
        assert!(0 < latency.p50_us && latency.p50_us <= latency.max_us, "{class:?}");
        assert!(latency.max_us < 10_000_000 && class.from_sent.p50_us > 0, "{class:?}");
    }
    assert!(tally.lag.n >= tally.sent && tally.trouble.is_none(), "{tally:?}");

    let written = std::fs::read_to_string(path).unwrap();
    let lines: BTreeSet<(String, String)> = written
        .lines()
        .map(|line| {
            let mut parts = line.split('\t').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap())
        })
        .collect();
    let seen: BTreeSet<_> = bench.null.seen.lock().unwrap().keys().cloned().collect();
    assert_eq!(lines, seen, "the receipts name what the receiver has");
    assert!(written.lines().any(|line| !line.ends_with('\t')), "QUIC tells the Seq");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_brings_the_same_reference_again_and_counts_once() {
    tokio::join!(
        lose_an_answer(Transport::Quic),
        lose_an_answer(Transport::Tcp),
        lose_an_answer(Transport::Udp)
    );
}

async fn lose_an_answer(transport: Transport) {
    let bench = Bench::new(|arrival| if arrival == 1 { Say::Nothing } else { Say::Stored }).await;
    let fleet = hubs(1, transport);
    let device = fleet.devices[0].id.clone();
    let started = std::time::Instant::now();
    let tally = run(bench.plan(fleet, [press(0, 0, 1)])).await.tally;
    assert!(started.elapsed() >= Duration::from_secs(10), "by the ladder, not sooner");
    assert_eq!((tally.sent, tally.receipted, tally.resent), (1, 1, 1), "{transport:?}");
    let mut seen = bench.null.seen.lock().unwrap();
    assert_eq!(seen.len(), 1, "one reference");
    let ((by, _), bodies) = seen.pop_first().unwrap();
    assert_eq!(by, device);
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1], "the same bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_end_a_signal_and_are_listed() {
    for (say, transport, word) in [
        (Say::Refuse(400), Transport::Tcp, "SIP 400"),
        (Say::Refuse(403), Transport::Udp, "SIP 403"),
        (Say::Snu(7), Transport::Tcp, "snu 7"),
        (Say::Refuse(4), Transport::Quic, "refused 4"),
    ] {
        let bench = Bench::new(move |_| say).await;
        let fleet = hubs(1, transport);
        let device = fleet.devices[0].id.clone();
        let outcome = run(bench.plan(fleet, [press(0, 0, 1)])).await;
        assert_eq!((outcome.tally.receipted, outcome.tally.refused), (0, 1), "{word}");
        let row = &outcome.unreceipted[0];
        assert_eq!((row.word.to_string().as_str(), row.refused), (word, true));
        assert_eq!(row.device, device);
        assert!(bench.null.seen.lock().unwrap().contains_key(&(device, row.reference.clone())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_never_answered_is_unanswered_and_what_was_put_off_is_refused() {
    for (say, refused) in [(Say::Nothing, 0), (Say::Refuse(503), 2), (Say::Snu(5), 2)] {
        let bench = Bench::new(move |_| say).await;
        let mut plan = bench.plan(hubs(2, Transport::Tcp), [press(0, 0, 1), press(0, 1, 1)]);
        plan.drain = Duration::from_millis(500);
        let tally = run(plan).await.tally;
        assert_eq!((tally.receipted, tally.refused), (0, refused), "{say:?}");
        assert_eq!(tally.unanswered, 2 - refused);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_made_again_and_nothing_is_lost() {
    let bench = Bench::new(|arrival| if arrival == 1 { Say::Cut } else { Say::Stored }).await;
    for transport in [Transport::Tcp, Transport::Quic] {
        let mut plan = bench.plan(hubs(3, transport), (0..3).map(|device| press(0, device, 1)));
        plan.run = transport as u64;
        let tally = run(plan).await.tally;
        assert_eq!((tally.sent, tally.receipted), (3, 3), "{transport:?}: {tally:?}");
        assert_eq!((tally.losses, tally.connects, tally.resent), (3, 6, 3), "{transport:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_is_the_same_bytes_and_counts_apart() {
    let bench = Bench::new(|_| Say::Stored).await;
    for transport in Transport::ALL {
        let first = press(0, 0, 1);
        let What::Signal(signal) = first.what else { panic!() };
        let again = Intended { at: SECOND, device: 0, what: What::Duplicate(signal) };
        let end = press(2 * SECOND, 0, 2);
        let mut plan = bench.plan(hubs(1, transport), [first, again, end]);
        plan.run = transport as u64;
        let tally = run(plan).await.tally;
        assert_eq!((tally.sent, tally.receipted), (2, 2), "{transport:?}");
        assert_eq!((tally.duplicates, tally.duplicates_answered), (1, 1), "{transport:?}");
        assert_eq!(tally.resent, 0);
        let mut seen = bench.null.seen.lock().unwrap();
        let twice: Vec<_> = seen.values().filter(|bodies| bodies.len() == 2).collect();
        assert_eq!(twice.len(), 1);
        assert_eq!(twice[0][0], twice[0][1]);
        seen.clear();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_engine_everything_is_unanswered_and_the_trouble_is_told() {
    let bench = Bench::new(|_| Say::Stored).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut plan = bench.plan(hubs(2, Transport::Tcp), [press(0, 0, 1), press(0, 1, 1)]);
    plan.targets.sip_tcp = Some(closed);
    plan.drain = Duration::from_millis(300);
    let outcome = run(plan).await;
    assert_eq!((outcome.tally.sent, outcome.tally.unanswered), (2, 2));
    assert!(outcome.tally.trouble.unwrap().contains("refused"));
    assert!(outcome.unreceipted.iter().all(|row| row.word.to_string().starts_with("never sent")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_does_not_stay_comes_and_goes() {
    let bench = Bench::new(|_| Say::Stored).await;
    let trackers = fleet(2, Mix { units: [0, 0, 0, 1, 0], transports: [1, 1, 0] });
    let timeline = [press(0, 0, 1), press(0, 1, 1), press(10 * SECOND, 0, 2)];
    let handle = play(&Handle::current(), bench.plan(trackers, timeline)).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(handle.tally().connected, 2, "they linger");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(handle.tally().connected, 0, "and leave");
    let tally = handle.finished().await.tally;
    assert_eq!((tally.receipted, tally.connects, tally.losses), (3, 3, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beats_are_answered_and_certificates_name_device_and_municipality() {
    let bench = Bench::new(|_| Say::Stored).await;
    let beats = (1..=3).map(|i| Intended { at: i * SECOND / 4, device: 0, what: What::Beat });
    let timeline = beats.chain([press(2 * SECOND, 0, 1)]);
    let tcp = run(bench.plan(hubs(1, Transport::Tcp), timeline)).await.tally;
    assert_eq!((tcp.beats, tcp.beats_answered, tcp.sent), (3, 3, 1));

    // The link session beats as it was told in the welcome: every five seconds.
    let handle =
        play(&Handle::current(), bench.plan(hubs(1, Transport::Quic), [press(8 * SECOND, 0, 1)]))
            .unwrap();
    let quic = handle.finished().await.tally;
    assert_eq!((quic.beats, quic.beats_answered, quic.receipted), (1, 1, 1), "{quic:?}");
    let certificates = bench.null.certificates.lock().unwrap();
    let has = |text: &[u8]| certificates[0].windows(text.len()).any(|w| w == text);
    assert!(has(b"9950100001") && has(b"\x04\x0a\x0c\x049950"), "CN and O");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_can_be_stopped() {
    let bench = Bench::new(|_| Say::Stored).await;
    let timeline = Steady::new(5, 50, vec![Kind::PRESS], 1);
    let handle = play(&Handle::current(), bench.plan(hubs(5, Transport::Tcp), timeline)).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!handle.is_finished() && handle.tally().connected == 5);
    let tally = handle.stop().await.tally;
    assert!(tally.receipted > 20 && tally.receipted == tally.sent, "{tally:?}");
}
