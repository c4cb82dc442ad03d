//! Writes the little XML that every unit reads: plain ASCII, no attributes, never `<x/>`.

use core::fmt::Write;

/// Writes one flat document.
pub(crate) struct Writer {
    out: String,
    root: &'static str,
}

impl Writer {
    pub(crate) fn new(root: &'static str) -> Self {
        let mut out = String::with_capacity(160);
        open(&mut out, root);
        Self { out, root }
    }

    /// Writes an element, unless there is nothing in it or its name is none.
    pub(crate) fn element(&mut self, name: &str, text: Option<&str>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        if is_name(name) {
            open(&mut self.out, name);
            escape(&mut self.out, text);
            close(&mut self.out, name);
        }
    }

    /// Writes an element that holds elements, unless nothing is in them.
    pub(crate) fn nested(&mut self, name: &'static str, parts: &[(&'static str, Option<&str>)]) {
        if parts.iter().all(|(_, text)| text.is_none_or(str::is_empty)) {
            return;
        }
        open(&mut self.out, name);
        for (part, text) in parts {
            self.element(part, *text);
        }
        close(&mut self.out, name);
    }

    pub(crate) fn finish(mut self) -> String {
        close(&mut self.out, self.root);
        self.out
    }
}

fn open(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// What ASCII cannot say becomes a numeric reference; what XML 1.0 cannot say is left out.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | ' '..='~' => out.push(c),
            '\0'..='\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => {
                // Writing into a String cannot fail.
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
}
