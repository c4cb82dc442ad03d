//! A SCAIP body: what is read can be written, what is written is plain and reads back the same.

use scaip::{Document, Mrq, decode};

pub(crate) fn holds(input: &[u8]) {
    match decode(input) {
        Ok(first) => stable(&first),
        Err(broken) => {
            let _ = (broken.reason.status(), broken.reason.to_string());
        }
    }
}

/// Writing leaves out what XML cannot carry; after that nothing changes any more.
fn stable(first: &Document) {
    look(first);
    let written = write(first);
    let second = decode(written.as_bytes()).expect("what we write can be read");
    let third = decode(write(&second).as_bytes()).expect("what we write can be read");
    assert_eq!(write(&second), write(&third));
    assert_eq!(content(&second), content(&third), "a copy would pass for another signal");
}

fn write(document: &Document) -> String {
    let text = match document {
        Document::Mrq(mrq) => mrq.encode(),
        Document::Mrs(mrs) => mrs.encode(),
    };
    assert!(text.is_ascii() && !text.contains("/>"), "no unit could read {text}");
    text
}

fn content(document: &Document) -> Option<Vec<u8>> {
    match document {
        Document::Mrq(mrq) => Some(mrq.content()),
        Document::Mrs(_) => None,
    }
}

fn look(document: &Document) {
    match document {
        Document::Mrq(mrq) => look_at(mrq),
        Document::Mrs(mrs) => {
            let _ = mrs.is_accepted();
        }
    }
}

fn look_at(mrq: &Mrq) {
    let _ = (mrq.caller(), mrq.message_type(), mrq.missing(), mrq.content());
}
