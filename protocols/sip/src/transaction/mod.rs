//! Transactions: one request, one answer, however often datagrams are repeated or lost.

mod client;
mod server;

pub use client::{Action, ClientTransactions, StartError};
pub use server::{Key, Received, ServerTransactions};
