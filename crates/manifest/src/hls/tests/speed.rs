//! How long playlists take.
use std::time::{Duration, Instant};

use super::*;
use crate::sample::{audio, presentation, text, trick_play, video};

/// Two hours in segments of four seconds, six rungs, four sounds, two subtitles.
fn title() -> Presentation {
    let mut renditions: Vec<_> = (0..6)
        .map(|rung| video(1920, 1080 - rung, 6_000_000, 1800))
        .collect();
    for language in ["en", "de", "fr", "es"] {
        renditions.push(audio(language, 2, 131_000, 1800));
    }
    for language in ["en", "de"] {
        renditions.push(text(language, TextForm::WebVtt, 1800));
    }
    presentation(renditions)
}

#[test]
fn a_two_hour_title_is_written_at_once() {
    let title = title();
    let trick = trick_play(&title);
    let view = View {
        trick_play: &trick,
        ..View::new(&title)
    };
    let measure = |name: &str, write: &dyn Fn() -> String| {
        let best = (0..20)
            .map(|_| {
                let start = Instant::now();
                let playlist = write();
                assert!(playlist.ends_with('\n'));
                start.elapsed()
            })
            .min()
            .unwrap();
        println!("two hours, {name}: {best:?}");
        // Ten times the aim, for builds without optimisation on busy machines.
        assert!(best < Duration::from_millis(10), "{name}: {best:?}");
    };
    measure("multivariant", &|| multivariant(view).unwrap());
    measure("multivariant of MPEG-TS", &|| {
        multivariant_ts(view).unwrap()
    });
    measure("video", &|| media(view, &title.renditions[0]).unwrap());
    measure("audio", &|| media(view, &title.renditions[6]).unwrap());
    measure("subtitles", &|| media(view, &title.renditions[10]).unwrap());
    measure("I-frames", &|| iframes(view, &title.renditions[0]).unwrap());
}
