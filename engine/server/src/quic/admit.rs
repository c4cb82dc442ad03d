//! Who may begin a handshake: judged before any work on TLS.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::limits::{NETWORK_BURST, NETWORK_OPEN, NETWORK_RATE, NETWORKS, RETRY_ABOVE};

/// What to do with an incoming connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Begin the handshake when there is a place for it.
    Accept,
    /// Have the address proved first.
    Retry,
    /// Say nothing: an honest device sends again by itself, and a forged address is not answered.
    Ignore,
}

/// A /24 of IPv4, a /64 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Network {
    V4([u8; 3]),
    V6([u16; 4]),
    /// All that found no room in the table.
    Other,
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// A token bucket, and the handshakes it let in that have not ended.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
    open: usize,
}

impl Bucket {
    fn refilled(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at);
        (self.tokens + passed.as_secs_f64() * NETWORK_RATE).min(NETWORK_BURST)
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.open == 0 && self.refilled(now) >= NETWORK_BURST
    }
}

/// Buckets by network.
#[derive(Debug, Default)]
pub(super) struct Admit {
    buckets: HashMap<Network, Bucket>,
    open: usize,
    swept: Option<Instant>,
}

impl Admit {
    /// Judges; after [`Verdict::Accept`] the network is given back to [`Admit::ended`] when its handshake ended.
    pub(super) fn judge(
        &mut self,
        from: IpAddr,
        validated: bool,
        now: Instant,
    ) -> (Verdict, Network) {
        let network = self.network(from, now);
        let fresh = Bucket { tokens: NETWORK_BURST, at: now, open: 0 };
        let bucket = self.buckets.entry(network).or_insert(fresh);
        bucket.tokens = bucket.refilled(now);
        bucket.at = now;
        if bucket.tokens < 1.0 || bucket.open >= NETWORK_OPEN {
            return (Verdict::Ignore, network);
        }
        if !validated && self.open >= RETRY_ABOVE {
            // Costs no token: the proof that comes back will.
            return (Verdict::Retry, network);
        }
        bucket.tokens -= 1.0;
        bucket.open += 1;
        self.open += 1;
        (Verdict::Accept, network)
    }

    /// A handshake that was let in has ended, well or not.
    pub(super) fn ended(&mut self, network: Network) {
        self.open = self.open.saturating_sub(1);
        if let Some(bucket) = self.buckets.get_mut(&network) {
            bucket.open = bucket.open.saturating_sub(1);
        }
    }

    fn network(&mut self, from: IpAddr, now: Instant) -> Network {
        let network = Network::of(from);
        if self.buckets.len() < NETWORKS || self.buckets.contains_key(&network) {
            return network;
        }
        // Not at every arrival: under a flood of forged networks the sweep would be the attack.
        let due = self
            .swept
            .is_none_or(|swept| now.saturating_duration_since(swept) >= Duration::from_secs(1));
        if due {
            self.swept = Some(now);
            self.buckets.retain(|_, bucket| !bucket.is_idle(now));
        }
        if self.buckets.len() < NETWORKS { network } else { Network::Other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: u8, d: u8) -> IpAddr {
        IpAddr::from([192, 0, a, d])
    }

    #[test]
    fn a_network_is_let_in_up_to_its_burst_and_then_at_its_rate() {
        let (mut admit, now) = (Admit::default(), Instant::now());
        let mut let_in = |from, now| {
            let (verdict, network) = admit.judge(from, true, now);
            if verdict == Verdict::Accept {
                admit.ended(network);
            }
            verdict == Verdict::Accept
        };
        let let_in_at_once = (0..2_000_u32).filter(|i| let_in(v4(2, *i as u8), now)).count();
        assert_eq!(let_in_at_once, 1_000, "the burst");
        assert!(let_in(v4(3, 1), now));
        let later = now + Duration::from_secs_f64(10.0 / NETWORK_RATE);
        assert_eq!((0..100).filter(|_| let_in(v4(2, 1), later)).count(), 10);
    }

    #[test]
    fn one_network_cannot_hold_every_place() {
        let (mut admit, now) = (Admit::default(), Instant::now());
        for _ in 0..NETWORK_OPEN {
            assert_eq!(admit.judge(v4(2, 1), true, now).0, Verdict::Accept);
        }
        assert_eq!(admit.judge(v4(2, 2), true, now).0, Verdict::Ignore);
        assert_eq!(admit.judge(v4(3, 1), true, now).0, Verdict::Accept);
        admit.ended(Network::of(v4(2, 9)));
        assert_eq!(admit.judge(v4(2, 2), true, now).0, Verdict::Accept);
    }

    #[test]
    fn many_open_handshakes_make_others_prove_their_address() {
        let (mut admit, now) = (Admit::default(), Instant::now());
        for i in 0..RETRY_ABOVE {
            assert_eq!(admit.judge(v4(i as u8, 1), false, now).0, Verdict::Accept);
        }
        assert_eq!(admit.judge(v4(250, 1), false, now).0, Verdict::Retry);
        assert_eq!(admit.judge(v4(250, 1), true, now).0, Verdict::Accept);
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_idle() {
        let (mut admit, now) = (Admit::default(), Instant::now());
        let address =
            |i: usize| IpAddr::from(((0x2001_0db8_u128 << 96) | ((i as u128) << 64)).to_be_bytes());
        for i in 0..NETWORKS + 100 {
            let (_, network) = admit.judge(address(i), true, now);
            admit.ended(network);
        }
        assert_eq!(admit.buckets.len(), NETWORKS + 1);
        let later = now + Duration::from_mins(1);
        let (verdict, network) = admit.judge(address(NETWORKS + 500), true, later);
        assert_eq!((verdict, network == Network::Other), (Verdict::Accept, false));
        assert!(admit.buckets.len() < 10);
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_network() {
        let mapped = "::ffff:192.0.2.7".parse().unwrap();
        assert_eq!(Network::of(mapped), Network::of(v4(2, 200)));
    }
}
