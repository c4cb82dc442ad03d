//! `varde log`: every entry as a line of JSON; what is sealed only with `--open`, and not unnoted.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use central::Central;
use central::entry::{Disclosed, Entry, Hop, Signal, Subject, Verb};
use central::output::Output;
use central::words::{Moment, Seq};
use journal::{Record, Records};
use sequencer::{Skips, Step};
use serde_json::{Map, Value, json};
use server::control::{self, Wish};
use server::keys::ReadKeys;

use crate::archive::undecided;
use crate::person::{opened, sealed_in};
use crate::replay::{is_trimmed, oldest};

/// Prints the log below a data folder, also of one in use or of one whose engine was killed.
pub(crate) fn run(data: &Path) -> Result<ExitCode, String> {
    print(data, |_, _| None)
}

/// The same with what is sealed opened, up to where the log was when it noted that somebody looks.
pub(crate) fn open(data: &Path, reason: &str) -> Result<ExitCode, String> {
    let keys = ReadKeys::open(&data.join(server::engine::KEYS)).map_err(|why| why.to_string())?;
    let summary = journal::embedded::verify(&data.join(server::engine::LOG));
    let to = Seq(summary.map_err(|damage| damage.to_string())?.seq);
    let what = Subject::Log { from: Seq(1), to };
    let look = Wish::Disclosed { by: String::new(), what, reason: reason.to_owned() };
    control::submit(data, &[look]).map_err(|why| why.to_string())?;
    print(data, |seq, entry| {
        let sealed = sealed_in(entry).filter(|_| seq <= to)?;
        Some(opened(&keys, sealed))
    })
}

