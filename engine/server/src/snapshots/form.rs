//! A snapshot's bytes: a header of fixed length, what the shells keep, the central's state, a checksum.

use std::collections::BTreeMap;
use std::io;

use central::entry::Signal;
use central::words::{AlarmId, KeyId, Moment, Seq};
use central::{Central, Unreadable};
use journal::{Hash, Pos};
use minicbor::encode::{Error, Write};
use minicbor::{Decode, Encode};
use sequencer::Refolded;
use sha2::{Digest, Sha256};

use super::base::{Base, Folded};
use crate::details::{Details, Kept};
use crate::limits::SNAPSHOT_BYTES;

const MAGIC: &[u8; 16] = b"VARDE SNAPSHOT\0\0";
const FORMAT: u32 = 1;
/// Bytes of the header.
const HEADER: usize = 144;
/// Bytes of the checksum at the end.
const CHECK: usize = 32;

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The rules in force.
    pub rules: u32,
    /// The log's id.
    pub log_id: [u8; 16],
    /// The last entry folded.
    pub seq: Seq,
    /// Its Moment.
    pub moment: Moment,
    /// Where the log keeps it.
    pub pos: Pos,
    /// The chain hash at it.
    pub head: Hash,
    /// The central's digest after it.
    pub state_hash: [u8; 32],
}

/// Why a snapshot is passed over: what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Disk(#[from] io::Error),
    /// Not a snapshot, or one of another format.
    #[error("it is no snapshot of a format that this version knows")]
    Format,
    /// Cut short, or altered.
    #[error("its bytes do not match its checksum")]
    Checksum,
    /// Over [`SNAPSHOT_BYTES`].
    #[error("it has {0} bytes, and at most {SNAPSHOT_BYTES} are read")]
    TooBig(u64),
    /// The state in it.
    #[error(transparent)]
    State(#[from] Unreadable),
    /// What the shells keep.
    #[error("what it holds for the shells is malformed")]
    Beside,
    /// What it says of itself and what it holds differ.
    #[error("its header does not say what its state does")]
    Disagrees,
    /// Another log's.
    #[error("it is of another log")]
    OtherLog,
    /// By rules this version lacks.
    #[error("it stands at rules {0}, which this version lacks")]
    Rules(u32),
    /// The log at its Seq.
    #[error("the log does not hold its entry {0}: {1}")]
    OtherChain(u64, String),
}

/// What the shells keep beside the central's state.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Beside {
    /// The last start of each node in the log.
    #[n(0)]
    boots: BTreeMap<u16, u64>,
    /// The highest key that any entry names.
    #[n(1)]
    last_key: Option<KeyId>,
    /// The signals of open alarms, sealed as in the log.
    #[n(2)]
    details: Vec<(AlarmId, Vec<(Seq, Signal)>)>,
}

/// Writes what was folded; hands the writer back.
pub(super) fn write<W: io::Write>(writer: W, folded: &Folded, header: &Header) -> io::Result<W> {
    let beside = minicbor::to_vec(beside(folded)).map_err(io::Error::other)?;
    let mut to = Hashed { writer, hash: Sha256::new() };
    to.write_all(&header_bytes(header, beside.len() as u64))?;
    to.write_all(&beside)?;
    folded.central.encode_to(&mut to).map_err(disk_error)?;
    let Hashed { mut writer, hash } = to;
    let check: [u8; CHECK] = hash.finalize().into();
    writer.write_all(&check)?;
    Ok(writer)
}

