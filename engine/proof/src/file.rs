//! A proof file: one alarm's entries, each with its path to the signed root of its day.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::line::{Flaw, Reader, Writer};
use crate::root::Signed;
use crate::{Framed, Hash, Key, Verify, limits, tree};

/// The version of the file.
const VERSION: u64 = 1;

/// One entry and the way to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The entry.
    pub entry: Framed,
    /// Which of the proof's roots.
    pub root: usize,
    /// Which leaf of that tree.
    pub index: u64,
    /// The path.
    pub path: Vec<Hash>,
}

/// What a proof file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The alarm: Seq of the signal that opened it.
    pub alarm: u64,
    /// The signed roots.
    pub roots: Vec<Signed>,
    /// The entries, by rising Seq.
    pub entries: Vec<Proved>,
}

/// A proof that holds: [`Proof`] and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// What was proved.
    pub proof: Proof,
    /// The one key that signed every root.
    pub key: Key,
}

/// A part of a proof file; roots, entries and steps are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first line.
    Head,
    /// A root's statement.
    Root(usize),
    /// A root's key and signature.
    Signature(usize),
    /// An entry's frame fields and its place in the tree.
    Entry(usize),
    /// Its body.
    Body(usize),
    /// One step of its path.
    Step(usize, usize),
    /// An entry and its path, which do not lead to its root.
    Way(usize),
    /// What stands after the last line.
    End,
}

/// What is wrong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The line is not in its one form, or does not match its check.
    Line(Flaw),
    /// It is over a limit of this crate, or names what is not there.
    Limit,
    /// The signature is not of this key over this statement.
    Signature,
    /// Another key than that of the first root, or than the one asked for.
    Key,
    /// Another log than that of the first root.
    Log,
    /// The same day and municipality twice.
    Twice,
    /// Not after the entry before, or not of the root's day or range.
    Order,
    /// The entry and the path do not lead to the root.
    Root,
    /// Bytes after the last line.
    More,
}

/// Where a proof file is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which line, from 1.
    pub line: usize,
    /// What that line should be.
    pub part: Part,
    /// What is wrong.
    pub why: Why,
}

impl Proof {
    /// The file.
    pub fn write(&self) -> String {
        let mut file = Writer::new("proof")
            .number("version", VERSION)
            .number("alarm", self.alarm)
            .number("roots", self.roots.len() as u64)
            .number("entries", self.entries.len() as u64)
            .check()
            .end();
        for root in &self.roots {
            file.push_str(&root.line());
        }
        for proved in &self.entries {
            let entry = &proved.entry;
            let head = Writer::new("entry")
                .number("seq", entry.seq)
                .big("moment", entry.moment)
                .number("boot", entry.boot)
                .number("n", entry.n)
                .number("i", entry.i.into())
                .number("node", entry.node.into())
                .bytes("prev", &entry.prev)
                .number("root", proved.root as u64)
                .number("index", proved.index);
            file.push_str(&head.check().end());
            file.push_str(&Writer::new("body").bytes("bytes", &entry.body).check().end());
            for step in &proved.path {
                file.push_str(&Writer::new("step").bytes("hash", step).check().end());
            }
        }
        file
    }

    /// Checks a file whole: form, hashes, paths, roots and signatures. With `key`, that it is the one that signed.
    ///
    /// # Errors
    /// The first place that is wrong.
    pub fn check(file: &[u8], key: Option<&Key>, verify: Verify<'_>) -> Result<Proven, Wrong> {
        let mut lines = Lines { rest: file, line: 0 };
        let (alarm, roots, entries) = lines.take(Part::Head, head)?;
        let mut proof = Self { alarm, roots: Vec::new(), entries: Vec::new() };
        if file.len() > limits::FILE
            || !(1..=limits::ROOTS).contains(&roots)
            || !(1..=limits::ENTRIES).contains(&entries)
        {
            return Err(lines.wrong(Part::Head, Why::Limit));
        }
        for number in 1..=roots {
            let signed = lines.take(Part::Root(number), Signed::read)?;
            proof.admit(&signed, key, verify).map_err(|why| {
                let of_root = matches!(why, Why::Log | Why::Twice);
                lines.wrong(if of_root { Part::Root(number) } else { Part::Signature(number) }, why)
            })?;
            proof.roots.push(signed);
        }
        for number in 1..=entries {
            let proved = proof.entry(&mut lines, number)?;
            proof.entries.push(proved);
        }
        if !lines.rest.is_empty() {
            lines.line += 1;
            return Err(lines.wrong(Part::End, Why::More));
        }
        let key = proof.roots[0].key;
        Ok(Proven { proof, key })
    }

    fn admit(&self, new: &Signed, key: Option<&Key>, verify: Verify<'_>) -> Result<(), Why> {
        let first = self.roots.first().unwrap_or(new);
        if new.root.log != first.root.log {
            return Err(Why::Log);
        }
        let place = |signed: &Signed| (signed.root.day, signed.root.municipality);
        if self.roots.iter().any(|known| place(known) == place(new)) {
            return Err(Why::Twice);
        }
        if !new.is_good(verify) {
            return Err(Why::Signature);
        }
        if new.key != *key.unwrap_or(&first.key) {
            return Err(Why::Key);
        }
        Ok(())
    }

