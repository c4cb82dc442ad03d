//! The floor of this machine, beside which latencies are given: `cargo run --release -p benches --bin floor -- DIR`.
//!
//! F is one write and fdatasync of 4 KiB on a prewritten file in DIR; R is one round trip of 700
//! bytes over loopback TCP to another thread. Both in turn, so that what disturbs one disturbs both.
//! Back to back, or at so many rounds a second where a second word says so: after a pause each wake-up
//! is dearer, for the engine too.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 4_000;
const PACED_ROUNDS: u64 = 400;
const BLOCK: usize = 4096;
const PREWRITTEN: usize = 16 << 20;
const SIGNAL: usize = 700;

fn main() {
    let Some(dir) = std::env::args().nth(1) else {
        eprintln!("say in which folder to measure: a file of 16 MiB is made there and removed");
        std::process::exit(2);
    };
    let pace: Option<u32> = std::env::args().nth(2).and_then(|word| word.parse().ok());
    let pause = pace.map(|pace| Duration::from_secs(1) / pace.max(1));
    let path = Path::new(&dir).join("floor");
    let file = prewritten(&path);
    let mut stream = echo();
    let (mut syncs, mut trips) = (Vec::new(), Vec::new());
    for round in 0..pause.map_or(ROUNDS, |_| PACED_ROUNDS) {
        std::thread::sleep(pause.unwrap_or_default());
        syncs.push(timed(|| sync(&file, round)));
        trips.push(timed(|| trip(&mut stream)));
    }
    let _ = std::fs::remove_file(&path);
    println!("{:>12} {:>8} {:>8}", "µs", "p50", "p99");
    show("F fdatasync", &mut syncs);
    show("R TCP trip", &mut trips);
    println!(
        "{:>12} {:>8.0} {:>8.0}",
        "F + R",
        at(&syncs, 50) + at(&trips, 50),
        at(&syncs, 99) + at(&trips, 99)
    );
}

fn prewritten(path: &Path) -> File {
    let file = File::create(path).expect("a file can be made in the folder");
    file.write_all_at(&vec![0; PREWRITTEN], 0).expect("it can be written");
    file.sync_all().expect("it can be synced");
    file
}

fn sync(file: &File, round: u64) {
    let place = round * BLOCK as u64 % PREWRITTEN as u64;
    file.write_all_at(&[7; BLOCK], place).expect("a block can be written");
    file.sync_data().expect("it can be synced");
}

/// A connection to a thread that sends everything back.
fn echo() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let to = listener.local_addr().expect("a listener has an address");
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("the connection comes");
        peer.set_nodelay(true).expect("TCP has the option");
        let mut bytes = [0; SIGNAL];
        while peer.read_exact(&mut bytes).is_ok() && peer.write_all(&bytes).is_ok() {}
    });
    let stream = TcpStream::connect(to).expect("the listener is there");
    stream.set_nodelay(true).expect("TCP has the option");
    stream
}

fn trip(stream: &mut TcpStream) {
    let mut bytes = [1; SIGNAL];
    stream.write_all(&bytes).expect("the echo reads");
    stream.read_exact(&mut bytes).expect("the echo answers");
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn show(name: &str, took: &mut [Duration]) {
    took.sort_unstable();
    println!("{name:>12} {:>8.0} {:>8.0}", at(took, 50), at(took, 99));
}

/// Microseconds below which so many in a hundred of the sorted times lie.
fn at(sorted: &[Duration], part: usize) -> f64 {
    sorted[sorted.len() * part / 100].as_secs_f64() * 1e6
}
