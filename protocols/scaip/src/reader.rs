//! A bounded XML reader: quick-xml's events, with everything refused that quick-xml leaves open.

use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::escape::{EscapeError, resolve_xml_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::broken::Reason;
use crate::limits::{ATTRIBUTES, DEPTH, ELEMENTS};

/// One element: its local name in lower case, its own text, its children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Whether the name was written otherwise: with a prefix or capitals.
    pub(crate) renamed: bool,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

/// Reads a document whose ends are trimmed.
pub(crate) fn read(text: &str) -> Result<Element, Reason> {
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if text.contains('\0') {
        return Err(Reason::Nul);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
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
struct Tree {
    root: Option<Element>,
    open: Vec<Element>,
    elements: usize,
    attributes: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) -> Result<(), Reason> {
        match event {
            Event::Start(start) => self.open(&start),
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
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
        let local = start.local_name();
        let name = local.as_ref().to_ascii_lowercase();
        let renamed = name != start.name().as_ref();
        self.open.push(Element { name, renamed, ..Element::default() });
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Reason> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(Reason::TextOutsideRoot),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Reason> {
        let character = reference.resolve_char_ref().map_err(|error| reason(&error))?;
        match character {
            Some('\0') => Err(Reason::Nul),
            Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
            None => self.text(resolve_xml_entity(reference).ok_or(Reason::Entity)?),
        }
    }

    fn finish(self) -> Result<Element, Reason> {
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
