//! What a key server says, and in its place what the configuration makes of the key.
use super::fragment::{Around, Node, canonical, walk};
use super::hls_lines::{Playlist, lines_of};
use super::playready::{self, Header, HeaderKey};
use super::template::{Form, Values, fill, is_uri};
use super::widevine::WidevineData;
use super::{FairPlay, HlsKey, PlayReady, Signal, System, Systems, Widevine};
use crate::{ContentKey, Error, KeyRecord, Result, Said, Scheme, pssh};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// Bytes of a URI that a key server dictates.
const MAX_URI_BYTES: usize = 64 * 1024;

/// What manifests say of a key, one signal for each system that the configuration lists and the scheme allows.
///
/// What the key server said of a listed system goes before what would be made here, piece by piece; systems that it
/// speaks of and the configuration does not list are left out. So is FairPlay under `cenc`: it knows `cbcs` only.
///
/// # Errors
/// [`Error::Said`] for data of the key server that cannot be sent on; [`Error::Template`], [`Error::PlayReady`] and
/// [`Error::Fragment`] for a configuration that [`Systems::check`] refuses as well.
pub fn signals(
    record: &KeyRecord,
    scheme: Scheme,
    config: &Systems,
    content_id: &str,
) -> Result<Vec<Signal>> {
    let key = Key {
        key: &record.key,
        scheme,
        values: Values {
            kid: record.key.kid,
            content_id,
        },
    };
    let mut signals = Vec::new();
    for system in config.listed(scheme) {
        let said = record
            .said
            .iter()
            .find(|said| said.system_id == system.id());
        let said = said.map(|said| Dictated::new(said, &key)).transpose()?;
        let signal = key.signal(system, config, said.unwrap_or_default())?;
        signals.extend(signal);
    }
    Ok(signals)
}

impl Systems {
    /// The systems that this scheme can have.
    fn listed(&self, scheme: Scheme) -> Vec<System> {
        let mut listed = Vec::new();
        if self.widevine.is_some() {
            listed.push(System::Widevine);
        }
        if self.playready.is_some() {
            listed.push(System::PlayReady);
        }
        if self.fairplay.is_some() && scheme == Scheme::Cbcs {
            listed.push(System::FairPlay);
        }
        if self.w3c_common {
            listed.push(System::W3cCommon);
        }
        for system in self.other.iter().map(|&id| System::from_id(id)) {
            if matches!(system, System::Other(_)) && !listed.contains(&system) {
                listed.push(system);
            }
        }
        listed
    }

    /// Whether signals can be made of this configuration under a scheme, whatever the key.
    ///
    /// # Errors
    /// [`Error::Template`], [`Error::PlayReady`] or [`Error::Fragment`].
    pub fn check(&self, scheme: Scheme) -> Result<()> {
        let key = ContentKey::new(crate::KeyId([0; 16]), [0; 16]);
        signals(&key.into(), scheme, self, "content").map(|_| ())
    }
}

/// What a key server said, checked.
#[derive(Debug, Default)]
struct Dictated {
    pssh: Option<Bytes>,
    pro: Option<Bytes>,
    content_protection: Option<String>,
    hls_media: Option<String>,
    hls_multivariant: Option<String>,
    uri: Option<String>,
}

