//! Who calls whom, and what the answer says of it.

use scaip::{Call, Document, Mrq, decode};

const VOICE: &str = "sip:vakt-17@pbx.example";

fn mrq(elements: &str) -> Mrq {
    let body = format!("<mrq><ref>r1</ref><cid>1</cid><dty>3</dty>{elements}</mrq>");
    match decode(body.as_bytes()) {
        Ok(Document::Mrq(mrq)) => *mrq,
        other => panic!("{other:?}"),
    }
}

/// scaip-field: who calls whom.
#[test]
fn the_unit_calls_unless_it_waits_or_has_nothing_to_say() {
    for (elements, call) in [
        ("", Call::Unit),
        ("<crd>sip:</crd>", Call::Unit),
        ("<crd>gsm:+47</crd><stc>0010</stc>", Call::Unit),
        ("<mty>ME</mty><stc>9999</stc>", Call::Unit),
        ("<mty>XX</mty>", Call::Unit),
        ("<cha>1</cha><crd>tel:+4755512345</crd>", Call::Receiver),
        ("<crd>no-voice:</crd><cha>1</cha>", Call::None),
        ("<crd>no-voice:</crd><crd>gsm:</crd>", Call::Unit),
        ("<mreq>4</mreq>", Call::None),
        ("<mty>RE</mty>", Call::None),
        ("<mty>IN</mty>", Call::None),
        ("<mty>PI</mty>", Call::None),
        ("<stc>019</stc>", Call::None),
        ("<stc>0102</stc>", Call::None),
        ("<stc>103</stc>", Call::None),
    ] {
        assert_eq!(mrq(elements).call(), call, "{elements}");
    }
}

#[test]
fn no_unit_is_told_to_call_what_does_not_answer() {
    let answer = |elements: &str, voice| mrq(elements).accepted("r1", voice).encode();
    let quiet = "<mrs><ref>r1</ref><snu>0</snu><mre>0</mre></mrs>";
    assert_eq!(answer("", None), quiet);
    assert_eq!(answer("<cha>1</cha>", None), quiet);
    assert_eq!(answer("<crd>no-voice:</crd>", Some(VOICE)), quiet);
    assert_eq!(
        answer("", Some(VOICE)),
        format!("<mrs><ref>r1</ref><snu>0</snu><mre>1</mre><cre>62</cre><tnu>{VOICE}</tnu></mrs>")
    );
    assert_eq!(
        answer("<cha>1</cha>", Some(VOICE)),
        "<mrs><ref>r1</ref><snu>0</snu><mre>1</mre></mrs>"
    );
}
