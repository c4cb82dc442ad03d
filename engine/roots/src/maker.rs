//! Entries in log order → each UTC day's trees, one a municipality, and what is to be stated about them.

use std::collections::{BTreeMap, BTreeSet};

use journal::Entry;
use proof::tree::{self, Tree};
use proof::{DayRoot, Hash, day};

use crate::belongs::Belongs;

/// A day that is over: an entry of a later day is in the log.
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub(crate) number: u32,
    /// By municipality. Empty where the log does not hold all it takes to say so.
    pub(crate) roots: Vec<DayRoot>,
    /// The leaves of each, for the days that were asked for.
    pub(crate) leaves: BTreeMap<u16, Vec<Hash>>,
    /// The log holds the day from its first entry on, and all that its entries name.
    pub(crate) whole: bool,
}

/// Where an entry came to stand.
pub(crate) struct Placed {
    /// Its municipality; `None` where that can no longer be said.
    pub(crate) municipality: Option<u16>,
    /// Which leaf of that tree.
    pub(crate) index: u64,
    /// The day before it, if this entry began a new one.
    pub(crate) over: Option<Day>,
}

struct Growing {
    tree: Tree,
    leaves: Vec<Hash>,
    first: u64,
    last: u64,
}

struct Open {
    day: u32,
    trees: BTreeMap<u16, Growing>,
    end: u64,
    head: Hash,
    whole: bool,
}

/// Grows the trees of the day that is under way.
pub(crate) struct Maker {
    log: [u8; 16],
    belongs: Belongs,
    open: Option<Open>,
    /// What the next statement of each municipality calls the one before.
    before: BTreeMap<u16, Hash>,
    keep: BTreeSet<u32>,
    first: u64,
}

impl Maker {
    /// For a log whose first entry kept is `first`; leaves of the days in `keep` are kept for paths.
    pub(crate) fn new(log: [u8; 16], first: u64, keep: BTreeSet<u32>) -> Self {
        let belongs = Belongs::new(first);
        Self { log, belongs, open: None, before: BTreeMap::new(), keep, first }
    }

    /// Says what the statements before this place were, where the log cannot.
    pub(crate) fn follow(&mut self, before: BTreeMap<u16, Hash>) {
        self.before = before;
    }

    /// The next entry.
    pub(crate) fn push(&mut self, entry: &Entry, look: &dyn Fn(u64) -> Option<Vec<u8>>) -> Placed {
        let today = day::of(entry.moment);
        let ended = self.open.take_if(|open| open.day != today);
        let over = ended.map(|open| self.close(open));
        let municipality = self.belongs.of(&entry.body, look);
        // What was trimmed away may have been of this day too.
        let whole = self.first == 1 || entry.seq > self.first;
        let open = self.open.get_or_insert_with(|| Open {
            day: today,
            trees: BTreeMap::new(),
            end: 0,
            head: [0; 32],
            whole,
        });
        (open.end, open.head) = (entry.seq, entry.hash);
        open.whole &= municipality.is_some();
        let growing = open.trees.entry(municipality.unwrap_or(0)).or_insert_with(|| Growing {
            tree: Tree::default(),
            leaves: Vec::new(),
            first: entry.seq,
            last: 0,
        });
        let index = growing.tree.size();
        let leaf = tree::leaf(entry.seq, &entry.hash);
        growing.tree.push(leaf);
        growing.last = entry.seq;
        if self.keep.contains(&today) {
            growing.leaves.push(leaf);
        }
        Placed { municipality, index, over }
    }

    fn close(&mut self, open: Open) -> Day {
        let Open { day, trees, end, head, whole } = open;
        let mut over = Day { number: day, roots: Vec::new(), leaves: BTreeMap::new(), whole };
        if !whole {
            return over;
        }
        for (municipality, grown) in trees {
            let root = DayRoot {
                log: self.log,
                day,
                municipality,
                size: grown.tree.size(),
                root: grown.tree.root(),
                first: grown.first,
                last: grown.last,
                end,
                head,
                before: self.before.get(&municipality).copied().unwrap_or_default(),
            };
            self.before.insert(municipality, root.id());
            over.roots.push(root);
            over.leaves.insert(municipality, grown.leaves);
        }
        over
    }
}
