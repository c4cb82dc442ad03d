//! The day roots beside the running engine: made when a day is over, and an alarm where one is not what the log says.

use std::path::Path;
use std::sync::Arc;

use ::roots::{Folder, Minder, News, Signer};
use central::entry::Entry;
use tokio::runtime::Handle;

use super::open::{LOG, StartError};
use super::timers::own_fault;
use super::{AUTHORITY, other};
use crate::intake::Intake;
use crate::plain::Plain;

/// Starts the thread. Called on the runtime.
pub(super) fn start(data: &Path, intake: &Arc<Intake>) -> Result<Minder, StartError> {
    let signer = Signer::open(&data.join(AUTHORITY)).map_err(other)?;
    let (clock, intake, runtime) =
        (Arc::clone(&intake.clock), Arc::clone(intake), Handle::current());
    let tell = move |news| match news {
        News::Made(day, municipalities) => {
            tracing::info!(%day, municipalities, "the day's roots are made");
        }
        News::Failed(why) => tracing::error!(%why, "the day's roots cannot be made"),
        News::Idle => {
            intake.note(&Entry::Tick);
        }
        News::Differs(found) => {
            tracing::error!(root = %found.line(), "a root is not what the log says: run `varde verify`");
            let mut plain = Plain::default();
            let text = format!("{} stemmer ikke med loggen; kjør varde verify", found.name());
            plain.say("Dagsrot", text);
            runtime.block_on(intake.submit(own_fault(&intake, "engine:roots", plain)));
        }
    };
    Minder::start(data.join(LOG), Folder::of(data), signer, move || clock.now().0, tell)
        .map_err(other)
}
