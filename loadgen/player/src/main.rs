//! `varde-loadgen`: plays simulated devices at an engine and reports what came of every signal.
//!
//! Exit codes: 0 every signal is accounted for (receipted, or listed in the report); 1 the run could
//! not be made, or its accounts do not add up; 2 the command line is wrong.

mod cli;

use std::fs::File;
use std::io::{self, BufWriter};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use player::report::Report;
use player::{Addresses, Authority, Folder, Handle, Identities, Outcome, Plan, Tally, play};
use traffic::{Fleet, Intended, Kind, Mix, Municipality, Steady, Tempo, Timeline, What};

use crate::cli::{BurstArgs, Cli, Common, IdleArgs, Mode, PlayArgs};

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(Cli::parse().mode) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("varde-loadgen: {why}");
            ExitCode::FAILURE
        }
    }
}

/// A mode made ready to play.
struct Job {
    name: &'static str,
    common: Common,
    tempo: String,
    plan: Plan,
}

fn run(mode: Mode) -> Result<ExitCode, Failure> {
    let mut job = match mode {
        Mode::Play(args) => play_job(args)?,
        Mode::Burst(args) => burst_job(args)?,
        Mode::Idle(args) => idle_job(args)?,
    };
    let Common { seed, .. } = job.common;
    let run = job.plan.run;
    job.plan.connects_per_second = job.common.connects_per_second;
    job.plan.identities = identities(&job.common)?;
    if let Some(path) = &job.common.receipts {
        let file = File::create(path)
            .map_err(|why| format!("cannot write receipts to {}: {why}", path.display()))?;
        job.plan.receipts = Some(Box::new(BufWriter::new(file)));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let handle = play(runtime.handle(), job.plan)?;
    let outcome = runtime.block_on(watch(handle, job.common.quiet));
    let failed = outcome.receipts_failed.clone();
    let report = Report::new(job.name, seed, run, job.tempo, outcome);
    match &job.common.report {
        Some(path) => File::create(path)
            .and_then(|file| report.write(BufWriter::new(file)))
            .map_err(|why| format!("cannot write the report to {}: {why}", path.display()))?,
        None => report.write(io::stdout().lock())?,
    }
    if let Some(why) = failed {
        return Err(format!("the receipts are incomplete: {why}").into());
    }
    if !report.punctual {
        eprintln!("varde-loadgen: this machine was too busy: latencies of this run are not valid");
    }
    Ok(if report.conserved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn play_job(args: PlayArgs) -> Result<Job, Failure> {
    let seed = args.common.seed;
    let mix = args.transport.apply(Mix::DEMONSTRATION);
    let fleet = Fleet::draw(&Municipality::demonstration(), args.devices, mix, seed)?;
    let tempo = match args.alarm_every {
        0 => Tempo::REAL,
        every => Tempo::demonstration(&fleet, every),
    };
    let timeline = Timeline::new(&fleet, tempo, args.hour * 3600, seed);
    let plan = plan(&args.common, fleet, timeline)?;
    Ok(Job { name: "play", common: args.common, tempo: tempo.to_string(), plan })
}

fn burst_job(args: BurstArgs) -> Result<Job, Failure> {
    let seed = args.common.seed;
    let mix = args.transport.apply(Mix { units: [1, 0, 0, 0, 0], ..Mix::COUNTRY });
    let fleet = Fleet::draw(&Municipality::demonstration(), args.connections, mix, seed)?;
    let kinds = args.kinds.into_iter().map(Kind).collect();
    let lead = u64::from(args.lead) * traffic::limits::SECOND;
    let steady = Steady::new(args.connections, args.rate, kinds, seed);
    let timeline = steady.map(move |intended| Intended { at: intended.at + lead, ..intended });
    let mut plan = plan(&args.common, fleet, timeline)?;
    plan.length = plan.length.map(|length| length + Duration::from_nanos(lead));
    let tempo = format!("steady: {} signals a second", args.rate);
    Ok(Job { name: "burst", common: args.common, tempo, plan })
}

fn idle_job(args: IdleArgs) -> Result<Job, Failure> {
    let seed = args.common.seed;
    let mix = args.transport.apply(Mix { units: [1, 0, 0, 0, 0], ..Mix::COUNTRY });
    let fleet = Fleet::draw(&Municipality::demonstration(), args.connections, mix, seed)?;
    let beats = |intended: &Intended| intended.what == What::Beat;
    let timeline = Timeline::new(&fleet, Tempo::REAL, 0, seed).filter(beats);
    let mut plan = plan(&args.common, fleet, timeline)?;
    plan.hold_all = true;
    Ok(Job { name: "idle", common: args.common, tempo: "beats only, as in life".to_owned(), plan })
}

fn plan(
    common: &Common,
    fleet: Fleet,
    timeline: impl Iterator<Item = Intended> + Send + 'static,
) -> Result<Plan, Failure> {
    let addresses = Addresses::read(&common.engine)?;
    let run = match common.run {
        Some(run) => run,
        None => getrandom::u64().map_err(|why| format!("no random numbers: {why}"))?,
    };
    let mut plan = Plan::new(fleet, timeline, (&addresses).into(), run);
    plan.targets.server_name.clone_from(&common.server_name);
    plan.length = Some(Duration::from_secs(u64::from(common.seconds)));
    Ok(plan)
}

fn identities(common: &Common) -> Result<Option<Arc<dyn Identities>>, Failure> {
    Ok(match (&common.authority, &common.certificates) {
        (Some(folder), _) => Some(Arc::new(Authority::open(folder)?)),
        (None, Some(folder)) => Some(Arc::new(Folder::new(folder))),
        (None, None) => None,
    })
}

/// Shows the run each second until its end, or until Ctrl-C ends it.
async fn watch(handle: Handle, quiet: bool) -> Outcome {
    let started = Instant::now();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let mut ending = false;
    while !handle.is_finished() {
        tokio::select! {
            _ = second.tick() => {}
            _ = &mut interrupted, if !ending => {
                ending = true;
                handle.end();
            }
        }
        if !quiet {
            eprintln!("{}", progress(started.elapsed().as_secs(), &handle.tally()));
        }
    }
    handle.finished().await
}

fn progress(second: u64, tally: &Tally) -> String {
    let life = &tally.classes[0].from_intended;
    let ms = |us: u64| format!("{}.{:01}", us / 1000, us % 1000 / 100);
    let trouble = tally.trouble.as_ref().map(|why| format!(" · {why}")).unwrap_or_default();
    format!(
        "{second:>4} s  {}/{} connected · {} sent · {} receipted · {} refused · {} open · life p50 {} \
         p99 {} max {} ms{trouble}",
        tally.connected,
        tally.devices,
        tally.sent,
        tally.receipted,
        tally.refused,
        tally.unanswered,
        ms(life.p50_us),
        ms(life.p99_us),
        ms(life.max_us),
    )
}
