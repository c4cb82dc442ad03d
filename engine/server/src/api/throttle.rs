//! Wrong logins are remembered, so that guessing a password takes years.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::api::limits::{FAILURES, THROTTLE_WINDOW, THROTTLED};

/// By account and by source address.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    tries: Mutex<Tries>,
}

#[derive(Debug, Default)]
struct Tries {
    accounts: HashMap<String, VecDeque<Instant>>,
    sources: HashMap<IpAddr, VecDeque<Instant>>,
}

impl Throttle {
    /// Counts a try before it is made, so that many at once are no way around it; the wait if there
    /// have been too many.
    pub(crate) fn begin(&self, name: &str, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let from = source(from);
        let wait =
            wait(tries.accounts.get_mut(name), now).max(wait(tries.sources.get_mut(&from), now));
        if let Some(wait) = wait {
            return Err(wait);
        }
        count(&mut tries.accounts, name.to_owned(), now);
        count(&mut tries.sources, from, now);
        Ok(())
    }

    /// The try counted at `began` was right: it is not held against anyone.
    pub(crate) fn right(&self, name: &str, from: IpAddr, began: Instant) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        forgive(&mut tries.accounts, name, began);
        forgive(&mut tries.sources, &source(from), began);
    }

    /// A wrong one-time login names no account: it counts against its source alone.
    pub(crate) fn wrong_once(&self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let from = source(from);
        if let Some(wait) = wait(tries.sources.get_mut(&from), now) {
            return Err(wait);
        }
        count(&mut tries.sources, from, now);
        Ok(())
    }
}

/// An IPv6 host has a /64 to itself: that is the source, not one of its 2^64 addresses.
fn source(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

fn wait(tries: Option<&mut VecDeque<Instant>>, now: Instant) -> Option<Duration> {
    let tries = tries?;
    while tries.front().is_some_and(|first| over(*first, now)) {
        tries.pop_front();
    }
    let first = tries.front().filter(|_| tries.len() >= FAILURES)?;
    Some(THROTTLE_WINDOW.saturating_sub(now.saturating_duration_since(*first)))
}

fn over(tried: Instant, now: Instant) -> bool {
    now.saturating_duration_since(tried) >= THROTTLE_WINDOW
}

fn count<K: Clone + Eq + std::hash::Hash>(
    all: &mut HashMap<K, VecDeque<Instant>>,
    key: K,
    now: Instant,
) {
    if all.len() >= THROTTLED && !all.contains_key(&key) {
        make_room(all, now);
    }
    all.entry(key).or_default().push_back(now);
}

fn make_room<K: Clone + Eq + std::hash::Hash>(
    all: &mut HashMap<K, VecDeque<Instant>>,
    now: Instant,
) {
    all.retain(|_, tries| tries.back().is_some_and(|last| !over(*last, now)));
    if all.len() >= THROTTLED {
        let oldest = all.iter().min_by_key(|(_, tries)| tries.back().copied());
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            all.remove(&key);
        }
    }
}

fn forgive<K, Q>(all: &mut HashMap<K, VecDeque<Instant>>, key: &Q, began: Instant)
where
    K: std::borrow::Borrow<Q> + Eq + std::hash::Hash,
    Q: Eq + std::hash::Hash + ?Sized,
{
    if let Some(tries) = all.get_mut(key) {
        if let Some(at) = tries.iter().position(|tried| *tried == began) {
            tries.remove(at);
        }
        if tries.is_empty() {
            all.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn the_eleventh_wrong_one_waits_until_the_first_is_a_window_old() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for n in 0..10 {
            let now = start + Duration::from_secs(n);
            assert_eq!(throttle.begin("kari", ip(n as u32), now), Ok(()));
        }
        let now = start + Duration::from_mins(1);
        assert_eq!(throttle.begin("kari", ip(99), now), Err(Duration::from_mins(14)));
        assert_eq!(throttle.begin("ola", ip(99), now), Ok(()));
        assert_eq!(throttle.begin("kari", ip(99), start + THROTTLE_WINDOW), Ok(()));
        assert!(throttle.begin("kari", ip(99), start + THROTTLE_WINDOW).is_err());
    }

    #[test]
    fn a_source_is_throttled_over_all_accounts_and_an_ipv6_network_is_one_source() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..10 {
            let from = format!("2001:db8::{n}").parse().unwrap();
            assert_eq!(throttle.begin(&format!("name{n}"), from, now), Ok(()));
        }
        assert!(throttle.begin("another", "2001:db8::ffff".parse().unwrap(), now).is_err());
        assert!(throttle.wrong_once("2001:db8::1".parse().unwrap(), now).is_err());
        assert_eq!(throttle.begin("another", "2001:db8:0:1::1".parse().unwrap(), now), Ok(()));
    }

    #[test]
    fn a_right_one_is_not_held_against_anyone_and_clears_no_other() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for n in 0..9 {
            assert_eq!(throttle.begin("kari", ip(1), start + Duration::from_nanos(n)), Ok(()));
        }
        for n in 100..120 {
            let began = start + Duration::from_nanos(n);
            assert_eq!(throttle.begin("kari", ip(1), began), Ok(()));
            throttle.right("kari", ip(1), began);
        }
        let now = start + Duration::from_nanos(200);
        assert_eq!(throttle.begin("kari", ip(1), now), Ok(()));
        assert!(throttle.begin("kari", ip(1), now).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..=THROTTLED {
            let _ = throttle.begin(
                &format!("name{n}"),
                ip(n as u32),
                now + Duration::from_nanos(n as u64),
            );
        }
        let tries = throttle.tries.lock().unwrap();
        assert_eq!((tries.accounts.len(), tries.sources.len()), (THROTTLED, THROTTLED));
        assert!(!tries.accounts.contains_key("name0") && tries.accounts.contains_key("name1"));
    }
}
