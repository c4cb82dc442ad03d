//! The mirror at a start, and how its loss is shouted.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::embedded::{Mirror, RealDisk, Standing, mend};

use crate::engine::{LOG, Start, StartError};
use crate::intake::Intake;
use crate::limits::MIRROR_SHOUT;
use crate::plain::Plain;

/// The mirror that the configuration names.
pub(crate) fn mirror_of(start: &Start) -> Result<Option<Mirror>, StartError> {
    let Some(dir) = &start.config.log.mirror else { return Ok(None) };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (data, second) = (real(&start.data), real(dir));
    if data.starts_with(&second) || second.starts_with(&data) {
        return Err(StartError::Other(format!(
            "log.mirror is {} and the data folder {}: one lies in the other; name a folder on a second disk",
            dir.display(),
            start.data.display()
        )));
    }
    if same_disk(&start.data, dir) {
        tracing::warn!(
            "log.mirror is on the same disk as the data folder: it outlives no disk; is its own mounted?"
        );
    }
    let first = (Arc::new(RealDisk) as _, start.data.join(LOG));
    Ok(Some(Mirror::new(first, (Arc::new(RealDisk), dir.clone()))))
}

fn same_disk(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let disk = |path: &Path| path.metadata().map(|about| about.dev());
    matches!((disk(one), disk(other)), (Ok(one), Ok(other)) if one == other)
}

/// Opens what may have to be made whole first: at once where an opening would find damage, and frame by frame only when
/// the fold does.
pub(crate) fn open_mended<T>(
    start: &Start,
    mut open: impl FnMut() -> Result<T, StartError>,
) -> Result<T, StartError> {
    let Some(mirror) = &start.config.log.mirror else { return open() };
    let log = start.data.join(LOG);
    let mended = |deep| {
        let said = mend(&log, mirror, deep).map_err(|why| StartError::Other(why.to_string()))?;
        for what in &said {
            tracing::error!(%what, "the log was damaged and is whole again: see to its disk");
        }
        Ok::<bool, StartError>(!said.is_empty())
    };
    mended(false)?;
    match open() {
        Err(why @ (StartError::Log(_) | StartError::Fold(_))) => {
            if mended(true)? {
                open()
            } else {
                Err(why)
            }
        }
        opened => opened,
    }
}

/// Shouts while the log is on one disk that should be on two: a figure at once, and a technical alarm to operators once,
/// until it is in step again.
pub(crate) async fn watch(intake: Arc<Intake>, mirror: Mirror) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut since: Option<Instant> = None;
    let mut told = false;
    loop {
        ticks.tick().await;
        let standing = mirror.standing();
        let in_step = standing == Standing::InStep;
        intake.metrics.disks(if in_step { 2 } else { 1 }, 2);
        if in_step {
            (since, told) = (None, false);
            continue;
        }
        let out = since.get_or_insert_with(Instant::now).elapsed();
        if !told && out >= MIRROR_SHOUT {
            told = true;
            let mut plain = Plain::default();
            plain.say("Loggen", "skrives bare på én disk: speilet er ute. Se til den andre disken");
            if let Standing::Lost { why } = standing {
                plain.say("Årsak", why);
            }
            intake.submit(crate::engine::own_fault(&intake, "engine:mirror", plain)).await;
        }
    }
}

/// The word of its standing, and what is wrong.
pub(crate) fn told(standing: &Standing) -> (&'static str, Option<String>) {
    match standing {
        Standing::InStep => ("in_step", None),
        Standing::Making { done, of } => ("making", Some(format!("segment {done} of {of}"))),
        Standing::Lost { why } => ("lost", Some(why.clone())),
    }
}
