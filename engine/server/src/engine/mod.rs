//! The engine as one thing to start and stop: opens the log, folds it, listens, keeps time.

mod fold;
mod open;
mod roots;
mod skip;
#[cfg(test)]
mod tests;
mod thread;
mod timers;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use central::Central;
use central::entry::{Entry, Purpose, Started};
use central::words::Moment;
use journal::embedded::{Mirror, Trimmer};
use sequencer::Sequencer;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use self::open::{LOG, NODE, StartError};
pub(crate) use self::open::{Wanted, open, wake_by};
pub(crate) use self::skip::meets;
pub use self::thread::Ended;
pub(crate) use self::timers::own_fault;

use self::thread::SequencerThread;
use crate::addresses::{Addresses, purpose_name};
use crate::api::{Account, Console, Setup};
use crate::authority::Authority;
use crate::board::{Board, LogHealth};
use crate::clock::Clock;
use crate::config::Config;
use crate::details::Details;
use crate::hops::Hops;
use crate::housekeeping::{self, Housekeeping, Keeping};
use crate::intake::Intake;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::ops::StateProbe;
use crate::projections::{self, Asker, Projections, Retention};
use crate::shell::Outbox;
use crate::sip::{Sip, listen_tcp, listen_tls, listen_udp};
use crate::snapshots::{self, Snapshots};
use crate::{api, control, ops, quic};

/// Where the authority lives below the data folder.
pub const AUTHORITY: &str = "authority";
/// Where the keys live below the data folder: apart from the log, so that a copy of one is not a copy of both.
pub const KEYS: &str = "keys";

/// What to start.
#[derive(Clone, Debug)]
pub struct Start {
    /// The configuration, checked.
    pub config: Config,
    /// What the log must be, or becomes.
    pub purpose: Purpose,
    /// The data folder.
    pub data: PathBuf,
    /// Go on although the clock is before the log's last entry or long after it.
    pub accept_clock: bool,
}

/// A running engine.
pub struct Engine {
    /// Where it listens.
    pub addresses: Addresses,
    /// Its console.
    pub console: Arc<Console>,
    /// Its figures.
    pub metrics: Arc<Metrics>,
    /// Its picture.
    pub board: Arc<Board>,
    /// Issues devices' certificates.
    pub authority: Arc<Authority>,
    /// What is wrong with the machine's clock, where this start was told to accept it.
    pub accepted_clock: Option<String>,
    tasks: JoinSet<()>,
    /// The console's and the operations' listeners, which end by themselves when told.
    pages: JoinSet<()>,
    quic: quic::Endpoint,
    projections: Projections,
    intake: Arc<Intake>,
    turning: Turning,
    housekeeping: Housekeeping,
    roots: ::roots::Minder,
    stop: watch::Sender<bool>,
}

/// What every listener and timer of one engine shares.
struct Shared {
    intake: Arc<Intake>,
    hops: Arc<Hops>,
    details: Arc<Details>,
    probe: Arc<StateProbe>,
    keys: Arc<Keys>,
    /// The last Seq when the engine started.
    folded: u64,
    /// Tells the log what it may let go of.
    trimmer: Trimmer,
}

