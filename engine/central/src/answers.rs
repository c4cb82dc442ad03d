//! Answers already given, so that an act sent twice is one act.

use alloc::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};

use crate::limits;
use crate::output::{Done, Refusal};
use crate::words::{ActId, SessionId};

/// The answer to one act, and whom it was for.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Given {
    #[n(0)]
    pub(crate) session: SessionId,
    #[n(1)]
    pub(crate) result: Result<Done, Refusal>,
}

/// The newest [`limits::ACTS`] answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    given: BTreeMap<ActId, Given>,
    order: VecDeque<ActId>,
}

impl Answers {
    pub(crate) fn get(&self, act: ActId) -> Option<&Given> {
        self.given.get(&act)
    }

    pub(crate) fn order(&self) -> &VecDeque<ActId> {
        &self.order
    }

    pub(crate) fn note(&mut self, act: ActId, given: Given) {
        if self.order.len() >= limits::ACTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.given.remove(&oldest);
        }
        self.order.push_back(act);
        self.given.insert(act, given);
    }
}
