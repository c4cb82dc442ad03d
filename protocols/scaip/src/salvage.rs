//! A text scan that finds the few values by which a broken message can be shown and answered.

use crate::broken::Salvaged;
use crate::charset;
use crate::code::{Code, MessageType};
use crate::limits::{SALVAGE_BYTES, SALVAGED_CHARS};

/// Looks for `<tag>value<` of each tag; the first one whose value is plausible counts.
pub(crate) fn salvage(body: &[u8]) -> Salvaged {
    let body = &body[..body.len().min(SALVAGE_BYTES)];
    // NULs also stand between the letters of UTF-16 without its mark.
    let text = charset::decode(body).text.replace('\0', "");
    let lower = text.to_ascii_lowercase();
    let value = |tag: &str| find(&lower, &text, tag);
    Salvaged {
        reference: value("ref").map(str::to_owned),
        cid: value("cid").map(str::to_owned),
        dty: value("dty").map(Code::parse),
        stc: value("stc").map(Code::parse),
        mty: value("mty").map(MessageType::parse),
        mrq: lower.contains("<mrq"),
    }
}

/// The value after `<tag>` in `original`, of which `lower` is the lower-case form, byte by byte.
fn find<'a>(lower: &str, original: &'a str, tag: &str) -> Option<&'a str> {
    lower.match_indices(tag).find_map(|(at, _)| {
        lower[..at].ends_with('<').then_some(())?;
        let rest = original[at + tag.len()..].trim_start().strip_prefix('>')?;
        let value = rest[..rest.find('<')?].trim();
        plausible(value).then_some(value)
    })
}

fn plausible(value: &str) -> bool {
    (1..=SALVAGED_CHARS).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:+".contains(&b))
}
