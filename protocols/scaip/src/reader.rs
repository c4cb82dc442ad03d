//! A bounded XML reader: quick-xml's events, with everything refused that quick-xml leaves open.

use std::borrow::Cow;

use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::escape::{EscapeError, resolve_xml_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::broken::Reason;
use crate::limits::{ATTRIBUTES, DEPTH, ELEMENTS};

/// One element: its local name in lower case, its own text, its children. Nearly always name and
/// text stand in the document just so, and are not copied.
#[derive(Debug, Default)]
pub(crate) struct Element<'a> {
    pub(crate) name: Cow<'a, str>,
    /// Whether the name was written otherwise: with a prefix or capitals.
    pub(crate) renamed: bool,
    pub(crate) text: Cow<'a, str>,
    pub(crate) children: Vec<Element<'a>>,
}

/// Reads a document whose ends are trimmed.
pub(crate) fn read(text: &str) -> Result<Element<'_>, Reason> {
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if text.contains('\0') {
        return Err(Reason::Nul);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut tree = Tree { document: text, ..Tree::default() };
    let mut first = true;
    loop {
        match reader.read_event().map_err(|error| reason(&error))? {
            Event::Eof => return tree.finish(),
            Event::Decl(_) if !first => return Err(Reason::NotXml),
            event => tree.take(event)?,
        }
        first = false;
    }
}

#[derive(Default)]
struct Tree<'a> {
    document: &'a str,
    root: Option<Element<'a>>,
    open: Vec<Element<'a>>,
    elements: usize,
    attributes: usize,
}

impl<'a> Tree<'a> {
    fn take(&mut self, event: Event<'a>) -> Result<(), Reason> {
        match event {
            Event::Start(start) => self.open(&start),
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(text.xml10_content()),
            Event::CData(text) => self.text(text.xml10_content()),
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::DocType(_) => Err(Reason::Dtd),
            _ => Ok(()),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Reason> {
        if self.root.is_some() {
            return Err(Reason::SecondRoot);
        }
        if self.open.len() == DEPTH {
            return Err(Reason::TooDeep);
        }
        self.elements += 1;
        if self.elements > ELEMENTS {
            return Err(Reason::TooManyElements);
        }
        if !start.attributes_raw().is_empty() {
            self.attributes(start)?;
        }
        let local = start.local_name();
        let name = self.lower_case(local.as_ref());
        let renamed = name != start.name().as_ref();
        self.open.push(Element { name, renamed, ..Element::default() });
        Ok(())
    }

    /// What stands in the document in lower case is borrowed from there: the event is gone too soon.
    fn lower_case(&self, name: &str) -> Cow<'a, str> {
        let at = name.as_ptr().addr().wrapping_sub(self.document.as_ptr().addr());
        let there = self.document.get(at..at.wrapping_add(name.len()));
        let plain = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        match there.filter(|there| plain && *there == name) {
            Some(there) => Cow::Borrowed(there),
            None => Cow::Owned(name.to_ascii_lowercase()),
        }
    }

    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<(), Reason> {
        // The parser compares every name with every other, so counting comes first.
        for attribute in start.attributes().with_checks(false) {
            attribute.map_err(|_| Reason::NotXml)?;
            self.attributes += 1;
            if self.attributes > ATTRIBUTES {
                return Err(Reason::TooManyAttributes);
            }
        }
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Reason::NotXml)?;
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| reason(&error))?;
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: Cow<'a, str>) -> Result<(), Reason> {
        match self.open.last_mut() {
            Some(element) if element.text.is_empty() => element.text = text,
            Some(element) => element.text.to_mut().push_str(&text),
            None if text.trim().is_empty() => {}
            None => return Err(Reason::TextOutsideRoot),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Reason> {
        let character = reference.resolve_char_ref().map_err(|error| reason(&error))?;
        match character {
            Some('\0') => Err(Reason::Nul),
            Some(character) => self.text(Cow::Owned(character.to_string())),
            None => self.text(Cow::Borrowed(resolve_xml_entity(reference).ok_or(Reason::Entity)?)),
        }
    }

    fn finish(self) -> Result<Element<'a>, Reason> {
        match self.root {
            Some(root) => Ok(root),
            None if self.open.is_empty() => Err(Reason::NotXml),
            None => Err(Reason::Truncated),
        }
    }
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::Syntax(SyntaxError::UnclosedDoctype) => Reason::Dtd,
        Error::Syntax(SyntaxError::InvalidBangMarkup) => Reason::NotXml,
        Error::Syntax(_) | Error::IllFormed(IllFormedError::MissingEndTag(_)) => Reason::Truncated,
        Error::Escape(EscapeError::UnrecognizedEntity(..)) => Reason::Entity,
        _ => Reason::NotXml,
    }
}
