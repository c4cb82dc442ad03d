//! `varde serve`, `varde check`, `varde device`: the engine for real devices and operators.

use std::path::Path;
use std::process::ExitCode;

use central::entry::{Purpose, Role, Scope};
use server::config::{Config, Purpose as Wanted};
use server::engine::{Ended, Engine, Start};
use tokio::signal::unix::{SignalKind, signal};

use crate::Place;

/// Exit code after a failed write or sync of the log (sysexits `EX_IOERR`): nothing more is promised.
const LOG_STOPPED: u8 = 74;
/// Exit code when an entry cannot be applied, or of a defect elsewhere (sysexits `EX_SOFTWARE`).
const CANNOT_APPLY: u8 = 70;

/// Serves until it is asked to stop, or until the log does.
pub(crate) fn run(place: &Place, accept_clock: bool) -> Result<ExitCode, String> {
    logging();
    let config = place.config()?;
    config.check().map_err(|why| why.to_string())?;
    let purpose = purpose(&config);
    let no_accounts = config.operator.is_empty();
    let start = Start { config, purpose, data: place.data("./varde-data"), accept_clock };
    runtime()?.block_on(async {
        let engine = Engine::start(start).await.map_err(|why| why.to_string())?;
        tracing::info!(addresses = %serde_json::to_string(&engine.addresses).unwrap_or_default(), "serving");
        if let Some(clock) = &engine.accepted_clock {
            tracing::warn!(%clock, "accepted as it is");
        }
        if no_accounts {
            let once = first_login(&engine)?;
            println!("No operator has a password yet (see `varde password`). One-time login, valid 10 minutes:\n  {once}");
        }
        Ok(until_stopped(engine).await)
    })
}

/// A one-time login of a shift leader for every municipality.
pub(crate) fn first_login(engine: &Engine) -> Result<String, String> {
    let once = engine.console.once("vaktleder", Role::Leader, Scope::All);
    let once = once.map_err(|why| format!("the system gives no random bytes: {why}"))?;
    Ok(engine.console.login_url(&once))
}

/// Waits for Ctrl-C, SIGTERM or the log's end, and stops in order.
async fn until_stopped(engine: Engine) -> ExitCode {
    let mut ended = engine.ended();
    let asked = tokio::select! {
        () = asked_to_stop() => None,
        end = ended.wait_for(Option::is_some) => end.ok().and_then(|end| end.clone()),
    };
    match asked {
        None => {
            engine.stop().await;
            ExitCode::SUCCESS
        }
        Some(end) => exit_code(&end),
    }
}

/// What the process says when the engine ended by itself.
pub(crate) fn exit_code(end: &Ended) -> ExitCode {
    match end {
        Ended::Cleanly => ExitCode::SUCCESS,
        Ended::LogStopped => {
            eprintln!(
                "varde: a write or sync of the log failed; nothing more is promised. Start again: the log says what it kept"
            );
            ExitCode::from(LOG_STOPPED)
        }
        Ended::CannotApply(why) => {
            eprintln!("varde: {why}");
            ExitCode::from(CANNOT_APPLY)
        }
        Ended::Panicked => {
            eprintln!(
                "varde: the thread that decides has failed; nothing more is promised. Start again: the log says what it kept"
            );
            ExitCode::from(CANNOT_APPLY)
        }
    }
}

/// Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// The runtime of the listeners; the log and the sequencer have threads of their own.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| format!("cannot start the threads it needs: {why}"))
}

/// One line an event on standard error; `RUST_LOG` chooses what.
pub(crate) fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// The same into `varde.log` in the data folder, so that messages do not run through the figures.
pub(crate) fn logging_to_file(data: &Path) -> Option<String> {
    let path = data.join("varde.log");
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path).ok()?;
    let filter = tracing_subscriber::EnvFilter::new("info");
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    lines.with_writer(std::sync::Mutex::new(file)).try_init().ok()?;
    Some(path.display().to_string())
}

fn purpose(config: &Config) -> Purpose {
    match config.purpose {
        Wanted::Real => Purpose::Real,
        Wanted::LoadTest => Purpose::LoadTest,
    }
}

/// Says what a configuration means.
pub(crate) fn check(place: &Place) -> Result<ExitCode, String> {
    let config = place.config()?;
    config.check().map_err(|why| why.to_string())?;
    let listen = &config.listen;
    println!("purpose   {}", server::addresses::purpose_name(purpose(&config)));
    println!("sip       {} (UDP and TCP)", listen.sip);
    println!("sip_tls   {}", listen.sip_tls);
    println!("quic      {}", listen.quic);
    println!("console   {}", listen.console);
    println!("ops       {}", listen.ops);
    println!("segments  {} MiB", config.log.segment_mib);
    println!("snapshots every {} entries", config.snapshot.every_entries);
    keeping(&config);
    println!("municipalities {}, operators {}", config.municipality.len(), config.operator.len());
    println!("the configuration is good");
    Ok(ExitCode::SUCCESS)
}

/// Where the log is kept, and for how long.
fn keeping(config: &Config) {
    let folder = |dir: &Option<std::path::PathBuf>| {
        dir.as_ref().map_or("none".to_owned(), |dir| dir.display().to_string())
    };
    let days =
        |days: Option<u32>| days.map_or("for ever".to_owned(), |days| format!("{days} days"));
    println!("mirror    {}", folder(&config.log.mirror));
    println!("archive   {}", folder(&config.log.archive));
    println!("kept      {} in the log", days(config.log.keep_days));
    for (class, kept) in config.retention.each() {
        if kept.is_some() {
            println!("retention {class} {} in the archive", days(kept));
        }
    }
}

/// Makes a device's certificate and key.
pub(crate) fn device(
    place: &Place,
    id: &str,
    municipality: &str,
    out: &Path,
) -> Result<ExitCode, String> {
    let number = server::config::municipality("--municipality", municipality)
        .map_err(|why| why.to_string())?;
    let data = place.data("./varde-data");
    let authority = server::engine::authority(&data).map_err(|why| why.to_string())?;
    authority.write_device(id, number, out).map_err(|why| why.to_string())?;
    println!("{}", out.join(format!("{id}.pem")).display());
    println!("{}", out.join(format!("{id}.key")).display());
    Ok(ExitCode::SUCCESS)
}
