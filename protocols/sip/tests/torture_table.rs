//! All 49 messages of RFC 4475 and the 11 of RFC 5118 by their names (texts are our own), as a
//! datagram and byte by byte: each gets what docs/conformance.md says it gets.

mod common;

use bytes::Bytes;
use common::{datagram, message, stream};
use sip::register::{Bindings, Register, address_of_record};
use sip::{Malformed, Message, Request, Screen, call, screen};

/// What we make of a message, in the words of the table in the docs.
fn gets(read: &Result<Message, Malformed>) -> String {
    let source = "192.0.2.7:5060".parse().unwrap();
    match read {
        Ok(Message::Request(request)) => {
            let screened = call(request, source, None)
                .unwrap_or_else(|| screen(request, source, "application/scaip+xml"));
            match screened {
                Screen::Message => "handed on".to_owned(),
                Screen::Register => registered(request).to_string(),
                Screen::Answer(answer) => first_line(&answer),
                Screen::Ignore => "no answer".to_owned(),
            }
        }
        Ok(Message::Response(response)) => format!("read: {}", response.status()),
        Err(malformed) => {
            let answer = malformed.answer(source).map(|answer| first_line(&answer));
            answer.unwrap_or_else(|| "dropped".to_owned())
        }
    }
}

fn registered(request: &Request) -> u16 {
    let register = match Register::of(request) {
        Ok(register) => register,
        Err(refusal) => return refusal.status(),
    };
    match request.to().uri().and_then(|uri| address_of_record(&uri)) {
        Some(aor) => Bindings::default().register(&aor, &register, 0).status(),
        None => 404,
    }
}

/// The status; for 400 with what is to be mended.
fn first_line(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line = text.lines().next().unwrap().strip_prefix("SIP/2.0 ").unwrap();
    if line.starts_with("400") { line.to_owned() } else { line[..3].to_owned() }
}

/// The usual message with this first line; `lines` stand instead of the usual ones of their name.
fn usual(first: &str, lines: &[&str], body: &[u8]) -> Bytes {
    let method =
        if first.starts_with("SIP/") { "INVITE" } else { first.split(' ').next().unwrap() };
    let cseq = format!("CSeq: 9 {method}");
    let mut all = vec![
        "Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw",
        "Max-Forwards: 70",
        "From: <sip:caller@example.net>;tag=323",
        "To: <sip:user@example.com>",
        "Call-ID: torture.98asdh@192.0.2.1",
        &cseq,
        "Content-Length: {len}",
    ];
    let name = |line: &str| line.split(':').next().unwrap().trim().to_ascii_lowercase();
    all.retain(|usual| lines.iter().all(|line| name(line) != name(usual)));
    let extra = lines.iter().filter(|line| !line.ends_with(": absent"));
    all.splice(0..0, extra.copied());
    message(&format!("{first}\n{}\n", all.join("\n")), body)
}

fn plain(first: &str) -> Bytes {
    usual(first, &[], b"")
}

/// RFC 4475 3.1.1: legal, however odd.
fn valid() -> Vec<(&'static str, Bytes)> {
    let long = format!("X-Long: {}", "amazinglylong ".repeat(500));
    let twice =
        [plain("REGISTER sip:example.com SIP/2.0"), plain("INVITE sip:j@example.com SIP/2.0")];
    let folded = [
        "Via : SIP / 2.0\n /UDP\n   192.0.2.2;branch=390skdjuw,\n SIP/2.0/TCP h ; branch = z9",
        "TO :\n sip:vivekg@chair.example ;   tag    = 1918181833n",
        "from   : \"J \\\\\\\"\" <sip:j@ny.example>\n  ;\n  tag = 98asjd8",
        "CSeq : 0009\n  INVITE",
        "s :",
    ];
    vec![
        ("wsinv", usual("INVITE sip:u@example.com;unknownparam SIP/2.0", &folded, b"v=0")),
        (
            "intmeth",
            plain("!interesting-Method0123456789_*+`.%indeed'~ sip:1_u~(to-be!)@h SIP/2.0"),
        ),
        ("esc01", plain("INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0")),
        (
            "escnull",
            usual(
                "REGISTER sip:example.com SIP/2.0",
                &["To: sip:null-%00-null@example.com", "Contact: <sip:%00@h>, <sip:%00%00@h>"],
                b"",
            ),
        ),
        ("esc02", plain("RE%47IST%45R sip:registrar.example.com SIP/2.0")),
        ("lwsdisp", usual("OPTIONS sip:u@h SIP/2.0", &["From: caller<sip:c@h>;tag=323"], b"")),
        ("longreq", usual("INVITE sip:u@example.com SIP/2.0", &[&long], b"")),
        ("dblreq", twice.concat().into()),
        ("semiuri", plain("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0")),
        (
            "transports",
            usual("OPTIONS sip:u@h SIP/2.0", &["Via: SIP/2.0/UNKNOWN h;branch=z9"], b""),
        ),
        (
            "mpart01",
            usual("MESSAGE sip:u@h SIP/2.0", &["c: multipart/mixed;boundary=7"], b"\0\r\n\xff"),
        ),
        ("unreason", plain("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое")),
        ("noreason", plain("SIP/2.0 100 ")),
    ]
}

