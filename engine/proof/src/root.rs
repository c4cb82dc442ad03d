//! What a centre signs about one municipality's day, and the one line it stands in.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::line::{Flaw, Reader, Writer, hex};
use crate::{Hash, Key, Signature, Verify, day};

/// The version of the line.
const VERSION: u64 = 1;
/// What the signed bytes begin with, so that this signature is good for nothing else.
const DOMAIN: &[u8; 16] = b"VARDE ROOT v1\0\0\0";

/// What is stated about a municipality's entries of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRoot {
    /// Of which log.
    pub log: [u8; 16],
    /// Which UTC day, in days since 1970-01-01.
    pub day: u32,
    /// Whose entries; 0 for those that are the centre's own.
    pub municipality: u16,
    /// How many.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// Seq of the first of them.
    pub first: u64,
    /// Seq of the last of them.
    pub last: u64,
    /// Seq of the last entry of the day, whoever's.
    pub end: u64,
    /// Hash of that entry: the head of the whole log when the day ended.
    pub head: Hash,
    /// [`DayRoot::id`] of this municipality's statement before; zeros in its first.
    pub before: Hash,
}

impl DayRoot {
    /// The bytes that are signed.
    pub fn signed(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(168);
        bytes.extend(DOMAIN);
        bytes.extend(self.log);
        bytes.extend(self.day.to_le_bytes());
        bytes.extend(self.municipality.to_le_bytes());
        bytes.extend([0; 2]);
        for number in [self.size, self.first, self.last, self.end] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.head);
        bytes.extend(self.root);
        bytes.extend(self.before);
        bytes
    }

    /// What the next day's statement names it by: SHA-256 of [`DayRoot::signed`].
    pub fn id(&self) -> Hash {
        Sha256::digest(self.signed()).into()
    }
}

/// A statement with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The statement.
    pub root: DayRoot,
    /// Who signed.
    pub key: Key,
    /// Over [`DayRoot::signed`].
    pub signature: Signature,
}

impl Signed {
    /// Whether the signature is good.
    pub fn is_good(&self, verify: Verify<'_>) -> bool {
        verify(&self.key, &self.root.signed(), &self.signature)
    }

    /// The line of a root file, with its end.
    pub fn line(&self) -> String {
        let root = &self.root;
        Writer::new("root")
            .number("version", VERSION)
            .bytes("log", &root.log)
            .text("day", &day::name(root.day))
            .text("municipality", &format!("{:04}", root.municipality))
            .number("size", root.size)
            .bytes("root", &root.root)
            .number("first", root.first)
            .number("last", root.last)
            .number("end", root.end)
            .bytes("head", &root.head)
            .bytes("before", &root.before)
            .check()
            .bytes("key", &self.key)
            .bytes("signature", &self.signature)
            .end()
    }

    /// The statement in a line, without its end. The signature is not checked here.
    ///
    /// # Errors
    /// The line is not one that [`Signed::line`] writes.
    pub fn read(line: &[u8]) -> Result<Self, Flaw> {
        let mut from = Reader::new(line, "root")?;
        if from.number("version")? != VERSION {
            return Err(Flaw::Form(0));
        }
        let log = from.array("log")?;
        let day = day::parse(from.text("day")?).ok_or(Flaw::Form(0))?;
        let municipality = from.text("municipality")?;
        let number: u16 = municipality.parse().map_err(|_| Flaw::Form(0))?;
        if format!("{number:04}") != municipality {
            return Err(Flaw::Form(0));
        }
        let root = DayRoot {
            log,
            day,
            municipality: number,
            size: from.number("size")?,
            root: from.array("root")?,
            first: from.number("first")?,
            last: from.number("last")?,
            end: from.number("end")?,
            head: from.array("head")?,
            before: from.array("before")?,
        };
        from.check()?;
        let (key, signature) = (from.array("key")?, from.array("signature")?);
        from.end()?;
        Ok(Self { root, key, signature })
    }
}

/// What people compare a key by: half of its SHA-256, in groups.
pub fn fingerprint(key: &Key) -> String {
    let hash: Hash = Sha256::digest(key).into();
    let groups: Vec<String> = hash[..16].chunks(2).map(hex).collect();
    groups.join(" ")
}
