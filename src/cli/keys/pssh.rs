//! `edgepack keys pssh`: boxes and objects for key ids.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use edgepack_drm::systems::HeaderVersion;
use edgepack_drm::systems::playready::{self, Header, HeaderKey};
use edgepack_drm::systems::widevine::WidevineData;
use edgepack_drm::{KeyId, Scheme, System, pssh};
use serde_json::{Value, json};

use crate::cli::Failure;

#[derive(Debug, Args)]
pub(in crate::cli) struct Pssh {
    /// A key id, with or without hyphens; may be given several times
    #[arg(long = "kid", value_name = "KID", required = true)]
    kids: Vec<KeyId>,
    #[arg(long, value_enum, default_value_t = SchemeName::Cenc)]
    scheme: SchemeName,
    /// May be given several times. None: all three
    #[arg(long = "system", value_enum)]
    systems: Vec<SystemName>,
    /// Version of the Widevine and PlayReady boxes: 1 repeats the key ids in the box. The W3C common box has no other
    #[arg(long, value_name = "VERSION", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    pssh_version: u8,
    /// Widevine: the content provider's name
    #[arg(long)]
    provider: Option<String>,
    /// Widevine: the content id
    #[arg(long)]
    content_id: Option<String>,
    /// Widevine: the name of a policy
    #[arg(long)]
    policy: Option<String>,
    /// PlayReady: where licences are asked for (LA_URL)
    #[arg(long, value_name = "URL")]
    licence_url: Option<String>,
    /// PlayReady: 4.0, 4.1, 4.2 or 4.3. None: the lowest that scheme and number of keys allow
    #[arg(long, value_name = "VERSION", value_parser = header_version)]
    header_version: Option<HeaderVersion>,
    /// PlayReady: XML for CUSTOMATTRIBUTES
    #[arg(long, value_name = "XML")]
    custom_attributes: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemeName {
    Cenc,
    Cbcs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SystemName {
    Widevine,
    Playready,
    /// The W3C common box
    Common,
}

fn header_version(text: &str) -> Result<HeaderVersion, String> {
    HeaderVersion::from_text(text).ok_or_else(|| "one of 4.0, 4.1, 4.2, 4.3".to_owned())
}

pub(super) fn run(options: &Pssh) -> Result<(), Failure> {
    let all = [
        SystemName::Widevine,
        SystemName::Playready,
        SystemName::Common,
    ];
    let systems: Result<Vec<Value>, Failure> = all
        .into_iter()
        .filter(|system| options.systems.is_empty() || options.systems.contains(system))
        .map(|system| options.report(system))
        .collect();
    println!("{}", serde_json::to_string_pretty(&systems?)?);
    Ok(())
}

impl Pssh {
    fn scheme(&self) -> Scheme {
        match self.scheme {
            SchemeName::Cenc => Scheme::Cenc,
            SchemeName::Cbcs => Scheme::Cbcs,
        }
    }

    fn report(&self, name: SystemName) -> Result<Value, Failure> {
        let (system, pro, pssh) = match name {
            SystemName::Widevine => {
                let data = WidevineData {
                    key_ids: self.kids.clone(),
                    provider: self.provider.clone(),
                    content_id: self.content_id.clone().map(String::into_bytes),
                    policy: self.policy.clone(),
                    protection_scheme: Some(self.scheme().fourcc()),
                    ..WidevineData::default()
                };
                let pssh = self.pssh(System::Widevine, &data.to_bytes());
                (System::Widevine, None, pssh)
            }
            SystemName::Playready => {
                let pro = self.object()?;
                let pssh = self.pssh(System::PlayReady, &pro);
                (System::PlayReady, Some(pro), pssh)
            }
            SystemName::Common => (System::W3cCommon, None, pssh::w3c_common(&self.kids)),
        };
        let mut report = json!({
            "system": system.to_string(),
            "system_id": KeyId(system.id()).to_string(),
            "pssh": STANDARD.encode(pssh),
        });
        if let Some(pro) = pro {
            report["pro"] = STANDARD.encode(pro).into();
        }
        Ok(report)
    }

    /// Without checksums, which only the keys can give.
    fn object(&self) -> Result<Vec<u8>, Failure> {
        let scheme = self.scheme();
        let keys = self
            .kids
            .iter()
            .map(|&kid| HeaderKey::without_checksum(kid, scheme));
        let header = Header::new(scheme, keys.collect());
        Ok(playready::object(&Header {
            version: self.header_version.unwrap_or(header.version),
            licence_url: self.licence_url.clone(),
            custom_attributes: self.custom_attributes.clone(),
            ..header
        })?)
    }

    fn pssh(&self, system: System, data: &[u8]) -> Vec<u8> {
        match self.pssh_version {
            0 => pssh::pssh_v0(&system.id(), data),
            _ => pssh::pssh_v1(&system.id(), &self.kids, data),
        }
    }
}
