//! `crd`: how the voice call will come.

/// What one `crd` says about the voice call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// Over SIP, from this address; empty: from the address of the message.
    Sip(&'a str),
    /// Over the mobile network, from this number; empty: not told.
    Gsm(&'a str),
    /// Over the telephone network, from this number; empty: not told.
    Tel(&'a str),
    /// There will be none.
    NoVoice,
    /// Some other scheme.
    Other(&'a str),
}

impl<'a> Caller<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once(':') else { return Self::Other(text) };
        let number = if rest == "+" { "" } else { rest };
        match scheme.to_ascii_lowercase().as_str() {
            "sip" | "sips" => Self::Sip(rest),
            "gsm" => Self::Gsm(number),
            "tel" => Self::Tel(number),
            "no-voice" => Self::NoVoice,
            _ => Self::Other(text),
        }
    }

    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Sip(_) => 0,
            Self::Tel(_) => 1,
            Self::Gsm(_) => 2,
            Self::Other(_) => 3,
            Self::NoVoice => 4,
        }
    }
}