impl Dictated {
    fn new(said: &Said, key: &Key<'_>) -> Result<Self> {
        let system = System::from_id(said.system_id);
        let fault = |what: &'static str, reason: String| Error::Said {
            system,
            what,
            reason,
        };
        let mut dictated = Self::default();
        if let Some(xml) = present(said.content_protection.as_deref()) {
            let what = "ContentProtection";
            let xml = canonical(xml, Around::MPD).map_err(|e| fault(what, e.to_string()))?;
            dictated
                .take_init_data(&xml)
                .map_err(|reason| fault(what, reason))?;
            dictated.content_protection = Some(xml);
        }
        if let Some(pssh) = &said.pssh {
            dictated.pssh = Some(pssh.clone());
        }
        if let Some(pssh) = &dictated.pssh {
            let data = check_pssh(pssh, system, key).map_err(|reason| fault("pssh", reason))?;
            if system == System::PlayReady {
                dictated.pro = Some(pssh.slice_ref(data));
            }
        }
        if let Some(pro) = dictated
            .pro
            .as_ref()
            .filter(|_| system == System::PlayReady)
        {
            playready::records(pro)
                .map_err(|error| fault("PlayReady object", error.to_string()))?;
        }
        let method = match key.scheme {
            Scheme::Cenc => "SAMPLE-AES-CTR",
            Scheme::Cbcs => "SAMPLE-AES",
        };
        let lines = |text: &Option<String>, playlist| {
            present(text.as_deref())
                .map(|text| lines_of(text, playlist, Some(method)))
                .transpose()
                .map_err(|error| fault("HLS lines", error.to_string()))
        };
        dictated.hls_media = lines(&said.hls_media, Playlist::Media)?;
        dictated.hls_multivariant = lines(&said.hls_multivariant, Playlist::Multivariant)?;
        if let Some(uri) = present(said.uri.as_deref()) {
            let uri = uri.trim_ascii();
            if uri.len() > MAX_URI_BYTES || !uri.chars().all(is_uri) {
                return Err(fault("URI", "no URI".to_owned()));
            }
            dictated.uri = Some(uri.to_owned());
        }
        Ok(dictated)
    }

    /// The `cenc:pssh` and `mspr:pro` of the XML, so that HLS says the same as DASH.
    fn take_init_data(&mut self, xml: &str) -> std::result::Result<(), String> {
        let mut text = String::new();
        walk(xml, Around::ANYTHING, |node| {
            match node {
                Node::Open(..) => text.clear(),
                Node::Text(piece) => text.push_str(piece),
                Node::Close(name) => {
                    let local = name.rsplit(':').next().unwrap_or_default();
                    let place = match local {
                        "pssh" => &mut self.pssh,
                        "pro" => &mut self.pro,
                        _ => return Ok(()),
                    };
                    text.retain(|c| !c.is_ascii_whitespace());
                    let bytes = STANDARD.decode(&text);
                    *place = Some(bytes.map_err(|_| format!("{local} is not base64"))?.into());
                }
            }
            Ok(())
        })
    }
}

/// Text that says something.
fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim_ascii().is_empty())
}

/// The data of the box, when it is one box, of this system, and names this key if it names any.
fn check_pssh<'a>(
    bytes: &'a [u8],
    system: System,
    key: &Key<'_>,
) -> std::result::Result<&'a [u8], String> {
    let boxes = pssh::parse(bytes).map_err(|error| error.to_string())?;
    let [found] = boxes.as_slice() else {
        return Err(format!("{} boxes", boxes.len()));
    };
    if found.system_id != system.id() {
        let other = System::from_id(found.system_id);
        return Err(format!("a box of another system, {other}"));
    }
    if !found.kids.is_empty() && !found.kids.contains(&key.key.kid) {
        return Err(format!("does not name the key {}", key.key.kid));
    }
    Ok(found.data)
}

/// The key that signals are made for.
struct Key<'a> {
    key: &'a ContentKey,
    scheme: Scheme,
    values: Values<'a>,
}