impl Engine {
    /// Starts everything; returns when every listener is bound and `addresses.json` says where.
    pub async fn start(start: Start) -> Result<Self, StartError> {
        let sockets = Sockets::bind(&start.config).await?;
        let mirror = housekeeping::mirror_of(&start)?;
        let (shared, turning, accepted_clock) = fold_and_turn(&start, mirror.as_ref())?;
        let housekeeping =
            Housekeeping::start(mirror.clone(), keeping(&start, &shared), &shared.intake.clock)
                .map_err(other)?;
        let projections = projections(&start, &shared).map_err(other)?;
        let authority = Authority::open(&start.data.join(AUTHORITY)).map_err(other)?;
        let authority = Arc::new(authority);
        let addresses = sockets.addresses(start.purpose)?;
        let console = console(&start, &shared, projections.asker(), addresses.console)?;
        let console = Arc::new(console);
        let (stop, stopping) = watch::channel(false);
        let quic = quic::listen_with(
            sockets.quic,
            Arc::clone(&authority),
            Arc::clone(&shared.intake),
            Arc::clone(&shared.hops),
            &quic_options(&start.config),
        )
        .map_err(other)?;
        let acceptor = authority.sip_acceptor(&start.config.sip.domain).map_err(other)?;
        let mut tasks = JoinSet::new();
        let sip = Arc::new(sip(&start.config, &shared)?);
        listen_sip(&mut tasks, &sip, sockets.sip_udp, sockets.sip_tcp)?;
        tasks.spawn(listen_tls(sip, sockets.sip_tls, acceptor));
        let mut pages = JoinSet::new();
        pages.spawn(api::serve(sockets.console, Arc::clone(&console)));
        let ops = Arc::new(ops::Ops {
            board: Arc::clone(&shared.intake.board),
            metrics: Arc::clone(&shared.intake.metrics),
            probe: Arc::clone(&shared.probe),
            mirror: mirror.clone(),
        });
        pages.spawn(ops::serve(sockets.ops, ops, stopping));
        open_control(&mut pages, &start.data, &shared, stop.subscribe());
        timers::start(&mut tasks, &shared);
        let roots = roots::start(&start.data, &shared.intake)?;
        if let Some(mirror) = mirror {
            tasks.spawn(housekeeping::watch(Arc::clone(&shared.intake), mirror));
        }
        shared.intake.note(&Entry::Started(Started { version: VERSION.to_owned() }));
        addresses
            .write(&start.data)
            .map_err(|why| StartError::Folder { folder: start.data.clone(), why })?;
        let (metrics, board) =
            (Arc::clone(&shared.intake.metrics), Arc::clone(&shared.intake.board));
        Ok(Self {
            addresses,
            console,
            intake: Arc::clone(&shared.intake),
            metrics,
            board,
            authority,
            accepted_clock,
            tasks,
            pages,
            quic,
            projections,
            turning,
            housekeeping,
            roots,
            stop,
        })
    }

    /// Becomes `Some` when the engine can no longer keep anything and must leave.
    pub fn ended(&self) -> watch::Receiver<Option<Ended>> {
        self.turning.sequencer.ended()
    }

    /// Stops taking signals, lets what is under way become durable, notes the head.
    pub async fn stop(mut self) {
        self.quic.stop().await;
        self.console.stop();
        self.stop.send_replace(true);
        while self.pages.join_next().await.is_some() {}
        self.tasks.shutdown().await;
        let (Turning { sequencer, snapshots }, housekeeping, roots) =
            (self.turning, self.housekeeping, self.roots);
        let projections = self.projections;
        let stop = move || {
            // What it tells last may still be an entry.
            roots.stop();
            housekeeping.stop();
            // First the one that asks, then the one that answers.
            snapshots.stop();
            sequencer.stop();
            drop(projections);
        };
        if tokio::task::spawn_blocking(stop).await.is_err() {
            tracing::error!("the sequencer could not be stopped cleanly");
        }
        // Whoever still waits for a log that has ended would keep the keys' lock for ever.
        self.intake.abandon();
    }
}

fn listen_sip(
    tasks: &mut JoinSet<()>,
    sip: &Arc<Sip>,
    udp: UdpSocket,
    tcp: TcpListener,
) -> Result<(), StartError> {
    let udp = listen_udp(Arc::clone(sip), udp, [random()?, random()?]);
    tasks.spawn(async move {
        if let Err(why) = udp.await {
            tracing::error!(%why, "SIP over UDP has ended");
        }
    });
    tasks.spawn(listen_tcp(Arc::clone(sip), tcp));
    Ok(())
}

/// Without it everything is served all the same, and commands have to wait until the engine is stopped.
fn open_control(
    pages: &mut JoinSet<()>,
    data: &Path,
    shared: &Shared,
    stopping: watch::Receiver<bool>,
) {
    match control::Door::open(data) {
        Ok(door) => {
            let post = control::Post::new(&shared.intake, &shared.keys);
            pages.spawn(door.serve(Arc::new(post), stopping));
        }
        Err(why) => {
            tracing::error!(%why, "no control socket in the data folder: commands that change something work only while the engine is stopped; a shorter path may help");
        }
    }
}

/// The version in the log and on the pages.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The threads that fold the log: the one that decides, and the one that checks it and writes snapshots.
struct Turning {
    sequencer: SequencerThread,
    snapshots: Snapshots,
}

/// With what is wrong with the clock, where it was accepted.
type Folding = (Shared, Turning, Option<String>);

