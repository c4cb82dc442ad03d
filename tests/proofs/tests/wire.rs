//! Real foreign clients: `SIPp` over UDP and TCP, a Python client on aioquic; and what is broken on the wire.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use proofs::engine::{self, Engine};
use proofs::unit::{TcpUnit, Told, UdpUnit, message};

fn wire() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire")
}

/// Runs a `SIPp` scenario; gives the references for which an `mrs` with `snu` 0 came.
fn sipp(
    scenario: &str,
    transport: &str,
    to: SocketAddr,
    calls: u32,
    folder: &Path,
) -> BTreeSet<String> {
    let log = folder.join(format!("{scenario}-{transport}.log"));
    let output = Command::new("sipp")
        .arg(to.to_string())
        .args(["-sf", &wire().join(format!("sipp/{scenario}.xml")).display().to_string()])
        .args(["-oocsf", &wire().join("sipp/mrs.xml").display().to_string()])
        .args(["-t", transport, "-i", "127.0.0.1", "-m", &calls.to_string(), "-r", "50"])
        .args(["-trace_logs", "-log_file", &log.display().to_string()])
        .args(["-timeout", "30s", "-nostdin", "-skip_rlimit"])
        .current_dir(folder)
        .output()
        .expect("sipp runs (Debian: sip-tester)");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "sipp {scenario} over {transport}: {told}");
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let of = |line: &str| {
        let rest = line.split("mrs ").nth(1)?;
        let (reference, status) = rest.split_once(" snu ")?;
        (status.trim() == "0").then(|| reference.to_owned())
    };
    text.lines().filter_map(of).collect()
}

fn references(data: &Path) -> Vec<String> {
    let log = engine::log(data);
    let signals = log.iter().filter(|line| line["what"] == "signal");
    signals.map(|line| line["reference"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn sipp_sends_alarms_over_udp_and_tcp_and_gets_200_then_mrs_with_snu_0() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    for (transport, what) in [("u1", "sip_udp"), ("t1", "sip_tcp")] {
        let answered = sipp("alarm", transport, engine.address(what), 20, folder.path());
        assert_eq!(answered.len(), 20, "over {transport}: {answered:?}");
    }
    let stored = references(&data);
    for n in 1..=20 {
        assert!(stored.contains(&format!("sipp{n}")), "sipp{n} is not in the log");
    }
}

#[test]
fn sipp_with_one_branch_and_one_tag_for_ever_loses_no_alarm() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let answered = sipp("constant", "u1", engine.address("sip_udp"), 20, folder.path());
    assert_eq!(answered.len(), 20, "{answered:?}");
    let stored = references(&data);
    assert_eq!(stored.iter().filter(|reference| reference.starts_with("const")).count(), 20);
}

#[test]
fn one_datagram_five_times_is_one_alarm_and_five_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let unit = UdpUnit::new(engine.address("sip_udp"), "4100").expect("a socket");
    let (oks, statuses) = unit.press("five", 5, Duration::from_secs(1));
    assert!(oks == 5 && statuses == [0], "{oks} answers, mrs {statuses:?}");
    // The same reference again, in another transaction: the same receipt, no second alarm.
    let (_, again) = unit.press("five", 1, Duration::from_secs(1));
    assert_eq!(again, [0]);
    let stored = references(&data);
    assert_eq!(stored.iter().filter(|reference| *reference == "five").count(), 1);
}

