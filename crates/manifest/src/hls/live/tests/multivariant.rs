//! Multivariant playlists of channels: renditions without segments.
use crate::View;
use crate::sample::{ladder, trick_play};

#[test]
fn a_channel_has_the_figures_of_its_renditions_and_no_iframes() {
    let mut channel = ladder();
    for rendition in &mut channel.renditions {
        rendition.segments.clear();
    }
    channel.duration_ms = 0;
    channel.periods[0].duration_us = 0;
    let trick = trick_play(&ladder());
    let view = View {
        trick_play: &trick,
        ..View::new(&channel)
    };
    let playlist = super::multivariant(view, None);
    insta::assert_snapshot!(playlist.unwrap());
}

#[test]
fn the_media_playlists_of_a_stretch_are_of_that_stretch() {
    let channel = ladder();
    let playlist = super::multivariant(View::new(&channel), Some("start=1.000&end=2.000"));
    let playlist = playlist.unwrap();
    let uris = playlist.matches("/index.m3u8").count();
    let of_stretch = playlist.matches("/index.m3u8?start=1.000&end=2.000");
    assert!(uris > 2, "{playlist}");
    assert_eq!(of_stretch.count(), uris, "{playlist}");
}
