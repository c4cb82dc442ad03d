//! From elements to fields: nothing is refused here, what is odd is noted.

use crate::code::Code;
use crate::reader::Element;

/// Something that was out of order, and taken all the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Odd {
    /// The bytes were not in the character set they were said, or by default meant, to be in.
    Charset,
    /// The value of this element is not of the form the standard gives.
    Pattern(&'static str),
    /// This element was there and empty; it counts as absent.
    Empty(&'static str),
    /// This element was there again; the first counts, the others are extra.
    Repeated(&'static str),
    /// Elements stood in an element that has none; they are extra.
    Nested(&'static str),
    /// An element name was written with capitals or a prefix.
    Name(String),
    /// The value of this element holds control characters; show it with care.
    Control(&'static str),
    /// Text stood between the elements.
    StrayText,
    /// Elements that no table knows stood in it; they are extra.
    Extra,
}

/// What gathers while the elements of a root are taken.
#[derive(Debug)]
pub(crate) struct Taking {
    pub(crate) odd: Vec<Odd>,
    pub(crate) extra: Vec<(String, String)>,
}

impl Taking {
    pub(crate) fn new(charset_fallback: bool) -> Self {
        let odd = if charset_fallback { vec![Odd::Charset] } else { Vec::new() };
        Self { odd, extra: Vec::new() }
    }

    /// Notes what is odd about the root itself.
    pub(crate) fn root(&mut self, root: &Element<'_>) {
        self.name(root);
        if !root.text.trim().is_empty() {
            self.note(Odd::StrayText);
        }
    }

    /// Takes an element that holds text.
    pub(crate) fn text(
        &mut self,
        slot: &mut Option<String>,
        tag: &'static str,
        element: &Element<'_>,
        pattern: fn(&str) -> bool,
    ) {
        if let Some(text) = self.value(slot.is_some(), tag, element) {
            if !pattern(text) {
                self.note(Odd::Pattern(tag));
            }
            *slot = Some(text.to_owned());
        }
    }

    /// Takes an element that holds a number of at most `digits` digits.
    pub(crate) fn code(
        &mut self,
        slot: &mut Option<Code>,
        tag: &'static str,
        element: &Element<'_>,
        digits: usize,
    ) {
        if let Some(text) = self.value(slot.is_some(), tag, element) {
            let plain = text.bytes().all(|b| b.is_ascii_digit());
            if !plain || text.len() > digits {
                self.note(Odd::Pattern(tag));
            }
            *slot = Some(Code::parse(text));
        }
    }

    /// The text of an element that is not empty and not there again.
    pub(crate) fn value<'e>(
        &mut self,
        again: bool,
        tag: &'static str,
        element: &'e Element<'_>,
    ) -> Option<&'e str> {
        self.name(element);
        if !element.children.is_empty() {
            self.note(Odd::Nested(tag));
            self.keep(&element.children);
        }
        if element.text.trim().is_empty() {
            self.note(Odd::Empty(tag));
            return None;
        }
        if again {
            self.note(Odd::Repeated(tag));
            self.extra.push((element.name.to_string(), element.text.to_string()));
            return None;
        }
        if element.text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            self.note(Odd::Control(tag));
        }
        Some(&element.text)
    }

    /// Keeps an element that no table knows, and what stands in it.
    pub(crate) fn unknown(&mut self, element: &Element<'_>) {
        self.note(Odd::Extra);
        self.keep(core::slice::from_ref(element));
    }

    /// Notes a name that was written in another way.
    pub(crate) fn name(&mut self, element: &Element<'_>) {
        if element.renamed {
            self.note(Odd::Name(element.name.to_string()));
        }
    }

    pub(crate) fn note(&mut self, odd: Odd) {
        if !self.odd.contains(&odd) {
            self.odd.push(odd);
        }
    }

    fn keep(&mut self, elements: &[Element<'_>]) {
        for element in elements {
            self.extra.push((element.name.to_string(), element.text.to_string()));
            self.keep(&element.children);
        }
    }
}

/// `[0-9a-zA-Z]{1,16}`
pub(crate) fn is_reference(text: &str) -> bool {
    text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `[0-9]{1,16}`
pub(crate) fn is_controller(text: &str) -> bool {
    text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `[0-9]{2}\.[0-9]{2}`
pub(crate) fn is_version(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 5
        && bytes[2] == b'.'
        && [0, 1, 3, 4].into_iter().all(|at| bytes[at].is_ascii_digit())
}

/// At most `N` characters.
pub(crate) fn within<const N: usize>(text: &str) -> bool {
    text.chars().take(N + 1).count() <= N
}
