//! Everything about a person as JSON, opened: first the log notes who looks, then what is sealed is opened.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use central::entry::{Sealed, Subject};
use central::words::PersonId;
use serde_json::{Value, json};
use server::control::Wish;
use server::keys::ReadKeys;
use server::plain::Plain;

use super::dossier::{Dossier, Item, Whose};

/// Writes the file, readable by its owner alone.
pub(super) fn export(data: &Path, id: PersonId, out: &Path, reason: &str) -> Result<(), String> {
    let keys = ReadKeys::open(&data.join(server::engine::KEYS)).map_err(|why| why.to_string())?;
    if super::dossier::state(data)?.person(id).is_none() {
        return Err(format!("there is no person {}: see `varde person list`", id.0));
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out);
    let mut file = file.map_err(|why| {
        format!("{} cannot be made ({why}): name a file that is not there yet", out.display())
    })?;
    let written = look(data, id, reason, &keys).and_then(|text| {
        let done = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        done.map_err(|why| format!("{} cannot be written: {why}", out.display()))
    });
    if written.is_err() {
        // Half of it is of use to nobody.
        let _ = std::fs::remove_file(out);
    }
    written?;
    println!("{}", out.display());
    Ok(())
}

fn look(data: &Path, id: PersonId, reason: &str, keys: &ReadKeys) -> Result<String, String> {
    let (by, what) = (String::new(), Subject::Person(id));
    super::one(data, Wish::Disclosed { by, what, reason: reason.to_owned() })?;
    let dossier = Dossier::gather(data, Whose::Person(id))?;
    let person = dossier.central.person(id).ok_or("the person is not there any more")?;
    let theirs = dossier.central.holders().filter(|(_, holder)| *holder == id);
    let devices: Vec<&str> = theirs.map(|(device, _)| device.0.as_str()).collect();
    let lines = |items: &[Item]| items.iter().map(|item| line(keys, item)).collect::<Vec<_>>();
    let everything = json!({
        "person": id.0.to_string(),
        "municipality": person.municipality.to_string(),
        "erased": person.erased,
        "about": person.about.as_ref().map(|about| opened(keys, about)),
        "devices": devices,
        "entries": lines(&dossier.items),
        "disclosures": lines(&dossier.disclosures),
        "others_sharing_a_key": dossier.sharing,
    });
    serde_json::to_string_pretty(&everything).map_err(|why| why.to_string())
}

fn line(keys: &ReadKeys, item: &Item) -> Value {
    let mut line = item.line.clone();
    if let Some(sealed) = &item.sealed {
        line["opened"] = opened(keys, sealed);
    }
    line
}

/// What is sealed, in clear; or why it cannot be.
pub(crate) fn opened(keys: &ReadKeys, sealed: &Sealed) -> Value {
    let plain = match keys.open_sealed(sealed) {
        Ok(bytes) => Plain::from_bytes(&bytes),
        Err(why) => return json!({ "closed": why.to_string() }),
    };
    let Some(plain) = plain else {
        return json!({ "closed": "sealed by another version" });
    };
    let raw = plain
        .raw
        .map(|raw| json!({ "text": String::from_utf8_lossy(&raw.bytes), "length": raw.length }));
    json!({ "text": plain.text, "raw": raw })
}
