//! What must hold for any bytes that come from outside or from the disk: nothing panics, nothing is
//! lost, and what was read, printed and read again is the same.
//!
//! The fuzzer in `tests/fuzz` drives these functions; `tests/replay.rs` runs them over its corpora.

mod entry;
mod link_cbor;
mod scaip_xml;
mod sip_framing;
mod sip_message;

/// One target: the name of its corpus, and what must hold for every input. It panics where it does not.
pub type Target = (&'static str, fn(&[u8]));

/// Every target. `tests/fuzz/fuzz_targets` has a file for each.
pub const TARGETS: [Target; 5] = [
    ("sip_framing", sip_framing::holds),
    ("sip_message", sip_message::holds),
    ("scaip_xml", scaip_xml::holds),
    ("link_cbor", link_cbor::holds),
    ("entry", entry::holds),
];

/// Runs the target of that name.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.0 == name);
    target.unwrap_or_else(|| panic!("no target is called {name}")).1(input);
}
