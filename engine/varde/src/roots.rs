//! `varde roots`, `varde authority`, `varde proof`: the centre's side of what a municipality can check.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::roots::{Folder, Found, Keeper, Outcome, PUBLIC_FILE, Signer};
use server::engine::{AUTHORITY, LOG};

use crate::verify::DAMAGED;

/// The log's folder: below a data folder, or the folder named itself where a copy holds the log alone.
pub(crate) fn log_below(data: &Path) -> Result<PathBuf, String> {
    let usual = data.join(LOG);
    if usual.is_dir() {
        Ok(usual)
    } else if data.join("segments").is_dir() {
        Ok(data.to_owned())
    } else {
        Err(format!("{} holds no log; name the data folder with --data", data.display()))
    }
}

/// Makes the roots that are due and checks the others. Without a key, or when told so, it only checks.
pub(crate) fn run(data: &Path, day: Option<&str>, check: bool) -> Result<ExitCode, String> {
    let only = match day {
        Some(text) => Some(
            ::proof::day::parse(text)
                .ok_or_else(|| format!("{text:?} is no day; write it as 2026-11-21"))?,
        ),
        None => None,
    };
    let log = log_below(data)?;
    let folder = Folder::of(data);
    let authority = data.join(AUTHORITY);
    // A copy must not get a key of its own: that is made by `varde authority` and by an engine's start.
    let has_key = authority.join(::roots::KEY_FILE).exists();
    let signer = if check || !has_key { None } else { Some(open(data)?) };
    if signer.is_none() {
        println!("checked only, nothing is made (`varde authority` makes the key that signs)");
    }
    let mut differs = 0;
    let mut keeper = Keeper::new(&log, folder).map_err(|why| why.to_string())?;
    let mut tell = |found: Found| {
        differs += u32::from(matches!(found.outcome, Outcome::Differs(_)));
        if only.is_none_or(|only| only == found.day) {
            println!("{}", found.line());
        }
    };
    let walked = keeper.advance(signer.as_ref(), &mut tell, &mut || true);
    walked.map_err(|why| why.to_string())?;
    for stray in keeper.strays().map_err(|why| why.to_string())? {
        tell(stray);
    }
    for day in keeper.partial() {
        println!("{} is not whole in this log: not checked", ::proof::day::name(*day));
    }
    Ok(if differs == 0 { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
}

/// Checks the root files against the log, and says how it went in one line. False: one differs.
pub(crate) fn agree(log: &Path, folder: Folder) -> Result<bool, String> {
    let (mut same, mut missing, mut differs) = (0, 0, 0);
    let mut keeper = Keeper::new(log, folder).map_err(|why| why.to_string())?;
    let mut tell = |found: Found| match found.outcome {
        Outcome::Differs(_) => {
            differs += 1;
            println!("damaged: {}", found.line());
        }
        Outcome::Same | Outcome::Made => same += 1,
        Outcome::Missing => missing += 1,
    };
    let walked = keeper.advance(None, &mut tell, &mut || true);
    walked.map_err(|why| why.to_string())?;
    for stray in keeper.strays().map_err(|why| why.to_string())? {
        tell(stray);
    }
    let partial = keeper.partial().len();
    println!("roots {same} as the log says, {missing} not made yet, {partial} days not whole here");
    Ok(differs == 0)
}

/// Says what others know the centre by.
pub(crate) fn authority(data: &Path) -> Result<ExitCode, String> {
    server::engine::authority(data).map_err(|why| why.to_string())?;
    let signer = open(data)?;
    let folder = data.join(AUTHORITY);
    println!("devices know the centre by  {}", folder.join("ca.pem").display());
    println!("roots are signed by         {}", ::proof::fingerprint(signer.public()));
    println!("public key to hand out      {}", folder.join(PUBLIC_FILE).display());
    Ok(ExitCode::SUCCESS)
}

/// Writes the proof file of an alarm.
pub(crate) fn prove(data: &Path, alarm: u64, out: &Path) -> Result<ExitCode, String> {
    let log = log_below(data)?;
    let proof = ::roots::prove(&log, &Folder::of(data), alarm).map_err(|why| why.to_string())?;
    let file = proof.write();
    if file.len() > ::proof::limits::FILE {
        return Err(format!("the proof of alarm {alarm} is longer than a proof file may be"));
    }
    let mut options = OpenOptions::new();
    let written = options.write(true).create_new(true).mode(0o600).open(out).and_then(|mut to| {
        to.write_all(file.as_bytes())?;
        to.sync_all()
    });
    written
        .map_err(|why| format!("{} cannot be written: {why}; name a new file", out.display()))?;
    let (entries, days) = (proof.entries.len(), proof.roots.len());
    println!("{}: {entries} entries of alarm {alarm}, {days} signed roots", out.display());
    println!("anyone can check it: varde verify --proof {}", out.display());
    Ok(ExitCode::SUCCESS)
}

fn open(data: &Path) -> Result<Signer, String> {
    Signer::open(&data.join(AUTHORITY)).map_err(|why| why.to_string())
}
