#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::{ContentKey, Scheme};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

const KID: &str = "09e091ab-f838-41d2-9e35-58531fd19ec7";

/// The example of version 4.2 in the specification (3.4.2), in one line.
const SPECIFIED: &str = "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" version=\"4.2.0.0\"><DATA><PROTECTINFO><KIDS><KID ALGID=\"AESCTR\" CHECKSUM=\"xNvWVxoWk04=\" VALUE=\"0IbHou/5s0yzM80yOkKEpQ==\"></KID><KID ALGID=\"AESCTR\" CHECKSUM=\"GnKaQIRacPU=\" VALUE=\"/qgG2xbs4k2SKCxx6bhWqw==\"></KID></KIDS></PROTECTINFO><LA_URL>http://rm.contoso.com/rightsmanager.asmx</LA_URL><DS_ID>AH+03juKbUGbHl1V/QIwRA==</DS_ID></DATA></WRMHEADER>";

fn keys(scheme: Scheme, count: u8) -> Vec<HeaderKey> {
    (1..=count)
        .map(|n| HeaderKey::new(&ContentKey::new(KeyId([n; 16]), [n; 16]), scheme))
        .collect()
}

fn refusal(header: &Header) -> String {
    header.to_xml().unwrap_err().to_string()
}

#[test]
fn an_example_of_the_specification_reads_and_writes() {
    let header = Header::parse(SPECIFIED).unwrap();
    assert_eq!(header.version, HeaderVersion::V4_2);
    assert_eq!(
        header.keys[0].kid.to_string(),
        "a2c786d0-f9ef-4cb3-b333-cd323a4284a5"
    );
    assert_eq!(
        KeyId(header.domain_service.unwrap()).to_string(),
        "deb47f00-8a3b-416d-9b1e-5d55fd023044"
    );
    assert_eq!(header.to_xml().unwrap(), SPECIFIED);
}

#[test]
fn a_header_of_version_4_0_reads_with_its_checksum_beside_the_key() {
    // The example of the specification (3.6.1).
    let xml = "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" version=\"4.0.0.0\">
  <DATA>
    <PROTECTINFO>
      <ALGID>AESCTR</ALGID>
      <KEYLEN>16</KEYLEN>
    </PROTECTINFO>
    <KID>q5HgCTj40kGeNVhTH9Gexw==</KID>
    <CHECKSUM>w+OZVr8vzrQ=</CHECKSUM>
    <LA_URL>http://rm.contoso.com/rightsmanager.asmx</LA_URL>
    <CUSTOMATTRIBUTES>
      <IIS_DRM_VERSION>8.0.1705.19</IIS_DRM_VERSION>
    </CUSTOMATTRIBUTES>
  </DATA>
</WRMHEADER>";
    let header = Header::parse(xml).unwrap();
    assert_eq!(header.keys.len(), 1);
    assert_eq!(header.keys[0].kid, KID.parse().unwrap());
    assert_eq!(header.keys[0].algorithm, Some(Algorithm::AesCtr));
    assert_eq!(
        header.keys[0].checksum.map(|c| STANDARD.encode(c)),
        Some("w+OZVr8vzrQ=".to_owned())
    );
    assert_eq!(
        header.custom_attributes.as_deref().map(str::trim),
        Some("<IIS_DRM_VERSION>8.0.1705.19</IIS_DRM_VERSION>")
    );
}

#[test]
fn the_version_is_the_lowest_that_scheme_and_keys_allow() {
    let version = |scheme, count| Header::new(scheme, keys(scheme, count)).version.text();
    assert_eq!(version(Scheme::Cenc, 1), "4.0.0.0");
    assert_eq!(version(Scheme::Cenc, 2), "4.2.0.0");
    assert_eq!(version(Scheme::Cbcs, 1), "4.3.0.0");
    assert_eq!(version(Scheme::Cbcs, 2), "4.3.0.0");
    assert_eq!(HeaderVersion::from_text("4.3"), Some(HeaderVersion::V4_3));
    assert_eq!(
        HeaderVersion::from_text("4.1.0.0"),
        Some(HeaderVersion::V4_1)
    );
    assert_eq!(HeaderVersion::from_text("4"), None);
    assert_eq!(HeaderVersion::from_text("5.0.0.0"), None);
}

