//! Over UDP: sealed packets in batches, each asked for by a datagram of offset and path.
use std::io;
use std::net::UdpSocket;

use quinn_udp::{Transmit, UdpSocketState};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use tokio::io::Interest;

use super::segments::Segments;
use crate::Result;

/// Media in a packet.
pub(crate) const PAYLOAD: usize = 1200;
/// A packet on the wire.
pub(crate) const SEALED: usize = PAYLOAD + TAG;
/// Packets of a batch: what fits one sendmsg(2).
pub(crate) const PACKETS: usize = 44;
const TAG: usize = 16;

pub(super) fn serve(socket: UdpSocket, segments: &Segments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let state = UdpSocketState::new((&socket).into())?;
        let socket = tokio::net::UdpSocket::from_std(socket)?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).map_err(|_| "a key")?);
        let mut request = [0; 2048];
        let mut batch = Vec::with_capacity(PACKETS * SEALED);
        loop {
            let (len, client) = socket.recv_from(&mut request).await?;
            let Some(media) = asked_for(&request[..len], segments) else {
                continue;
            };
            batch.clear();
            for (number, packet) in (0..).zip(media.chunks(PAYLOAD)) {
                seal(&key, number, packet, &mut batch)?;
            }
            let transmit = Transmit {
                destination: client,
                ecn: None,
                contents: &batch,
                segment_size: Some(SEALED),
                src_ip: None,
            };
            socket
                .async_io(Interest::WRITABLE, || {
                    state.try_send((&socket).into(), &transmit)
                })
                .await?;
        }
    })
}

/// Up to a batch, from the offset on.
fn asked_for<'s>(request: &[u8], segments: &'s Segments) -> Option<&'s [u8]> {
    let (offset, path) = request.split_first_chunk::<8>()?;
    let offset = usize::try_from(u64::from_be_bytes(*offset)).ok()?;
    let media = segments.get(std::str::from_utf8(path).ok()?)?;
    let rest = media.bytes.get(offset..)?;
    Some(&rest[..rest.len().min(PACKETS * PAYLOAD)])
}

fn seal(key: &LessSafeKey, number: u8, packet: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let start = out.len();
    out.extend_from_slice(packet);
    let mut nonce = [0; 12];
    nonce[0] = number;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::empty(), &mut out[start..])
        .map_err(|_| io::ErrorKind::Other)?;
    out.extend_from_slice(tag.as_ref());
    Ok(())
}
