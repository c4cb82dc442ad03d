//! `varde verify`: is every entry there, in its place, unchanged, and what does it all add up to?

use std::path::Path;
use std::process::ExitCode;

use ::roots::Folder;
use central::words::Seq;
use server::api::hex;
use server::snapshots;

use crate::roots::log_below;

/// Exit code of a log that is damaged.
pub(crate) const DAMAGED: u8 = 2;

/// Checks the log below a data folder, or a folder that is a log, and the roots beside it; prints what it is. Takes no
/// lock, needs no key, writes nothing.
pub(crate) fn run(data: &Path) -> Result<ExitCode, String> {
    let folder = log_below(data)?;
    let summary = match journal::embedded::verify(&folder) {
        Ok(summary) => summary,
        Err(damage) => {
            println!("damaged: {damage}");
            return Ok(ExitCode::from(DAMAGED));
        }
    };
    let reader = journal::embedded::Reader::open(&folder).map_err(|why| why.to_string())?;
    // What a running engine adds meanwhile is left for the next look.
    let until = Seq(summary.seq);
    let checked = match snapshots::check(data, reader.log_id(), &|pos| reader.from(pos), until) {
        Ok(checked) => checked,
        Err(why) => {
            println!("damaged: {why}");
            return Ok(ExitCode::from(DAMAGED));
        }
    };
    let folded = &checked.folded;
    println!("seq {}", folded.last.last_seq);
    println!("head {}", hex(&folded.last.head));
    println!("state {}", hex(&folded.central.digest()));
    println!("entries {} segments {}", summary.entries, summary.segments);
    println!("decisions compared {}", folded.last.compared);
    println!("skipped {}", folded.last.skipped);
    println!("snapshots compared {}", checked.good.len());
    if checked.from > Seq(0) {
        println!("folded from snapshot {}: what was before is trimmed", checked.from.0);
    }
    for why in &checked.bad {
        println!("damaged: {why}");
    }
    let roots = Folder::of(data);
    let agree = !roots.exists() || crate::roots::agree(&folder, roots)?;
    // A start passes such a snapshot over; whoever verifies wants to know.
    Ok(if agree && checked.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
}
