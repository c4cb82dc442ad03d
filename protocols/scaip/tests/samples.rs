//! What real units send, and what is answered, byte for byte.

use scaip::{Caller, Document, MessageType, Mrq, Mrs, Odd, decode};

fn mrq(body: &str) -> Mrq {
    match decode(body.as_bytes()) {
        Ok(Document::Mrq(mrq)) => *mrq,
        other => panic!("{body}: {other:?}"),
    }
}

struct Sample {
    body: &'static str,
    cid: &'static str,
    dty: u16,
    mty: MessageType,
    stc: u16,
    caller: Caller<'static>,
}

const fn sample(
    body: &'static str,
    cid: &'static str,
    dty: u16,
    mty: MessageType,
    stc: u16,
    caller: Caller<'static>,
) -> Sample {
    Sample { body, cid, dty, mty, stc, caller }
}

use MessageType::{Beat, Event};

#[rustfmt::skip]
const SAMPLES: [Sample; 11] = [
    sample("<mrq><ref>00001A85</ref><cha>0</cha><mty>PI</mty><cid>26317</cid><dty>02</dty><did>00</did><crd>no-voice:</crd><stc>102</stc></mrq>", "26317", 2, Beat, 102, Caller::NoVoice),
    sample("<mrq><mty>PI</mty><ref>1998218577</ref><cid>10149471</cid><dty>2</dty></mrq>", "10149471", 2, Beat, 10, Caller::Sip("")),
    sample("<mrq><ref>v6l7eiuzBTfybE7j</ref><cid>999998</cid><dty>0002</dty><mty>PI</mty><stc>0009</stc><lco>002</lco><crd>gsm:</crd><cha>0</cha></mrq>", "999998", 2, Beat, 9, Caller::Gsm("")),
    sample("<mrq><ref>00001883</ref><cha>0</cha><mty>ME</mty><cid>26317</cid><dty>02</dty><did>00</did><crd>gsm:+37200000000</crd><stc>010</stc></mrq>", "26317", 2, Event, 10, Caller::Gsm("+37200000000")),
    sample("<mrq><ref>1193308443</ref><cid>10149471</cid><dty>3</dty><stc>10</stc><crd>gsm:</crd></mrq>", "10149471", 3, Event, 10, Caller::Gsm("")),
    sample("<mrq><ref>1925996942</ref><cid>10149471</cid><dty>4</dty><stc>10</stc><crd>gsm:</crd></mrq>", "10149471", 4, Event, 10, Caller::Gsm("")),
    sample("<mrq><ref>lmepivnFqmI8Jvv1</ref><cid>999998</cid><dty>0002</dty><mty>ME</mty><stc>0067</stc><crd>gsm:</crd><cha>0</cha></mrq>", "999998", 2, Event, 67, Caller::Gsm("")),
    sample("<mrq><ref>yhexGeV5E49zglfi</ref><cid>999998</cid><dty>0004</dty><mty>ME</mty><stc>0010</stc><lco>002</lco><crd>gsm:</crd><cha>0</cha></mrq>", "999998", 4, Event, 10, Caller::Gsm("")),
    sample("<mrq><ref>803137200003</ref><mty>ME</mty><cid> 8031372</cid><dty>0004</dty><stc>0010</stc><crd>gsm:+</crd></mrq>", "8031372", 4, Event, 10, Caller::Gsm("")),
    sample("<mrq><ref>00020486</ref><cha>0</cha><mty>ME</mty><cid>2342566343454</cid><dty>02</dty><did>00</did><crd>no-voice:</crd><stc>102</stc></mrq>", "2342566343454", 2, Event, 102, Caller::NoVoice),
    sample("<mrq>\n<ref>1234</ref>\n<cid>123456</cid>\n<dty>0001</dty>\n<stc>001</stc>\n</mrq>", "123456", 1, Event, 1, Caller::Sip("")),
];

