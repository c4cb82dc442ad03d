//! Devices of flesh and blood, as far as software has them: quinn clients against the whole path to a log in memory.

mod handshake;
mod house;
mod messages;
mod streams;