#[test]
fn a_cbc_key_has_no_checksum() {
    let xml = Header::new(Scheme::Cbcs, keys(Scheme::Cbcs, 1))
        .to_xml()
        .unwrap();
    assert!(xml.contains("ALGID=\"AESCBC\" VALUE="));
    assert!(!xml.contains("CHECKSUM"));
    let mut header = Header::new(Scheme::Cbcs, keys(Scheme::Cbcs, 1));
    header.keys[0].checksum = Some([0; 8]);
    assert_eq!(
        refusal(&header),
        "PlayReady: header 4.3.0.0: a checksum of an AES-CBC key"
    );
}

#[test]
fn a_version_that_cannot_say_it_is_refused() {
    let header = |scheme, count, version| Header {
        version,
        ..Header::new(scheme, keys(scheme, count))
    };
    for (scheme, count, version) in [
        (Scheme::Cbcs, 1, HeaderVersion::V4_0),
        (Scheme::Cbcs, 1, HeaderVersion::V4_2),
        (Scheme::Cenc, 2, HeaderVersion::V4_0),
        (Scheme::Cenc, 2, HeaderVersion::V4_1),
        (Scheme::Cenc, 0, HeaderVersion::V4_0),
    ] {
        assert!(
            header(scheme, count, version).to_xml().is_err(),
            "{version}"
        );
    }
    for version in HeaderVersion::ALL {
        header(Scheme::Cenc, 1, version).to_xml().unwrap();
    }
    let on_demand = Header {
        on_demand: true,
        ..header(Scheme::Cenc, 1, HeaderVersion::V4_0)
    };
    assert!(refusal(&on_demand).contains("DECRYPTORSETUP"));
    let mixed = Header::new(
        Scheme::Cbcs,
        [keys(Scheme::Cbcs, 1), keys(Scheme::Cenc, 1)].concat(),
    );
    assert!(refusal(&mixed).contains("several algorithms"));
    let relative = Header {
        licence_url: Some("/licence".to_owned()),
        ..header(Scheme::Cenc, 1, HeaderVersion::V4_0)
    };
    assert!(refusal(&relative).contains("absolute"));
}

#[test]
fn everything_said_is_escaped_and_in_order() {
    let header = Header {
        licence_url: Some("https://a/?b=1&c=<>".to_owned()),
        licence_ui_url: Some("https://ui/".to_owned()),
        custom_attributes: Some("<N z='1' a='2'/>".to_owned()),
        on_demand: true,
        version: HeaderVersion::V4_1,
        ..Header::new(Scheme::Cenc, keys(Scheme::Cenc, 1))
    };
    let xml = header.to_xml().unwrap();
    let rest = xml.split_once("</PROTECTINFO>").unwrap().1;
    assert_eq!(
        rest,
        "<LA_URL>https://a/?b=1&amp;c=&lt;&gt;</LA_URL><LUI_URL>https://ui/</LUI_URL><CUSTOMATTRIBUTES xmlns=\"\"><N a=\"2\" z=\"1\"></N></CUSTOMATTRIBUTES><DECRYPTORSETUP>ONDEMAND</DECRYPTORSETUP></DATA></WRMHEADER>"
    );
    let broken = Header {
        custom_attributes: Some("</CUSTOMATTRIBUTES>".to_owned()),
        ..header
    };
    assert!(matches!(broken.to_xml(), Err(Error::Fragment(_))));
}

#[test]
fn objects_that_do_not_add_up_are_refused() {
    let good = object(&Header::new(Scheme::Cenc, keys(Scheme::Cenc, 1))).unwrap();
    assert_eq!(records(&good).unwrap().len(), 1);
    let refused = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        records(&bytes).unwrap_err().to_string()
    };
    assert_eq!(refused(0, 0), "PlayReady: object: its length is another");
    assert_eq!(refused(4, 2), "PlayReady: object: ends too early");
    assert_eq!(
        refused(4, 0),
        "PlayReady: object: bytes behind the last record"
    );
    assert_eq!(refused(5, 1), "PlayReady: object: too many records");
    assert_eq!(refused(9, 0xff), "PlayReady: object: ends too early");
    assert!(records(&good[..3]).is_err());
    assert!(records(&vec![0; MAX_READ_BYTES + 1]).is_err());
    let mut store = good.clone();
    store[6] = 3;
    assert_eq!(
        header_text(&store).unwrap_err().to_string(),
        "PlayReady: object: no header"
    );
    let mut surrogate = good.clone();
    surrogate[11] = 0xd8;
    assert_eq!(
        header_text(&surrogate).unwrap_err().to_string(),
        "PlayReady: object: a header that is not UTF-16"
    );
}

