use std::fs;
use std::time::{Duration, Instant};

use link::{Answer, Message};
use quinn::{ConnectionError, VarInt};

use super::house::{Device, House, OSLO, eventually, press_bytes, say};
use crate::authority::Authority;

/// The TLS alert (RFC 8446, 6) in a QUIC error (RFC 9001, 4.8).
fn alert(error: &ConnectionError) -> Option<u64> {
    match error {
        ConnectionError::ConnectionClosed(close) => u64::from(close.error_code).checked_sub(0x100),
        _ => None,
    }
}

fn code(error: &ConnectionError) -> Option<VarInt> {
    match error {
        ConnectionError::ApplicationClosed(close) => Some(close.error_code),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_without_a_certificate_hears_so() {
    let house = House::open();
    let error = Device::with(house.authority.ca_pem(), None).refused(&house).await;
    assert_eq!(alert(&error), Some(116), "{error}");
    eventually(|| house.link.counts().no_certificate == 1).await;
    assert_eq!(house.link.counts().accepted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_authority_is_refused() {
    let house = House::open();
    let other = Authority::open(&house.folder.path().join("other")).unwrap();
    let issued = other.issue_device("K7", OSLO).unwrap();
    let error = Device::with(house.authority.ca_pem(), Some(&issued)).refused(&house).await;
    assert_eq!(alert(&error), Some(48), "{error}");
    eventually(|| house.link.counts().bad_certificate == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_certificate_is_refused() {
    let house = House::open();
    let issued = house.authority.issue_device_for("K7", OSLO, Duration::from_secs(1)).unwrap();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let error = Device::with(house.authority.ca_pem(), Some(&issued)).refused(&house).await;
    assert_eq!(alert(&error), Some(45), "{error}");
    eventually(|| house.link.counts().bad_certificate == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_centres_own_certificate_is_no_device() {
    let house = House::open();
    let server = house.authority.server_certificate(&["localhost".to_owned()]).unwrap();
    let issued = crate::authority::Issued {
        cert_pem: String::new(),
        key_pem: String::new(),
        cert_der: server.chain[0].to_vec(),
        key_der: server.key.secret_der().to_vec(),
    };
    let error = Device::with(house.authority.ca_pem(), Some(&issued)).refused(&house).await;
    assert!(alert(&error).is_some(), "{error}");
    assert_eq!(house.link.counts().accepted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_revoked_while_connected_is_cut_off_within_5_s() {
    let house = House::open();
    let device = house.device("K7");
    let other = house.connect(&house.device("K8")).await;
    let connection = house.connect(&device).await;
    assert!(matches!(say(&connection, &press_bytes(1)).await, Answer::Receipt(_)));
    fs::write(house.folder.path().join("authority/revoked"), "K7\n").unwrap();
    let start = Instant::now();
    let error = tokio::time::timeout(Duration::from_secs(5), connection.closed()).await.unwrap();
    assert_eq!(code(&error), Some(VarInt::from_u32(link::close::NOT_ALLOWED)));
    assert!(start.elapsed() < Duration::from_secs(5));
    let error = device.refused(&house).await;
    assert_eq!(code(&error), Some(VarInt::from_u32(link::close::NOT_ALLOWED)));
    assert!(matches!(say(&other, &press_bytes(1)).await, Answer::Receipt(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revocation_is_looked_at_for_every_message() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    send.write_all(&press_bytes(1)).await.unwrap();
    fs::write(house.folder.path().join("authority/revoked"), "K7\n").unwrap();
    assert!(house.authority.reload(), "read before the listener's own look");
    let _ = send.finish();
    assert!(receive.read_to_end(4_096).await.is_err());
    assert!(house.signals().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_is_resumed_and_no_early_data_taken() {
    let house = House::open();
    let device = house.device("K7");
    let first = house.connect(&device).await;
    assert!(matches!(say(&first, &press_bytes(1)).await, Answer::Receipt(_)));
    first.close(VarInt::from_u32(0), b"");
    assert!(device.begin(&house).into_0rtt().is_err(), "there is no ticket to resume with");
    let second = house.connect(&device).await;
    assert!(matches!(say(&second, &press_bytes(2)).await, Answer::Receipt(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_connection_of_a_device_replaces_the_older() {
    let house = House::open();
    let device = house.device("K7");
    let older = house.connect(&device).await;
    assert!(matches!(say(&older, &press_bytes(1)).await, Answer::Receipt(_)));
    let newer = house.connect(&device).await;
    let error = tokio::time::timeout(Duration::from_secs(5), older.closed()).await.unwrap();
    assert_eq!(code(&error), Some(VarInt::from_u32(link::close::REPLACED)));
    assert!(matches!(say(&newer, &press_bytes(2)).await, Answer::Receipt(_)));
    assert_eq!(house.link.counts().replaced, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_devices_at_once_all_come_in() {
    let house = House::open();
    let devices: Vec<Device> = (0..300).map(|i| house.device(&format!("D-{i}"))).collect();
    let all: Vec<_> = devices.iter().map(|device| device.begin(&house)).collect();
    let mut connections = Vec::new();
    for connecting in all {
        connections.push(connecting.await.unwrap());
    }
    for (i, connection) in connections.iter().enumerate() {
        let beat = Message::Beat(link::Beat { boot: i as u64, ..Default::default() });
        assert!(matches!(say(connection, &beat.encode()).await, Answer::BeatOk { .. }));
    }
    assert_eq!(house.link.counts().accepted, 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_tells_devices_to_reconnect() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    assert!(matches!(say(&connection, &press_bytes(1)).await, Answer::Receipt(_)));
    house.link.stop().await;
    let error = tokio::time::timeout(Duration::from_secs(5), connection.closed()).await.unwrap();
    assert_eq!(code(&error), Some(VarInt::from_u32(link::close::GOING_AWAY)));
}
