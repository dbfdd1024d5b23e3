//! Puts an org on the wire, and does for every call what the service does before a handler sees it: session,
//! version, allocation, then faults; and afterwards the headers that every answer carries.

mod control;
mod front;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

use super::connection::{CuttableListener, Cutter};
use super::endpoint::Endpoint;
use super::org::Org;

/// Largest request body that is read, in bytes; the ingest handler has a smaller limit of its own.
const BODY_BYTES_MAX: usize = 160_000_000;

/// Settings of a server.
#[derive(Debug, Clone, Default)]
pub struct ServerConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Address that replies name as the org's instance; the server's own address when absent. Set it when
    /// clients reach the server through a proxy under another name.
    pub instance_url: Option<String>,
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Serves an org on 127.0.0.1 until the handle is shut down or dropped.
    pub async fn start(org: Org, config: ServerConfig) -> io::Result<ServerHandle> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let instance_url = config.instance_url.unwrap_or_else(|| base_url.clone());
        let app = Router::new()
            .fallback(front::answer)
            .with_state(front::Site { org: org.clone(), instance_url })
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(CompressionLayer::new())
            .layer(RequestDecompressionLayer::new());
        let (stop, stopped) = oneshot::channel::<()>();
        let service = app.into_make_service_with_connect_info::<Cutter>();
        let serving =
            axum::serve(CuttableListener(listener), service).with_graceful_shutdown(async move {
                // A dropped handle stops the server too.
                drop(stopped.await);
            });
        let task = tokio::spawn(async move { serving.await });
        Ok(ServerHandle { org, base_url, stop: Some(stop), task })
    }
}

/// A running server.
#[derive(Debug)]
pub struct ServerHandle {
    org: Org,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl ServerHandle {
    /// Address of the server, such as `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The org that is served.
    pub fn org(&self) -> &Org {
        &self.org
    }

    /// Calls received so far by the org, through this and any other server, by endpoint.
    pub fn requests(&self) -> BTreeMap<Endpoint, u64> {
        self.org.requests()
    }

    /// Stops accepting calls, waits for those in progress, and returns when the port is free.
    pub async fn shutdown(mut self) -> io::Result<()> {
        drop(self.stop.take());
        self.task.await.map_err(io::Error::other)?
    }
}
