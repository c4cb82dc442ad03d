//! What is refused, why, and what is salvaged of it.

use scaip::{Document, MessageType, Reason, Salvaged, decode, snu};

fn broken(body: impl AsRef<[u8]>) -> (Reason, Salvaged) {
    match decode(body.as_ref()) {
        Err(broken) => (broken.reason, *broken.salvaged),
        Ok(document) => panic!("{document:?}"),
    }
}

const GOOD: &str = "<mrq><ref>00001883</ref><mty>ME</mty><cid> 26317</cid><dty>02</dty>\
    <did>00</did><crd>gsm:+37200000000</crd><stc>010</stc></mrq>";

fn attributes(n: usize) -> String {
    (0..n).map(|i| format!(" a{i}=''")).collect::<Vec<_>>().concat()
}

#[test]
fn each_attack_is_refused_by_name() {
    let lol = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>\
        <mrq><ref>1</ref><ite>&lol2;</ite></mrq>";
    let xxe = "<!DOCTYPE mrq [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
        <mrq><ref>1</ref><ite>&x;</ite></mrq>";
    let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    let wide = |n: usize| {
        let attributes = attributes(n);
        format!("<mrq{attributes}></mrq>")
    };
    let cases = [
        (lol.to_owned(), Reason::Dtd),
        (xxe.to_owned(), Reason::Dtd),
        ("<!DOCTYPE mrq><mrq></mrq>".to_owned(), Reason::Dtd),
        ("<!DOCTYPE mrq [".to_owned(), Reason::Dtd),
        ("<mrq><ite>&x;</ite></mrq>".to_owned(), Reason::Entity),
        ("<mrq a='&x;'></mrq>".to_owned(), Reason::Entity),
        ("<mrq><ite>&#0;</ite></mrq>".to_owned(), Reason::NotXml),
        ("<mrq><ite>&#xD800;</ite></mrq>".to_owned(), Reason::NotXml),
        ("<mrq><ite>a & b</ite></mrq>".to_owned(), Reason::NotXml),
        (deep(100_000), Reason::TooLong),
        (deep(2_000), Reason::TooDeep),
        (deep(9), Reason::TooDeep),
        (wide(80_000), Reason::TooLong),
        (wide(1_500), Reason::TooManyAttributes),
        (wide(65), Reason::TooManyAttributes),
        (format!("<mrq>{}</mrq>", "<a></a>".repeat(64)), Reason::TooManyElements),
        (format!("<mrq>{}</mrq>", "<a/>".repeat(4_000)), Reason::TooManyElements),
        ("<mrq><ref>1\0</ref></mrq>".to_owned(), Reason::Nul),
        ("<mrq></mrq><mrq></mrq>".to_owned(), Reason::SecondRoot),
        ("<mrq></mrq>\0<mrq></mrq>".to_owned(), Reason::Nul),
        ("<mrq></mrq>text".to_owned(), Reason::TextOutsideRoot),
        ("text<mrq></mrq>".to_owned(), Reason::TextOutsideRoot),
        ("<mrq></mrq>&lt;".to_owned(), Reason::TextOutsideRoot),
        (" \r\n\0 ".to_owned(), Reason::Empty),
        (String::new(), Reason::Empty),
        ("<!-- only this -->".to_owned(), Reason::NotXml),
        ("<mrq><ref>1</cid></mrq>".to_owned(), Reason::NotXml),
        ("</mrq>".to_owned(), Reason::NotXml),
        ("<mrq a='1' a='2'></mrq>".to_owned(), Reason::NotXml),
        ("<mrq a=1></mrq>".to_owned(), Reason::NotXml),
        ("<mrq><?xml version='1.0'?></mrq>".to_owned(), Reason::NotXml),
        ("<ATM><version>1</version></ATM>".to_owned(), Reason::NotScaip),
        ("alarm!".to_owned(), Reason::TextOutsideRoot),
    ];
    for (body, reason) in cases {
        let shown = body.get(..80).unwrap_or(&body);
        assert_eq!(broken(&body).0, reason, "{shown}");
        assert_eq!(reason.status() == snu::TOO_LONG, reason == Reason::TooLong);
    }
}

