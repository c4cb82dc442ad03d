//! What a log line may hold of a message: kinds and sizes, never its content, which tells who
//! called for help and why.

use core::fmt::{Debug, Formatter, Result};

use crate::{
    Action, ClientTransactions, Event, Framer, Headers, Outgoing, Received, Request, Response,
    Salvaged, Screen, ServerTransactions,
};

impl Debug for Headers {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Headers({})", self.len())
    }
}

impl Debug for Request {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Request({:?}, {} bytes)", self.method(), self.raw().len())
    }
}

impl Debug for Response {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Response({}, {} bytes)", self.status(), self.raw().len())
    }
}

impl Debug for Salvaged {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Salvaged({:?}, {} bytes)", self.method(), self.raw().len())
    }
}

impl Debug for Outgoing {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Outgoing({} bytes)", self.bytes.len())
    }
}

impl Debug for Screen {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Message => f.write_str("Message"),
            Self::Register => f.write_str("Register"),
            Self::Answer(answer) => write!(f, "Answer({} bytes)", answer.len()),
            Self::Ignore => f.write_str("Ignore"),
        }
    }
}

impl Debug for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Message(frame) => write!(f, "Message({} bytes)", frame.len()),
            Self::Ping => f.write_str("Ping"),
            Self::Broken(malformed) => write!(f, "Broken({malformed:?})"),
        }
    }
}

impl Debug for Framer {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Framer({} bytes held)", self.held())
    }
}

impl Debug for Received {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::New(key) => write!(f, "New({key:?})"),
            Self::Retransmission { key, answer } => {
                write!(f, "Retransmission({key:?}, answered: {})", answer.is_some())
            }
            Self::Full => f.write_str("Full"),
        }
    }
}

impl<T: Debug> Debug for Action<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Send { bytes, token } => write!(f, "Send({} bytes, {token:?})", bytes.len()),
            Self::Done { status, token } => write!(f, "Done({status}, {token:?})"),
            Self::TimedOut { token } => write!(f, "TimedOut({token:?})"),
        }
    }
}

impl Debug for ServerTransactions {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ServerTransactions({}, {} bytes)", self.len(), self.answer_bytes())
    }
}

impl<T> Debug for ClientTransactions<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ClientTransactions({})", self.len())
    }
}
