//! Playlists of MPEG-TS beside the segments that they list.
use edgepack_manifest::{View, hls};
use edgepack_packager::{Kind, Rendition, ts};

use crate::support::{Asset, addresses, ladder, tagged};

fn mux(asset: &Asset, plan: &ts::Plan) -> usize {
    let [mut video, mut audio] = plan.source_ranges().map(|ranges| {
        let slices = ranges.iter().map(|range| {
            let (start, end) = (range.offset as usize, (range.offset + range.len) as usize);
            &asset.files[range.source][start..end]
        });
        slices.collect::<Vec<_>>().concat()
    });
    plan.mux(&mut video, &mut audio).unwrap().len()
}

fn of_kind(asset: &Asset, kind: Kind) -> Vec<&Rendition> {
    let renditions = asset.presentation.renditions.iter();
    renditions
        .filter(|rendition| rendition.kind() == kind)
        .collect()
}

fn seconds(playlist: &str) -> Vec<f64> {
    tagged(playlist, "#EXTINF:")
        .iter()
        .map(|line| line.trim_end_matches(',').parse().unwrap())
        .collect()
}

#[test]
fn a_muxed_playlist_lists_the_segments_that_there_are() {
    let asset = ladder();
    let presentation = &asset.presentation;
    let view = View::new(presentation);
    let audio = of_kind(asset, Kind::Audio)[0];
    for video in of_kind(asset, Kind::Video) {
        let playlist = hls::media_ts(view, video, Some(audio)).unwrap();
        let count = addresses(&playlist).len();
        let plan = |number| ts::Plan::new(presentation, Some(video), Some(audio), number, None);
        assert!((0..count).all(|number| plan(number).is_ok()));
        assert!(plan(count).is_err());
        let total: f64 = seconds(&playlist).iter().sum();
        let longest = video.duration() as f64 / f64::from(video.timescale);
        let sound = audio.duration() as f64 / f64::from(audio.timescale);
        assert!((total - longest.max(sound)).abs() < 0.001, "{playlist}");
    }
}

#[test]
fn bandwidth_of_transport_streams_is_what_segments_take() {
    let asset = ladder();
    let presentation = &asset.presentation;
    let view = View::new(presentation);
    let multivariant = hls::multivariant_ts(view).unwrap();
    let announced: Vec<f64> = tagged(&multivariant, "#EXT-X-STREAM-INF:BANDWIDTH=")
        .iter()
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    let audio = of_kind(asset, Kind::Audio)[0];
    let mut streams = Vec::new();
    for video in of_kind(asset, Kind::Video) {
        let playlist = hls::media_ts(view, video, Some(audio)).unwrap();
        let plan =
            |number| ts::Plan::new(presentation, Some(video), Some(audio), number, None).unwrap();
        let lens: Vec<usize> = (0..addresses(&playlist).len())
            .map(|number| mux(asset, &plan(number)))
            .collect();
        streams.push((playlist, lens));
    }
    let playlist = hls::media_packed(view, audio).unwrap();
    let lens = (0..audio.segments.len()).map(|number| {
        mux(
            asset,
            &ts::Plan::packed(presentation, audio, number, None).unwrap(),
        )
    });
    streams.push((playlist, lens.collect()));
    assert_eq!(announced.len(), streams.len());
    for ((playlist, lens), announced) in streams.iter().zip(announced) {
        let seconds = seconds(playlist);
        let longest = seconds.iter().copied().fold(0.0, f64::max);
        let peak = lens
            .iter()
            .zip(&seconds)
            .filter(|(_, seconds)| **seconds * 2.0 >= longest)
            .map(|(len, seconds)| *len as f64 * 8.0 / seconds)
            .fold(0.0, f64::max);
        println!("announced {announced}, taken {peak:.0}");
        assert!(
            announced >= peak * 0.999 && announced < peak * 1.1,
            "{announced} for {peak}"
        );
    }
}
