//! What is asked for, and what is held against what.
use crate::client::Transport;
use crate::peers::Way;
use crate::report::Unit;

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) node: Node,
    pub(super) media: Media,
    pub(super) transport: Transport,
    /// Requests of one round, spread over the paths in turn.
    pub(super) requests: usize,
    pub(super) unit: Unit,
    pub(super) floor: Option<Way>,
    /// All of them are to be met.
    pub(super) targets: &'static [Target],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Ready,
    Jit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// Under a protection.
    Video(&'static str),
    Audio,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Absolute(f64),
    /// Of the peer that the ratio is to.
    OfBase(f64),
}

pub(super) fn all() -> Vec<Row> {
    use Target::{Absolute, OfBase};
    let tls: &[Target] = &[OfBase(0.25), Absolute(0.55)];
    vec![
        video(
            "ready, HTTP/1.1",
            Transport::Http1,
            700,
            Way::Sendfile,
            &[OfBase(0.7)],
        ),
        // The same again, beside what a copy from memory costs.
        video(
            "ready, HTTP/1.1, again",
            Transport::Http1,
            700,
            Way::Write,
            &[],
        ),
        video(
            "ready, HTTP/1.1 TLS 1.3",
            Transport::Http1Tls,
            400,
            Way::Seal,
            tls,
        ),
        video(
            "ready, HTTP/2 TLS 1.3",
            Transport::Http2Tls,
            400,
            Way::Seal,
            tls,
        ),
        video(
            "ready, HTTP/3",
            Transport::Http3,
            200,
            Way::Datagrams,
            &[Absolute(1.7)],
        ),
        audio(
            "ready audio segment",
            Node::Ready,
            Way::Write,
            &[Absolute(20.0)],
        ),
        jit("JIT clear", "clear", Way::Read, &[Absolute(0.45)]),
        jit("JIT cenc", "cenc", Way::ReadCtr, &[Absolute(0.65)]),
        jit("JIT cbcs", "cbcs", Way::Read, &[Absolute(0.6)]),
        jit("JIT AES-128", "aes128", Way::Read, &[Absolute(1.95)]),
        audio("JIT audio segment", Node::Jit, Way::Read, &[Absolute(60.0)]),
    ]
}

fn video(
    name: &'static str,
    transport: Transport,
    requests: usize,
    floor: Way,
    targets: &'static [Target],
) -> Row {
    Row {
        name,
        node: Node::Ready,
        media: Media::Video("clear"),
        transport,
        requests,
        unit: Unit::SecondsPerGb,
        floor: Some(floor),
        targets,
    }
}

fn audio(name: &'static str, node: Node, floor: Way, targets: &'static [Target]) -> Row {
    Row {
        name,
        node,
        media: Media::Audio,
        transport: Transport::Http1,
        requests: match node {
            Node::Ready => 10_000,
            Node::Jit => 4_000,
        },
        unit: Unit::MicrosPerRequest,
        floor: Some(floor),
        targets,
    }
}

fn jit(
    name: &'static str,
    protection: &'static str,
    floor: Way,
    targets: &'static [Target],
) -> Row {
    Row {
        name,
        node: Node::Jit,
        media: Media::Video(protection),
        transport: Transport::Http1,
        requests: 400,
        unit: Unit::SecondsPerGb,
        floor: Some(floor),
        targets,
    }
}
