//! `varde rules`: which rules decide in a log, and choosing others.

use std::path::Path;
use std::process::ExitCode;

use central::entry::Entry;
use central::{OLDEST, RULES};
use journal::Record;
use server::control::{Wish, submit};
use server::snapshots;

/// Prints the rules of the log below a data folder and those this version has, or makes others decide
/// from now on: by its running engine, or in its log if none runs.
pub(crate) fn run(data: &Path, set: Option<u32>) -> Result<ExitCode, String> {
    let now = in_force(data)?;
    match set {
        None => println!("the log decides by rules {now}; this version has {OLDEST} to {RULES}"),
        Some(same) if same == now => println!("the log decides by rules {now} already"),
        Some(wanted) if !(OLDEST..=RULES).contains(&wanted) => {
            return Err(format!(
                "this version has rules {OLDEST} to {RULES}, not {wanted}: choose one of them, or start a version that has it"
            ));
        }
        Some(wanted) => {
            let wishes = [Wish::entry(&Entry::Rules(wanted))];
            let done = submit(data, &wishes).map_err(|why| why.to_string())?;
            let seq = done.first().map_or(0, |done| done.seq.0);
            println!("rules {wanted} decide from entry {seq} on; before it rules {now} did");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The last choice in the log: what its newest snapshot says, and the heads of the entries after it.
fn in_force(data: &Path) -> Result<u32, String> {
    let folder = data.join(server::engine::LOG);
    if !folder.is_dir() {
        return Err(format!("{} holds no log; name the data folder with --data", data.display()));
    }
    let reader = journal::embedded::Reader::open(&folder).map_err(|why| why.to_string())?;
    let base = snapshots::newest(data, reader.log_id(), &|pos| reader.from(pos));
    let mut last = Some(base.central.rules()).filter(|rules| *rules != 0);
    for record in reader.from(base.pos).map_err(|why| why.to_string())? {
        if let Record::Entry(kept) = record.map_err(|why| why.to_string())? {
            last = Entry::chosen_by(&kept.body).or(last);
        }
    }
    last.ok_or_else(|| {
        "what is left of this log does not say which rules decide: put its snapshots back from the backup".to_owned()
    })
}
