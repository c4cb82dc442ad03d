//! The versions of the rules, and what each decides differently. One row a version: nothing else asks which
//! version is in force.
//!
//! Which one decides is state, set by an entry [`Rules`](crate::entry::Entry::Rules). A row once released never changes: entries of
//! its time are folded by it for ever. What is new is a new row.

use crate::central::{Central, Stop};
use crate::limits;

/// The newest rules this version has; a new log begins with them.
pub const RULES: u32 = TABLE.len() as u32;
/// The oldest it has.
pub const OLDEST: u32 = 1;

/// What one version decides differently.
#[derive(Debug)]
pub(crate) struct Rules {
    /// A new alarm that comes so soon (nanoseconds) after the last one of its source was closed is a
    /// recurrence, and more urgent. `None`: there is no such thing.
    pub(crate) recurrence: Option<u64>,
}

const TABLE: [Rules; 2] = [
    // 1: the first path.
    Rules { recurrence: None },
    // 2: what comes back soon after it was closed says so and goes before.
    Rules { recurrence: Some(limits::RECURRENCE) },
];

/// The row of a version; before a log says which, the oldest.
fn row(version: u32) -> &'static Rules {
    let at = version.saturating_sub(OLDEST) as usize;
    TABLE.get(at).unwrap_or(&TABLE[0])
}

impl Central {
    /// A central that knows no rules above `newest`, as an older version would be: for two versions side
    /// by side.
    pub fn knowing(newest: u32) -> Self {
        Self { ceiling: Some(newest.clamp(OLDEST, RULES)), ..Self::new() }
    }

    /// The newest rules this central has.
    pub fn newest_rules(&self) -> u32 {
        self.ceiling.unwrap_or(RULES)
    }

    /// Whether it has these rules.
    pub fn has_rules(&self, version: u32) -> bool {
        (OLDEST..=self.newest_rules()).contains(&version)
    }

    /// The rules that decide now; 0 before the genesis.
    pub fn rules(&self) -> u32 {
        self.rules
    }

    /// Decides by these rules from here on, as an entry of the log would have it: for a replay under
    /// other rules. Whoever does this to a central that serves has left its log.
    ///
    /// # Errors
    /// [`Stop::LacksRules`]; the state is as it was.
    pub fn decide_by(&mut self, version: u32) -> Result<(), Stop> {
        if !self.has_rules(version) {
            return Err(Stop::LacksRules(version));
        }
        self.rules = version;
        Ok(())
    }

    pub(crate) fn in_force(&self) -> &'static Rules {
        row(self.rules)
    }
}
