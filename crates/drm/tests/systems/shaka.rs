//! shaka-packager 3.4.2: boxes in the header, objects in the MPD and keys in the playlist, byte by byte.
use crate::{CUSTOM, KEY, KID, LICENCE_URL, SECOND_KID, key, signal, signals, systems};
use edgepack_drm::systems::FairPlay;
use edgepack_drm::systems::widevine::WidevineData;
use edgepack_drm::{KeyId, Scheme, System, Systems, pssh};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `EDGEPACK_SHAKA_PACKAGER`, or the npm package of the end-to-end tests.
fn packager() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let binary = std::env::var_os("EDGEPACK_SHAKA_PACKAGER").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(
                "../../tests/node/node_modules/shaka-packager/bin/packager-linux-{arch}"
            ))
        },
        PathBuf::from,
    );
    if !binary.exists() {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "a tool is missing; run `make test`"
        );
        println!("skipped: no shaka-packager (EDGEPACK_SHAKA_PACKAGER names the binary)");
        return None;
    }
    Some(binary)
}

/// What it wrote: the `pssh` boxes of the header, the MPD, the playlist's EXT-X-KEY lines.
struct Packaged {
    boxes: Vec<Vec<u8>>,
    mpd: String,
    keys: Vec<String>,
}

fn package(scheme: Scheme, keys: &str, options: &[&str]) -> Option<Packaged> {
    let packager = packager()?;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let clip = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-f", "lavfi", "-i"])
        .args(["testsrc2=size=64x64:rate=5:duration=1", "-c:v", "libx264"])
        .args(["-preset", "ultrafast", &path("clip.mp4")])
        .output();
    let Ok(clip) = clip else {
        assert!(
            std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
            "a tool is missing; run `make test`"
        );
        println!("skipped: no ffmpeg");
        return None;
    };
    assert!(clip.status.success());
    let stream = format!(
        "in={},stream=video,init_segment={},segment_template={},playlist_name=video.m3u8,drm_label=A",
        path("clip.mp4"),
        path("init.mp4"),
        path("$Number$.m4s")
    );
    let scheme = String::from_utf8(scheme.fourcc().to_vec()).unwrap();
    let output = Command::new(packager)
        .args([&stream, "--enable_raw_key_encryption", "--clear_lead", "0"])
        .args(["--protection_scheme", &scheme, "--keys", keys])
        .args(["--mpd_output", &path("manifest.mpd")])
        .args(["--hls_master_playlist_output", &path("main.m3u8")])
        .args(options)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let playlist = std::fs::read_to_string(path("video.m3u8")).unwrap();
    Some(Packaged {
        boxes: boxes(&std::fs::read(path("init.mp4")).unwrap()),
        mpd: std::fs::read_to_string(path("manifest.mpd")).unwrap(),
        keys: playlist
            .lines()
            .filter(|line| line.starts_with("#EXT-X-KEY:"))
            .map(str::to_owned)
            .collect(),
    })
}

fn boxes(header: &[u8]) -> Vec<Vec<u8>> {
    (4..header.len())
        .filter(|&at| header[at..].starts_with(b"pssh"))
        .map(|at| {
            let size = u32::from_be_bytes(header[at - 4..at].try_into().unwrap());
            header[at - 4..][..size as usize].to_vec()
        })
        .collect()
}

