//! Ports for servers that are to come, or to come back to where they were.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use seaworthy::id::Random;

/// Below those that the system gives to connections, and to listeners that ask for any: none of these takes one meanwhile.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// Each is given once, and two runs begin with others.
static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(Random::system().unwrap().below(COUNT.into())));

/// A port on which nothing listens.
pub(crate) fn free_port() -> u16 {
    for _ in 0..COUNT {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed) % u64::from(COUNT);
        let port = FIRST + u16::try_from(offset).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
