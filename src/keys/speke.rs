//! Keys from a SPEKE v2 server: a CPIX document goes there, filled it comes back.
//!
//! The key ids are ours: a digest of content id, protection, label and crypto period. All nodes of a fleet ask for the
//! same ids, and a server that remembers ids gives all of them the same keys.
use async_trait::async_trait;
use bytes::Bytes;
use edgepack_drm::cpix::speke::{
    CONTENT_TYPE as XML, USER_AGENT_HEADER, VERSION_HEADER, check_answer,
};
use edgepack_drm::cpix::{
    Asked, AskedSystem, AudioFilter, Document, Error, Label, Limits, Period, Recipient, Request,
    Signers, Version, VideoFilter,
};
use edgepack_drm::systems::Systems;
use edgepack_drm::{Scheme, System};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method};

use super::client::{Answer, Ask, Client, MAX_ANSWER_BYTES, target};
use super::identity::Identity;
use super::{AudioUsage, Given, KeyError, KeyRequest, LabelUse, Provider, Usage, VideoUsage};
use crate::config::{Mount, Protection, Speke};

const VERSION: Version = Version::V2_3;
/// Keys of one document; requests for more are split by crypto period.
const MAX_KEYS_PER_DOCUMENT: usize = 256;

pub(super) struct SpekeServer {
    mount: String,
    content_id: String,
    target: PathAndQuery,
    systems: Vec<System>,
    recipient: Option<Recipient>,
    signers: Option<Signers>,
    client: Client,
}

impl SpekeServer {
    /// # Errors
    /// What of the configuration cannot be used, in words.
    pub(super) fn new(mount: &Mount, speke: &Speke) -> Result<Self, String> {
        let recipient = match (&speke.document_certificate, &speke.document_key) {
            (Some(certificate), Some(key)) => Some(
                Recipient::from_pem(certificate, key.expose())
                    .map_err(|error| error.to_string())?,
            ),
            _ => None,
        };
        let signers = match &speke.signer_certificate {
            Some(certificate) => {
                Some(Signers::from_pem(certificate, true).map_err(|error| error.to_string())?)
            }
            None => None,
        };
        let target = target(&speke.server.url)
            .parse()
            .map_err(|_| "url: no request target".to_owned())?;
        Ok(Self {
            mount: mount.name.clone(),
            content_id: speke.content_id.clone(),
            target,
            systems: match &speke.systems {
                Some(ids) => ids.iter().copied().map(System::from_id).collect(),
                None => signalled(&mount.drm.systems),
            },
            recipient,
            signers,
            client: Client::new(&speke.server)?,
        })
    }

    fn request(&self, request: &KeyRequest, periods: &[u32]) -> Result<Request, KeyError> {
        let scheme = match request.protection {
            Protection::Cenc => Scheme::Cenc,
            // SPEKE v2 has no scheme of its own for it; its keys are FairPlay's all the same.
            Protection::Cbcs | Protection::SampleAes => Scheme::Cbcs,
            Protection::Aes128 | Protection::Clear => {
                return Err(KeyError::Unreasonable(
                    "SPEKE v2 gives keys for cenc and cbcs alone",
                ));
            }
        };
        let content_id = self
            .content_id
            .replace("{mount}", &self.mount)
            .replace("{content}", &request.content_id);
        // Without rotation a document names no crypto periods.
        let rotates = request.periods != (0..1);
        let keys = periods.iter().flat_map(|period| {
            let content_id = &content_id;
            request.labels.iter().map(move |label| Asked {
                label: filters(label, request.labels.len() == 1),
                period: rotates.then_some(*period),
                kid: Identity::new("speke")
                    .text(content_id)
                    .text(request.protection.as_str())
                    .text(&label.label)
                    .number(u64::from(*period))
                    .key_id(),
                explicit_iv: None,
            })
        });
        let systems = self
            .systems
            .iter()
            .filter(|system| scheme == Scheme::Cbcs || **system != System::FairPlay);
        Ok(Request {
            keys: keys.collect(),
            content_id: content_id.clone(),
            version: VERSION,
            scheme,
            systems: systems.copied().map(AskedSystem::usual).collect(),
            periods: periods
                .iter()
                .filter(|_| rotates)
                .map(|period| Period {
                    index: Some(*period),
                    ..Period::default()
                })
                .collect(),
            certificate: self
                .recipient
                .as_ref()
                .map(|recipient| recipient.certificate().clone()),
        })
    }

