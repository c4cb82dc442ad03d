//! One connection of one device: its streams, until it ends.

use std::sync::{Arc, Mutex};

use link::centre::Session;
use quinn::{Connection, VarInt};

use super::counts::Count;
use super::{Shared, stream};
use crate::authority::Peer;
use crate::metrics::Listener;

/// What the streams of a connection share.
pub(super) struct Device {
    pub(super) peer: Peer,
    pub(super) session: Mutex<Session>,
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
}

/// Serves until the device, the network or the centre ends it.
pub(super) async fn serve(connection: Connection, peer: Peer, shared: Arc<Shared>) {
    if shared.authority.is_revoked(&peer.device) {
        shared.counts.add(Count::Revoked);
        return close(&connection, link::close::NOT_ALLOWED, "revoked");
    }
    shared.counts.add(Count::Accepted);
    shared.intake.metrics.connected(Listener::Link);
    if let Some(older) = shared.devices.connected_now(&peer.device, connection.clone()) {
        shared.counts.add(Count::Replaced);
        close(&older, link::close::REPLACED, "a newer connection of this device");
    }
    let session = Mutex::new(Session::default());
    let device = Arc::new(Device { peer, session, connection, shared });
    streams(&device).await;
    let Device { peer, connection, shared, .. } = &*device;
    shared.devices.disconnected(&peer.device, connection);
    shared.intake.metrics.disconnected(Listener::Link);
}

async fn streams(device: &Arc<Device>) {
    let mut at = device.connection.remote_address();
    while let Ok((answer, message)) = device.connection.accept_bi().await {
        let now = device.connection.remote_address();
        if std::mem::replace(&mut at, now) != now {
            device.shared.counts.add(Count::Moved);
            tracing::info!(device = device.peer.device, "a device came on from another address");
        }
        tokio::spawn(stream::serve(Arc::clone(device), answer, message));
    }
}

pub(super) fn close(connection: &Connection, code: u32, why: &str) {
    connection.close(VarInt::from_u32(code), why.as_bytes());
}
