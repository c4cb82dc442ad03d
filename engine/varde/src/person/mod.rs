//! `varde person`: who is helped by what, whose a signal is, everything about somebody, and forgetting it.
//!
//! Personal text comes in on standard input and goes out to a file; never on the command line.

mod dossier;
mod export;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use central::Decision;
use central::entry::{Attributed, Entry, Held};
use central::words::{AlarmId, DeviceId, KeyId, PersonId, Seq};
use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;
use server::control::{self, Done, Wish};
use server::plain::Plain;

pub(crate) use self::dossier::sealed_in;
use self::dossier::{Dossier, Whose};
pub(crate) use self::export::opened;

/// What standard input holds.
const FORM: &str = r#"{"municipality":"0301","text":[["Navn","…"],["Adresse","…"]]}"#;

/// What to do about persons.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Register somebody from JSON on standard input; prints the pseudonym
    #[command(after_help = FORM)]
    Add,
    /// Describe somebody anew from JSON on standard input
    #[command(after_help = FORM)]
    Describe {
        /// The pseudonym
        id: u64,
    },
    /// Print every person as a line of JSON: pseudonym, municipality, devices; nothing personal
    List,
    /// A device helps this person from now on
    Assign {
        /// The pseudonym
        id: u64,
        /// The device as the log names it, such as scaip:8031372
        device: String,
    },
    /// A device helps nobody any more
    Unassign {
        /// The device as the log names it
        device: String,
    },
    /// An alarm, or a single signal, that came before anybody knew whose it was, is this person's
    Attribute {
        /// The pseudonym
        id: u64,
        /// Everything said in this alarm, its closing note too
        #[arg(
            long,
            value_name = "N",
            required_unless_present = "signal",
            conflicts_with = "signal"
        )]
        alarm: Option<u64>,
        /// Only this entry
        #[arg(long, value_name = "SEQ")]
        signal: Option<u64>,
    },
    /// Write everything about a person to a new file; the log notes who looked
    Export {
        /// The pseudonym
        id: u64,
        /// The file, which must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Why, noted sealed
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Destroy the keys of everything about a person, for good; its entries stay and say nothing
    Erase {
        /// The pseudonym
        id: u64,
    },
}

