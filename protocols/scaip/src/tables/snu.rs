//! `snu`: whether a message is taken, in the answer.

use super::{Row, find, row};

/// Accepted. Only this means that the alarm is taken.
pub const OK: u16 = 0;
/// The message is too long.
pub const TOO_LONG: u16 = 1;
/// The XML cannot be read.
pub const INVALID_FORMAT: u16 = 2;
/// An element holds what it may not hold.
pub const WRONG_CONTENT: u16 = 3;
/// Not treated: the device goes to its next receiver.
pub const NOT_TREATED: u16 = 5;
/// Busy.
pub const BUSY: u16 = 6;
/// A mandatory element is missing.
pub const MANDATORY_MISSING: u16 = 7;
/// An error of no other kind.
pub const UNDEFINED: u16 = 99;

/// The known codes, by number. Any other number means not accepted.
pub const ROWS: [Row; 9] = [
    row(OK, "ok"),
    row(TOO_LONG, "too_long"),
    row(INVALID_FORMAT, "invalid_format"),
    row(WRONG_CONTENT, "wrong_content"),
    row(4, "hold"),
    row(NOT_TREATED, "not_treated"),
    row(BUSY, "busy"),
    row(MANDATORY_MISSING, "mandatory_missing"),
    row(UNDEFINED, "undefined"),
];

/// The row of a number, if it is known.
pub fn lookup(number: u16) -> Option<&'static Row> {
    find(&ROWS, number)
}
