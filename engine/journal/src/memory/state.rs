//! What an order and its nodes hold; every change ends in [`State::settle`].

use std::collections::VecDeque;

use bytes::Bytes;

use crate::chain::Chain;
use crate::limits::{QUEUE_DEFAULT, STALL_NANOS};
use crate::seam::{
    Batch, Decided, Draft, Entry, Event, Health, Pos, Record, Refused, Unread, Wake,
};
use crate::seen::{Seen, fits};

pub(super) struct State {
    pub(super) now: u64,
    pub(super) delay: u64,
    pub(super) stalled: bool,
    pub(super) quorum: bool,
    pub(super) queue: usize,
    pub(super) chain: Chain,
    room: Option<u64>,
    seen: Seen,
    records: Vec<Record>,
    /// Records let go of, and the first Seq still kept.
    gone: u64,
    first: u64,
    pending: VecDeque<Pending>,
    members: Vec<Member>,
    tickets: u64,
}

struct Pending {
    ticket: u64,
    proposed: u64,
    due: u64,
    batch: Batch,
}

struct Member {
    node: u16,
    ticket: u64,
    stopped: bool,
    refused: bool,
    /// Batches proposed and not yet polled: those pending, and those whose entries wait in `events`.
    in_flight: usize,
    health: Health,
    events: VecDeque<(Event, bool)>,
    wake: Wake,
    news: bool,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            now: 0,
            delay: 0,
            stalled: false,
            quorum: true,
            queue: QUEUE_DEFAULT,
            chain: Chain::GENESIS,
            room: None,
            seen: Seen::default(),
            records: Vec::new(),
            gone: 0,
            first: 1,
            pending: VecDeque::new(),
            members: Vec::new(),
            tickets: 0,
        }
    }

    pub(super) fn join(&mut self, node: u16, wake: Wake) -> (u64, Vec<Wake>) {
        self.crash(node, 0);
        self.tickets += 1;
        self.members.push(Member {
            node,
            ticket: self.tickets,
            stopped: false,
            refused: false,
            in_flight: 0,
            health: Health::Ok,
            events: VecDeque::new(),
            wake,
            news: false,
        });
        (self.tickets, self.settle())
    }

    pub(super) fn propose(&mut self, ticket: u64, batch: Batch) -> Result<(), Refused> {
        let queue = self.queue;
        let room = self.room;
        let Some(member) = self.members.iter_mut().find(|m| m.ticket == ticket && !m.stopped)
        else {
            return Err(Refused::Stopped(batch));
        };
        if !fits(&batch) {
            return Err(Refused::TooBig(batch));
        }
        let size = bytes_of(&batch);
        if room.is_some_and(|room| size > room) {
            member.refused = true;
            return Err(Refused::Full(batch));
        }
        if member.in_flight >= queue {
            return Err(Refused::Full(batch));
        }
        member.in_flight += 1;
        self.room = room.map(|room| room - size);
        let due = self.pending.back().map_or(0, |last| last.due).max(self.now + self.delay);
        self.pending.push_back(Pending { ticket, proposed: self.now, due, batch });
        Ok(())
    }

    pub(super) fn poll(&mut self, ticket: u64) -> Option<Event> {
        let member = self.members.iter_mut().find(|m| m.ticket == ticket)?;
        let (event, ends_batch) = member.events.pop_front()?;
        member.in_flight -= usize::from(ends_batch);
        Some(event)
    }

    pub(super) fn read(&self, from: Pos) -> Result<Vec<Record>, Unread> {
        let index = from.0.saturating_sub(1);
        if from != Pos::START && index < self.gone {
            return Err(Unread::Trimmed { below: self.first });
        }
        let skip = index.saturating_sub(self.gone) as usize;
        Ok(self.records.get(skip..).unwrap_or_default().to_vec())
    }

    pub(super) fn trim(&mut self, below: u64) {
        let cut = self
            .records
            .iter()
            .position(|record| matches!(record, Record::Entry(entry) if entry.seq >= below))
            .unwrap_or(0);
        if cut == 0 {
            return;
        }
        self.records.drain(..cut);
        self.gone += cut as u64;
        self.first = below;
        for member in &mut self.members {
            member.tell(Event::Trimmed { below });
        }
    }

    pub(super) fn set_room(&mut self, room: Option<u64>) {
        self.room = room;
        self.members.iter_mut().for_each(|member| member.refused = false);
    }

    pub(super) fn fail(&mut self, node: u16, keep: usize) {
        let Some(ticket) = self.alive(node) else { return };
        // Stopped first: what lands after all is never promised by the one whose write failed.
        for member in self.members.iter_mut().filter(|m| m.ticket == ticket) {
            member.stopped = true;
        }
        self.lose(ticket, keep);
    }

    pub(super) fn crash(&mut self, node: u16, keep: usize) {
        if let Some(ticket) = self.alive(node) {
            self.lose(ticket, keep);
        }
        self.members.retain(|member| member.node != node);
    }

    pub(super) fn undecided(&self, node: u16) -> usize {
        let ticket = self.alive(node);
        let mine = self.pending.iter().filter(|p| Some(p.ticket) == ticket);
        mine.map(|p| p.batch.entries.len()).sum()
    }

    /// Makes durable what is due, brings every health up to date, and names who has news.
    pub(super) fn settle(&mut self) -> Vec<Wake> {
        while self.quorum
            && !self.stalled
            && self.pending.front().is_some_and(|next| next.due <= self.now)
        {
            if let Some(next) = self.pending.pop_front() {
                self.order(next.ticket, &next.batch, usize::MAX);
            }
        }
        for at in 0..self.members.len() {
            let health = self.health(&self.members[at]);
            let member = &mut self.members[at];
            if !member.health.same_kind(health) {
                member.health = health;
                member.tell(Event::Health(health));
            }
        }
        let told = self.members.iter_mut().filter_map(|member| {
            std::mem::take(&mut member.news).then(|| Wake::clone(&member.wake))
        });
        told.collect()
    }

    fn health(&self, member: &Member) -> Health {
        let oldest = self.pending.iter().find(|p| p.ticket == member.ticket);
        let waited = oldest.map_or(0, |p| self.now - p.proposed);
        match self.room {
            _ if member.stopped => Health::Stopped,
            _ if !self.quorum => Health::NoQuorum,
            Some(room) if room == 0 || member.refused => Health::Full,
            _ if waited > STALL_NANOS => Health::Stalled { nanos: waited },
            Some(room) => Health::Low { room },
            None => Health::Ok,
        }
    }

    /// Takes a node's undecided proposals away; the first `keep` entries of them are in the order after all.
    fn lose(&mut self, ticket: u64, mut keep: usize) {
        let (lost, left): (VecDeque<_>, _) =
            self.pending.drain(..).partition(|p| p.ticket == ticket);
        self.pending = left;
        for Pending { batch, .. } in &lost {
            if keep == 0 {
                break;
            }
            self.order(ticket, batch, keep);
            keep = keep.saturating_sub(batch.entries.len());
        }
        let Some(node) = self.members.iter().find(|m| m.ticket == ticket).map(|m| m.node) else {
            return;
        };
        for member in self.members.iter_mut().filter(|m| m.node != node) {
            member.tell(Event::MemberLost { node });
        }
    }

    /// Gives the first `keep` entries of a batch their place, and tells every node.
    fn order(&mut self, ticket: u64, batch: &Batch, keep: usize) {
        let keep = keep.min(batch.entries.len());
        let part = Batch { entries: batch.entries[..keep].to_vec(), ..batch.clone() };
        let fresh = self.seen.take(&part);
        if fresh.decided {
            self.records.extend(batch.decided.iter().cloned().map(Record::Decided));
        }
        let from = self.records.len();
        for (i, draft) in part.entries.iter().enumerate().skip(fresh.skip) {
            let entry = self.place(batch, i as u32, draft);
            self.records.push(Record::Entry(entry));
        }
        self.publish(from, ticket);
    }

    fn place(&mut self, batch: &Batch, i: u32, draft: &Draft) -> Entry {
        let Batch { node, boot, n, .. } = *batch;
        let link = self.chain.advance(node, boot, n, i, draft.moment, &draft.body);
        Entry {
            pos: Pos(self.gone + self.records.len() as u64 + 1),
            seq: link.seq,
            moment: link.moment,
            prev: link.prev,
            hash: link.hash,
            node,
            boot,
            n,
            i,
            body: draft.body.clone(),
        }
    }

    fn publish(&mut self, from: usize, ticket: u64) {
        for member in self.members.iter_mut().filter(|m| !m.stopped) {
            for record in &self.records[from..] {
                if let Record::Entry(entry) = record {
                    member.tell(Event::Entry(entry.clone()));
                }
            }
            if member.ticket == ticket {
                member.end_batch(from < self.records.len());
            }
        }
    }

    fn alive(&self, node: u16) -> Option<u64> {
        self.members.iter().find(|m| m.node == node && !m.stopped).map(|m| m.ticket)
    }
}

impl Member {
    fn tell(&mut self, event: Event) {
        self.events.push_back((event, false));
        self.news = true;
    }

    /// The batch leaves the queue when its last entry is polled, or at once when it had nothing new.
    fn end_batch(&mut self, had_entries: bool) {
        match self.events.back_mut() {
            Some(last) if had_entries => last.1 = true,
            _ => self.in_flight -= 1,
        }
        self.news = true;
    }
}

fn bytes_of(batch: &Batch) -> u64 {
    let bodies = batch.entries.iter().map(|Draft { body, .. }| body);
    let decided = batch.decided.iter().map(|Decided { body, .. }| body);
    bodies.chain(decided).map(Bytes::len).sum::<usize>() as u64
}
