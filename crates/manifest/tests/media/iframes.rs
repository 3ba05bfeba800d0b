//! I-frame playlists and trick-mode sets beside the fragments that they list.
use edgepack_manifest::dash::Template;
use edgepack_manifest::{View, dash, hls};
use edgepack_packager::{SegmentPlan, TrickPlay};

use crate::support::{addresses, ladder, tagged};

#[test]
fn iframes_are_what_their_playlist_lists() {
    let asset = ladder();
    let presentation = &asset.presentation;
    let trick: Vec<Option<TrickPlay>> = presentation
        .renditions
        .iter()
        .map(|rendition| presentation.trick_play(rendition))
        .collect();
    let view = View {
        trick_play: &trick,
        ..View::new(presentation)
    };
    let playlist = hls::multivariant(view).unwrap();
    let announced: Vec<f64> = tagged(&playlist, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=")
        .iter()
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    let mpd = dash::mpd(view, Template::Number).unwrap();
    for ((rendition, trick), announced) in presentation.renditions.iter().zip(&trick).zip(announced)
    {
        let trick = trick.as_ref().unwrap();
        let playlist = hls::iframes(view, rendition).unwrap();
        let durations: Vec<f64> = tagged(&playlist, "#EXTINF:")
            .iter()
            .map(|line| line.trim_end_matches(',').parse().unwrap())
            .collect();
        assert_eq!(
            addresses(&playlist),
            ["i1.m4s", "i2.m4s", "i3.m4s", "i4.m4s"]
        );
        assert_eq!(durations, [2.0, 2.0, 2.0, 1.2]);
        let name = presentation.url_name(rendition, None);
        assert!(
            mpd.contains(&format!("media=\"{name}/i$Number$.m4s\"")),
            "{mpd}"
        );
        let mut peak: f64 = 0.0;
        for (number, frame) in trick.frames.iter().enumerate() {
            let plan = SegmentPlan::keyframe(
                presentation,
                rendition,
                number,
                frame,
                edgepack_packager::SegmentProtection::Clear,
            )
            .unwrap();
            let fragment = asset.assembled(&plan);
            assert!(fragment.windows(4).any(|at| at == b"moof"));
            peak = peak.max(fragment.len() as f64 * 8.0 / durations[number]);
        }
        assert!(
            announced >= peak * 0.999 && announced < peak * 1.2,
            "{announced} for {peak}"
        );
    }
}
