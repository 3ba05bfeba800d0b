//! Names made from what they stand for: the same on every node, different for everything else.
use edgepack_drm::KeyId;
use ring::digest::{Context, SHA256};

use super::{AudioUsage, KeyRequest, Usage, VideoUsage};

/// SHA-256 of parts that cannot run into each other: each goes in behind its length.
pub(super) struct Identity(Context);

impl Identity {
    /// `domain` keeps digests for different ends apart.
    pub(super) fn new(domain: &str) -> Self {
        Self(Context::new(&SHA256)).text(domain)
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(super) fn number(mut self, number: u64) -> Self {
        self.0.update(&number.to_be_bytes());
        self
    }

    fn optional(self, number: Option<u64>) -> Self {
        match number {
            Some(number) => self.number(1).number(number),
            None => self.number(0),
        }
    }

    /// All of a request but the mount's place in the configuration.
    pub(super) fn request(self, request: &KeyRequest) -> Self {
        let identity = self
            .text(&request.content_id)
            .text(request.protection.as_str())
            .number(u64::from(request.periods.start))
            .number(u64::from(request.periods.end))
            .number(request.labels.len() as u64);
        request.labels.iter().fold(identity, |identity, label| {
            identity.text(&label.label).usage(&label.usage)
        })
    }

    fn usage(self, usage: &Usage) -> Self {
        match usage {
            Usage::All => self.number(0),
            Usage::Video(VideoUsage {
                min_pixels,
                max_pixels,
                min_frame_rate,
                max_frame_rate,
                hdr,
                min_bitrate,
                max_bitrate,
            }) => self
                .number(1)
                .optional(*min_pixels)
                .optional(*max_pixels)
                .optional(min_frame_rate.map(u64::from))
                .optional(max_frame_rate.map(u64::from))
                .optional(hdr.map(u64::from))
                .optional(*min_bitrate)
                .optional(*max_bitrate),
            Usage::Audio(AudioUsage {
                min_channels,
                max_channels,
            }) => self
                .number(2)
                .optional(min_channels.map(u64::from))
                .optional(max_channels.map(u64::from)),
        }
    }

    pub(super) fn digest(self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        digest
    }

    /// The digest's first half as a UUID.
    pub(super) fn key_id(self) -> KeyId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.digest()[..16]);
        uuid(id)
    }
}

/// Marks bytes as a UUID of version 8, the one for digests of one's own making (RFC 9562, 5.8).
pub(super) fn uuid(mut bytes: [u8; 16]) -> KeyId {
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    KeyId(bytes)
}