#[test]
fn an_object_longer_than_clients_take_is_not_made() {
    let header = Header {
        custom_attributes: Some(format!("<a>{}</a>", "x".repeat(MAX_OBJECT_BYTES / 2))),
        ..Header::new(Scheme::Cenc, keys(Scheme::Cenc, 1))
    };
    assert!(
        object(&header)
            .unwrap_err()
            .to_string()
            .contains("15360 bytes")
    );
}

#[test]
fn headers_that_say_nothing_known_are_refused() {
    for xml in [
        "",
        "<DATA></DATA>",
        "<WRMHEADER></WRMHEADER>",
        "<WRMHEADER version=\"9.0.0.0\"></WRMHEADER>",
        "<WRMHEADER version=\"4.0.0.0\"><DATA><KID>AAAA</KID></DATA></WRMHEADER>",
        "<WRMHEADER version=\"4.0.0.0\"><DATA><PROTECTINFO><ALGID>COCKTAIL</ALGID></PROTECTINFO></DATA></WRMHEADER>",
        "<WRMHEADER version=\"4.1.0.0\"><DATA><PROTECTINFO><KID></KID></PROTECTINFO></DATA></WRMHEADER>",
        "<WRMHEADER version=\"4.0.0.0\"><DATA>",
        "<!DOCTYPE a><WRMHEADER version=\"4.0.0.0\"></WRMHEADER>",
    ] {
        assert!(
            matches!(Header::parse(xml), Err(Error::PlayReady(_))),
            "{xml}"
        );
    }
}

prop_compose! {
    fn any_header()(
        cbcs: bool,
        kids in proptest::collection::vec((any::<[u8; 16]>(), any::<[u8; 8]>()), 1..4),
        licence_url in proptest::option::of("https://[!-~é]{1,12}"),
        licence_ui_url in proptest::option::of("https://[!-~é]{1,12}"),
        domain_service: Option<[u8; 16]>,
        custom in proptest::option::of("<A>[a-z]{0,3}</A>( <B c=\"[a-z]\"></B>){0,2}"),
        version in 0_usize..4,
        checksum: bool,
        on_demand: bool,
    ) -> Header {
        let scheme = if cbcs { Scheme::Cbcs } else { Scheme::Cenc };
        let keys: Vec<_> = kids.into_iter().map(|(kid, sum)| HeaderKey {
            checksum: (checksum && !cbcs).then_some(sum),
            ..HeaderKey::without_checksum(KeyId(kid), scheme)
        }).collect();
        let header = Header::new(scheme, keys);
        let version = HeaderVersion::ALL[version];
        let version = if version == HeaderVersion::V4_1 && header.keys.len() == 1 { version } else { version.max(header.version) };
        let version = if cbcs { HeaderVersion::V4_3 } else { version };
        Header {
            version,
            licence_url,
            licence_ui_url,
            domain_service,
            custom_attributes: custom,
            on_demand: on_demand && version > HeaderVersion::V4_0,
            ..header
        }
    }
}

proptest! {
    #[test]
    fn any_header_reads_as_it_was_written(header in any_header()) {
        let bytes = object(&header).unwrap();
        prop_assert_eq!(Header::parse(&header_text(&bytes).unwrap()).unwrap(), header);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let mut bytes = bytes;
        if bytes.len() >= 6 {
            let len = u32::try_from(bytes.len()).unwrap();
            bytes[..4].copy_from_slice(&len.to_le_bytes());
            bytes[4..6].copy_from_slice(&[1, 0]);
        }
        let _ = header_text(&bytes);
    }
}