/// RFC 4475 3.1.2: broken.
fn invalid() -> Vec<(&'static str, Bytes)> {
    let invite = "INVITE sip:user@example.com SIP/2.0";
    let options = "OPTIONS sip:user@example.com SIP/2.0";
    let register = "REGISTER sip:example.com SIP/2.0";
    vec![
        (
            "badinv01",
            usual(invite, &["Via: SIP/2.0/UDP 192.0.2.15;;,;,,", "Contact: <sip:j@h>;;;;"], b""),
        ),
        ("clerr", usual(invite, &["Content-Length: 9999"], b"v=0")),
        ("ncl", usual(invite, &["Content-Length: -999"], b"v=0")),
        (
            "scalar02",
            usual(register, &["CSeq: 36893488147419103232 REGISTER", "Expires: 10000000000"], b""),
        ),
        (
            "scalarlg",
            usual(
                "SIP/2.0 503 Service Unavailable",
                &["CSeq: 9292394834772304023312 OPTIONS"],
                b"",
            ),
        ),
        ("quotbal", usual(invite, &["To: \"Mr. J. User <sip:j.user@example.com>"], b"")),
        ("ltgtruri", plain("INVITE <sip:user@example.com> SIP/2.0")),
        ("lwsruri", plain("INVITE sip:user@example.com; lr SIP/2.0")),
        ("lwsstart", plain("INVITE  sip:user@example.com  SIP/2.0")),
        ("trws", plain("OPTIONS sip:user@example.com SIP/2.0  ")),
        ("escruri", plain("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0")),
        ("baddate", usual(invite, &["Date: Fri, 01 Jan 2010 16:00:00 EST"], b"")),
        (
            "regbadct",
            usual(register, &["Contact: sip:user@example.com?Route=%3Csip:sip.example%3E"], b""),
        ),
        ("badaspec", usual(options, &["To: \"Watson, Thomas\" < sip:t.watson@example.org >"], b"")),
        (
            "baddn",
            usual(options, &["From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43"], b""),
        ),
        ("badvers", plain("OPTIONS sip:t.watson@example.org SIP/7.0")),
        ("mismatch01", usual(options, &["CSeq: 8 INVITE"], b"")),
        ("mismatch02", usual("NEWMETHOD sip:user@example.com SIP/2.0", &["CSeq: 8 INVITE"], b"")),
        ("bigcode", plain("SIP/2.0 4294967301 better not break the receiver")),
    ]
}

