//! `varde verify --archive` and `varde log --archive`: what the log let go of, checked and read.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use central::Placed;
use central::entry::Entry;
use central::words::{Moment, Seq};
use journal::embedded::{Kept, records, verify_both};
use serde_json::{Value, json};
use server::api::hex;

use crate::verify::DAMAGED;

/// Checks the chain from the first entry on, over the archive and the log below a data folder.
pub(crate) fn verify(data: &Path, archive: &Path) -> Result<ExitCode, String> {
    let folder = data.join(server::engine::LOG);
    if !folder.is_dir() {
        return Err(format!("{} holds no log; name the data folder with --data", data.display()));
    }
    match verify_both(&folder, archive) {
        Ok(whole) => {
            println!("seq {}", whole.log.seq);
            println!("head {}", hex(&whole.log.head));
            println!("log from entry {}, segments {}", whole.log.first, whole.log.segments);
            println!(
                "archive files {} entries {} thinned {}",
                whole.files, whole.entries, whole.thinned
            );
            println!(
                "the state is not folded: `varde verify` without --archive does that from what the log has"
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(damage) => {
            println!("damaged: {damage}");
            Ok(ExitCode::from(DAMAGED))
        }
    }
}

/// Prints what an archive keeps, an entry a line. Nothing is folded: what was decided is not told.
pub(crate) fn log(archive: &Path) -> Result<ExitCode, String> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    for kept in records(archive).map_err(|why| why.to_string())? {
        let Some(line) = line(&kept.map_err(|why| why.to_string())?) else { continue };
        written = writeln!(out, "{line}");
        if written.is_err() {
            break;
        }
    }
    match written.and_then(|()| out.flush()) {
        // A closed pipe (`varde log | head`) is the reader's wish, not an error.
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("the entries could not all be written: {why}"))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn line(kept: &Kept) -> Option<Value> {
    match kept {
        Kept::Decided(_) => None,
        Kept::Thinned { seq, moment, hash } => Some(json!({
            "seq": seq, "moment": moment.to_string(), "what": "thinned", "hash": hex(hash),
        })),
        Kept::Entry(kept) => Some(undecided(kept)),
    }
}

/// An entry by itself, where nothing before it can be folded: what was decided is not told.
pub(crate) fn undecided(kept: &journal::Entry) -> Value {
    match Entry::decode(&kept.body) {
        Ok(entry) => {
            let (what, mut fields) = crate::log::fields(&entry, &[]);
            if let Value::Object(fields) = &mut fields {
                for decided in ["alarm", "duplicate_of", "done"] {
                    fields.remove(decided);
                }
            }
            crate::log::line(&placed(kept), (what, fields))
        }
        Err(why) => json!({
            "seq": kept.seq, "moment": kept.moment.to_string(), "what": "unreadable",
            "why": why.to_string(),
        }),
    }
}

fn placed(kept: &journal::Entry) -> Placed {
    Placed { seq: Seq(kept.seq), moment: Moment(kept.moment), head: kept.hash }
}
