//! The central: signals applied a second, by how many devices it remembers, with 10 000 open alarms.

mod quick;

use benches::{Fed, signal};
use central::Central;
use central::entry::{Act, Entry, Role, Scope, SessionOpened, Verb};
use central::kind::Kind;
use central::words::{ActId, AlarmId, Moment, SessionId};
use criterion::{BatchSize, Throughput};

const OPEN: u32 = 10_000;
const ROUND: u32 = 1_000;
/// Enough kinds for ten open alarms on each of a thousand devices.
const KINDS: [Kind; 10] = [
    Kind::PRESS,
    Kind::SOS,
    Kind::FALL,
    Kind::SMOKE,
    Kind::GAS_CO,
    Kind::PERSONAL_ATTACK,
    Kind::SEIZURE,
    Kind::NO_MOVEMENT,
    Kind::ASSISTANCE,
    Kind::WATER,
];

fn main() {
    let mut criterion = quick::quick();
    for devices in [1_000, 10_000, 150_000] {
        let mut town = Town::new(devices);
        let mut group = criterion.benchmark_group(format!("central, {devices} devices"));
        group.throughput(Throughput::Elements(u64::from(ROUND)));
        for (name, kind) in [("filed", Kind::POSITION), ("repeat", Kind::PRESS)] {
            group.bench_function(name, |bencher| town.round(bencher, kind));
        }
        group.finish();
        assert_eq!(town.fed.open(), OPEN as usize, "nothing else was opened");
        town.close_many();
        whole(&mut criterion, devices, &town.fed.central);
    }
    criterion.final_summary();
}

/// The state hash, which the deciding thread is asked for; beside it what grows with the state.
fn whole(criterion: &mut criterion::Criterion, devices: u32, central: &Central) {
    let mut group = criterion.benchmark_group(format!("state, {devices} devices"));
    group.sample_size(10);
    group.bench_function("digest", |bencher| bencher.iter(|| central.digest()));
    group.bench_function("encode", |bencher| bencher.iter(|| central.encode()));
    let bytes = central.encode();
    println!("state, {devices} devices: {} bytes", bytes.len());
    group.bench_function("decode", |bencher| bencher.iter(|| Central::decode(&bytes)));
    group.finish();
}

struct Town {
    fed: Fed,
    devices: u32,
    /// Signals made so far.
    n: u64,
}

impl Town {
    /// Every device has sent something; the alarms are spread over as many devices as there are.
    fn new(devices: u32) -> Self {
        let mut town = Self { fed: Fed::new(), devices, n: 0 };
        for device in 0..devices {
            let entry = town.entry(device, Kind::POSITION);
            town.fed.apply(&entry);
        }
        for alarm in 0..OPEN {
            let entry = town.entry(alarm % devices, KINDS[(alarm / devices) as usize]);
            town.fed.apply(&entry);
        }
        assert_eq!(town.fed.open(), OPEN as usize, "each opened an alarm of its own");
        town
    }

    fn entry(&mut self, device: u32, kind: Kind) -> Entry {
        self.n += 1;
        Entry::Signal(signal(device, self.n, kind))
    }

    /// As many closed alarms and answers to acts as are remembered: what the state hash goes through each time.
    fn close_many(&mut self) {
        let operator = SessionId([1; 16]);
        self.fed.apply(&Entry::SessionOpened(SessionOpened {
            id: operator,
            operator: "kari".to_owned(),
            role: Role::Operator,
            scope: Scope::All,
            expires: Moment(u64::MAX),
        }));
        for n in 0..central::limits::CLOSED as u32 {
            let press = self.entry(n % self.devices, Kind::INTRUDER);
            self.fed.apply(&press);
            let alarm = AlarmId(self.fed.central.last());
            let close = Verb::Close {
                alarm,
                version: 2,
                cause: 122,
                action: 200,
                outcome: 302,
                note: None,
            };
            for verb in [Verb::Claim { alarm }, close] {
                let mut id = [0; 16];
                id[..8].copy_from_slice(&self.fed.central.last().0.to_le_bytes());
                self.fed.apply(&Entry::Act(Act { id: ActId(id), session: operator, verb }));
            }
        }
        assert_eq!(self.fed.open(), OPEN as usize, "each was closed again");
    }

    fn round(&mut self, bencher: &mut criterion::Bencher<'_>, kind: Kind) {
        // A press is a Repeat only where the device has an open alarm of that kind.
        let among = if kind == Kind::PRESS { self.devices.min(OPEN) } else { self.devices };
        // The two closures take turns; the first makes entries, the second applies them.
        let (fed, n) = (&mut self.fed, &mut self.n);
        let make = || {
            let next = |_| {
                *n += 1;
                // A stride coprime to every count of devices visits them all, far from in order.
                let device = (*n * 7_919 % u64::from(among)) as u32;
                Entry::Signal(signal(device, *n, kind))
            };
            (0..ROUND).map(next).collect::<Vec<_>>()
        };
        let apply = |entries: Vec<Entry>| {
            let outputs: usize = entries.iter().map(|entry| fed.apply(entry)).sum();
            (outputs, entries)
        };
        bencher.iter_batched(make, apply, BatchSize::PerIteration);
    }
}
