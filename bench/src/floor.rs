//! The floors as a process: segments of a folder, sent in several ways, with nothing around it that a server needs.
mod datagrams;
mod segments;
mod stream;

use std::net::TcpListener;
use std::sync::Arc;

use crate::Result;
use crate::options;
use crate::peers::Way;

pub(crate) use datagrams::{PACKETS, PAYLOAD, SEALED};
use segments::Segments;

/// Connections that each way takes at a time. Their threads never end, so that their time is not lost to whoever asks.
const THREADS: usize = 8;

/// Serves until it is killed.
pub(crate) fn serve(options: &options::Floor) -> Result<()> {
    let segments = Arc::new(Segments::load(&options.root)?);
    let [tcp @ .., udp] = options.listen.as_slice() else {
        return Err("the floor listens nowhere".into());
    };
    if tcp.len() != Way::OVER_TCP.len() {
        return Err("the floor listens on one TCP port for each way, and one of UDP".into());
    }
    // Before the first TCP port, by which others see that all is up.
    let socket = std::net::UdpSocket::bind(udp)?;
    for (address, way) in tcp.iter().zip(Way::OVER_TCP).rev() {
        let listener = Arc::new(TcpListener::bind(address)?);
        for _ in 0..THREADS {
            let (listener, segments) = (Arc::clone(&listener), Arc::clone(&segments));
            std::thread::spawn(move || {
                let mut sender = stream::Sender::new(way);
                loop {
                    if let Ok((stream, _)) = listener.accept() {
                        // The client has gone, or asked for what is not there: the next one, then.
                        let _ = sender.answer(stream, &segments);
                    }
                }
            });
        }
    }
    datagrams::serve(socket, &segments)
}