fn fold_and_turn(start: &Start, mirror: Option<&Mirror>) -> Result<Folding, StartError> {
    let (lanes, outlet) = lanes::new();
    let wanted = Wanted {
        data: &start.data,
        purpose: Some(start.purpose),
        segment_bytes: u64::from(start.config.log.segment_mib) << 20,
        mirror,
        accept_clock: start.accept_clock,
    };
    let opened =
        housekeeping::open_mended(start, || open::open(&wanted, open::wake_by(outlet.waker())))?;
    let folded = opened.last.last_seq - opened.from.0;
    tracing::info!(snapshot = opened.from.0, folded, "the log is folded");
    let keys = Keys::open(&start.data.join(KEYS)).map_err(other)?;
    if let Some(key) = opened.last_key {
        keys.used_up_to(key);
    }
    keys.begin().map_err(other)?;
    let keys = Arc::new(keys);
    let clock = Arc::new(Clock::start(Moment(opened.last.moment)));
    let board = Arc::new(Board::new(clock.now()));
    for row in opened.central.rows() {
        board.put(row.clone());
    }
    for (id, session) in opened.central.sessions() {
        board.session_changed(id, Some(session.clone()));
    }
    let metrics = Arc::new(Metrics::new());
    metrics.snapshots.started(opened.from, folded);
    let hops = Arc::new(Hops::new(Arc::clone(&metrics)));
    let intake =
        Arc::new(Intake::new(lanes, Arc::clone(&clock), board, metrics, Arc::clone(&keys)));
    let probe = Arc::new(StateProbe::new(opened.last.head, outlet.waker()));
    let folded = opened.last.last_seq;
    let trimmer = opened.log.trimmer();
    let shared = Shared { intake, hops, details: opened.details, probe, keys, folded, trimmer };
    let outbox = Outbox::new(&shared.intake, &shared.details, &shared.hops, &shared.probe);
    let waker = outlet.waker();
    let boot = opened.last.next_boot(NODE);
    shared.intake.register.fill(&opened.central);
    keys_of_the_erased(&shared.keys, &opened.central);
    let sequencer = Sequencer::new(opened.log, outlet, opened.central, outbox, NODE, boot)
        .passing_over(opened.skips);
    let thread = SequencerThread::start(sequencer, clock, waker).map_err(other)?;
    let wanted = snapshots::Wanted {
        data: start.data.clone(),
        every: start.config.snapshot.every_entries,
        from: opened.from,
        probe: Arc::clone(&shared.probe),
        intake: Arc::clone(&shared.intake),
    };
    let snapshots = Snapshots::start(wanted).map_err(other)?;
    let turning = Turning { sequencer: thread, snapshots };
    Ok((shared, turning, opened.accepted_clock))
}

/// An erasure is an entry first; a kill may have come before its keys were overwritten.
fn keys_of_the_erased(keys: &Keys, central: &Central) {
    let erased = central.persons().filter(|(_, person)| person.erased);
    let left: Vec<_> = erased.flat_map(|(_, person)| &person.keys).copied().collect();
    let left: Vec<_> = left.into_iter().filter(|key| keys.has(*key)).collect();
    if !left.is_empty() {
        tracing::warn!(keys = left.len(), "keys of erased persons were still there: destroyed now");
        keys.doom(left);
    }
}

/// What housekeeping does with old segments, where the configuration asks for it.
fn keeping(start: &Start, shared: &Shared) -> Option<Keeping> {
    let log = &start.config.log;
    Some(Keeping {
        data: start.data.clone(),
        archive: log.archive.clone()?,
        days: log.keep_days?,
        retention: start.config.retention,
        trimmer: shared.trimmer.clone(),
        keys: Arc::clone(&shared.keys),
        mirrored: log.mirror.is_some(),
    })
}

fn projections(start: &Start, shared: &Shared) -> std::io::Result<Projections> {
    let kept = &start.config.retention;
    let (probe, folded) = (Arc::clone(&shared.probe), shared.folded);
    let (board, clock) = (Arc::clone(&shared.intake.board), Arc::clone(&shared.intake.clock));
    Projections::start(projections::Options {
        folder: start.data.join(projections::FOLDER),
        log: start.data.join(LOG),
        retention: Retention {
            classes: [kept.life_safety, kept.person, kept.technical, kept.telemetry, kept.test],
            acts: kept.acts,
        },
        durable: Box::new(move || probe.last().0.max(folded)),
        roomy: Box::new(move || !matches!(board.health().0, LogHealth::Low | LogHealth::Full)),
        now: Box::new(move || clock.now().0),
        figures: shared.intake.metrics.projections.clone(),
    })
}

