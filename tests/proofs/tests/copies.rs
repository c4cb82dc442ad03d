//! The same signals a hundred and a thousand times, over TCP and UDP, out of order and after restarts: one alarm
//! each, and every copy is answered.

use std::time::Duration;

use proofs::disk::Disk;
use proofs::engine::{self, Engine};
use proofs::ledger::opened_twice;
use proofs::rng::Rng;
use proofs::settings::{folder_in_memory, seed, setting};
use proofs::unit::{TcpUnit, Told, UdpUnit};

const SIGNALS: usize = 10;
const RESTARTS: usize = 4;

/// Copies of each signal; `tests/run --long` sets 1 000.
fn copies() -> usize {
    setting("VARDE_COPIES", 100) as usize
}

/// Which signal comes when: so many copies of each, shuffled.
fn order() -> Vec<usize> {
    let mut order: Vec<usize> = (0..SIGNALS * copies()).map(|n| n % SIGNALS).collect();
    let mut rng = Rng::new(7_000_000 + seed());
    for at in (1..order.len()).rev() {
        order.swap(at, rng.below(at as u64 + 1) as usize);
    }
    order
}

/// Sends some of the copies; every twentieth by UDP. How many were answered `snu` 0.
fn send(engine: &Engine, order: &[usize]) -> usize {
    let mut tcp = TcpUnit::connect(engine.address("sip_tcp"), "4500").expect("it listens");
    let udp = UdpUnit::new(engine.address("sip_udp"), "4500").expect("a socket");
    let answered = |(n, signal): (usize, &usize)| {
        let reference = format!("copy{signal}");
        if n % 20 == 0 {
            udp.press(&reference, 1, Duration::from_millis(100)).1.contains(&0)
        } else {
            tcp.press(&reference, Duration::from_secs(6)) == Told::Mrs(0)
        }
    };
    order.iter().enumerate().map(answered).filter(|yes| *yes).count()
}

#[test]
fn copies_out_of_order_over_tcp_and_udp_and_after_restarts_are_one_alarm_and_all_answered() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let (mut engine, disk) = Disk::start(&data, folder.path(), false);
    let order = order();
    let mut answered = 0;
    for part in order.chunks(order.len().div_ceil(RESTARTS + 1)) {
        answered += send(&engine, part);
        engine.kill();
        engine = disk.try_start(&[], false).expect("it starts again");
    }
    engine.kill();
    assert_eq!(answered, order.len(), "a copy was not answered");
    let log = engine::log(&data);
    let opened = |line: &&serde_json::Value| {
        line["device"] == "scaip:4500" && line["alarm"].is_u64() && line["alarm"] == line["seq"]
    };
    // A press of a device whose alarm is open is folded in: ten references, one alarm.
    assert_eq!(log.iter().filter(opened).count(), 1);
    assert_eq!(opened_twice(&log), []);
    for signal in 0..SIGNALS {
        let of = |line: &&serde_json::Value| line["reference"] == format!("copy{signal}");
        let first = log.iter().filter(of).filter(|line| line["duplicate_of"].is_null()).count();
        assert_eq!(first, 1, "copy{signal} counted as more than one signal");
    }
    println!(
        "{answered} copies of {SIGNALS} signals over {RESTARTS} restarts: all answered, 1 alarm"
    );
}