fn python(script: &str, args: &[&str]) -> Output {
    let python = std::env::var("VARDE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    Command::new(python).arg(wire().join(script)).args(args).output().expect("python runs")
}

fn certificate(data: &Path, id: &str, out: &Path) {
    let made = engine::varde()
        .args(["device", id, "--municipality", "0301", "--data"])
        .arg(data)
        .arg("--out")
        .arg(out)
        .output()
        .expect("varde runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_python_client_on_aioquic_gets_its_alarm_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    certificate(&data, "py-1", folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let ca = data.join("authority/ca.pem").display().to_string();
    let to = engine.address("quic").to_string();
    let (cert, key) = (at("py-1.pem"), at("py-1.key"));
    let args = ["--connect", &to, "--ca", &ca, "--cert", &cert, "--key", &key, "--kind", "100"];
    let output = python("link_client.py", &args);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("receipt") || told.contains("stored"), "{told}");
    let log = engine::log(&data);
    let found =
        log.iter().find(|line| line["device"] == "link:py-1").expect("the press is in the log");
    assert_eq!(found["kind"], "press");
    assert_eq!(found["alarm"], found["seq"]);
    let rubbish = python("link_client.py", &[&args[..], &["--raw", "ff00ff"]].concat());
    let told = String::from_utf8_lossy(&rubbish.stdout).into_owned();
    assert!(told.contains("refused"), "rubbish must get a clear answer: {told}");
}

#[test]
fn broken_messages_get_their_answers_and_what_may_be_a_person_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let to = engine.address("sip_tcp");
    let say = |body: &str, reference: &str| {
        let mut unit = TcpUnit::connect(to, "4200").expect("it listens");
        unit.send(body, reference, Duration::from_secs(5))
    };
    let cut = "<mrq><ref>cut1</ref><cid>4200</cid><dty>0003</dty><stc>00";
    assert_eq!(say(cut, "cut1"), Told::Mrs(2), "truncated XML");
    let xxe = "<!DOCTYPE m [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><mrq><ref>xxe1</ref><cid>4200</cid><dty>3</dty><lte>&x;</lte></mrq>";
    assert_eq!(say(xxe, "xxe1"), Told::Mrs(2), "entities");
    let huge = format!(
        "<mrq><ref>big1</ref><cid>4200</cid><dty>3</dty><ite>{}</ite></mrq>",
        "x".repeat(20_000)
    );
    assert_eq!(say(&huge, "big1"), Told::Mrs(1), "too long");
    let nobody = "<mrq><ref>nocid</ref><dty>0003</dty><stc>0010</stc></mrq>";
    assert_eq!(say(nobody, "nocid"), Told::Mrs(7), "no cid");
    let strange = "<mrq><ref>odd1</ref><cid> 4200</cid><dty>0003</dty><stc>9999</stc></mrq>";
    assert_eq!(say(strange, "odd1"), Told::Mrs(0), "an unknown status");
    let text = message("TCP 127.0.0.1", "4200", "plain1", "hello")
        .replace("application/scaip+xml", "text/plain");
    let mut unit = TcpUnit::connect(to, "4200").expect("it listens");
    assert_eq!(unit.raw(text.as_bytes(), "-", Duration::from_secs(5)), Told::Sip(415));
    let broken_sip = message(
        "TCP 127.0.0.1",
        "4200",
        "bad1",
        "<mrq><ref>bad1</ref><cid>4200</cid><dty>3</dty></mrq>",
    )
    .replace("CSeq: 1 MESSAGE", "CSeq: one MESSAGE");
    let mut unit = TcpUnit::connect(to, "4200").expect("it listens");
    assert_eq!(unit.raw(broken_sip.as_bytes(), "bad1", Duration::from_secs(5)), Told::Sip(400));
    let other = "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 1.2.3.4;branch=z9hG4bKi\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: i\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    let register = other.replace("INVITE", "REGISTER").replace("z9hG4bKi", "z9hG4bKr");
    let mut unit = TcpUnit::connect(to, "4200").expect("it listens");
    assert_eq!(unit.raw(register.as_bytes(), "-", Duration::from_secs(5)), Told::Sip(405));
    let mut unit = TcpUnit::connect(to, "4200").expect("it listens");
    assert_eq!(unit.raw(other.as_bytes(), "-", Duration::from_secs(5)), Told::Sip(405));
    std::thread::sleep(Duration::from_millis(500));
    let log = engine::log(&data);
    for reference in ["cut1", "xxe1", "big1", "nocid", "odd1", "bad1"] {
        let shown = log.iter().any(|line| line["reference"] == reference && line["alarm"].is_u64());
        assert!(shown, "{reference} is before no operator");
    }
    assert!(engine.get("ops", "/readyz").is_some_and(|(status, _)| status == 200), "it goes on");
}

#[test]
fn one_byte_at_a_time_two_in_one_segment_and_a_closed_connection_lose_nothing() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let to = engine.address("sip_tcp");
    let text = |n: u32| {
        let body = proofs::unit::alarm("4300", &format!("seg{n}"));
        message("TCP 127.0.0.1", "4300", &format!("seg{n}"), &body)
    };
    let mut slow = TcpUnit::connect(to, "4300").expect("it listens");
    let both = text(1) + &text(2);
    assert_eq!(slow.raw(both.as_bytes(), "seg2", Duration::from_secs(5)), Told::Mrs(0));
    let mut stream = std::net::TcpStream::connect(to).expect("it listens");
    stream.set_nodelay(true).expect("a socket takes it");
    for byte in text(3).as_bytes() {
        stream.write_all(&[*byte]).expect("it reads");
    }
    let mut gone = std::net::TcpStream::connect(to).expect("it listens");
    gone.write_all(text(4).as_bytes()).expect("it reads");
    drop(gone);
    std::thread::sleep(Duration::from_millis(500));
    let stored = references(&data);
    for n in 1..=4 {
        assert!(stored.contains(&format!("seg{n}")), "seg{n} is not in the log");
    }
}
