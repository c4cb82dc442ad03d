//! Gathering: from the lanes into the next batch, most urgent first, within its limits.

use std::collections::VecDeque;

use central::entry::Entry;
use lanes::{Lane, Outlet};

use crate::limits::{BATCH, BATCH_BYTES, HELD};
use crate::weight::{self, Weight};
use crate::{Inbound, Why};

/// An inbound that may be proposed.
pub(crate) struct Item {
    pub(crate) inbound: Inbound,
    pub(crate) weight: Weight,
}

/// What was taken from the lanes and is not yet proposed, most urgent first.
#[derive(Default)]
pub(crate) struct Gather {
    held: VecDeque<Item>,
    drained: Vec<Inbound>,
}

/// What limits taking just now.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// The log refused the last batch: only life-safety is kept, one at a time is tried.
    pub(crate) full: bool,
    /// Bytes left, where the log cannot make its next segment.
    pub(crate) room: Option<u64>,
    /// No more alarms may open.
    pub(crate) crowded: bool,
    /// The log has no genesis yet: nothing else may come before it.
    pub(crate) unborn: bool,
    /// The newest rules there are here.
    pub(crate) rules: u32,
}

impl Gather {
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes from the lanes; what cannot go on is handed to `refuse` at once.
    pub(crate) fn fill(
        &mut self,
        outlet: &mut Outlet<Inbound>,
        bounds: Bounds,
        refuse: &mut impl FnMut(Inbound, Why),
    ) {
        let held = self.held.len();
        let mut drained = std::mem::take(&mut self.drained);
        // While something is held, what is below person stays in its lane; what is refused at once may go.
        outlet.drain_where(&mut drained, HELD.saturating_sub(held).min(BATCH), |lane| match held {
            0 => true,
            _ if bounds.full => true,
            1..BATCH => !lane.below_person(),
            _ => lane == Lane::LifeSafety,
        });
        for inbound in drained.drain(..) {
            match admit(&inbound, bounds) {
                Ok(weight) => self.held.push_back(Item { inbound, weight }),
                Err(why) => refuse(inbound, why),
            }
        }
        self.drained = drained;
        self.held.make_contiguous().sort_by_key(|item| item.weight);
    }

    /// The next batch's items.
    pub(crate) fn batch(&mut self, full: bool) -> Vec<Item> {
        let most = if full { 1 } else { BATCH };
        let mut bytes = 0;
        let fitting = self.held.iter().take(most).take_while(|item| {
            bytes += item.inbound.body.len();
            bytes <= BATCH_BYTES
        });
        let count = fitting.count();
        self.held.drain(..count).collect()
    }

    /// A batch the log had no room for: life-safety is kept for the next try, the rest is told at once.
    pub(crate) fn hand_back(&mut self, items: Vec<Item>, refuse: &mut impl FnMut(Inbound, Why)) {
        let held = std::mem::take(&mut self.held);
        for item in items.into_iter().chain(held) {
            if item.weight == Weight::LifeSafety {
                self.held.push_back(item);
            } else {
                refuse(item.inbound, Why::Full);
            }
        }
    }

    /// Everything held and in the lanes, for a loop that has ended.
    pub(crate) fn empty(
        &mut self,
        outlet: &mut Outlet<Inbound>,
        refuse: &mut impl FnMut(Inbound, Why),
    ) {
        self.held.drain(..).for_each(|item| refuse(item.inbound, Why::Stopped));
        while outlet.drain(&mut self.drained, BATCH) > 0 {
            self.drained.drain(..).for_each(|inbound| refuse(inbound, Why::Stopped));
        }
    }
}

/// Nothing is proposed that could not be applied: it would stop every node at every start.
fn admit(inbound: &Inbound, bounds: Bounds) -> Result<Weight, Why> {
    let entry = Entry::decode(&inbound.body).map_err(|_| Why::Invalid)?;
    let lacks_rules =
        matches!(entry, Entry::Rules(n) if !(central::OLDEST..=bounds.rules).contains(&n));
    // What a running loop has applied it cannot pass over: a skip is proposed at a start, before it.
    let skips = matches!(entry, Entry::Skip(_));
    let too_early = bounds.unborn && !matches!(entry, Entry::Genesis(_));
    if lacks_rules || skips || too_early {
        return Err(Why::Invalid);
    }
    let weight = Weight::of(&entry);
    let has_room = bounds.room.is_none_or(|room| weight.fits(room));
    let is_full = bounds.full && weight != Weight::LifeSafety;
    if is_full || !has_room || bounds.crowded && weight::opens(&entry) {
        return Err(Why::Full);
    }
    Ok(weight)
}
