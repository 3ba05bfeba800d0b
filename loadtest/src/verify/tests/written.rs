//! What edgepack itself writes passes.
use std::collections::BTreeMap;
use std::path::Path;

use super::super::*;

#[test]
fn manifests_that_edgepack_writes_keep_the_rules() {
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/manifest/src");
    let url = url::Url::parse("https://edge.test/vod/film/clear/x/index").unwrap();
    let mut judged = [0; 3];
    for kind in ["hls", "dash"] {
        let folder = manifests.join(kind).join("tests/snapshots");
        for entry in std::fs::read_dir(&folder).expect("snapshots") {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.splitn(3, "---\n").nth(2).expect("a snapshot");
            let found = if kind == "dash" {
                judged[0] += 1;
                dash::mpd(&crate::dash::parse(&url, text, 0.0, None).unwrap(), 0.0)
            } else if text.contains("#EXT-X-STREAM-INF") {
                judged[1] += 1;
                hls::multivariant(&crate::hls::multivariant(&url, text).unwrap())
            } else {
                judged[2] += 1;
                let playlist = crate::hls::media(&url, text, &BTreeMap::new(), None).unwrap();
                hls::media(&playlist)
            };
            assert_eq!(found, [], "{}", path.display());
        }
    }
    assert!(judged.iter().all(|count| *count >= 2), "{judged:?}");
}
