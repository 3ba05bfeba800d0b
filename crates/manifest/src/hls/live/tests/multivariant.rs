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
    let playlist = super::multivariant(View {
        trick_play: &trick,
        ..View::new(&channel)
    });
    insta::assert_snapshot!(playlist.unwrap());
}