#[test]
fn the_limits_themselves_are_accepted() {
    let attributes = attributes(64);
    let elements = "<a></a>".repeat(63);
    let deep = format!("<mrq>{}{}</mrq>", "<a>".repeat(7), "</a>".repeat(7));
    let long = format!("<mrq><ite>{}</ite></mrq>", "x".repeat(16 * 1024 - 22));
    assert_eq!(long.len(), 16 * 1024);
    for body in [format!("<mrq{attributes}>{elements}</mrq>"), deep, long.clone()] {
        assert!(matches!(decode(body.as_bytes()), Ok(Document::Mrq(_))));
    }
    assert_eq!(broken(format!("{long} ")).0, Reason::TooLong);
}

#[test]
fn a_message_cut_anywhere_is_salvaged_as_far_as_it_goes() {
    for end in 0..GOOD.len() {
        let cut = &GOOD[..end];
        let (reason, salvaged) = broken(cut);
        let expected = if end == 0 { Reason::Empty } else { Reason::Truncated };
        assert_eq!(reason, expected, "{cut}");
        let whole = |tag: &str| {
            let value = cut.split(&format!("<{tag}>")).nth(1)?;
            value.contains('<').then(|| value.split('<').next().unwrap().trim().to_owned())
        };
        assert_eq!(salvaged.reference, whole("ref"), "{cut}");
        assert_eq!(salvaged.cid, whole("cid"), "{cut}");
        assert_eq!(salvaged.dty.map(|code| code.raw), whole("dty"), "{cut}");
        assert_eq!(salvaged.stc.map(|code| code.raw), whole("stc"), "{cut}");
        assert_eq!(salvaged.mty.is_some(), whole("mty").is_some(), "{cut}");
        assert_eq!(salvaged.mrq, end >= 4, "{cut}");
    }
}

#[test]
fn a_message_cut_at_its_front_is_salvaged_too() {
    let (_, salvaged) = broken(&GOOD[20..]);
    assert_eq!(salvaged.reference, None);
    assert_eq!(salvaged.cid.as_deref(), Some("26317"));
    assert_eq!(salvaged.mty, Some(MessageType::Event));
}

#[test]
fn only_plausible_values_are_salvaged() {
    let long = format!("<mrq><ref>{}</ref><cid>9</cid", "1".repeat(33));
    assert_eq!(broken(&long).1.reference, None);
    assert_eq!(broken(&long).1.cid.as_deref(), Some("9"));
    let odd = broken("<mrq><ref>&x;</ref><ref></ref><REF >A1</REF><cid>7<").1;
    assert_eq!(odd.reference.as_deref(), Some("A1"), "the first plausible one, whatever its case");
    assert_eq!(broken("<mrq><xref>5</xref><reference>6</reference>").1.reference, None);
    assert_eq!(broken(format!("{}<mrq><ref>1</ref>", " ".repeat(17_000))).1, Salvaged::default());
}

#[test]
fn wide_letters_without_a_mark_are_salvaged() {
    let wide: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (reason, salvaged) = broken(wide);
    assert_eq!((reason, salvaged.reference.as_deref()), (Reason::Nul, Some("00001883")));
}

#[test]
fn a_flipped_byte_never_loses_the_reference_without_touching_it() {
    let place = GOOD.find("00001883").unwrap();
    for at in (0..GOOD.len()).filter(|at| !(place - 5..place + 9).contains(at)) {
        for bit in 0..8 {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let reference = match decode(&bytes) {
                Ok(Document::Mrq(mrq)) => mrq.reference,
                Ok(Document::Mrs(mrs)) => mrs.reference,
                Err(broken) => broken.salvaged.reference,
            };
            assert_eq!(reference.as_deref(), Some("00001883"), "byte {at} bit {bit}");
        }
    }
}
