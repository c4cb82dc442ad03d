//! One message and its answer.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use central::words::Moment;
use link::centre::Verdict;
use link::limits::{BUSY_FLOW_MS, MESSAGE_BYTES, PLAIN_UNANSWERED};
use link::{Answer, Malformed, Message, Receipt, Refused, Welcome};
use quinn::{ReadError, RecvStream, SendStream, VarInt};
use tokio::time::timeout;

use super::connection::{Device, close};
use super::counts::Count;
use crate::intake::Outcome;
use crate::limits::{ANSWER_LIMIT, BUSY_LANE_MS, MESSAGE_LIMIT};
use crate::translate::link::{Came, missing, signal, undecodable};

const GIVEN_UP: VarInt = VarInt::from_u32(link::close::STREAM_GIVEN_UP);

/// What came on a stream.
struct Read {
    bytes: Vec<u8>,
    /// T1: when its first bytes were read.
    received: Moment,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Fin,
    TooLarge,
    /// Not finished in time, reset, or the connection ended.
    Lost,
}

/// Reads the message, answers it.
pub(super) async fn serve(device: Arc<Device>, mut answer: SendStream, mut message: RecvStream) {
    let _under_way = device.shared.counts.begin();
    let read = read(&device, &mut message).await;
    if device.shared.authority.is_revoked(&device.peer.device) {
        device.shared.counts.add(Count::Revoked);
        return close(&device.connection, link::close::NOT_ALLOWED, "revoked");
    }
    device.shared.devices.heard_now(&device.peer.device, read.received);
    if read.end == End::Lost {
        device.shared.counts.add(Count::GivenUp);
        let _ = message.stop(GIVEN_UP);
        let _ = answer.reset(GIVEN_UP);
        device.cut_short(&read).await;
        return;
    }
    if read.end == End::TooLarge {
        let _ = message.stop(GIVEN_UP);
    }
    let said = device.answer(&read).await;
    if send(&mut answer, &said).await
        && let Answer::Receipt(receipt) = said
    {
        let now = device.shared.intake.clock.now();
        device.shared.hops.receipt(central::words::Seq(receipt.seq), now);
    }
}

async fn read(device: &Device, message: &mut RecvStream) -> Read {
    let clock = &device.shared.intake.clock;
    let mut read = Read { bytes: Vec::new(), received: clock.now(), end: End::Lost };
    let whole = async {
        loop {
            let room = MESSAGE_BYTES + 1 - read.bytes.len();
            match message.read_chunk(room, true).await? {
                None => return Ok::<End, ReadError>(End::Fin),
                Some(chunk) => {
                    if read.bytes.is_empty() {
                        read.received = clock.now();
                    }
                    read.bytes.extend_from_slice(&chunk.bytes);
                    if read.bytes.len() > MESSAGE_BYTES {
                        return Ok(End::TooLarge);
                    }
                }
            }
        }
    };
    let end = timeout(MESSAGE_LIMIT, whole).await;
    read.end = end.ok().and_then(Result::ok).unwrap_or(End::Lost);
    read
}

/// False: it did not go out.
async fn send(stream: &mut SendStream, answer: &Answer) -> bool {
    let written = timeout(ANSWER_LIMIT, stream.write_all(&answer.encode())).await;
    matches!(written, Ok(Ok(()))) && stream.finish().is_ok()
}

impl Device {
    async fn answer(&self, read: &Read) -> Answer {
        let message = match Message::decode(&read.bytes) {
            Ok(message) => message,
            Err(malformed) => return self.malformed(read, malformed).await,
        };
        let verdict = self.session.lock().unwrap_or_else(PoisonError::into_inner).admit(&message);
        let slot = match verdict {
            Verdict::Admit(slot) => slot,
            Verdict::Busy { retry_ms } => return self.busy(retry_ms),
            Verdict::Refuse(refused) => return Answer::Refused(refused),
        };
        let answer = self.work_on(&message, read).await;
        self.session.lock().unwrap_or_else(PoisonError::into_inner).release(slot);
        answer
    }