    fn entry(&self, lines: &mut Lines<'_>, number: usize) -> Result<Proved, Wrong> {
        let part = Part::Entry(number);
        let (mut entry, root, index) = lines.take(part, frame)?;
        let begun = lines.line;
        let Some(signed) = self.roots.get(root) else { return Err(lines.wrong(part, Why::Limit)) };
        let stated = &signed.root;
        let follows = self.entries.last().is_none_or(|before| before.entry.seq < entry.seq);
        let within = (stated.first..=stated.last).contains(&entry.seq);
        if !follows || !within || crate::day::of(entry.moment) != stated.day || index >= stated.size
        {
            return Err(lines.wrong(part, Why::Order));
        }
        entry.body = lines.take(Part::Body(number), |line| {
            let mut from = Reader::new(line, "body")?;
            let bytes = from.bytes("bytes")?;
            from.check()?;
            from.end().map(|()| bytes)
        })?;
        if entry.body.len() > limits::BODY {
            return Err(lines.wrong(Part::Body(number), Why::Limit));
        }
        let mut path = Vec::new();
        for step in 1..=tree::steps(index, stated.size) {
            path.push(lines.take(Part::Step(number, step), |line| {
                let mut from = Reader::new(line, "step")?;
                let hash = from.array("hash")?;
                from.check()?;
                from.end().map(|()| hash)
            })?);
        }
        let leaf = tree::leaf(entry.seq, &entry.hash());
        if tree::climb(&leaf, index, stated.size, &path) != Some(stated.root) {
            return Err(Wrong { line: begun, part: Part::Way(number), why: Why::Root });
        }
        Ok(Proved { entry, root, index, path })
    }
}

fn head(line: &[u8]) -> Result<(u64, usize, usize), Flaw> {
    let mut from = Reader::new(line, "proof")?;
    if from.number("version")? != VERSION {
        return Err(Flaw::Form(0));
    }
    let (alarm, roots, entries) =
        (from.number("alarm")?, from.number("roots")?, from.number("entries")?);
    from.check()?;
    from.end()?;
    Ok((alarm, small(roots)?, small(entries)?))
}

fn frame(line: &[u8]) -> Result<(Framed, usize, u64), Flaw> {
    let mut from = Reader::new(line, "entry")?;
    let entry = Framed {
        seq: from.number("seq")?,
        moment: from.big("moment")?,
        boot: from.number("boot")?,
        n: from.number("n")?,
        i: small(from.number("i")?)?,
        node: small(from.number("node")?)?,
        prev: from.array("prev")?,
        body: Vec::new(),
    };
    let (root, index) = (from.number("root")?, from.number("index")?);
    from.check()?;
    from.end()?;
    Ok((entry, small(root)?, index))
}

fn small<T: TryFrom<u64>>(number: u64) -> Result<T, Flaw> {
    number.try_into().map_err(|_| Flaw::Form(0))
}

struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Lines<'a> {
    /// The next line, read as the part that belongs here.
    fn take<T>(
        &mut self,
        part: Part,
        read: impl FnOnce(&'a [u8]) -> Result<T, Flaw>,
    ) -> Result<T, Wrong> {
        self.line += 1;
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let Some(end) = end else {
            // A line without its end is not whole.
            return Err(self.wrong(part, Why::Line(Flaw::Form(self.rest.len()))));
        };
        let (line, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        read(line).map_err(|flaw| self.wrong(part, Why::Line(flaw)))
    }

    fn wrong(&self, part: Part, why: Why) -> Wrong {
        Wrong { line: self.line, part, why }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => write!(f, "the head of the file"),
            Self::Root(root) => write!(f, "root {root}"),
            Self::Signature(root) => write!(f, "the signature of root {root}"),
            Self::Entry(entry) => write!(f, "the header of entry {entry}"),
            Self::Body(entry) => write!(f, "the body of entry {entry}"),
            Self::Step(entry, step) => write!(f, "step {step} of the path of entry {entry}"),
            Self::Way(entry) => write!(f, "entry {entry} with its path"),
            Self::End => write!(f, "after the end"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(Flaw::Form(at)) => {
                write!(f, "it is not in the form of docs/proof-format.md (byte {at} of the line)")
            }
            Self::Line(Flaw::Check) => write!(f, "it does not match its check"),
            Self::Limit => write!(f, "it is over a limit or names what is not in the file"),
            Self::Signature => write!(f, "the signature is not of this key over this root"),
            Self::Key => write!(f, "it is signed by another key"),
            Self::Log => write!(f, "it is of another log than the first root"),
            Self::Twice => write!(f, "the same day and municipality stand there twice"),
            Self::Order => {
                write!(f, "it does not follow the entry before, or is not of its root's day")
            }
            Self::Root => write!(f, "they do not lead to the signed root"),
            Self::More => write!(f, "bytes follow the last line"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.part, self.why)
    }
}

impl core::error::Error for Wrong {}
