//! What is out of order, taken all the same and noted.

use scaip::{Caller, Code, Document, Geo, MessageType, Mrq, Mrs, Odd, decode};

fn mrq(body: impl AsRef<[u8]>) -> Mrq {
    match decode(body.as_ref()) {
        Ok(Document::Mrq(mrq)) => *mrq,
        other => panic!("{other:?}"),
    }
}

const FULL: &str = "<mrq><ref>R1</ref><cid>1</cid><dty>0003</dty><ver>01.00</ver><sco>1</sco>\
    <cha>0</cha><mty>IN</mty><hbo>1</hbo><did>00AB12</did><dco>002</dco><dte>Unit 7</dte>\
    <crd>gsm:+4790000000</crd><crd>sip:a@b</crd><crd>tel:+4722000000</crd><stc>0110</stc>\
    <stt>help</stt><pri>4</pri><lco>011</lco><lva>2</lva><lge><geo>59.91,10.75</geo>\
    <tim>2014-05-05T12:24:29+02</tim><gga>$GPGGA,1</gga></lge><lte>bath</lte><ico>12</ico>\
    <ite>info</ite><ame>1</ame><mreq>4</mreq><vnd>x &amp; y</vnd></mrq>";

#[test]
fn every_element_is_read_and_written_back() {
    let full = mrq(FULL);
    assert_eq!(full.crd.len(), 3);
    assert_eq!(full.caller(), Caller::Sip("a@b"));
    assert_eq!(full.message_type(), MessageType::Information);
    assert!(full.has_more() && full.beat_is_adjustable());
    assert!(full.system().is(1) && full.location().is(11) && full.status().is(110));
    let geo = Geo {
        geo: Some("59.91,10.75".to_owned()),
        tim: Some("2014-05-05T12:24:29+02".to_owned()),
        gga: Some("$GPGGA,1".to_owned()),
    };
    assert_eq!(full.lge, Some(geo));
    assert_eq!(full.extra, [("vnd".to_owned(), "x & y".to_owned())]);
    assert_eq!(full.odd, [Odd::Extra]);
    assert_eq!(full.encode(), FULL, "the order of the standard, byte for byte");
}

#[test]
fn absent_elements_have_their_defaults() {
    let bare = mrq("<mrq></mrq>");
    assert_eq!(bare.missing(), ["ref", "cid", "dty"]);
    assert_eq!(mrq("<mrq><ref>1</ref><dty>3</dty></mrq>").missing(), ["cid"]);
    assert_eq!(bare.message_type(), MessageType::Event);
    assert!(bare.status().is(10) && bare.location().is(0) && bare.system().is(0));
    assert_eq!(bare.version(), "01.00");
    assert_eq!(bare.caller(), Caller::Sip(""));
    assert!(!bare.wants_callback() && !bare.has_more() && !bare.beat_is_adjustable());
    assert_eq!(bare.encode(), "<mrq></mrq>");
}

#[test]
fn empty_elements_count_as_absent() {
    let mrq = mrq("<mrq><ref>1</ref><cid>2</cid><dty>3</dty><crd/><stc></stc><lge/></mrq>");
    assert_eq!((mrq.crd.len(), &mrq.stc, &mrq.lge), (0, &None, &None));
    assert!(mrq.status().is(10));
    assert_eq!(mrq.odd, [Odd::Empty("crd"), Odd::Empty("stc"), Odd::Empty("lge")]);
    assert!(!mrq.encode().contains("/>"));
}

#[test]
fn padding_and_unknown_values_survive() {
    for (written, num) in [
        ("2", Some(2)),
        ("02", Some(2)),
        ("0002", Some(2)),
        ("00000002", Some(2)),
        ("9999", Some(9999)),
        ("65536", None),
        ("x7", None),
        ("-1", None),
        ("٣", None),
    ] {
        let body = format!("<mrq><ref>1</ref><cid>2</cid><dty>{written}</dty></mrq>");
        let mrq = mrq(&body);
        assert_eq!(mrq.dty, Some(Code { num, raw: written.to_owned() }));
        let in_pattern = written.len() <= 4 && written.bytes().all(|b| b.is_ascii_digit());
        assert_eq!(mrq.odd.is_empty(), in_pattern, "{written}");
        if written.is_ascii() {
            assert_eq!(mrq.encode(), body);
        }
    }
}

