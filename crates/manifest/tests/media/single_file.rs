//! Byte ranges of one file per track.
use edgepack_drm::{ContentKey, IvSeed, KeyId, SampleEncryptor, Scheme};
use edgepack_manifest::{Error, View, dash, hls};
use edgepack_packager::ondemand::{self, Layout};

use crate::support::{Asset, addresses, ladder, tagged};

fn layouts(asset: &Asset) -> Vec<Option<Layout>> {
    let presentation = &asset.presentation;
    let of = |rendition| ondemand::layout(presentation, rendition, None).unwrap();
    presentation.renditions.iter().map(of).collect()
}

/// Header, index and segments, as the file has them.
fn files(asset: &Asset, layouts: &[Option<Layout>]) -> Vec<Vec<u8>> {
    let renditions = asset.presentation.renditions.iter().zip(layouts);
    renditions
        .map(|(rendition, layout)| {
            let mut file = layout.as_ref().unwrap().head().to_vec();
            for number in 0..rendition.segments.len() {
                file.extend(asset.segment(rendition, number));
            }
            file
        })
        .collect()
}

#[test]
fn ranges_are_those_of_the_file() {
    let asset = ladder();
    let layouts = layouts(asset);
    let view = View::new(&asset.presentation);
    let mpd = dash::mpd_ondemand(view, &layouts).unwrap();
    let files = files(asset, &layouts);
    for (rendition, file) in asset.presentation.renditions.iter().zip(&files) {
        let playlist = hls::media_ondemand(view, rendition, &layouts).unwrap();
        let ranges: Vec<(usize, usize)> = tagged(&playlist, "#EXT-X-BYTERANGE:")
            .iter()
            .map(|range| {
                let (len, start) = range.split_once('@').unwrap();
                (start.parse().unwrap(), len.parse().unwrap())
            })
            .collect();
        assert_eq!(ranges.len(), rendition.segments.len());
        assert!(addresses(&playlist).iter().all(|uri| *uri == "media.mp4"));
        let mut end = 0;
        for (number, (start, len)) in ranges.into_iter().enumerate() {
            let segment = asset.segment(rendition, number);
            assert_eq!(&file[start..start + len], segment, "{}", rendition.name);
            end = start + len;
        }
        assert_eq!(end, file.len());
        // EXT-X-MAP is all before the index, which is what the MPD says.
        let map = tagged(&playlist, "#EXT-X-MAP:URI=\"media.mp4\",BYTERANGE=\"")[0];
        let header: usize = map.trim_end_matches("@0\"").parse().unwrap();
        assert_eq!(&file[4..8], b"ftyp");
        assert_eq!(&file[header + 4..header + 8], b"sidx");
        let index_len = u32::from_be_bytes(file[header..header + 4].try_into().unwrap()) as usize;
        let name = view.presentation.url_name(rendition, None);
        let described = format!(
            "<BaseURL>{name}/media.mp4</BaseURL>\n        <SegmentBase timescale=\"{}\" \
             indexRange=\"{header}-{}\" indexRangeExact=\"true\">\n          \
             <Initialization range=\"0-{}\"/>",
            rendition.timescale,
            header + index_len - 1,
            header - 1
        );
        assert!(mpd.contains(&described), "{described}\n{mpd}");
    }
}

#[test]
fn single_files_have_a_multivariant_playlist_and_a_profile_of_their_own() {
    let asset = ladder();
    let layouts = layouts(asset);
    let view = View::new(&asset.presentation);
    let playlist = hls::ondemand(view, &layouts).unwrap();
    assert!(
        addresses(&playlist)
            .iter()
            .all(|uri| uri.ends_with("/ondemand.m3u8"))
    );
    assert!(playlist.contains("/ondemand.m3u8\"\n"), "{playlist}");
    let mpd = dash::mpd_ondemand(view, &layouts).unwrap();
    assert!(mpd.contains("isoff-on-demand:2011") && !mpd.contains("SegmentTemplate"));
    assert!(mpd.contains("subsegmentAlignment=\"true\" subsegmentStartsWithSAP=\"1\""));
    schema_accepts(&mpd);
}

#[test]
fn what_has_no_foreseeable_length_is_no_single_file() {
    let asset = ladder();
    let presentation = &asset.presentation;
    let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
    let layouts: Vec<Option<Layout>> = presentation
        .renditions
        .iter()
        .map(|rendition| {
            let seed = IvSeed::derive(&key, &presentation.track_identity(rendition));
            let codec = presentation.codec(rendition).unwrap();
            let encryptor = SampleEncryptor::new(Scheme::Cenc, &key, seed, codec).unwrap();
            ondemand::layout(presentation, rendition, Some(&encryptor)).unwrap()
        })
        .collect();
    let view = View::new(presentation);
    let none = Error::NothingToOffer {
        form: "single files",
    };
    // Protected video has none, and a film is not its sound.
    assert!(layouts.iter().any(Option::is_some));
    assert_eq!(hls::ondemand(view, &layouts), Err(none.clone()));
    assert_eq!(dash::mpd_ondemand(view, &layouts), Err(none));
    let video = &presentation.renditions[0];
    assert!(hls::media_ondemand(view, video, &layouts).is_err());
}

fn schema_accepts(mpd: &str) {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/schemas");
    let folder = std::env::var("EDGEPACK_SCHEMAS").unwrap_or_else(|_| beside.to_owned());
    let schema = format!("{folder}/DASH-MPD.xsd");
    if !std::path::Path::new(&schema).exists() {
        println!("skipped: no {schema} (set EDGEPACK_SCHEMAS)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ondemand.mpd");
    std::fs::write(&file, mpd).unwrap();
    let output = std::process::Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema", &schema])
        .arg(&file)
        .output()
        .expect("xmllint");
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{problems}\n{mpd}");
}
