//! What a mount says of its DRM systems.
use super::HeaderVersion;

/// The systems a mount signals, in the order in which manifests list them.
///
/// In all texts named templates, `{kid}` becomes the key id as 32 hexadecimal digits, `{kid_uuid}` the same with hyphens,
/// and `{content}` the content's name, percent-encoded in URLs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Systems {
    pub widevine: Option<Widevine>,
    pub playready: Option<PlayReady>,
    /// Left out under `cenc`: FairPlay is `cbcs` only.
    pub fairplay: Option<FairPlay>,
    /// The W3C common `pssh`.
    pub w3c_common: bool,
    /// Ids of further systems, signalled as far as the key server says how.
    pub other: Vec<[u8; 16]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Widevine {
    /// The content provider's name, which Widevine's cloud asks for.
    pub provider: Option<String>,
    /// Template of the content id in the box; none: the box names key ids only.
    pub content_id: Option<String>,
    /// The name of a licence policy.
    pub policy: Option<String>,
    /// Template.
    pub licence_url: Option<String>,
    /// A version 1 box, which repeats the key ids, instead of version 0.
    pub pssh_v1: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlayReady {
    /// Template; LA_URL of the header, and `dashif:Laurl`.
    pub licence_url: Option<String>,
    /// Template; LUI_URL of the header.
    pub licence_ui_url: Option<String>,
    /// DS_ID of the header: the domain service.
    pub domain_service: Option<[u8; 16]>,
    /// Well-formed XML for the header's CUSTOMATTRIBUTES.
    pub custom_attributes: Option<String>,
    /// None: the lowest that says what there is to say.
    pub header_version: Option<HeaderVersion>,
    /// A version 1 box, which repeats the key ids, instead of version 0.
    pub pssh_v1: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FairPlay {
    /// Template of the key's address: `skd://…`.
    pub uri: String,
    /// Template; `dashif:Laurl`.
    pub licence_url: Option<String>,
}

impl Default for FairPlay {
    fn default() -> Self {
        Self {
            uri: "skd://{kid}".to_owned(),
            licence_url: None,
        }
    }
}