/// What is in a snapshot's bytes; not yet whether it fits the log.
pub(super) fn read(bytes: &[u8]) -> Result<Base, Unfit> {
    let covered = bytes.len().checked_sub(CHECK).ok_or(Unfit::Format)?;
    let (covered, check) = bytes.split_at(covered);
    let (header, beside_len) = header_of(covered)?;
    let sum: [u8; CHECK] = Sha256::digest(covered).into();
    if sum != *check {
        return Err(Unfit::Checksum);
    }
    let rest = &covered[HEADER..];
    let beside_len = usize::try_from(beside_len).ok().filter(|len| *len <= rest.len());
    let (beside, state) = rest.split_at(beside_len.ok_or(Unfit::Beside)?);
    let beside: Beside = minicbor::decode(beside).map_err(|_| Unfit::Beside)?;
    if header.rules > central::RULES {
        return Err(Unfit::Rules(header.rules));
    }
    let central = Central::decode(state)?;
    let is_told = central.last() == header.seq
        && central.log_id() == Some(header.log_id)
        && central.digest() == header.state_hash;
    if !is_told {
        return Err(Unfit::Disagrees);
    }
    let details = Details::default();
    for (alarm, kept) in beside.details {
        let kept = kept.into_iter().map(|(seq, signal)| Kept { seq, signal: signal.into() });
        details.restore(alarm, kept.collect());
    }
    let last = Refolded {
        last_seq: header.seq.0,
        head: header.head,
        moment: header.moment.0,
        boots: beside.boots,
        ..Refolded::default()
    };
    let folded = Folded {
        central,
        details: details.into(),
        last_key: beside.last_key,
        last,
        pos: header.pos,
    };
    Ok(Base { header, folded })
}

fn beside(folded: &Folded) -> Beside {
    let of = |(alarm, kept): (AlarmId, Vec<Kept>)| {
        let signals = kept.into_iter().map(|kept| (kept.seq, Signal::clone(&kept.signal)));
        (alarm, signals.collect())
    };
    Beside {
        boots: folded.last.boots.clone(),
        last_key: folded.last_key,
        details: folded.details.all().into_iter().map(of).collect(),
    }
}

fn header_bytes(header: &Header, beside: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..16].copy_from_slice(MAGIC);
    bytes[16..20].copy_from_slice(&FORMAT.to_le_bytes());
    bytes[20..24].copy_from_slice(&header.rules.to_le_bytes());
    bytes[24..40].copy_from_slice(&header.log_id);
    bytes[40..48].copy_from_slice(&header.seq.0.to_le_bytes());
    bytes[48..56].copy_from_slice(&header.moment.0.to_le_bytes());
    bytes[56..64].copy_from_slice(&header.pos.to_u64().to_le_bytes());
    bytes[64..96].copy_from_slice(&header.head);
    bytes[96..128].copy_from_slice(&header.state_hash);
    bytes[128..136].copy_from_slice(&beside.to_le_bytes());
    // 136..144 stay zero.
    bytes
}

fn header_of(bytes: &[u8]) -> Result<(Header, u64), Unfit> {
    let bytes = bytes.first_chunk::<HEADER>().ok_or(Unfit::Format)?;
    if bytes[..16] != *MAGIC || bytes[16..20] != FORMAT.to_le_bytes() || bytes[136..] != [0; 8] {
        return Err(Unfit::Format);
    }
    let header = Header {
        rules: u32::from_le_bytes(field(bytes, 20)),
        log_id: field(bytes, 24),
        seq: Seq(u64::from_le_bytes(field(bytes, 40))),
        moment: Moment(u64::from_le_bytes(field(bytes, 48))),
        pos: Pos::from_u64(u64::from_le_bytes(field(bytes, 56))),
        head: field(bytes, 64),
        state_hash: field(bytes, 96),
    };
    Ok((header, u64::from_le_bytes(field(bytes, 128))))
}

fn field<const N: usize>(bytes: &[u8; HEADER], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

/// Hashes what it passes on.
struct Hashed<W> {
    writer: W,
    hash: Sha256,
}

impl<W: io::Write> Write for Hashed<W> {
    type Error = io::Error;

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.writer.write_all(bytes)
    }
}

fn disk_error(error: Error<io::Error>) -> io::Error {
    match error.into_write() {
        Some(why) => why,
        None => io::Error::other("the state could not be encoded"),
    }
}