    async fn work_on(&self, message: &Message, read: &Read) -> Answer {
        let time = self.shared.intake.clock.now().0 / 1_000_000;
        match message {
            Message::Hello(hello) => {
                self.stated(hello.boot, hello.counter, hello.queued);
                let version = link::VERSION;
                let (beat_s, unanswered) = (self.shared.beat, PLAIN_UNANSWERED);
                Answer::Welcome(Welcome { version, time, beat_s, unanswered })
            }
            Message::Beat(beat) => {
                self.shared.intake.metrics.beat();
                self.stated(beat.boot, beat.counter, beat.queued);
                Answer::BeatOk { time }
            }
            Message::Signal(said) => {
                let draft = signal(&self.came(read), said);
                let outcome = self.shared.intake.submit(draft).await;
                if matches!(outcome, Outcome::Stored(_)) {
                    self.shared.devices.arrived(&self.peer.device, said.boot, said.counter);
                }
                self.outcome(outcome)
            }
        }
    }

    fn outcome(&self, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::Stored(receipt) => Answer::Receipt(Receipt {
                seq: receipt.seq.0,
                chain: receipt.head,
                moment: receipt.moment.0,
                duplicate: receipt.duplicate,
            }),
            Outcome::Busy => self.busy(BUSY_LANE_MS),
            Outcome::NotStored => Answer::NotStored,
        }
    }

    fn busy(&self, retry_ms: u32) -> Answer {
        self.shared.counts.add(Count::Busy);
        let now = self.shared.intake.clock.now();
        self.shared.intake.gate.refused(&self.source(), now);
        Answer::Busy { retry_ms }
    }

    /// What cannot be decoded and may be a person is shown; and refused, so that its maker hears of it.
    async fn malformed(&self, read: &Read, malformed: Malformed) -> Answer {
        match self.show(read, malformed).await {
            Some(Outcome::Busy) => self.busy(BUSY_LANE_MS),
            Some(Outcome::NotStored) => Answer::NotStored,
            Some(Outcome::Stored(_)) | None => {
                let text = malformed.reason.to_string();
                Answer::Refused(Refused::new(malformed.reason.refusal(), &text))
            }
        }
    }

    /// A message that broke off: nobody waits for an answer, but a person may have begun it.
    async fn cut_short(&self, read: &Read) {
        if read.bytes.is_empty() {
            return;
        }
        // A message that is whole but for its FIN the device sends again by the ladder.
        if let Err(malformed) = Message::decode(&read.bytes) {
            // Shown, stored or not: there is nobody left to tell.
            let _ = self.show(read, malformed).await;
        }
    }

    /// Shown at most once in [`crate::limits::UNDECODABLE_EVERY`] for each device; `None`: only counted.
    async fn show(&self, read: &Read, malformed: Malformed) -> Option<Outcome> {
        let intake = &self.shared.intake;
        self.shared.counts.add(Count::Malformed);
        intake.metrics.rubbish();
        let shown = malformed.salvaged.may_be_person()
            && self.shared.devices.may_show(&self.peer.device, Instant::now());
        if !shown {
            intake.gate.rubbish(&self.source(), intake.clock.now());
            return None;
        }
        let outcome = intake.submit(undecodable(&self.came(read), &malformed)).await;
        if !matches!(outcome, Outcome::Stored(_)) {
            self.shared.devices.not_shown(&self.peer.device);
        }
        Some(outcome)
    }

    fn stated(&self, boot: u64, counter: u64, queued: u64) {
        let device = &self.peer.device;
        if let Some(gap) = self.shared.devices.stated(device, boot, counter, queued) {
            self.shared.counts.add(Count::Gap);
            // A technical alarm says so; told again at the next beat, it is a Duplicate of itself.
            let received = self.shared.intake.clock.now();
            let draft = missing(&self.peer, received, &gap);
            let intake = Arc::clone(&self.shared.intake);
            tokio::spawn(async move { intake.submit(draft).await });
        }
    }

    fn came<'a>(&'a self, read: &'a Read) -> Came<'a> {
        Came { peer: &self.peer, bytes: &read.bytes, received: read.received }
    }

    fn source(&self) -> String {
        format!("link:{}", self.peer.device)
    }
}

const _: () = assert!(BUSY_LANE_MS >= BUSY_FLOW_MS);
