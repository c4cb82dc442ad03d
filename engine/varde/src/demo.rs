//! `varde demo`: an engine, a console and a small municipality of simulated devices on this machine.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use central::entry::Purpose;
use central::words::Municipality;
use player::{Identities, IdentityError, Plan, Tally, Targets};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use server::authority::Authority;
use server::config::{Config, MunicipalityName, Sip};
use server::engine::{Engine, Start};
use server::metrics::{Latency, Snapshot};

use crate::Place;
use crate::serve::{asked_to_stop, exit_code, first_login, logging_to_file, runtime};

/// Simulated devices.
const DEVICES: u32 = 60;
/// One alarm in the mean of this many seconds.
const ALARM_EVERY_S: u64 = 10;
/// The simulated day begins here, seconds after midnight: the busiest hour comes first.
const MORNING_S: u32 = 8 * 3_600;
/// When the first alarm should come, nanoseconds after the start: once the devices are connected.
const FIRST_ALARM: std::ops::Range<u64> = 3_000_000_000..6_000_000_000;
/// Days to look through for one with such an alarm; about one in four has it.
const DAYS: u64 = 100;
/// How often the terminal is written.
const REFRESH: Duration = Duration::from_millis(500);
/// The same where nobody watches a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Runs until Ctrl-C.
pub(crate) fn run(place: &Place) -> Result<ExitCode, String> {
    let data = place.data("./varde-demo");
    let owner = traffic::Municipality::demonstration();
    let config = config(place, &owner)?;
    let start =
        Start { config, purpose: Purpose::Demonstration, data: data.clone(), accept_clock: true };
    let runtime = runtime()?;
    let engine = runtime.block_on(Engine::start(start)).map_err(|why| why.to_string())?;
    let log = logging_to_file(&data);
    // The devices get a runtime of their own: what they need is not taken from the engine's.
    let devices = player_runtime()?;
    let fleet = traffic::Fleet::draw(&owner, DEVICES, traffic::Mix::DEMONSTRATION, 1)
        .map_err(|why| why.to_string())?;
    let staying = fleet.devices.iter().filter(|device| device.unit.stays()).count();
    let played = play(&devices, &engine, fleet)?;
    greet(&engine, &data.display().to_string(), log)?;
    let code = runtime.block_on(watch(&engine, &played, staying));
    devices.block_on(played.stop());
    if let Some(code) = code {
        return Ok(code);
    }
    runtime.block_on(engine.stop());
    // Nobody may be reading any more.
    let _ = writeln!(
        std::io::stdout(),
        "\nStopped. `varde` again goes on from the log in {}.",
        data.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Loopback unless told otherwise, and the one municipality that the devices belong to.
fn config(place: &Place, owner: &traffic::Municipality) -> Result<Config, String> {
    let mut config = place.config()?;
    let number = Municipality(owner.number).to_string();
    config.sip = Sip { municipality: number.clone(), ..config.sip };
    config.municipality = vec![MunicipalityName { number, name: owner.name.to_string() }];
    config.check().map_err(|why| why.to_string())?;
    Ok(config)
}

fn player_runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("devices")
        .enable_all()
        .build()
        .map_err(|why| format!("cannot start the simulated devices: {why}"))
}

fn play(
    devices: &tokio::runtime::Runtime,
    engine: &Engine,
    fleet: traffic::Fleet,
) -> Result<player::Handle, String> {
    let run = server::clock::wall();
    let tempo = traffic::Tempo::demonstration(&fleet, ALARM_EVERY_S);
    let timeline = soon(&fleet, tempo, run);
    let at = &engine.addresses;
    let targets = Targets {
        sip_tcp: Some(at.sip_tcp),
        sip_udp: Some(at.sip_udp),
        quic: Some(at.quic),
        server_name: "localhost".to_owned(),
    };
    let mut plan = Plan::new(fleet, timeline, targets, run);
    plan.identities = Some(Arc::new(Issuer(Arc::clone(&engine.authority))));
    player::play(devices.handle(), plan).map_err(|why| why.to_string())
}

/// A day on which the first alarm comes within seconds: whoever starts a demonstration wants to see one.
fn soon(fleet: &traffic::Fleet, tempo: traffic::Tempo, from: u64) -> traffic::Timeline {
    let day = |seed| traffic::Timeline::new(fleet, tempo, MORNING_S, seed);
    let first = |seed: &u64| {
        let opening = |intended: &traffic::Intended| match &intended.what {
            traffic::What::Signal(signal) => signal.kind.opens(),
            _ => false,
        };
        day(*seed).find(opening).is_some_and(|alarm| FIRST_ALARM.contains(&alarm.at))
    };
    day((from..from + DAYS).find(first).unwrap_or(from))
}

/// The engine's own authority gives the simulated devices their certificates.
struct Issuer(Arc<Authority>);

impl Identities for Issuer {
    fn certificate(
        &self,
        device: &str,
        municipality: u16,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), IdentityError> {
        let issued = self.0.issue_device(device, Municipality(municipality));
        let issued = issued.map_err(|why| IdentityError::Other(why.to_string()))?;
        let key = PrivatePkcs8KeyDer::from(issued.key_der);
        Ok((CertificateDer::from(issued.cert_der), PrivateKeyDer::Pkcs8(key)))
    }

    fn roots(&self) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
        let roots = CertificateDer::pem_slice_iter(self.0.ca_pem().as_bytes()).collect();
        let roots: Result<Vec<_>, _> = roots;
        roots.map_err(|why| IdentityError::Other(why.to_string()))
    }
}