    /// One document, there and back.
    async fn ask(&self, request: &KeyRequest, periods: &[u32]) -> Result<Vec<Given>, KeyError> {
        let document = self.request(request, periods)?;
        let body = document.to_xml().map_err(not_usable)?;
        let text = HeaderValue::from_static;
        let ask = Ask {
            method: Method::POST,
            target: self.target.clone(),
            headers: vec![
                (CONTENT_TYPE, text(XML)),
                (ACCEPT, text(XML)),
                (header(VERSION_HEADER)?, text(VERSION.speke())),
                (
                    header(USER_AGENT_HEADER)?,
                    text(concat!("edgepack/", env!("CARGO_PKG_VERSION"))),
                ),
            ],
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let answer = self.client.ask(&ask).await?;
        let granted = self.read(&answer, &document).map_err(|error| match error {
            Refused::Headers(why) => KeyError::Wrong(why),
            Refused::Document(error) => not_usable(error),
        })?;
        let wanted = periods
            .iter()
            .flat_map(|period| request.labels.iter().map(move |label| (label, *period)));
        // In the request's order, whose labels may have other names in the document.
        Ok(wanted
            .zip(granted)
            .map(|((label, period), granted)| Given {
                label: label.label.clone(),
                period,
                record: granted.record,
            })
            .collect())
    }

    fn read(
        &self,
        answer: &Answer,
        request: &Request,
    ) -> Result<Vec<edgepack_drm::cpix::Granted>, Refused> {
        let header = |name: &str| {
            answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        check_answer(
            VERSION,
            200,
            header(VERSION_HEADER),
            header(CONTENT_TYPE.as_str()),
        )
        .map_err(|refusal| Refused::Headers(refusal.to_string()))?;
        let limits = Limits {
            bytes: MAX_ANSWER_BYTES,
            ..Limits::default()
        };
        let document = match &self.signers {
            Some(signers) => Document::parse_signed(&answer.body, &limits, signers),
            None => Document::parse(&answer.body, &limits),
        };
        document
            .and_then(|document| document.into_records(request, self.recipient.as_ref()))
            .map_err(Refused::Document)
    }
}

/// What a mount signals, and a server may have something to say of: the W3C common `pssh` is the node's own.
fn signalled(systems: &Systems) -> Vec<System> {
    let named = [
        (systems.widevine.is_some(), System::Widevine),
        (systems.playready.is_some(), System::PlayReady),
        (systems.fairplay.is_some(), System::FairPlay),
    ];
    let named = named
        .into_iter()
        .filter_map(|(there, system)| there.then_some(system));
    named
        .chain(systems.other.iter().copied().map(System::from_id))
        .collect()
}

enum Refused {
    Headers(String),
    Document(Error),
}

#[async_trait]
impl Provider for SpekeServer {
    fn name(&self) -> &'static str {
        "speke"
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn fetch(&self, request: &KeyRequest) -> Result<Vec<Given>, KeyError> {
        let periods: Vec<u32> = request.periods.clone().collect();
        let at_a_time = (MAX_KEYS_PER_DOCUMENT / request.labels.len().max(1)).max(1);
        let mut given = Vec::with_capacity(periods.len() * request.labels.len());
        for periods in periods.chunks(at_a_time) {
            given.extend(self.ask(request, periods).await?);
        }
        Ok(given)
    }
}

/// As usage rules say it. A single key for everything is SPEKE's `ALL`, whatever its label.
fn filters(label: &LabelUse, alone: bool) -> Label {
    match &label.usage {
        Usage::All if alone => Label::all(),
        Usage::All => Label::known(&label.label)
            .filter(|known| known.name != Label::all().name)
            .unwrap_or_else(|| Label::video(&label.label, VideoFilter::default())),
        // Bit rates stay out: SPEKE v2 allows servers to refuse them.
        Usage::Video(VideoUsage {
            min_pixels,
            max_pixels,
            min_frame_rate,
            max_frame_rate,
            hdr,
            ..
        }) => {
            let pixels = |pixels: Option<u64>| {
                pixels.map(|pixels| u32::try_from(pixels).unwrap_or(u32::MAX))
            };
            let filter = VideoFilter {
                min_pixels: pixels(*min_pixels),
                max_pixels: pixels(*max_pixels),
                hdr: *hdr,
                wcg: None,
                // `minFps` is the one bound that a track must exceed.
                min_fps: min_frame_rate.and_then(|rate| rate.checked_sub(1)),
                max_fps: *max_frame_rate,
            };
            Label::video(&label.label, filter)
        }
        Usage::Audio(AudioUsage {
            min_channels,
            max_channels,
        }) => {
            let filter = AudioFilter {
                min_channels: *min_channels,
                max_channels: *max_channels,
            };
            Label::audio(&label.label, filter)
        }
    }
}

fn header(name: &'static str) -> Result<HeaderName, KeyError> {
    HeaderName::try_from(name).map_err(|_| KeyError::Unreasonable("a header's name"))
}

/// Errors of documents name key ids at most.
fn not_usable(error: Error) -> KeyError {
    match error {
        Error::Request(why) | Error::Configuration(why) => KeyError::Unreasonable(why),
        other => KeyError::Wrong(other.to_string()),
    }
}

impl std::fmt::Debug for SpekeServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpekeServer")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