/// Does it, on the log below a data folder, whether its engine runs or not.
pub(crate) fn run(data: &Path, command: &Command) -> Result<ExitCode, String> {
    match command {
        Command::Add => add(data, None)?,
        Command::Describe { id } => add(data, Some(PersonId(*id)))?,
        Command::List => list(data)?,
        Command::Assign { id, device } => hold(data, device, Some(PersonId(*id)))?,
        Command::Unassign { device } => hold(data, device, None)?,
        Command::Attribute { id, alarm, signal } => {
            let whose = match (alarm, signal) {
                (Some(alarm), _) => Whose::Alarm(AlarmId(Seq(*alarm))),
                (None, signal) => Whose::Signal(Seq(signal.unwrap_or(0))),
            };
            attribute(data, PersonId(*id), whose)?;
        }
        Command::Export { id, out, reason } => {
            export::export(data, PersonId(*id), out, reason)?;
        }
        Command::Erase { id } => erase(data, PersonId(*id))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What stands on standard input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    municipality: String,
    text: Vec<(String, String)>,
}

fn add(data: &Path, id: Option<PersonId>) -> Result<(), String> {
    let most = server::limits::ABOUT as u64 + 1;
    let mut text = String::new();
    let read = std::io::stdin().lock().take(most).read_to_string(&mut text);
    read.map_err(|why| format!("standard input cannot be read: {why}"))?;
    // Not the parser's own words: they may quote what was read.
    let about: About = serde_json::from_str(&text).map_err(|why| {
        format!("standard input is not {FORM}: see line {}, column {}", why.line(), why.column())
    })?;
    let municipality = server::config::municipality("municipality", &about.municipality);
    let municipality = municipality.map_err(|why| why.to_string())?;
    let about = Plain { text: about.text, raw: None }.to_bytes();
    let done = one(data, Wish::Person { id, municipality, about })?;
    println!("{}", json!({ "person": done.person.map(|id| id.0.to_string()), "seq": done.seq.0 }));
    Ok(())
}

fn one(data: &Path, wish: Wish) -> Result<Done, String> {
    let mut done = control::submit(data, &[wish]).map_err(|why| why.to_string())?;
    done.pop().ok_or_else(|| "nothing was done; look with `varde log`".to_owned())
}

fn list(data: &Path) -> Result<(), String> {
    let central = dossier::state(data)?;
    for (id, person) in central.persons() {
        let theirs = central.holders().filter(|(_, holder)| *holder == id);
        let devices: Vec<&str> = theirs.map(|(device, _)| device.0.as_str()).collect();
        println!(
            "{}",
            json!({
                "person": id.0.to_string(),
                "municipality": person.municipality.to_string(),
                "devices": devices,
                "keys": person.keys.iter().map(|key| key.0).collect::<Vec<_>>(),
                "erased": person.erased,
            })
        );
    }
    Ok(())
}

fn hold(data: &Path, device: &str, person: Option<PersonId>) -> Result<(), String> {
    if device.is_empty() || device.len() > central::limits::DEVICE_ID {
        return Err("a device is 1 to 64 bytes, as `varde log` names it".to_owned());
    }
    let held = Held { device: DeviceId(device.to_owned()), person };
    let done = one(data, Wish::entry(&Entry::Held(held)))?;
    match (done.decision, person) {
        (Decision::Void, Some(id)) => {
            Err(format!("person {} is not known, or erased: see `varde person list`", id.0))
        }
        (Decision::Void, None) => {
            Err("that device helps nobody: see `varde person list`".to_owned())
        }
        _ => {
            println!("{}", json!({ "seq": done.seq.0 }));
            Ok(())
        }
    }
}

fn attribute(data: &Path, id: PersonId, whose: Whose) -> Result<(), String> {
    let dossier = Dossier::gather(data, whose)?;
    living(&dossier, id)?;
    let others = dossier.items.iter().filter(|item| item.person.is_some_and(|one| one != id));
    let others = others.count();
    if others > 0 {
        return Err(format!(
            "{others} of its signals are sealed as another person's, because the device was that person's then: they cannot be handed over"
        ));
    }
    if dossier.items.is_empty() {
        return Err("there is no such alarm or signal: see `varde log`".to_owned());
    }
    let wishes = hand_over(&dossier, id);
    let done = control::submit(data, &wishes).map_err(|why| why.to_string())?;
    if let Some(void) = done.iter().find(|done| done.decision == Decision::Void) {
        return Err(format!(
            "the log kept entry {} and it changed nothing: the person has too many keys, or was erased meanwhile",
            void.seq.0
        ));
    }
    println!("{}", json!({ "attributed": done.len() }));
    Ok(())
}

fn living(dossier: &Dossier, id: PersonId) -> Result<&central::Person, String> {
    match dossier.central.person(id) {
        None => Err(format!("there is no person {}: see `varde person list`", id.0)),
        Some(person) if person.erased => Err(format!("person {} is erased", id.0)),
        Some(person) => Ok(person),
    }
}

/// An attribution for every entry whose key the person does not have yet. What was sealed for a person who was
/// known then has that person's key, and needs none.
fn hand_over(dossier: &Dossier, id: PersonId) -> Vec<Wish> {
    let own = dossier.central.person(id).map_or(&[][..], |person| &person.keys);
    let foreign = |key: &KeyId| !own.contains(key);
    let wish = |signal: Seq, key: Option<KeyId>| {
        Wish::entry(&Entry::Attributed(Attributed { signal, person: id, key }))
    };
    let mut wishes = Vec::new();
    for item in dossier.items.iter().filter(|item| item.person.is_none()) {
        let key = item.sealed.as_ref().map(|sealed| sealed.key);
        // The opening signal tells whose the alarm is, even where nothing in it was sealed.
        let opens = item.alarm.is_some_and(|alarm| alarm.0 == item.seq);
        if key.as_ref().is_some_and(foreign) || (opens && !dossier.attributed.contains(&item.seq)) {
            wishes.push(wish(item.seq, key));
        }
    }
    wishes
}

fn erase(data: &Path, id: PersonId) -> Result<(), String> {
    let dossier = Dossier::gather(data, Whose::Person(id))?;
    let person = dossier.central.person(id);
    let person =
        person.ok_or_else(|| format!("there is no person {}: see `varde person list`", id.0))?;
    // What was said in the person's alarms and is not yet handed over goes with the rest.
    let mut wishes = if person.erased { Vec::new() } else { hand_over(&dossier, id) };
    wishes.push(Wish::erase(id));
    let done = control::submit(data, &wishes).map_err(|why| why.to_string())?;
    let kept = done.iter().filter(|done| done.decision == Decision::Void).count();
    let seq = done.last().map(|done| done.seq.0);
    println!(
        "{}",
        json!({ "erased": id.0.to_string(), "seq": seq, "entries": dossier.items.len(),
                "others_sharing_a_key": dossier.sharing, "not_handed_over": kept })
    );
    if kept > 0 {
        return Err(format!(
            "{kept} entries could not be handed over before the erasure, and can still be opened: the person had too many keys"
        ));
    }
    Ok(())
}
