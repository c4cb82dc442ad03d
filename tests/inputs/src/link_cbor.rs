//! A message of `alarm/1` and its answer: what is read, written and read again is the same.

use link::{Answer, Message, Refused};

pub(crate) fn holds(input: &[u8]) {
    match Message::decode(input) {
        Ok(message) => {
            let again = Message::decode(&message.encode()).expect("what we write can be read");
            assert_eq!(again, message);
            assert_eq!(again.is_alarm(), message.is_alarm());
        }
        Err(malformed) => {
            let _ = malformed.salvaged.may_be_person();
            // The refusal that the device gets can be written and read whatever the reason.
            let refusal = Answer::Refused(Refused::from(malformed.reason));
            assert_eq!(Answer::decode(&refusal.encode()).as_ref(), Ok(&refusal));
        }
    }
    if let Ok(answer) = Answer::decode(input) {
        assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
    }
}
