//! The API over real sockets, in front of the real engine with a log in memory.

mod acts;
mod history;
mod house;
mod live;
mod ops;
mod page;
mod persons;
mod room;
mod sessions;
mod table;
