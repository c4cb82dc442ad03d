//! Where the lines of a head are. The parser and the stream framer both read headers through
//! [`Line`], so they cannot disagree on which Content-Length counts.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::header::{Field, Headers, Name, Span};
use crate::limits::{MAX_HEAD, MAX_HEADERS, MAX_LINE, MAX_MESSAGE};
use crate::malformed::Why;
use crate::text::{find, is_space, number, split_at_byte, trim};

/// One line with its folded continuations: what it holds, and where the next begins.
struct Line<'a> {
    text: &'a [u8],
    next: usize,
    folded: bool,
}

impl<'a> Line<'a> {
    /// The line that begins at `start`; `None` when it does not end.
    fn at(head: &'a [u8], start: usize) -> Option<Self> {
        let mut next = start;
        let mut folded = false;
        loop {
            next += find(head.get(next..)?, b'\n')? + 1;
            let text = &head[start..next - 1];
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            // An empty line ends the head, whatever the body begins with.
            if text.is_empty() || !matches!(head.get(next), Some(b' ' | b'\t')) {
                return Some(Self { text, next, folded });
            }
            folded = true;
        }
    }

    /// Whether it holds a fold, or a return that ends no line: both are read as spaces.
    fn is_folded(&self) -> bool {
        self.folded || find(self.text, b'\r').is_some()
    }

    /// Name and value without the white space round them; before a name only a stray return can
    /// stand.
    fn name_value(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (name, value) = split_at_byte(self.text, b':');
        Some((trim(name), trim(value?)))
    }
}

/// What all Content-Length headers of a message say together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Length {
    said: Option<usize>,
}

impl Length {
    /// Takes one header's value: digits only, not more than a message may hold, and the same as
    /// any other.
    fn take(&mut self, value: &[u8]) -> Result<(), Why> {
        let said = number(value).ok_or(Why::ContentLength)?;
        let said = usize::try_from(said).unwrap_or(usize::MAX);
        if self.said.is_some_and(|before| before != said) {
            return Err(Why::ContentLength);
        }
        self.said = Some(said);
        if said > MAX_MESSAGE { Err(Why::TooLarge) } else { Ok(()) }
    }
}

/// A head gone through from end to end. Trouble is noted and the rest still read: what may be
/// a call for help must stay readable.
#[derive(Default)]
pub(crate) struct Scan {
    pub(crate) start: Span,
    pub(crate) headers: Headers,
    pub(crate) length: Option<usize>,
    /// Where the body begins; the end of the input if the head never ends.
    pub(crate) body_at: usize,
    /// The first trouble met.
    pub(crate) why: Option<Why>,
    /// Some line is folded.
    folded: bool,
    /// The empty line after the head is there.
    ended: bool,
}

impl Scan {
    /// Scans a message that begins with its start line.
    pub(crate) fn of(raw: &Bytes) -> Self {
        let head = raw.get(..MAX_HEAD).unwrap_or(raw);
        let mut scan = Self { body_at: head.len(), ..Self::default() };
        scan.headers.fields = Vec::with_capacity(16);
        scan.lines(head);
        if !scan.ended {
            scan.note(if raw.len() > MAX_HEAD { Why::HeadTooLarge } else { Why::Truncated });
        }
        // Rewritten as spaces, one for one: every span stays right.
        scan.headers.head = if scan.folded { unfolded(raw, scan.body_at) } else { raw.clone() };
        scan
    }

    /// Goes through the lines.
    fn lines(&mut self, head: &[u8]) {
        let Some(first) = Line::at(head, 0) else { return };
        self.start = Span::new(0, first.text.len());
        self.folded = first.is_folded();
        let mut length = Length::default();
        let mut at = first.next;
        while let Some(line) = Line::at(head, at) {
            if line.text.is_empty() {
                self.body_at = line.next;
                self.ended = true;
                break;
            }
            self.folded |= line.is_folded();
            if let Err(why) = self.field(head, &line, &mut length) {
                self.note(why);
            }
            at = line.next;
        }
        self.length = length.said;
    }

    fn field(&mut self, head: &[u8], line: &Line<'_>, length: &mut Length) -> Result<(), Why> {
        if line.text.len() > MAX_LINE {
            return Err(Why::LineTooLong);
        }
        let (key, value) = line.name_value().ok_or(Why::HeaderLine)?;
        if self.headers.fields.len() == MAX_HEADERS {
            return Err(Why::TooManyHeaders);
        }
        let name = Name::of(key);
        self.headers.fields.push(Field { name, key: span(head, key), value: span(head, value) });
        if name == Name::ContentLength { length.take(value) } else { Ok(()) }
    }

    pub(crate) fn note(&mut self, why: Why) {
        self.why.get_or_insert(why);
    }
}

/// The span of `part`, a slice of `head`.
fn span(head: &[u8], part: &[u8]) -> Span {
    let start = part.as_ptr().addr().wrapping_sub(head.as_ptr().addr());
    Span::new(start, start + part.len())
}

/// The head with the line ends inside folds, and returns that end no line, turned to spaces; the
/// body untouched.
fn unfolded(raw: &Bytes, body_at: usize) -> Bytes {
    let mut head = raw[..body_at].to_vec();
    for i in 0..head.len() {
        let after = |n: usize| head.get(i + n).copied();
        let blank = |byte: Option<u8>| matches!(byte, Some(b' ' | b'\t'));
        let inside = match head[i] {
            b'\n' => blank(after(1)),
            b'\r' => after(1) != Some(b'\n') || blank(after(2)),
            _ => false,
        };
        if inside {
            head[i] = b' ';
        }
    }
    Bytes::from(head)
}

/// The Content-Length of a complete head, for the framer. `Ok(None)`: there is none.
pub(crate) fn content_length(head: &[u8]) -> Result<Option<usize>, Why> {
    let mut length = Length::default();
    let mut at = Line::at(head, 0).map_or(head.len(), |first| first.next);
    while let Some(line) = Line::at(head, at)
        && !line.text.is_empty()
    {
        // Its name in either form; before it only a stray return can stand.
        if matches!(line.text.first(), Some(b'C' | b'c' | b'L' | b'l' | b'\r'))
            && let Some((key, value)) = line.name_value()
            && Name::of(key) == Name::ContentLength
        {
            length.take(value)?;
        }
        at = line.next;
    }
    Ok(length.said)
}

/// What may stand between messages: line ends (RFC 3261 7.5), white space, NULs of sloppy units.
pub(crate) const fn is_padding(byte: u8) -> bool {
    is_space(byte) || byte == 0
}

/// Without the padding that may come before a start line.
pub(crate) fn without_padding(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_padding(b)).unwrap_or(text.len());
    &text[start..]
}