impl Key<'_> {
    fn signal(&self, system: System, config: &Systems, said: Dictated) -> Result<Option<Signal>> {
        let signal = Signal {
            system,
            pssh: said.pssh,
            pro: said.pro,
            licence_url: None,
            content_protection: said.content_protection,
            hls: None,
            hls_media: said.hls_media,
            hls_multivariant: said.hls_multivariant,
        };
        match system {
            System::Widevine => match &config.widevine {
                Some(config) => self.widevine(config, signal, said.uri).map(Some),
                None => Ok(None),
            },
            System::PlayReady => match &config.playready {
                Some(config) => self.playready(config, signal, said.uri).map(Some),
                None => Ok(None),
            },
            System::FairPlay => match &config.fairplay {
                Some(config) => self.fairplay(config, signal, said.uri).map(Some),
                None => Ok(None),
            },
            System::W3cCommon => Ok(Some(self.w3c_common(signal, said.uri))),
            // Only the key server knows what to say, and without saying anything there is no signal.
            System::Other(_) => Ok((signal.pssh.is_some()
                || signal.content_protection.is_some()
                || signal.hls_media.is_some()
                || signal.hls_multivariant.is_some())
            .then_some(signal)),
        }
    }

    fn widevine(&self, config: &Widevine, signal: Signal, uri: Option<String>) -> Result<Signal> {
        let pssh = match signal.pssh {
            Some(pssh) => pssh,
            None => {
                let content_id = self.fill(config.content_id.as_deref(), Form::Plain)?;
                let data = WidevineData {
                    key_ids: vec![self.key.kid],
                    provider: config.provider.clone(),
                    content_id: content_id.map(String::into_bytes),
                    policy: config.policy.clone(),
                    protection_scheme: Some(self.scheme.fourcc()),
                    ..WidevineData::default()
                };
                self.pssh(System::Widevine, config.pssh_v1, &data.to_bytes())
            }
        };
        let hls = HlsKey {
            key_id: true,
            ..hls_key(
                uri.unwrap_or_else(|| data_uri("", &pssh)),
                "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
            )
        };
        Ok(Signal {
            pssh: Some(pssh),
            licence_url: self.fill(config.licence_url.as_deref(), Form::Uri)?,
            hls: Some(hls),
            ..signal
        })
    }

    fn playready(&self, config: &PlayReady, signal: Signal, uri: Option<String>) -> Result<Signal> {
        let licence_url = self.fill(config.licence_url.as_deref(), Form::Uri)?;
        let pro = match signal.pro {
            Some(pro) => pro,
            None => {
                let header = Header {
                    licence_url: licence_url.clone(),
                    licence_ui_url: self.fill(config.licence_ui_url.as_deref(), Form::Uri)?,
                    domain_service: config.domain_service,
                    custom_attributes: config.custom_attributes.clone(),
                    ..Header::new(self.scheme, vec![HeaderKey::new(self.key, self.scheme)])
                };
                let version = config.header_version.unwrap_or(header.version);
                playready::object(&Header { version, ..header })?.into()
            }
        };
        let pssh = signal
            .pssh
            .unwrap_or_else(|| self.pssh(System::PlayReady, config.pssh_v1, &pro));
        let hls = hls_key(
            uri.unwrap_or_else(|| data_uri(";charset=UTF-16", &pro)),
            "com.microsoft.playready",
        );
        Ok(Signal {
            pssh: Some(pssh),
            pro: Some(pro),
            licence_url,
            hls: Some(hls),
            ..signal
        })
    }

    /// There is no `pssh` to make: a FairPlay client needs the key's address alone.
    fn fairplay(&self, config: &FairPlay, signal: Signal, uri: Option<String>) -> Result<Signal> {
        let uri = match uri {
            Some(uri) => uri,
            None => fill(&config.uri, Form::Uri, self.values)?,
        };
        Ok(Signal {
            licence_url: self.fill(config.licence_url.as_deref(), Form::Uri)?,
            hls: Some(hls_key(uri, "com.apple.streamingkeydelivery")),
            ..signal
        })
    }

    fn w3c_common(&self, signal: Signal, uri: Option<String>) -> Signal {
        let pssh = signal
            .pssh
            .unwrap_or_else(|| pssh::w3c_common(&[self.key.kid]).into());
        let hls = hls_key(
            uri.unwrap_or_else(|| data_uri("", &pssh)),
            "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b",
        );
        Signal {
            pssh: Some(pssh),
            hls: Some(hls),
            ..signal
        }
    }

    fn pssh(&self, system: System, version_1: bool, data: &[u8]) -> Bytes {
        let pssh = if version_1 {
            pssh::pssh_v1(&system.id(), &[self.key.kid], data)
        } else {
            pssh::pssh_v0(&system.id(), data)
        };
        pssh.into()
    }

    fn fill(&self, template: Option<&str>, form: Form) -> Result<Option<String>> {
        template
            .map(|template| fill(template, form, self.values))
            .transpose()
    }
}

/// No IV: under `cenc` samples carry theirs, under `cbcs` the header does, and FairPlay's comes with the key.
fn hls_key(uri: String, key_format: &str) -> HlsKey {
    HlsKey {
        uri,
        key_format: key_format.to_owned(),
        key_format_versions: "1".to_owned(),
        key_id: false,
        iv: false,
    }
}

fn data_uri(charset: &str, bytes: &[u8]) -> String {
    let mut uri = format!("data:text/plain{charset};base64,");
    STANDARD.encode_string(bytes, &mut uri);
    uri
}