fn print(data: &Path, open: impl Fn(Seq, &Entry) -> Option<Value>) -> Result<ExitCode, String> {
    let folder = data.join(server::engine::LOG);
    if !folder.is_dir() {
        return Err(format!("{} holds no log; name the data folder with --data", data.display()));
    }
    let reader = journal::embedded::Reader::open(&folder).map_err(|why| why.to_string())?;
    let records = || reader.from(journal::Pos::START).map_err(|why| why.to_string());
    let skips = Skips::scan(records()?).map_err(|why| why.to_string())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed: Option<io::Error> = None;
    let mut central = Central::new();
    if is_trimmed(records()?) {
        central = oldest(data, &reader)?.central;
        failed = before(records()?, central.last(), &mut out)?.err();
    }
    let see = |step: Step<'_>| {
        let line = match step {
            Step::Meets { .. } => return,
            Step::Applied { at, entry, outputs, .. } => {
                let mut line = line_of(at, entry, outputs);
                if let Some(opened) = open(at.seq, entry) {
                    line["opened"] = opened;
                }
                line
            }
            Step::Passed { at, body } => line(at, of_skipped(body)),
        };
        failed = failed.take().or_else(|| writeln!(out, "{line}").err());
    };
    let folded = sequencer::refold_seeing(records()?, &skips, &mut central, see);
    folded.map_err(|why| why.to_string())?;
    match failed.or_else(|| out.flush().err()) {
        // A closed pipe (`varde log | head`) is the reader's wish, not an error.
        Some(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("the entries could not all be written: {why}"))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Of a trimmed log, what it keeps from before its oldest snapshot: nothing can be folded there.
fn before(
    records: Records,
    snapshot: Seq,
    out: &mut impl io::Write,
) -> Result<io::Result<()>, String> {
    for record in records {
        let Record::Entry(kept) = record.map_err(|why| why.to_string())? else { continue };
        if kept.seq > snapshot.0 {
            break;
        }
        if let Err(why) = writeln!(out, "{}", undecided(&kept)) {
            return Ok(Err(why));
        }
    }
    Ok(Ok(()))
}

/// One entry, and nothing of what is sealed in it.
pub(crate) fn line_of(at: &central::Placed, entry: &Entry, outputs: &[Output]) -> Value {
    line(at, fields(entry, outputs))
}

pub(crate) fn line(at: &central::Placed, (what, fields): (&'static str, Value)) -> Value {
    let mut line = Map::new();
    line.insert("seq".to_owned(), json!(at.seq.0));
    line.insert("moment".to_owned(), json!(at.moment.0.to_string()));
    line.insert("what".to_owned(), json!(what));
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
    Value::Object(line)
}

/// A skipped entry may be no entry at all; what it can still be read as is said, nothing follows from it.
fn of_skipped(body: &[u8]) -> (&'static str, Value) {
    match Entry::decode(body) {
        Ok(entry) => {
            let (what, mut fields) = fields(&entry, &[]);
            fields["skipped"] = json!(true);
            (what, fields)
        }
        Err(why) => ("unreadable", json!({"skipped": true, "why": why.to_string()})),
    }
}

pub(crate) fn fields(entry: &Entry, outputs: &[Output]) -> (&'static str, Value) {
    match entry {
        Entry::Genesis(genesis) => {
            ("genesis", json!({"purpose": server::addresses::purpose_name(genesis.purpose)}))
        }
        Entry::Rules(rules) => ("rules", json!({"rules": rules})),
        Entry::Started(started) => ("started", json!({"version": started.version})),
        Entry::Signal(signal) => ("signal", of_signal(signal, outputs)),
        Entry::Counted(counted) => (
            "counted",
            json!({"source": counted.source, "duplicates": counted.duplicates,
                   "refused": counted.refused, "rubbish": counted.rubbish}),
        ),
        Entry::Act(act) => ("act", of_act(&act.verb, outputs)),
        Entry::SessionOpened(session) => (
            "session_opened",
            json!({"operator": session.operator, "role": format!("{:?}", session.role).to_lowercase()}),
        ),
        Entry::SessionEnded(_) => ("session_ended", json!({})),
        Entry::Hops(hops) => ("hops", json!({"signals": hops.len(), "hops": of_hops(hops)})),
        Entry::Tick => ("tick", json!({})),
        Entry::Skip(seq) => ("skip", json!({"skipped": seq.0})),
        Entry::Person(person) => (
            "person",
            json!({"person": person.id.0, "municipality": person.municipality.to_string()}),
        ),
        Entry::Held(held) => {
            ("held", json!({"device": held.device.0, "person": held.person.map(|person| person.0)}))
        }
        Entry::Attributed(to) => {
            ("attributed", json!({"signal": to.signal.0, "person": to.person.0}))
        }
        Entry::Erased(person) => ("erased", json!({"person": person.0})),
        Entry::Disclosed(disclosed) => ("disclosed", of_disclosed(disclosed)),
    }
}

fn of_signal(signal: &Signal, outputs: &[Output]) -> Value {
    let receipt = outputs.iter().find_map(|output| match output {
        Output::Receipt(receipt) => Some(receipt),
        _ => None,
    });
    json!({
        "device": signal.device.0,
        "reference": signal.reference.0,
        "alarm": receipt.and_then(|receipt| receipt.alarm).map(|alarm| alarm.0.0),
        "duplicate_of": receipt.filter(|receipt| receipt.duplicate).map(|receipt| receipt.seq.0),
        "kind": signal.kind.spec().name,
        "code": signal.kind.0,
        "municipality": signal.municipality.to_string(),
        "path": server::api::path_name(signal.path),
        "received": signal.received.0.to_string(),
        "flags": signal.flags.0,
    })
}

/// Moments; one that did not happen is null.
fn of_hops(hops: &[Hop]) -> Vec<Value> {
    let at = |moment: Moment| (moment.0 > 0).then(|| moment.0.to_string());
    let line = |hop: &Hop| {
        json!({"seq": hop.seq.0, "durable": at(hop.durable), "receipt": at(hop.receipt),
               "presented": at(hop.presented), "painted": at(hop.painted)})
    };
    hops.iter().map(line).collect()
}

fn of_disclosed(disclosed: &Disclosed) -> Value {
    match disclosed.what {
        Subject::Person(person) => json!({"by": disclosed.by, "person": person.0}),
        Subject::Log { from, to } => json!({"by": disclosed.by, "from": from.0, "to": to.0}),
    }
}

fn of_act(verb: &Verb, outputs: &[Output]) -> Value {
    let done = outputs
        .iter()
        .any(|output| matches!(output, Output::Answer(answer) if answer.result.is_ok()));
    let (act, alarm) = match verb {
        Verb::Claim { alarm } => ("claim", alarm),
        Verb::Release { alarm, .. } => ("release", alarm),
        Verb::Close { alarm, .. } => ("close", alarm),
    };
    json!({"act": act, "alarm": alarm.0.0, "done": done})
}
