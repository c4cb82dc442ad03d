//! The only place an alarm's state changes: one exhaustive match of state × event.

use crate::output::{Claim, Refusal};
use crate::words::SessionId;

/// Where an alarm stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State<'a> {
    /// Nobody has it.
    Waiting,
    /// One operator has it, since the row's version `fence`.
    Claimed { claim: &'a Claim, fence: u32 },
    /// Ended.
    Closed { by: &'a str },
}

/// What may happen to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// An operator wants it.
    Claim,
    /// Its operator gives it back.
    Release { session: SessionId, version: u32 },
    /// Its operator ends it.
    Close { session: SessionId, version: u32 },
    /// A session is over.
    Lapse { session: SessionId },
    /// A new signal for it.
    Repeat,
    /// A withdrawal or restore for it.
    Attach,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Waiting to claimed.
    Take,
    /// Claimed to waiting.
    Return,
    /// Claimed to closed.
    End,
    /// The same state; its row changes.
    Grow,
    /// Nothing at all.
    Nothing,
    /// Nothing, and the actor is told why.
    Refuse(Refusal),
}

/// The grid; `tests` below is its golden picture.
pub(crate) fn step(state: State<'_>, event: Event) -> Step {
    use Event::{Attach, Claim, Close, Lapse, Release, Repeat};
    use State::{Claimed, Closed, Waiting};
    match (state, event) {
        (Waiting, Claim) => Step::Take,
        (Waiting, Release { .. } | Close { .. }) => Step::Refuse(Refusal::NotYours),
        (Waiting | Claimed { .. }, Repeat | Attach) => Step::Grow,

        (Claimed { claim, .. }, Claim) => {
            Step::Refuse(Refusal::Taken { by: claim.operator.clone(), since: claim.since })
        }
        (Claimed { claim, fence }, Release { session, version }) => {
            if holds(claim, fence, session, version) {
                Step::Return
            } else {
                Step::Refuse(Refusal::NotYours)
            }
        }
        (Claimed { claim, fence }, Close { session, version }) => {
            if holds(claim, fence, session, version) {
                Step::End
            } else {
                Step::Refuse(Refusal::NotYours)
            }
        }
        (Claimed { claim, .. }, Lapse { session }) => {
            if claim.session == session {
                Step::Return
            } else {
                Step::Nothing
            }
        }

        (Closed { by }, Claim | Release { .. } | Close { .. }) => {
            Step::Refuse(Refusal::Closed { by: by.into() })
        }
        (Waiting, Lapse { .. }) | (Closed { .. }, Lapse { .. } | Repeat | Attach) => Step::Nothing,
    }
}

fn holds(claim: &Claim, fence: u32, session: SessionId, version: u32) -> bool {
    claim.session == session && fence == version
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::words::Moment;

    const MINE: SessionId = SessionId([1; 16]);
    const OTHER: SessionId = SessionId([2; 16]);

    /// One line a state, one column an event. A change here is a change of what operators live by.
    #[test]
    fn grid() {
        let claim = Claim { operator: String::from("kari"), session: MINE, since: Moment(7) };
        let states = [
            ("waiting", State::Waiting),
            ("claimed", State::Claimed { claim: &claim, fence: 3 }),
            ("closed ", State::Closed { by: "ola" }),
        ];
        let events = [
            Event::Claim,
            Event::Release { session: MINE, version: 3 },
            Event::Release { session: MINE, version: 2 },
            Event::Release { session: OTHER, version: 3 },
            Event::Close { session: MINE, version: 3 },
            Event::Close { session: MINE, version: 2 },
            Event::Close { session: OTHER, version: 3 },
            Event::Lapse { session: MINE },
            Event::Lapse { session: OTHER },
            Event::Repeat,
            Event::Attach,
        ];
        let mut grid = String::new();
        for (name, state) in states {
            grid.push_str(name);
            for event in events {
                grid.push_str(match step(state, event) {
                    Step::Take => " take    ",
                    Step::Return => " return  ",
                    Step::End => " end     ",
                    Step::Grow => " grow    ",
                    Step::Nothing => " -       ",
                    Step::Refuse(Refusal::NotYours) => " notyours",
                    Step::Refuse(Refusal::Taken { .. }) => " taken   ",
                    Step::Refuse(Refusal::Closed { .. }) => " closed  ",
                    Step::Refuse(_) => " ?       ",
                });
            }
            grid.push('\n');
        }
        let golden = format!(
            "{}\n{}\n{}\n",
            "waiting take     notyours notyours notyours notyours notyours notyours -        -        grow     grow    ",
            "claimed taken    return   notyours notyours end      notyours notyours return   -        grow     grow    ",
            "closed  closed   closed   closed   closed   closed   closed   closed   -        -        -        -       ",
        );
        assert_eq!(grid, golden, "\n{grid}");
    }
}
