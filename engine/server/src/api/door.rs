//! HTTP over TCP with limits: connections, head, time. Serves the console and the ops address alike.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::api::limits::{CONNECTION_AGE, CONNECTIONS, GRACE, HEAD, HEAD_TIME, HEADERS};
use crate::metrics::{Listener, Metrics};

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Serves until `stop` becomes true; returns when every connection has ended, at most [`GRACE`] later.
pub(crate) async fn open(
    listener: TcpListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
    counted: Option<(Arc<Metrics>, Listener)>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut serving = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = serving.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, most likely: what is open goes on, and some of it will close.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (router, stop, counted) = (router.clone(), stop.clone(), counted.clone());
        serving.spawn(async move {
            let _permit = permit;
            let _counted = counted.map(|(metrics, listener)| Counted::new(metrics, listener));
            connection(stream, Wicket { router: TowerToHyperService::new(router), peer }, stop)
                .await;
        });
    }
    drop(listener);
    let _ = timeout(GRACE, async { while serving.join_next().await.is_some() {} }).await;
}

async fn connection(stream: TcpStream, wicket: Wicket, mut stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEADERS)
        .max_buf_size(HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), wicket).with_upgrades());
    tokio::select! {
        // A connection that fails has nobody left to be told.
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => {}
        () = sleep(CONNECTION_AGE) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}

/// Returns when the stop is told, or nobody is left who could tell it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The router, told where each request came from.
struct Wicket {
    router: TowerToHyperService<Router>,
    peer: SocketAddr,
}

impl Service<Request<Incoming>> for Wicket {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(Peer(self.peer));
        self.router.call(request)
    }
}

/// Counted as long as it lives.
pub(crate) struct Counted {
    metrics: Arc<Metrics>,
    listener: Listener,
}

impl Counted {
    pub(crate) fn new(metrics: Arc<Metrics>, listener: Listener) -> Self {
        metrics.connected(listener);
        Self { metrics, listener }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.metrics.disconnected(self.listener);
    }
}