#[test]
fn every_sample_is_read() {
    for Sample { body, cid, dty, mty, stc, caller } in SAMPLES {
        let mrq = mrq(body);
        assert!(body.contains(&format!("<ref>{}</ref>", mrq.reference.as_deref().unwrap())));
        assert_eq!(mrq.cid.as_deref(), Some(cid), "{body}");
        assert!(mrq.dty.as_ref().unwrap().is(dty), "{body}");
        assert_eq!(mrq.message_type(), mty, "{body}");
        assert!(mrq.status().is(stc), "{body}");
        assert_eq!(mrq.caller(), caller, "{body}");
        assert!(!mrq.wants_callback() && mrq.missing().is_empty() && mrq.extra.is_empty());
        let odd: &[Odd] = if cid == "8031372" { &[Odd::Pattern("cid")] } else { &[] };
        assert_eq!(mrq.odd, odd, "{body}");
    }
}

#[test]
fn every_sample_survives_a_round_trip() {
    for Sample { body, .. } in SAMPLES {
        let first = mrq(body);
        let written = first.encode();
        assert_eq!(mrq(&written), first, "{written}");
        let mut elements: Vec<_> = body.split_inclusive("</").collect();
        let mut again: Vec<_> = written.split_inclusive("</").collect();
        elements.sort_unstable();
        again.sort_unstable();
        assert_eq!(elements.len(), again.len(), "nothing added, nothing lost: {written}");
    }
}

#[test]
fn a_leading_space_in_cid_is_trimmed_and_kept() {
    let doro = mrq(SAMPLES[8].body);
    assert_eq!(doro.cid.as_deref(), Some("8031372"));
    assert_eq!(doro.cid_raw.as_deref(), Some(" 8031372"));
    assert!(doro.encode().contains("<cid> 8031372</cid>"));
}

#[test]
fn a_wanted_callback_is_seen() {
    let body = "<mrq><ref>787025300001</ref><cha>1</cha><mty>ME</mty><cid>__CID__</cid>\
                <dty>0004</dty><stc>0010</stc><crd>gsm:__GSMNUMBER__</crd></mrq>";
    let mrq = mrq(body);
    assert!(mrq.wants_callback());
    assert_eq!(mrq.caller(), Caller::Gsm("__GSMNUMBER__"));
    assert_eq!(mrq.odd, [Odd::Pattern("cid")]);
}

#[test]
fn answers_are_written_as_units_read_them() {
    let answers = [
        (
            Mrs::accepted_call("00001883", "gsm:+4700000000"),
            "<mrs><ref>00001883</ref><snu>0</snu><mre>1</mre><cre>62</cre>\
             <tnu>gsm:+4700000000</tnu></mrs>",
        ),
        (
            Mrs::accepted_call("X1", "sip:alarm@192.0.2.10"),
            "<mrs><ref>X1</ref><snu>0</snu><mre>1</mre><cre>62</cre>\
             <tnu>sip:alarm@192.0.2.10</tnu></mrs>",
        ),
        (Mrs::accepted("X1"), "<mrs><ref>X1</ref><snu>0</snu><mre>0</mre></mrs>"),
        (
            Mrs::refused("X1", scaip::snu::MANDATORY_MISSING, "missing dty"),
            "<mrs><ref>X1</ref><snu>7</snu><ste>missing dty</ste></mrs>",
        ),
        (
            Mrs::refused("X1", scaip::snu::NOT_TREATED, "not treated, use next receiver"),
            "<mrs><ref>X1</ref><snu>5</snu><ste>not treated, use next receiver</ste></mrs>",
        ),
        (Mrs::refused("X1", 99, ""), "<mrs><ref>X1</ref><snu>99</snu></mrs>"),
    ];
    for (mrs, text) in answers {
        assert_eq!(mrs.encode(), text);
        let Ok(Document::Mrs(read)) = decode(text.as_bytes()) else { panic!("{text}") };
        assert_eq!(read.encode(), text);
        assert_eq!(read.is_accepted(), text.contains("<snu>0</snu>"));
    }
}

#[test]
fn an_answer_seen_in_the_field_is_read() {
    let body = b"<mrs><ref>00020486</ref><snu>0</snu></mrs>";
    let Ok(Document::Mrs(mrs)) = decode(body) else { panic!("an mrs") };
    assert_eq!(mrs.reference.as_deref(), Some("00020486"));
    assert!(mrs.is_accepted() && mrs.odd.is_empty());
    let Ok(Document::Mrs(none)) = decode(b"<mrs><ref>1</ref></mrs>") else { panic!("an mrs") };
    assert!(!none.is_accepted(), "no status is not acceptance");
}