#[test]
fn white_space_around_a_number_does_not_count() {
    let mrq = mrq("<mrq><stc>\n 0016 </stc><mty> ri</mty></mrq>");
    assert!(mrq.status().is(16));
    assert_eq!(mrq.mty, Some(MessageType::Other(" ri".to_owned())));
    assert_eq!(mrq.odd, [Odd::Pattern("stc"), Odd::Pattern("mty")]);
}

#[test]
fn a_second_element_is_extra() {
    let mrq = mrq("<mrq><cid>1</cid><cid>2</cid><stc>10</stc><stc>19</stc></mrq>");
    assert_eq!(mrq.cid.as_deref(), Some("1"));
    assert!(mrq.status().is(10));
    assert_eq!(mrq.odd, [Odd::Repeated("cid"), Odd::Repeated("stc")]);
    let extra = [("cid".to_owned(), "2".to_owned()), ("stc".to_owned(), "19".to_owned())];
    assert_eq!(mrq.extra, extra);
    let Ok(Document::Mrs(mrs)) = decode(b"<mrs><snu>0</snu><tnu>sip:a</tnu><tnu>sip:b</tnu></mrs>")
    else {
        panic!("an mrs")
    };
    assert_eq!(mrs.tnu.as_deref(), Some("sip:a"));
    assert_eq!(mrs.encode(), "<mrs><snu>0</snu><tnu>sip:a</tnu></mrs>", "one tnu only");
}

#[test]
fn capitals_prefixes_declarations_and_comments_do_not_hide_an_alarm() {
    let body = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- unit -->\r\n\
        <s:MRQ xmlns:s=\"http://example.org/x\" a='1 &amp; 2'><s:Ref>A1</s:Ref><cid>7</cid>\
        <dty><![CDATA[3]]></dty>loose<stc>1<!-- -->0</stc></s:MRQ>\r\n\0\0\0";
    let mrq = mrq(body);
    assert_eq!(mrq.reference.as_deref(), Some("A1"));
    assert!(mrq.missing().is_empty() && mrq.status().is(10));
    let odd = [Odd::Name("mrq".to_owned()), Odd::StrayText, Odd::Name("ref".to_owned())];
    assert_eq!(mrq.odd, odd);
}

#[test]
fn nested_elements_are_kept() {
    let mrq = mrq("<mrq><cid>7<x>8</x></cid><a><b>1</b></a></mrq>");
    assert_eq!(mrq.cid.as_deref(), Some("7"));
    let extra = [("x", "8"), ("a", ""), ("b", "1")].map(|(n, t)| (n.to_owned(), t.to_owned()));
    assert_eq!(mrq.extra, extra);
    assert_eq!(mrq.odd, [Odd::Nested("cid"), Odd::Extra]);
}

#[test]
fn control_characters_are_noted() {
    let mrq = mrq("<mrq><ite>a\u{1}b&#x1b;c</ite><dte>x\ty</dte></mrq>");
    assert_eq!(mrq.ite.as_deref(), Some("a\u{1}b\u{1b}c"));
    assert_eq!(mrq.odd, [Odd::Control("ite")]);
}

#[test]
fn a_position_in_any_form_is_kept() {
    let plain = mrq("<mrq><lge>geo:59.9,10.7</lge></mrq>").lge.unwrap();
    assert_eq!(plain.geo.as_deref(), Some("geo:59.9,10.7"));
    let west = mrq("<mrq><lge><geo>52.1N,-1.5</geo></lge></mrq>");
    assert_eq!(west.lge.unwrap().geo.as_deref(), Some("52.1N,-1.5"));
    assert_eq!(west.odd, [Odd::Pattern("geo")]);
}

