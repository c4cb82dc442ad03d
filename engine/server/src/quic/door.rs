//! From a first datagram to a connection: admission, bounded handshakes, the certificate.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use quinn::{Connection, ConnectionError, Endpoint, Incoming};
use rustls::pki_types::CertificateDer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::admit::{Admit, Network, Verdict};
use super::counts::Count;
use super::{Shared, connection};
use crate::limits::{HANDSHAKE_LIMIT, HANDSHAKES, INCOMING};

/// A handshake that may begin, and the place its network gave it.
struct Admitted {
    incoming: Incoming,
    place: Place,
}

/// Given back when its handshake ended.
struct Place {
    admit: Arc<Mutex<Admit>>,
    network: Network,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.admit).ended(self.network);
    }
}

/// Judges every first datagram at once; what may go on waits its turn for one of [`HANDSHAKES`] places.
pub(super) async fn run(endpoint: Endpoint, shared: Arc<Shared>) {
    let admit = Arc::new(Mutex::new(Admit::default()));
    let (queue, waiting) = mpsc::channel(INCOMING);
    let handshakes = tokio::spawn(begin_in_turn(waiting, Arc::clone(&shared)));
    while let Some(incoming) = endpoint.accept().await {
        let (from, validated) =
            (incoming.remote_address().ip(), incoming.remote_address_validated());
        let (verdict, network) = lock(&admit).judge(from, validated, Instant::now());
        match verdict {
            Verdict::Accept => {
                let place = Place { admit: Arc::clone(&admit), network };
                if let Err(full) = queue.try_send(Admitted { incoming, place }) {
                    shared.counts.add(Count::OverLimit);
                    full.into_inner().incoming.ignore();
                }
            }
            Verdict::Retry => {
                shared.counts.add(Count::Retried);
                // It cannot fail: the address is not validated.
                let _ = incoming.retry();
            }
            Verdict::Ignore => {
                shared.counts.add(Count::OverLimit);
                incoming.ignore();
            }
        }
    }
    handshakes.abort();
}

async fn begin_in_turn(mut waiting: mpsc::Receiver<Admitted>, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    while let Some(admitted) = waiting.recv().await {
        let Ok(turn) = Arc::clone(&places).acquire_owned().await else { return };
        tokio::spawn(handshake(admitted, turn, Arc::clone(&shared)));
        // Lets connected devices in between: beginning a handshake is the dearest single step here.
        tokio::task::yield_now().await;
    }
}

async fn handshake(admitted: Admitted, turn: OwnedSemaphorePermit, shared: Arc<Shared>) {
    let from = admitted.incoming.remote_address();
    let outcome = complete(admitted.incoming).await;
    drop((turn, admitted.place));
    match outcome {
        Ok(connection) => enter(connection, shared).await,
        Err(error) => {
            let certificate = shared.counts.handshake_failed(error.as_ref());
            if certificate {
                let now = shared.intake.clock.now();
                shared.intake.gate.refused(&format!("ip:{}", from.ip().to_canonical()), now);
            }
        }
    }
}

/// `None`: not within its time.
async fn complete(incoming: Incoming) -> Result<Connection, Option<ConnectionError>> {
    let connecting = incoming.accept().map_err(Some)?;
    timeout(HANDSHAKE_LIMIT, connecting).await.map_err(|_| None)?.map_err(Some)
}

async fn enter(connection: Connection, shared: Arc<Shared>) {
    let certificate = connection.peer_identity().and_then(|identity| {
        let chain = identity.downcast::<Vec<CertificateDer<'static>>>().ok()?;
        chain.into_iter().next()
    });
    let peer = certificate.as_deref().map(crate::authority::identity);
    match peer {
        Some(Ok(peer)) => connection::serve(connection, peer, shared).await,
        Some(Err(why)) => {
            shared.counts.add(Count::NoIdentity);
            connection::close(&connection, link::close::NO_IDENTITY, &why.to_string());
        }
        None => {
            shared.counts.add(Count::NoIdentity);
            connection::close(&connection, link::close::NO_IDENTITY, "no certificate");
        }
    }
}

fn lock(admit: &Mutex<Admit>) -> MutexGuard<'_, Admit> {
    admit.lock().unwrap_or_else(PoisonError::into_inner)
}