fn one_key() -> String {
    format!("label=A:key_id={KID}:key={KEY}")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn boxes_objects_and_playlist_keys_equal() {
    let extra = format!(
        "<LA_URL>{}</LA_URL><CUSTOMATTRIBUTES xmlns=\"\">{CUSTOM}</CUSTOMATTRIBUTES>",
        LICENCE_URL.replace('&', "&amp;")
    );
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let options = [
            "--protection_systems=Widevine,PlayReady,CommonSystem,FairPlay",
            "--hls_key_uri=skd://films/a",
            "--playready_extra_header_data",
            &extra,
        ];
        let Some(theirs) = package(scheme, &one_key(), &options) else {
            return;
        };
        let config = Systems {
            fairplay: Some(FairPlay {
                uri: "skd://films/a".to_owned(),
                licence_url: None,
            }),
            ..systems()
        };
        let ours = signals(&config, scheme);

        let mut expected = theirs.boxes.clone();
        let mut made: Vec<Vec<u8>> = ours
            .iter()
            .filter_map(|signal| signal.pssh.as_ref().map(|pssh| pssh.to_vec()))
            .collect();
        assert_eq!(made.len(), 3);
        for pssh in [&mut expected, &mut made] {
            pssh.sort();
        }
        let hex = |boxes: &[Vec<u8>]| boxes.iter().map(hex::encode).collect::<Vec<_>>();
        assert_eq!(hex(&made), hex(&expected), "{scheme:?}");

        // Under `cenc` it writes a key for FairPlay too, which FairPlay cannot use.
        for signal in &ours {
            if let Some(pro) = &signal.pro {
                let element = format!("<mspr:pro>{}</mspr:pro>", base64(pro));
                assert!(theirs.mpd.contains(&element), "{scheme:?}");
            }
            // The playlist has no line for the common system.
            if signal.system == System::W3cCommon {
                continue;
            }
            let hls = signal.hls.as_ref().unwrap();
            let format = format!("KEYFORMAT=\"{}\"", hls.key_format);
            let found: Vec<_> = theirs
                .keys
                .iter()
                .filter(|line| line.contains(&format))
                .collect();
            assert_eq!(found.len(), 1, "{scheme:?} {}", signal.system);
            let line = found[0];
            assert!(line.contains(&format!("URI=\"{}\"", hls.uri)), "{line}");
            assert!(
                line.contains(&format!(
                    "KEYFORMATVERSIONS=\"{}\"",
                    hls.key_format_versions
                )),
                "{line}"
            );
            assert_eq!(line.contains("KEYID=0x"), hls.key_id, "{line}");
        }
    }
}

#[test]
fn boxes_of_several_keys_equal() {
    let keys = format!(
        "{},label=B:key_id={SECOND_KID}:key={}",
        one_key(),
        "5".repeat(32)
    );
    let options = ["--protection_systems=Widevine,CommonSystem"];
    let Some(theirs) = package(Scheme::Cbcs, &keys, &options) else {
        return;
    };
    let kids: Vec<KeyId> = [KID, SECOND_KID].map(|kid| kid.parse().unwrap()).to_vec();
    let widevine = WidevineData {
        key_ids: kids.clone(),
        protection_scheme: Some(*b"cbcs"),
        ..WidevineData::default()
    };
    let made = [
        pssh::pssh_v0(&System::Widevine.id(), &widevine.to_bytes()),
        pssh::w3c_common(&kids),
    ];
    for made in made {
        assert!(
            theirs.boxes.contains(&made),
            "{} is not among {:?}",
            hex::encode(made),
            theirs.boxes.iter().map(hex::encode).collect::<Vec<_>>()
        );
    }
}

#[test]
fn our_boxes_pass_through_it_untouched() {
    let mut made = Vec::new();
    for signal in signals(&systems(), Scheme::Cenc) {
        made.extend(signal.pssh.unwrap());
    }
    let version_1 = pssh::pssh_v1(&System::Widevine.id(), &[key().kid], b"data");
    made.extend(version_1);
    let option = format!("--pssh={}", hex::encode(&made));
    let Some(theirs) = package(Scheme::Cenc, &one_key(), &[&option]) else {
        return;
    };
    let mut expected: Vec<Vec<u8>> = boxes(&made);
    let mut found = theirs.boxes;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(expected.len(), 4);
    assert!(
        expected.contains(
            &signal(&systems(), Scheme::Cenc, System::PlayReady)
                .pssh
                .unwrap()
                .to_vec()
        )
    );
}