fn greet(engine: &Engine, data: &str, log: Option<String>) -> Result<(), String> {
    println!("Varde, demonstration: {DEVICES} simulated devices, no real persons.\n");
    println!("  Console         http://{}", engine.addresses.console);
    println!("  One-time login  {}", first_login(engine)?);
    println!(
        "  Log             {data}{}",
        log.map(|file| format!(" (messages in {file})")).unwrap_or_default()
    );
    println!(
        "  Rates are far above life's: about one alarm every {ALARM_EVERY_S} s. Ctrl-C stops.\n"
    );
    Ok(())
}

/// Shows figures until it is asked to stop (`None`), or the engine ends by itself.
async fn watch(engine: &Engine, played: &player::Handle, staying: usize) -> Option<ExitCode> {
    let terminal = std::io::stdout().is_terminal();
    let mut ended = engine.ended();
    let mut ticks = tokio::time::interval(if terminal { REFRESH } else { LINE_EVERY });
    let stopped = asked_to_stop();
    tokio::pin!(stopped);
    let began = Instant::now();
    let mut drawn = false;
    loop {
        tokio::select! {
            () = &mut stopped => return None,
            end = ended.wait_for(Option::is_some) => {
                return end.ok().and_then(|end| end.clone()).map(|end| exit_code(&end));
            }
            _ = ticks.tick() => {}
        }
        let lines = lines(
            staying,
            &engine.metrics.snapshot(),
            engine.board.counts(),
            &played.tally(),
            began.elapsed(),
        );
        draw(&lines, terminal, drawn);
        drawn = true;
    }
}

/// Over the lines of the last time on a terminal; below them elsewhere.
fn draw(lines: &[String], terminal: bool, drawn: bool) {
    let mut out = std::io::stdout().lock();
    // What cannot be written is not worth stopping an engine for.
    let _ = if terminal {
        let up = if drawn { format!("\x1b[{}A", lines.len()) } else { String::new() };
        write!(out, "{up}")
            .and_then(|()| lines.iter().try_for_each(|line| writeln!(out, "\x1b[2K{line}")))
    } else {
        let short: Vec<String> = lines
            .iter()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        writeln!(out, "{}", short.join(" | "))
    };
    let _ = out.flush();
}

fn lines(
    staying: usize,
    now: &Snapshot,
    (open, waiting): (usize, usize),
    tally: &Tally,
    up: Duration,
) -> Vec<String> {
    let seconds = up.as_secs();
    vec![
        format!(
            "  up               {:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
        format!(
            "  devices          {} connected ({staying} stay, {} come and go), {} beats",
            tally.connected,
            tally.devices.saturating_sub(staying as u64),
            now.beats
        ),
        format!(
            "  signals          {} (duplicates {}, refused {})",
            now.signals, now.duplicates, now.refused
        ),
        format!("  alarms           {} opened, {open} open, {waiting} waiting", now.alarms),
        format!("  receipt          {}", latency(&now.receipts)),
        format!("  painted          {}", painted(now)),
    ]
}

fn painted(now: &Snapshot) -> String {
    if now.painted.count == 0 && now.consoles_connected == 0 {
        return "no console is open: use the one-time login above".to_owned();
    }
    latency(&now.painted)
}

/// Under 1 000 measurements a p99 says little: the maximum stands beside it.
fn latency(of: &Latency) -> String {
    if of.count == 0 {
        return "none yet".to_owned();
    }
    let ms = |of: Duration| format!("{:.2} ms", of.as_secs_f64() * 1e3);
    format!("p50 {}  p99 {}  max {}  (n {})", ms(of.p50), ms(of.p99), ms(of.max), of.count)
}