/// RFC 4475 3.2, 3.3 and 3.4: well formed, and yet.
fn of_meaning() -> Vec<(&'static str, Bytes)> {
    let invite = "INVITE sip:user@example.com SIP/2.0";
    let options = "OPTIONS sip:user@example.com SIP/2.0";
    let register = "REGISTER sip:example.com SIP/2.0";
    let absent = ["Call-ID: absent", "From: absent", "To: absent"];
    let many = ["From: <sip:b@h>;tag=2", "From: <sip:c@h>;tag=3", "Call-ID: 1", "Call-ID: 2"];
    vec![
        ("badbranch", usual(options, &["Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"], b"")),
        ("insuf", usual(invite, &absent, b"")),
        ("unkscm", plain("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0")),
        ("novelsc", plain("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0")),
        ("unksm2", usual(register, &["To: isbn:2983792873", "Contact: <sip:n@h>"], b"")),
        (
            "bext01",
            usual(options, &["Require: nothingSupportsThis, nothingSupportsThisEither"], b""),
        ),
        ("invut", usual(invite, &["Content-Type: application/unknownformat"], b"<audio/>")),
        (
            "regaut01",
            usual(register, &["Authorization: NoOneKnowsThisScheme opaque-data=here"], b""),
        ),
        ("multi01", usual(invite, &many, b"")),
        ("mcl01", usual(options, &["Content-Length: 13", "Content-Length: 5"], b"There's no way")),
        (
            "bcast",
            usual("SIP/2.0 200 OK", &["Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1"], b""),
        ),
        ("zeromf", usual(options, &["Max-Forwards: 0"], b"")),
        (
            "cparam01",
            usual(register, &["Contact: sip:+19725552222@gw1.example.net;unknownparam"], b""),
        ),
        (
            "cparam02",
            usual(register, &["Contact: <sip:+19725552222@gw1.example.net;unknownparam>"], b""),
        ),
        ("regescrt", usual(register, &["Contact: <sip:u@h?Route=%3Csip:sip.example%3E>"], b"")),
        ("sdp01", usual(invite, &["Accept: text/nobodyKnowsThis"], b"v=0")),
        (
            "inv2543",
            usual(
                invite,
                &["Via: SIP/2.0/UDP iftgw.example", "From: sip:1@h", "Max-Forwards: absent"],
                b"",
            ),
        ),
    ]
}

/// RFC 5118 4: addresses of IPv6.
fn ipv6() -> Vec<(&'static str, Bytes)> {
    let via = |text: &str| format!("Via: SIP/2.0/UDP [2001:db8::9:1];{text}branch=z9hG4bKas3-111");
    let register = |uri: &str| plain(&format!("REGISTER {uri} SIP/2.0"));
    let (delimited, bare) = (via("received=[2001:db8::9:255];"), via("received=2001:db8::9:255;"));
    let mapped = "Contact: <sip:user@[::ffff:192.0.2.10]:19823>";
    let bye = "BYE sip:user@[2001:db8::10] SIP/2.0";
    vec![
        ("ipv6-good", register("sip:[2001:db8::10]")),
        ("ipv6-bad", register("sip:2001:db8::10")),
        ("port-ambiguous", register("sip:[2001:db8::10:5070]")),
        ("port-unambiguous", register("sip:[2001:db8::10]:5070")),
        ("via-received-param-with-delim", usual(bye, &[&delimited], b"")),
        ("via-received-param-no-delim", usual(bye, &[&bare], b"")),
        (
            "ipv6-in-sdp",
            usual("INVITE sip:u@[2001:db8::10] SIP/2.0", &[], b"c=IN IP6 2001:db8::20"),
        ),
        (
            "mult-ip-in-header",
            usual(bye, &[&via(""), "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK9"], b""),
        ),
        (
            "mult-ip-in-sdp",
            usual("INVITE sip:u@[2001:db8::10] SIP/2.0", &[], b"c=IN IP4 192.0.2.1"),
        ),
        ("ipv4-mapped-ipv6", usual("INVITE sip:u@[::ffff:192.0.2.10] SIP/2.0", &[mapped], b"")),
        ("ipv6-bug-abnf-3-colons", plain("OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0")),
    ]
}

fn all() -> Vec<(&'static str, Bytes)> {
    [valid(), invalid(), of_meaning(), ipv6()].concat()
}

#[test]
fn every_torture_message_gets_what_the_docs_say() {
    let docs = include_str!("../../../docs/conformance.md");
    let all = all();
    assert_eq!(all.len(), 49 + 11, "RFC 4475 has 49 messages, RFC 5118 has 11");
    let mut wrong = Vec::new();
    for (name, bytes) in &all {
        let answer = gets(&datagram(bytes));
        if !docs.lines().any(|line| line.starts_with(&format!("| `{name}` | {answer} |"))) {
            wrong.push(format!("| `{name}` | {answer} |"));
        }
    }
    assert!(wrong.is_empty(), "docs/conformance.md has no line that begins:\n{}", wrong.join("\n"));
}

#[test]
fn one_byte_at_a_time_they_get_the_same() {
    for (name, bytes) in all() {
        let read = stream(&bytes, 1);
        assert_eq!(gets(&read[0]), gets(&datagram(&bytes)), "{name}");
        let expected = if name == "dblreq" { 2 } else { 1 };
        let came = read.iter().filter(|read| read.is_ok()).count();
        assert!(read.len() >= expected && came <= expected, "{name}: {} messages", read.len());
    }
}