#[test]
fn every_character_set_is_read() {
    let utf8 = mrq("<mrq><lte>Kjøkken på Ås</lte></mrq>");
    assert_eq!((utf8.lte.as_deref(), utf8.odd.len()), (Some("Kjøkken på Ås"), 0));

    let latin = mrq(b"<mrq><lte>Kj\xf8kken \x80</lte></mrq>");
    assert_eq!(latin.lte.as_deref(), Some("Kjøkken €"));
    assert_eq!(latin.odd, [Odd::Charset]);

    let declared = mrq(b"<?xml version='1.0' encoding='ISO-8859-1'?><mrq><lte>b\xe5d</lte></mrq>");
    assert_eq!((declared.lte.as_deref(), declared.odd.len()), (Some("båd"), 0));

    let wrong = mrq(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><mrq><lte>b\xe5d</lte></mrq>");
    assert_eq!((wrong.lte.as_deref(), wrong.odd), (Some("båd"), vec![Odd::Charset]));

    let unheard = mrq(b"<?xml version=\"1.0\" encoding=\"klingon\"?><mrq><lte>a</lte></mrq>");
    assert_eq!((unheard.lte.as_deref(), unheard.odd), (Some("a"), vec![Odd::Charset]));

    let wide: Vec<u8> =
        "\u{feff}<mrq><lte>Ås</lte></mrq>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(mrq(wide).lte.as_deref(), Some("Ås"));
}

#[test]
fn what_is_written_is_plain_ascii() {
    let mut mrq = Mrq::new("1", "2", 3);
    mrq.lte = Some("Kjøkken <1> & \"2\" 🏠\u{1}\r\n".to_owned());
    mrq.extra = vec![("not a name".to_owned(), "x".to_owned()), ("é".to_owned(), "x".to_owned())];
    let body = mrq.encode();
    assert!(body.is_ascii(), "{body}");
    assert!(!body.contains("not a name"));
    let Ok(Document::Mrq(read)) = decode(body.as_bytes()) else { panic!("{body}") };
    assert_eq!(read.lte.as_deref(), Some("Kjøkken <1> & \"2\" 🏠\r\n"));

    let long = Mrs::refused("1", 2, &"å".repeat(500)).encode();
    assert!(long.is_ascii());
    assert_eq!(long.matches("&#229;").count(), 128);
}

/// A Duplicate is found by these bytes, also by a later version of this crate.
#[test]
fn the_content_is_the_same_bytes_for_ever() {
    let content = |elements: &str| mrq(format!("<mrq><ref>1</ref>{elements}</mrq>")).content();
    assert_eq!(content(""), b"\0\0\0\x02ME\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0210\0\0\0\x010");
    assert_eq!(
        content(
            "<mty> in </mty><dty>0004</dty><did> ab1 </did><dco>x 9 </dco><stc>00123</stc><lco>99999</lco>"
        ),
        b"\0\0\0\x02IN\0\0\0\x014\0\0\0\x03ab1\0\0\0\x03x 9\0\0\0\x03123\0\0\0\x0599999"
    );
}

#[test]
fn the_content_tells_messages_apart_and_nothing_else() {
    let base = "<mrq><ref>1</ref><cid>7</cid><dty>3</dty><stc>10</stc></mrq>";
    let content = mrq(base).content();
    for same in [
        "<mrq><stc>0010</stc><dty> 03</dty><cid>9</cid><ref>2</ref><mty>me</mty></mrq>",
        "<mrq><dty>3</dty></mrq>",
        "<mrq><dty>3</dty><lco>000</lco><ite>other words</ite></mrq>",
    ] {
        assert_eq!(mrq(same).content(), content, "{same}");
    }
    for other in [
        "<mrq><dty>4</dty></mrq>",
        "<mrq><dty>3</dty><stc>11</stc></mrq>",
        "<mrq><dty>3</dty><mty>RE</mty></mrq>",
        "<mrq><dty>3</dty><did>1</did></mrq>",
        "<mrq><dty>3</dty><dco>1</dco></mrq>",
        "<mrq><dty>3</dty><lco>1</lco></mrq>",
    ] {
        assert_ne!(mrq(other).content(), content, "{other}");
    }
    let (a, b) = ("<mrq><did>1</did></mrq>", "<mrq><dco>1</dco></mrq>");
    assert_ne!(mrq(a).content(), mrq(b).content(), "a value does not move between fields");
}
