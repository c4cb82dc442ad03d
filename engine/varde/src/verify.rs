//! `varde verify`: is every entry there, in its place, unchanged, and what does it all add up to?

use std::path::Path;
use std::process::ExitCode;

use ::roots::Folder;
use central::Central;
use server::api::hex;

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
    let records = || {
        let records = reader.from(journal::Pos::START).map_err(|why| why.to_string())?;
        Ok::<_, String>(records.take_while(|record| match record {
            Ok(journal::Record::Entry(entry)) => entry.seq <= summary.seq,
            _ => true,
        }))
    };
    let skips = sequencer::Skips::scan(records()?).map_err(|why| why.to_string())?;
    let mut central = Central::new();
    match sequencer::refold(records()?, &skips, &mut central) {
        Ok(folded) => {
            println!("seq {}", folded.last_seq);
            println!("head {}", hex(&folded.head));
            println!("state {}", hex(&central.digest()));
            println!("entries {} segments {}", summary.entries, summary.segments);
            println!("decisions compared {}", folded.compared);
            println!("skipped {}", folded.skipped);
            let roots = Folder::of(data);
            let agree = !roots.exists() || crate::roots::agree(&folder, roots)?;
            Ok(if agree { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
        }
        Err(why) => {
            println!("damaged: {why}");
            Ok(ExitCode::from(DAMAGED))
        }
    }
}
