//! `varde backup` and `varde restore`: the log, or the secrets, copied elsewhere and checked; never both to one place.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use journal::embedded::{Copied, backup};
use server::api::hex;
use server::engine::{AUTHORITY, KEYS, LOG};

/// What goes with the log: made from it, and without a secret. They save a restored engine time.
const BESIDE: [&str; 2] = ["snapshots", "roots"];
/// What is secret: the keys of what is sealed, and the authority that devices trust.
const SECRETS: [&str; 2] = [KEYS, AUTHORITY];

/// Copies the log, and what goes with it, to a folder; made again, only what is new.
pub(crate) fn log(data: &Path, to: &Path) -> Result<ExitCode, String> {
    let source = data.join(LOG);
    if !source.is_dir() {
        return Err(format!("{} holds no log; name the data folder with --data", data.display()));
    }
    let to = target(data, to)?;
    if let Some(found) = above(&to, &SECRETS) {
        return Err(format!(
            "{} holds keys: whoever has both can open what is sealed; make the log's backup elsewhere",
            found.display()
        ));
    }
    // Before the log: then the log reaches at least as far as they do.
    for name in BESIDE {
        tree(&data.join(name), &to.join(name))?;
    }
    private(&to.join(LOG))?;
    let copied = backup(&source, &to.join(LOG)).map_err(|why| why.to_string())?;
    tell(&copied);
    println!("the keys are not in it: `varde backup --keys --to OTHER` copies them elsewhere");
    Ok(ExitCode::SUCCESS)
}

/// Copies the secrets alone.
pub(crate) fn secrets(data: &Path, to: &Path) -> Result<ExitCode, String> {
    if !data.join(KEYS).is_dir() {
        return Err(format!("{} holds no keys; name the data folder with --data", data.display()));
    }
    let to = target(data, to)?;
    if let Some(found) = above(&to, &[LOG]) {
        return Err(format!(
            "{} holds a log: whoever has both can open what is sealed; put the keys elsewhere",
            found.display()
        ));
    }
    for name in SECRETS {
        let files = tree(&data.join(name), &to.join(name))?;
        println!("{name} {files} files");
    }
    println!(
        "what this copy replaced is gone from the folder; older copies elsewhere still open what was erased since"
    );
    Ok(ExitCode::SUCCESS)
}

/// Makes a data folder from a backup, or from a mirror.
pub(crate) fn restore(from: &Path, data: &Path, keys: Option<&Path>) -> Result<ExitCode, String> {
    let source =
        [from.join(LOG), from.to_owned()].into_iter().find(|dir| dir.join("head").is_file());
    let source = source.ok_or_else(|| {
        format!("{} holds no backup of a log; name its folder with --from", from.display())
    })?;
    let empty = match fs::read_dir(data) {
        Ok(mut items) => items.next().is_none(),
        Err(why) => why.kind() == io::ErrorKind::NotFound,
    };
    if !empty {
        return Err(format!(
            "{} is not an empty folder; a restore is made into a new one: name it with --data",
            data.display()
        ));
    }
    private(&data.join(LOG))?;
    let copied = backup(&source, &data.join(LOG)).map_err(|why| why.to_string())?;
    for name in BESIDE {
        tree(&from.join(name), &data.join(name))?;
    }
    for name in keys.map_or(&[][..], |_| &SECRETS) {
        tree(&keys.unwrap_or(from).join(name), &data.join(name))?;
    }
    tell(&copied);
    if keys.is_none() {
        println!(
            "without --keys DIR what was sealed stays closed, and devices must be given new certificates"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(copied: &Copied) {
    println!("seq {}", copied.holds.seq);
    println!("head {}", hex(&copied.holds.head));
    println!("segments copied {} same {}", copied.segments, copied.same);
}

/// Makes the target, and sees that it and the data folder are not one inside the other.
fn target(data: &Path, to: &Path) -> Result<PathBuf, String> {
    private(to)?;
    let real = |path: &Path| path.canonicalize().map_err(|why| failed(path, &why));
    let (data, to) = (real(data)?, real(to)?);
    if to.starts_with(&data) || data.starts_with(&to) {
        return Err(format!(
            "{} and the data folder lie in each other; choose a folder on another disk",
            to.display()
        ));
    }
    Ok(to)
}

/// The nearest folder, this one or one above it, that holds one of these.
fn above(folder: &Path, names: &[&str]) -> Option<PathBuf> {
    let holds = |dir: &&Path| names.iter().any(|name| dir.join(name).join(inside(name)).exists());
    folder.ancestors().find(holds).map(Path::to_owned)
}

/// A file that tells such a folder from another of its name.
fn inside(name: &str) -> &'static str {
    match name {
        LOG => "head",
        KEYS => "keys",
        _ => "ca.pem",
    }
}

/// Copies a folder's files, each whole before it has its name. A folder that is not there has none.
fn tree(from: &Path, to: &Path) -> Result<u64, String> {
    let items = match fs::read_dir(from) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(0),
        items => items.map_err(|why| failed(from, &why))?,
    };
    private(to)?;
    let mut files = 0;
    for item in items {
        let item = item.map_err(|why| failed(from, &why))?;
        let (path, name) = (item.path(), item.file_name());
        let kind = item.file_type().map_err(|why| failed(&path, &why))?;
        if kind.is_dir() {
            files += tree(&path, &to.join(name))?;
        } else if kind.is_file() && path.extension().is_none_or(|end| end != "tmp") {
            match file(&path, &to.join(name)) {
                // One that was let go meanwhile.
                Err(why) if why.kind() == io::ErrorKind::NotFound => {}
                copied => {
                    copied.map_err(|why| failed(&to.join(item.file_name()), &why))?;
                    files += 1;
                }
            }
        }
    }
    File::open(to).and_then(|dir| dir.sync_all()).map_err(|why| failed(to, &why))?;
    Ok(files)
}

fn file(from: &Path, to: &Path) -> io::Result<()> {
    let mut bytes = Vec::new();
    File::open(from)?.read_to_end(&mut bytes)?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let mut beside = to.as_os_str().to_owned();
    beside.push(".tmp");
    let mut options = OpenOptions::new();
    let mut copy = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    copy.write_all(&bytes)?;
    copy.sync_all()?;
    fs::rename(&beside, to)
}

fn private(folder: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|why| failed(folder, &why))
}

fn failed(path: &Path, why: &io::Error) -> String {
    format!(
        "cannot copy to or from {} ({why}): see that it is there, may be read or written, and has room",
        path.display()
    )
}
