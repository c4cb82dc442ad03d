use std::time::{Duration, Instant};

use link::{Answer, Beat, Kind, Message, Signal};
use quinn::VarInt;

use super::house::{House, eventually, press, press_bytes, say};

fn measurement(n: u64) -> Vec<u8> {
    Message::Signal(Signal { kind: Kind(500), ..press(n) }).encode()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fourth_stream_belongs_to_an_alarm() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    house.order.set_stalled(true);
    let mut waiting = Vec::new();
    for n in 1..=3 {
        let (mut send, receive) = connection.open_bi().await.unwrap();
        send.write_all(&measurement(n)).await.unwrap();
        send.finish().unwrap();
        waiting.push(receive);
    }
    eventually(|| house.link.shared.counts.under_way() == 3).await;
    let start = Instant::now();
    assert!(matches!(say(&connection, &measurement(4)).await, Answer::Busy { retry_ms: 1_000 }));
    assert!(start.elapsed() < Duration::from_secs(1), "busy is said at once");
    // The refused stream counts as under way a moment after its answer: taken for the alarm's, the
    // fifth would find the fourth place still free.
    eventually(|| house.link.shared.counts.under_way() == 3).await;
    let alarm = tokio::spawn({
        let connection = connection.clone();
        async move { say(&connection, &press_bytes(5)).await }
    });
    eventually(|| house.link.shared.counts.under_way() == 4).await;
    let fifth = tokio::time::timeout(Duration::from_millis(200), connection.open_bi()).await;
    assert!(fifth.is_err(), "QUIC lets no fifth stream through");
    house.order.set_stalled(false);
    assert!(matches!(alarm.await.unwrap(), Answer::Receipt(_)));
    for mut receive in waiting {
        let answer = Answer::decode(&receive.read_to_end(4_096).await.unwrap()).unwrap();
        assert!(matches!(answer, Answer::Receipt(_)));
    }
    assert!(matches!(say(&connection, &measurement(6)).await, Answer::Receipt(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_stream_is_given_up_shown_and_blocks_nobody() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let start = Instant::now();
    send.write_all(&press_bytes(1)[..20]).await.unwrap();
    assert!(matches!(say(&connection, &press_bytes(2)).await, Answer::Receipt(_)));
    assert!(start.elapsed() < Duration::from_secs(2));
    let answer = receive.read_to_end(4_096).await;
    let given_up = VarInt::from_u32(link::close::STREAM_GIVEN_UP);
    assert_eq!(answer, Err(quinn::ReadToEndError::Read(quinn::ReadError::Reset(given_up))));
    let took = start.elapsed();
    assert!(took >= crate::limits::MESSAGE_LIMIT && took < Duration::from_secs(15), "{took:?}");
    eventually(|| house.signals().len() == 2).await;
    assert_eq!(house.link.counts().given_up, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_reset_by_the_device_is_forgotten() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let (mut send, _receive) = connection.open_bi().await.unwrap();
    send.write_all(&Message::Beat(Beat::default()).encode()[..2]).await.unwrap();
    send.reset(VarInt::from_u32(0)).unwrap();
    eventually(|| house.link.counts().given_up == 1).await;
    assert!(matches!(say(&connection, &press_bytes(1)).await, Answer::Receipt(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_may_open_no_other_kind_of_stream() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let uni = tokio::time::timeout(Duration::from_millis(200), connection.open_uni()).await;
    assert!(uni.is_err());
    assert!(connection.send_datagram(bytes::Bytes::from_static(b"x")).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_moves_to_another_address_goes_on() {
    let house = House::open();
    let device = house.device("K7");
    let connection = house.connect(&device).await;
    assert!(matches!(say(&connection, &press_bytes(1)).await, Answer::Receipt(_)));
    device.endpoint.rebind(std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    assert!(matches!(say(&connection, &press_bytes(2)).await, Answer::Receipt(_)));
    assert!(matches!(say(&connection, &press_bytes(3)).await, Answer::Receipt(_)));
    assert_eq!(house.link.counts().moved, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_answers_what_is_under_way() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    house.order.set_stalled(true);
    let alarm = tokio::spawn({
        let connection = connection.clone();
        async move { say(&connection, &press_bytes(1)).await }
    });
    eventually(|| house.link.shared.counts.under_way() == 1).await;
    let order = house.order.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        order.set_stalled(false);
    });
    house.link.stop().await;
    assert!(matches!(alarm.await.unwrap(), Answer::Receipt(_)));
}
