//! Every limit on a SCAIP body, each with what happens at it.

/// Bytes in a body. A longer one is [`crate::Reason::TooLong`]; answer `snu` 1.
pub const BODY_BYTES: usize = 16 * 1024;

/// Levels of elements, the root being the first. One more: [`crate::Reason::TooDeep`].
pub const DEPTH: usize = 8;

/// Elements in a document. One more: [`crate::Reason::TooManyElements`].
pub const ELEMENTS: usize = 64;

/// Attributes in a document; SCAIP has none. One more: [`crate::Reason::TooManyAttributes`].
pub const ATTRIBUTES: usize = 64;

/// Bytes at the start of a broken body that are searched for what can be salvaged; later ones are
/// not looked at.
pub const SALVAGE_BYTES: usize = 16 * 1024;

/// Characters in a salvaged value; a longer one is not taken.
pub const SALVAGED_CHARS: usize = 32;

/// Characters of the status text `ste` that are written; the rest is cut.
pub const STATUS_TEXT_CHARS: usize = 128;
