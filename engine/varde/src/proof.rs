//! `varde verify --proof`: checks a proof file without a log, a data folder or an engine, and says what it proves.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use ::proof::{Key, Proof, Proven, day, limits};
use central::entry::{Entry, Signal, Verb};

use crate::verify::DAMAGED;

/// Checks the file; with a public key, that this key signed.
pub(crate) fn run(file: &Path, key: Option<&Path>) -> Result<ExitCode, String> {
    let given = key.map(::roots::read_public).transpose().map_err(|why| why.to_string())?;
    let said = |why| format!("{}: {why}", file.display());
    let length = std::fs::metadata(file).map_err(said)?.len();
    if length > limits::FILE as u64 {
        return Err(format!("{} is longer than a proof file may be", file.display()));
    }
    let bytes = std::fs::read(file).map_err(said)?;
    let checked = Proof::check(&bytes, given.as_ref(), &::roots::verify);
    let told = checked.map_err(|wrong| wrong.to_string()).and_then(|proven| {
        let entries = named(&proven.proof)?;
        tell(&proven, &entries, given.as_ref());
        Ok(())
    });
    Ok(match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            println!("no proof: {wrong}");
            ExitCode::from(DAMAGED)
        }
    })
}

/// The entries, each of which names the alarm.
fn named(proof: &Proof) -> Result<Vec<Entry>, String> {
    let alarm = proof.alarm;
    let mut opening: Option<Signal> = None;
    let mut signals = BTreeSet::new();
    let mut entries = Vec::new();
    for (at, proved) in proof.entries.iter().enumerate() {
        let (number, seq) = (at + 1, proved.entry.seq);
        let entry = Entry::decode(&proved.entry.body)
            .map_err(|why| format!("the body of entry {number} cannot be read: {why}"))?;
        let names = match (&entry, &opening) {
            (Entry::Signal(signal), None) => {
                opening = Some(signal.clone());
                seq == alarm
            }
            (Entry::Signal(signal), Some(first)) => {
                signal.device == first.device && signal.municipality == first.municipality
            }
            (Entry::Act(act), Some(_)) => of(&act.verb) == alarm,
            (Entry::Attributed(to), Some(_)) => signals.contains(&to.signal.0),
            _ => false,
        };
        if !names {
            return Err(format!("entry {number} (Seq {seq}) does not name alarm {alarm}"));
        }
        if matches!(entry, Entry::Signal(_)) {
            signals.insert(seq);
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn of(verb: &Verb) -> u64 {
    let (Verb::Claim { alarm } | Verb::Release { alarm, .. } | Verb::Close { alarm, .. }) = verb;
    alarm.0.0
}

fn tell(proven: &Proven, entries: &[Entry], given: Option<&Key>) {
    let proof = &proven.proof;
    println!("alarm {} of log {}", proof.alarm, ::proof::line::hex(&proof.roots[0].root.log));
    for (proved, entry) in proof.entries.iter().zip(entries) {
        println!("  {} {} {}", proved.entry.seq, time(proved.entry.moment), what(entry));
    }
    for signed in &proof.roots {
        let root = &signed.root;
        println!(
            "root of {}, municipality {:04}: {} entries, Seq {} to {}",
            day::name(root.day),
            root.municipality,
            root.size,
            root.first,
            root.last
        );
    }
    println!("signed by {}", ::proof::fingerprint(&proven.key));
    if given.is_some() {
        println!("which is the key you gave");
    } else {
        println!(
            "which is only the key in the file: compare it with what the centre gave you on another way, or name that with --key"
        );
    }
    println!(
        "proved: these {} entries stood in the log of that centre on those days, just as they are here",
        entries.len()
    );
    println!(
        "not proved: that no other entry names the alarm (that takes the log: varde verify --data), that clocks were right, and anything of what is sealed"
    );
}

fn what(entry: &Entry) -> String {
    match entry {
        Entry::Signal(signal) => {
            let (kind, device) = (signal.kind.spec().name, &signal.device.0);
            format!("signal {kind} from {device}, municipality {}", signal.municipality)
        }
        Entry::Act(act) => match &act.verb {
            Verb::Claim { .. } => "claim".to_owned(),
            Verb::Release { .. } => "release".to_owned(),
            Verb::Close { cause, action, outcome, .. } => {
                format!("close, cause {cause}, action {action}, outcome {outcome}")
            }
        },
        other => other.name().to_owned(),
    }
}

/// `2026-11-21T14:05:06Z`.
fn time(moment: u64) -> String {
    let second = moment % day::NANOS / 1_000_000_000;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", day::name(day::of(moment)))
}
