//! Requests against DASH-IF's schema.
use super::support::{asked, request, rotating, schemas};
use crate::cpix::*;
use crate::{KeyId, Scheme, System};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The schema is that of CPIX 2.4. What SPEKE v2 does otherwise is put in: playlist `master` of CPIX 2.3, and a
/// `DeliveryData` of a request, which has no document key yet.
fn schema(folder: &Path) -> Option<PathBuf> {
    let from = schemas("cpix")?;
    for file in std::fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text
            .replace(
                "<xs:enumeration value=\"media\"/>",
                "<xs:enumeration value=\"media\"/><xs:enumeration value=\"master\"/>",
            )
            .replace(
                "type=\"cpix:DocumentKeyType\" minOccurs=\"1\"",
                "type=\"cpix:DocumentKeyType\" minOccurs=\"0\"",
            );
        std::fs::write(folder.join(path.file_name().unwrap()), text).unwrap();
    }
    Some(folder.join("cpix.xsd"))
}

fn validates(schema: &Path, folder: &Path, request: &Request) {
    let path = folder.join("request.xml");
    let xml = request.to_xml().unwrap();
    std::fs::write(&path, xml.as_bytes()).unwrap();
    let run = Command::new("xmllint")
        .args(["--nocatalogs", "--nonet", "--noout", "--schema"])
        .args([schema, &path])
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: no xmllint");
        return;
    };
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{told}\n{}", *xml);
}

#[test]
fn requests_are_valid() {
    let folder = tempfile::tempdir().unwrap();
    let Some(schema) = schema(folder.path()) else {
        return;
    };
    for version in [Version::V2_3, Version::V2_4] {
        let mut simple = request();
        simple.version = version;
        simple.certificate = Some(vec![1, 2, 3].into());
        simple.keys[0].explicit_iv = Some([3; 16]);
        validates(&schema, folder.path(), &simple);

        let mut rotating = rotating();
        rotating.version = version;
        rotating.periods[0].start = Some(DateTime::from_unix(1_767_225_600));
        rotating.periods[0].end = Some(DateTime::from_unix(1_767_229_200));
        validates(&schema, folder.path(), &rotating);

        let mut full = request();
        full.version = version;
        full.scheme = Scheme::Cenc;
        full.systems = vec![AskedSystem {
            smooth: true,
            ..AskedSystem::usual(System::PlayReady)
        }];
        let names = ["ALL", "AUDIO", "VIDEO", "SD", "HD", "UHD", "UHD1", "UHD2"];
        full.keys = names
            .iter()
            .zip(1..)
            .map(|(name, number)| asked(name, KeyId([number; 16])))
            .collect();
        let filter = VideoFilter {
            min_pixels: Some(1),
            max_pixels: Some(u32::MAX),
            hdr: Some(true),
            wcg: Some(false),
            min_fps: Some(30),
            max_fps: Some(60),
        };
        full.keys[2].label = Label::video("HFR \"<&>\"", filter);
        full.keys[2].label.bitrate = vec![BitrateFilter {
            min_bitrate: Some(1),
            max_bitrate: None,
        }];
        let filter = AudioFilter {
            min_channels: Some(3),
            max_channels: Some(8),
        };
        full.keys[1].label = Label::audio("MULTICHANNEL_AUDIO", filter);
        validates(&schema, folder.path(), &full);
    }
}

#[test]
fn cpix_2_4_has_its_own_name_for_the_multivariant_playlist() {
    let mut request = request();
    request.version = Version::V2_4;
    let xml = request.to_xml().unwrap();
    assert!(xml.contains("playlist=\"multiVariant\"") && !xml.contains("\"master\""));
    assert_eq!(request.version.speke(), "2.1");
}
