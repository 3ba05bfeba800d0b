//! One client for all protocols: a few connections, one request after the other on each, bodies thrown away.
mod connection;
mod datagrams;
mod tls;

use std::net::SocketAddr;

use futures_util::future::try_join_all;

pub(crate) use connection::{Connection, Dialer};

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Http1,
    Http1Tls,
    Http2Tls,
    Http3,
    /// Of the floor.
    Datagrams,
}

impl Transport {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http1Tls => "HTTP/1.1 TLS 1.3",
            Self::Http2Tls => "HTTP/2 TLS 1.3",
            Self::Http3 => "HTTP/3",
            Self::Datagrams => "UDP",
        }
    }

    /// Whether one connection carries many requests at a time.
    fn multiplexes(self) -> bool {
        matches!(self, Self::Http2Tls | Self::Http3)
    }
}

/// Requests at a time, and connections where each carries one.
const LANES: usize = 4;

pub(crate) struct Client {
    connections: Vec<Connection>,
    lanes: usize,
}

impl Client {
    pub(crate) async fn connect(transport: Transport, address: SocketAddr) -> Result<Self> {
        Self::with_lanes(transport, address, LANES).await
    }

    /// `lanes`: requests at a time.
    pub(crate) async fn with_lanes(
        transport: Transport,
        address: SocketAddr,
        lanes: usize,
    ) -> Result<Self> {
        let dialer = Dialer::new(transport, address)?;
        let count = if transport.multiplexes() { 1 } else { lanes };
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(dialer.dial().await?);
        }
        Ok(Self { connections, lanes })
    }

    /// `count` requests over the paths in turn; returns the bytes of all bodies.
    pub(crate) async fn fetch_all(&self, paths: &[String], count: usize) -> Result<u64> {
        let lanes = (0..self.lanes).map(async |lane| -> Result<u64> {
            let connection = &self.connections[lane % self.connections.len()];
            let mut bytes = 0;
            for index in (lane..count).step_by(self.lanes) {
                bytes += connection.get(&paths[index % paths.len()], |_| {}).await?;
            }
            Ok(bytes)
        });
        Ok(try_join_all(lanes).await?.into_iter().sum())
    }

    pub(crate) async fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.connections[0]
            .get(path, |chunk| body.extend_from_slice(chunk))
            .await?;
        Ok(body)
    }

    pub(crate) async fn text(&self, path: &str) -> Result<String> {
        Ok(String::from_utf8(self.bytes(path).await?)?)
    }
}
