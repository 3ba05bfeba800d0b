//! Playlists that reach back over a restart of their node.
use super::reading::Reading;
use super::*;

/// What the node that is there now calls its channel's life.
const LATER: u32 = EPOCH + 600;

/// The later life begins at `number`, under a header of its own that has the same number.
fn restarted(window: &mut Window, number: u64) {
    for segment in window.segments.iter_mut().filter(|s| s.number >= number) {
        let segment = Arc::make_mut(segment);
        segment.epoch = LATER;
        segment.discontinuity = segment.number == number;
    }
}

fn of_later(window: &Window) -> LiveView<'_> {
    LiveView {
        epoch: LATER,
        ..view(window)
    }
}

#[test]
fn names_are_of_the_life_that_each_segment_came_in() {
    let mut window = window(1000, 4, 2);
    restarted(&mut window, 1002);
    insta::assert_snapshot!(media(&of_later(&window)));
}

#[test]
fn another_life_has_its_own_header_even_where_nothing_is_said_of_a_discontinuity() {
    let mut window = window(1000, 3, 0);
    restarted(&mut window, 1001);
    change(&mut window, 1001, |segment| segment.discontinuity = false);
    let playlist = media(&of_later(&window));
    assert_eq!(
        lines(&playlist, "#EXT-X-MAP:"),
        [
            "#EXT-X-MAP:URI=\"init-6b03c2c2-0.mp4\"",
            "#EXT-X-MAP:URI=\"init-6b03c51a-0.mp4\"",
        ]
    );
}

#[test]
fn a_node_that_has_nothing_yet_hints_at_its_own_header() {
    for growing in [0, 2] {
        let window = window(1000, 3, growing);
        let playlist = media(&of_later(&window));
        assert_eq!(
            lines(&playlist, "#EXT-X-PRELOAD-HINT:"),
            ["#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"init-6b03c51a-0.mp4\""]
        );
    }
}

#[test]
fn a_delta_update_begins_with_the_header_of_its_life() {
    for (restart, header) in [(5, "init-6b03c51a-0.mp4"), (25, "init-6b03c2c2-0.mp4")] {
        let mut window = window(0, 30, 1);
        restarted(&mut window, restart);
        let view = of_later(&window);
        let update = delta(&view, Skip::Segments);
        assert_eq!(
            lines(&update, "#EXT-X-MAP:")[0],
            format!("#EXT-X-MAP:URI=\"{header}\"")
        );
        let whole = Reading::of(&media(&view));
        assert_eq!(Reading::merged(&update, &whole).into_whole(), whole);
    }
}