fn console(
    start: &Start,
    shared: &Shared,
    history: Asker,
    at: SocketAddr,
) -> Result<Console, StartError> {
    let account = |operator: &crate::config::Operator| {
        Ok(Account {
            name: operator.name.clone(),
            hash: operator.password.clone(),
            role: operator.role.into(),
            scope: operator.scope().map_err(other)?,
        })
    };
    let accounts: Result<Vec<_>, StartError> = start.config.operator.iter().map(account).collect();
    let opener = crate::details::Opener::new(&shared.details, &shared.keys);
    Console::new(Setup {
        intake: Arc::clone(&shared.intake),
        post: Arc::new(control::Post::new(&shared.intake, &shared.keys)),
        hops: Arc::clone(&shared.hops),
        details: Arc::new(opener),
        history,
        purpose: start.purpose,
        version: VERSION,
        municipalities: start.config.names().map_err(other)?,
        accounts: accounts?,
        url: format!("http://{at}"),
    })
    .map_err(other)
}

fn sip(config: &Config, shared: &Shared) -> Result<Sip, StartError> {
    Ok(Sip::new(
        Arc::clone(&shared.intake),
        Arc::clone(&shared.hops),
        config.default_municipality().map_err(other)?,
        config.sip.domain.clone(),
        random()?,
    ))
}

/// Devices reach the centre by the name that units do, or by the address it listens on.
fn quic_options(config: &Config) -> quic::Options {
    let mut options = quic::Options::default();
    let address = config.listen.quic.ip();
    let at = (!address.is_unspecified()).then(|| address.to_string());
    for name in at.into_iter().chain([config.sip.domain.clone()]) {
        if !options.names.contains(&name) {
            options.names.push(name);
        }
    }
    options
}

fn random() -> Result<u64, StartError> {
    getrandom::u64()
        .map_err(|why| StartError::Other(format!("the system gives no random bytes: {why}")))
}

fn other(why: impl std::fmt::Display) -> StartError {
    StartError::Other(why.to_string())
}

/// Every socket, bound before anything else so that a taken port is known at once.
struct Sockets {
    sip_udp: UdpSocket,
    sip_tcp: TcpListener,
    sip_tls: TcpListener,
    quic: std::net::UdpSocket,
    console: TcpListener,
    ops: TcpListener,
}

impl Sockets {
    async fn bind(config: &Config) -> Result<Self, StartError> {
        let listen = &config.listen;
        let sip_tcp = tcp("sip", listen.sip).await?;
        // With port 0 UDP takes the number TCP was given, if it is free: one address for units.
        let wanted =
            SocketAddr::new(listen.sip.ip(), sip_tcp.local_addr().map_or(0, |at| at.port()));
        let sip_udp = match UdpSocket::bind(wanted).await {
            Err(_) if listen.sip.port() == 0 => UdpSocket::bind(listen.sip).await,
            bound => bound,
        };
        let failed = |what, address| move |why| StartError::Listen { what, address, why };
        let quic = std::net::UdpSocket::bind(listen.quic).map_err(failed("quic", listen.quic))?;
        Ok(Self {
            sip_udp: sip_udp.map_err(failed("sip", listen.sip))?,
            sip_tcp,
            sip_tls: tcp("sip_tls", listen.sip_tls).await?,
            quic,
            console: tcp("console", listen.console).await?,
            ops: tcp("ops", listen.ops).await?,
        })
    }

    fn addresses(&self, purpose: Purpose) -> Result<Addresses, StartError> {
        Ok(Addresses {
            purpose: purpose_name(purpose).to_owned(),
            sip_udp: self.sip_udp.local_addr().map_err(other)?,
            sip_tcp: self.sip_tcp.local_addr().map_err(other)?,
            sip_tls: self.sip_tls.local_addr().map_err(other)?,
            quic: self.quic.local_addr().map_err(other)?,
            console: self.console.local_addr().map_err(other)?,
            ops: self.ops.local_addr().map_err(other)?,
            ca: format!("{AUTHORITY}/ca.pem"),
        })
    }
}

async fn tcp(what: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|why| StartError::Listen { what, address, why })
}

/// Makes the folders of an engine that was never started here, so that certificates can be made before.
pub fn authority(data: &Path) -> Result<Authority, StartError> {
    open::make_folder(data)?;
    Authority::open(&data.join(AUTHORITY)).map_err(other)
}
