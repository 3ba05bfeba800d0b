#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use crate::craft::{Entry, TrackSpec, source};
use crate::{
    Accessibility, Clip, Input, Kind, Media, Options, PeriodInput, Presentation, Rendition,
    SegmentPlan, Source, SourceContent, TextForm, TextFormat, Tiles, TrackChoice, TrackSettings,
    Tracks,
};

/// 25 frames per second, a sync sample every 2 s.
fn video(seconds: usize) -> TrackSpec {
    TrackSpec::video(25_000, 1000, 25 * seconds, 50)
}

fn audio(seconds: usize) -> TrackSpec {
    TrackSpec::audio(48_000, (48_000 * seconds).div_ceil(1024))
}

fn side_file(name: &str) -> Source {
    Source {
        name: name.to_owned(),
        content: SourceContent::Text {
            format: TextFormat::WebVtt,
            len: 20_000,
        },
        probe: [0; 32],
    }
}

fn choice(source: usize, tracks: Tracks) -> TrackChoice {
    TrackChoice {
        source,
        tracks,
        settings: TrackSettings::default(),
    }
}

fn clip(start: Option<f64>, end: Option<f64>) -> Clip {
    let micros = |seconds: f64| (seconds * 1e6) as u64;
    Clip {
        start_us: start.map(micros),
        end_us: end.map(micros),
    }
}

fn period(clip: Clip, sources: usize) -> PeriodInput {
    PeriodInput {
        clip,
        tracks: (0..sources)
            .map(|source| choice(source, Tracks::ByConvention))
            .collect(),
    }
}

fn compose(sources: Vec<Source>, periods: Vec<PeriodInput>) -> crate::Result<Presentation> {
    let input = Input {
        sources,
        periods,
        closed_captions: Vec::new(),
    };
    let options = Options {
        target_duration_ms: 4000,
    };
    Presentation::compose(input, &options)
}

fn clipped(tracks: &[TrackSpec], clip: Clip) -> Presentation {
    compose(vec![source("a.mp4", tracks)], vec![period(clip, 1)]).unwrap()
}

/// (first sample, samples) of all segments together.
fn range(r: &Rendition) -> (u32, u32) {
    let count = r.segments.iter().map(|segment| segment.sample_count).sum();
    (r.segments[0].first_sample, count)
}

fn names(p: &Presentation) -> Vec<&str> {
    p.renditions.iter().map(|r| r.name.as_str()).collect()
}

#[test]
fn a_clip_begins_at_the_sync_sample_before_it_and_ends_at_the_frame() {
    let p = clipped(&[video(20)], clip(Some(5.5), Some(9.1)));
    let r = &p.renditions[0];
    // From 4 s; the frame at 9.08 s is the last.
    assert_eq!(range(r), (100, 128));
    assert_eq!(r.duration(), 128_000);
    assert_eq!((r.priming, r.segments[0].base_media_decode_time), (0, 0));
    assert_eq!(p.duration_ms, 5120);
    assert_eq!(p.periods[0].duration_us, 5_120_000);
}

#[test]
fn a_frame_that_begins_at_the_out_point_is_not_shown() {
    let p = clipped(&[video(20)], clip(None, Some(8.0)));
    assert_eq!(range(&p.renditions[0]), (0, 200));
}

#[test]
fn an_in_point_at_a_sync_sample_in_rounded_microseconds_is_that_sync_sample() {
    // 30 frames of 1001 ÷ 30 000 s: a sync sample every 1.001 s; every third at an odd fraction of a microsecond.
    let track = TrackSpec::video(30_000, 1001, 300, 20);
    let p = clipped(&[track], clip(Some(0.667_333), None));
    assert_eq!(range(&p.renditions[0]).0, 20);
}

#[test]
fn the_sound_of_a_clip_begins_at_the_same_instant_behind_an_edit_list() {
    let p = clipped(
        &[video(20).delayed(2000, true), audio(20).edit(0, 1024)],
        clip(Some(6.0), Some(10.0)),
    );
    let [video, audio] = &p.renditions[..] else {
        panic!("two renditions")
    };
    assert_eq!(range(video), (150, 100));
    // 6 s are 288 000 + 1024 in the media: in the middle of frame 282, whose sound needs the frame before.
    assert_eq!(range(audio).0, 281);
    assert_eq!(audio.priming, 288_000 + 1024 - 281 * 1024);
    assert_eq!(audio.segments[0].base_media_decode_time, 0);
    assert_eq!(audio.segments[0].start, 0);
    let end = audio.duration();
    assert!((192_000..192_000 + 1024).contains(&end), "{end}");
}

#[test]
fn a_clip_without_an_in_point_keeps_the_priming_of_the_source() {
    let p = clipped(&[video(20), audio(20).edit(0, 2112)], clip(None, Some(7.0)));
    let audio = &p.renditions[1];
    assert_eq!((range(audio).0, audio.priming), (0, 2112));
}

#[test]
fn rungs_are_clipped_at_a_sync_sample_that_all_have() {
    let rare = TrackSpec::video(12_800, 512, 500, 150);
    let sources = vec![source("a.mp4", &[video(20)]), source("b.mp4", &[rare])];
    let p = compose(sources, vec![period(clip(Some(11.0), None), 2)]).unwrap();
    let firsts: Vec<_> = p.renditions.iter().map(|r| range(r).0).collect();
    assert_eq!(firsts, [150, 150], "6 s, where both have one");
    let durations: Vec<_> = p
        .renditions
        .iter()
        .map(|r| r.duration() * 1000 / u64::from(r.timescale))
        .collect();
    assert_eq!(durations, [14_000, 14_000]);
}

#[test]
fn pictures_before_the_sync_sample_of_an_open_gop_are_hidden() {
    // Each sync sample is shown after the two samples that follow it in the file.
    let mut track = video(20).delayed(2000, true);
    for (index, sample) in track.samples.iter_mut().enumerate() {
        match index % 50 {
            0 => sample.composition_offset += 2000,
            1 | 2 => sample.composition_offset -= 1000,
            _ => {}
        }
    }
    let p = clipped(&[track], clip(Some(4.2), None));
    let r = &p.renditions[0];
    assert_eq!((range(r).0, r.sap_type), (100, 3));
    assert_eq!(r.priming, 2000 + 2000, "until the sync sample is shown");
    assert_eq!(r.segments[0].start, 0);
}

#[test]
fn a_track_that_has_ended_before_the_clip_is_left_out_and_listed() {
    let p = clipped(&[video(20), audio(5)], clip(Some(10.0), Some(12.0)));
    assert_eq!(names(&p), ["v48"]);
    assert_eq!(
        p.ignored,
        ["a.mp4: track 2 (audio): nothing between 10.000 s and 11.999 s"]
    );
}

#[test]
fn clips_that_leave_nothing_or_run_backwards_are_refused() {
    let error = |clip| {
        compose(vec![source("a.mp4", &[video(20)])], vec![period(clip, 1)])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(clip(Some(5.0), Some(5.0))),
        "period 1: a clip from 5000000 µs to 5000000 µs"
    );
    let beyond = error(clip(Some(30.0), Some(31.0)));
    assert!(
        beyond.starts_with("period 1: nothing is left") && beyond.ends_with("end at 20.000 s"),
        "{beyond}"
    );
}

#[test]
fn periods_follow_each_other_with_time_lines_of_their_own() {
    let sources = vec![
        source("film.mp4", &[video(20), audio(20)]),
        source("bumper.mp4", &[video(4)]),
    ];
    let film = |clip| PeriodInput {
        clip,
        tracks: vec![choice(0, Tracks::ByConvention)],
    };
    let bumper = PeriodInput {
        clip: Clip::default(),
        tracks: vec![choice(1, Tracks::ByConvention)],
    };
    let p = compose(
        sources,
        vec![
            film(clip(None, Some(8.0))),
            bumper,
            film(clip(Some(8.0), None)),
        ],
    )
    .unwrap();
    assert_eq!(names(&p), ["v48", "a-und", "p2-v48", "p3-v48", "p3-a-und"]);
    let periods: Vec<_> = p
        .periods
        .iter()
        .map(|period| {
            (
                period.renditions.clone(),
                period.start_us,
                period.duration_us,
            )
        })
        .collect();
    assert_eq!(
        periods,
        [
            (0..2, 0, 8_000_000),
            (2..3, 8_000_000, 4_000_000),
            (3..5, 12_000_000, 12_000_000)
        ]
    );
    assert_eq!(p.duration_ms, 24_000);
    for (index, period) in p.periods.iter().enumerate() {
        for r in &p.renditions[period.renditions.clone()] {
            assert_eq!((r.period, r.segments[0].start), (index, 0), "{}", r.name);
        }
    }
    assert_eq!(p.continuation(0, 2), Some(3));
    let mut identities: Vec<_> = p.renditions.iter().map(|r| p.track_identity(r)).collect();
    identities.sort();
    identities.dedup();
    assert_eq!(identities.len(), 5);
}

#[test]
fn the_fingerprint_follows_clips_and_choices() {
    let of = |periods| {
        let sources = vec![source("a.mp4", &[video(20), audio(20)])];
        compose(sources, periods).unwrap().fingerprint
    };
    let whole = of(vec![period(Clip::default(), 1)]);
    assert_ne!(whole, of(vec![period(clip(None, Some(8.0)), 1)]));
    assert_ne!(
        of(vec![period(clip(Some(2.0), None), 1)]),
        of(vec![period(clip(Some(4.0), None), 1)])
    );
    let mut only = period(Clip::default(), 1);
    only.tracks[0].tracks = Tracks::Id(1);
    assert_ne!(whole, of(vec![only]));
    let mut other = period(Clip::default(), 1);
    other.tracks[0].settings.language = Some("de".to_owned());
    assert_ne!(whole, of(vec![other]));
    let mut named = period(Clip::default(), 1);
    named.tracks[0].settings.name = Some("Main".to_owned());
    assert_eq!(whole, of(vec![named]), "no byte of media changes");
}

#[test]
fn tracks_are_chosen_by_id_and_kind_with_settings() {
    let tracks = [
        video(8),
        audio(8).language(b"eng"),
        audio(8).language(b"eng"),
    ];
    let mut second = choice(0, Tracks::Id(3));
    second.settings.language = Some("en-GB".to_owned());
    second.settings.accessibility = Some(Accessibility::AudioDescription);
    let input = PeriodInput {
        clip: Clip::default(),
        tracks: vec![
            choice(0, Tracks::Kind(Kind::Video)),
            choice(0, Tracks::Id(2)),
            second,
        ],
    };
    let p = compose(vec![source("a.mp4", &tracks)], vec![input]).unwrap();
    assert_eq!(names(&p), ["v48", "a-en", "a-en-GB"]);
    assert_eq!(
        p.renditions[2].settings.accessibility,
        Some(Accessibility::AudioDescription)
    );
}

#[test]
fn what_is_asked_for_and_not_there_is_an_error() {
    let error = |tracks| {
        let input = PeriodInput {
            clip: Clip::default(),
            tracks: vec![choice(0, tracks)],
        };
        compose(vec![source("a.mp4", &[video(8)])], vec![input])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(error(Tracks::Id(9)), "period 1, a.mp4: there is no track 9");
    assert_eq!(
        error(Tracks::Kind(Kind::Text)),
        "period 1, a.mp4: there is no text track"
    );
    let error = compose(vec![], vec![period(Clip::default(), 1)]).unwrap_err();
    assert_eq!(error.to_string(), "period 1: source 1 of 0");
    let error = compose(vec![], vec![]).unwrap_err();
    assert_eq!(error.to_string(), "the asset: no period");
}

#[test]
fn subtitles_come_out_in_two_forms_cut_with_the_video() {
    let text = TrackSpec::still(b"text", Entry::Wvtt, 12).language(b"eng");
    let sources = vec![
        source("a.mp4", &[TrackSpec::video(30_000, 1001, 300, 60), text]),
        side_file("film.de.forced.vtt"),
        side_file("film.en.vtt"),
    ];
    let p = compose(sources, vec![period(Clip::default(), 3)]).unwrap();
    assert_eq!(
        names(&p),
        [
            "v48",
            "t-en",
            "t-en-vtt",
            "t-de",
            "t-de-vtt",
            "t-en-2",
            "t-en-2-vtt"
        ]
    );
    let video = p.rendition("v48").unwrap();
    assert_eq!(video.duration(), 300_300);
    for (name, form, codecs) in [
        ("t-de", TextForm::Imsc1, "stpp.ttml.im1t"),
        ("t-de-vtt", TextForm::WebVtt, "wvtt"),
    ] {
        let r = p.rendition(name).unwrap();
        assert_eq!(
            (&r.media, r.codecs.as_str()),
            (&Media::Text { form }, codecs)
        );
        assert_eq!(
            (r.timescale, r.track, r.settings.forced),
            (1000, None, true)
        );
        // 4.004 and 8.008 s are whole milliseconds; 10.01 s, too.
        let times: Vec<_> = r.segments.iter().map(|s| (s.start, s.duration)).collect();
        assert_eq!(times, [(0, 4004), (4004, 4004), (8008, 2002)]);
        assert!(r.average_bandwidth * 10 > 20_000 * 8 && r.peak_bandwidth > r.average_bandwidth);
        assert!(
            SegmentPlan::new(&p, r, 0, crate::SegmentProtection::Clear).is_err(),
            "made, not read"
        );
        assert!(p.text_samples(r).is_none() && p.codec(r).is_none());
    }
    let track = p.rendition("t-en").unwrap();
    let samples = p.text_samples(track).unwrap();
    assert_eq!(samples.len(), 12);
    assert_eq!((samples[3].start, samples[3].duration), (3000, 1000));
    assert!(p.text_samples(video).is_none());
}

#[test]
fn segments_of_text_tile_whole_milliseconds_and_cover_the_video() {
    let track = TrackSpec::video(24_000, 1001, 250, 48);
    let sources = vec![source("a.mp4", &[track]), side_file("en.vtt")];
    let p = compose(sources, vec![period(Clip::default(), 2)]).unwrap();
    let (video, text) = (&p.renditions[0], p.rendition("t-en").unwrap());
    assert_eq!(video.segments.len(), text.segments.len());
    for (v, t) in video.segments.iter().zip(&text.segments) {
        assert_eq!(t.start, v.start * 1000 / 24_000);
    }
    let last = text.segments.last().unwrap();
    assert_eq!(
        last.start + last.duration,
        (video.duration() * 1000).div_ceil(24_000)
    );
}

#[test]
fn subtitles_of_sound_alone_are_cut_at_the_target() {
    let sources = vec![source("a.m4a", &[audio(10)]), side_file("en.vtt")];
    let p = compose(sources, vec![period(Clip::default(), 2)]).unwrap();
    let text = p.rendition("t-en").unwrap();
    let starts: Vec<_> = text.segments.iter().map(|s| s.start).collect();
    assert_eq!(starts, [0, 4000, 8000]);
}

#[test]
fn a_clip_moves_the_times_of_its_subtitles() {
    let late = video(20).edit(500, -1).edit(0, 0);
    let sources = vec![source("a.mp4", &[late]), side_file("en.vtt")];
    let p = compose(sources, vec![period(clip(Some(5.0), Some(9.0)), 2)]).unwrap();
    // All starts at 0.5 s of the source; the clip at 4 s behind that.
    assert_eq!(p.rendition("t-en").unwrap().composition_shift, -4500);
    assert_eq!(p.rendition("v48").unwrap().duration(), 125_000);
}

#[test]
fn each_sheet_of_thumbnails_is_a_segment() {
    let mut sheets = choice(0, Tracks::Kind(Kind::Image));
    sheets.settings.tiles = Some(Tiles {
        columns: 2,
        rows: 2,
        interval_ms: 200,
    });
    let tracks = [video(8), TrackSpec::still(b"vide", Entry::Jpeg, 8)];
    let with = |image: TrackChoice, clip| {
        let input = PeriodInput {
            clip,
            tracks: vec![choice(0, Tracks::Kind(Kind::Video)), image],
        };
        compose(vec![source("a.mp4", &tracks)], vec![input]).unwrap()
    };
    let p = with(sheets.clone(), Clip::default());
    assert_eq!(names(&p), ["v48", "thumbs"]);
    let r = &p.renditions[1];
    assert_eq!(
        r.media,
        Media::Image {
            width: 320,
            height: 180,
            tiles: Tiles {
                columns: 2,
                rows: 2,
                interval_ms: 200
            }
        }
    );
    let times: Vec<_> = r.segments.iter().map(|s| (s.start, s.duration)).collect();
    assert_eq!(times[..2], [(0, 1000), (1000, 1000)]);
    assert_eq!(times[7], (7000, 800), "as long as four thumbnails last");
    let sheet = crate::image::sheet(&p, r, 3).unwrap();
    assert_eq!(sheet.len, r.segments[3].bytes);
    assert_eq!(crate::image::sheet(&p, r, 8), None);
    assert_eq!(crate::image::sheet(&p, &p.renditions[0], 0), None);

    let p = with(sheets, clip(Some(4.0), None));
    assert_eq!((names(&p), p.ignored.len()), (vec!["v48"], 1));
    let p = with(choice(0, Tracks::Id(2)), clip(Some(5.0), Some(6.5)));
    let times: Vec<_> = p.renditions[1]
        .segments
        .iter()
        .map(|s| (s.first_sample, s.start, s.duration))
        .collect();
    assert_eq!(times, [(4, 0, 1000), (5, 1000, 1000), (6, 2000, 1000)]);
}

#[test]
fn a_source_that_begins_without_a_sync_sample_keeps_its_time() {
    let mut late = video(20);
    late.samples[0].is_sync = false;
    let p = clipped(&[late, audio(20)], Clip::default());
    let [video, audio] = &p.renditions[..] else {
        panic!("two renditions")
    };
    assert_eq!(range(video).0, 50);
    // 2 s late, as a player of the source shows it.
    assert_eq!(video.segments[0].base_media_decode_time, 50_000);
    assert_eq!((video.segments[0].start, video.duration()), (0, 500_000));
    assert_eq!(audio.segments[0].base_media_decode_time, 0);
    assert_eq!(p.trick_play(video).unwrap().frames[0].start, 50_000);
}

#[test]
fn segments_never_mix_sample_descriptions() {
    let mut track = video(20);
    track.entries.push(Entry::Avc);
    for sample in &mut track.samples[150..] {
        sample.description = 1;
    }
    let p = clipped(&[track], Clip::default());
    let r = &p.renditions[0];
    assert_eq!(r.descriptions, [0, 1]);
    let firsts: Vec<_> = r.segments.iter().map(|s| s.first_sample).collect();
    assert_eq!(
        firsts,
        [0, 100, 150, 200, 300, 400],
        "6 s is no multiple of 4 s"
    );
    let index = |number: usize| {
        let header = SegmentPlan::new(&p, r, number, crate::SegmentProtection::Clear)
            .unwrap()
            .header();
        let tfhd = header.windows(4).position(|at| at == b"tfhd").unwrap();
        assert_eq!(header[tfhd + 7] & 2, 2);
        header[tfhd + 15]
    };
    assert_eq!((index(1), index(2), index(5)), (1, 2, 2));
    for (number, segment) in r.segments.iter().enumerate() {
        let plan = SegmentPlan::new(&p, r, number, crate::SegmentProtection::Clear).unwrap();
        assert_eq!(plan.content_length(), Some(segment.len));
    }
    let header = crate::cmaf::header(&p, r, crate::HeaderProtection::Clear, &[]).unwrap();
    let entries = header.windows(4).filter(|at| *at == b"avc1");
    assert_eq!(entries.count(), 2);
    assert_eq!(p.sample_entries(r).count(), 2);
}

#[test]
fn a_description_that_changes_where_others_have_no_sync_sample_cuts_its_rung_alone() {
    let mut track = video(20);
    track.entries.push(Entry::Avc);
    for sample in &mut track.samples[150..] {
        sample.description = 1;
    }
    let other = TrackSpec::video(25_000, 1000, 500, 100);
    let sources = vec![source("a.mp4", &[track]), source("b.mp4", &[other])];
    let p = compose(sources, vec![period(Clip::default(), 2)]).unwrap();
    let counts: Vec<_> = p.renditions.iter().map(|r| r.segments.len()).collect();
    assert_eq!(counts, [6, 5]);
    assert!(
        p.misalignments
            .iter()
            .any(|said| said.what.contains("changes its sample description")
                && said.what.contains("at 6.000 s")),
        "{:?}",
        p.misalignments
    );
}

#[test]
fn a_description_that_changes_between_sync_samples_is_refused() {
    let mut track = video(8);
    track.entries.push(Entry::Avc);
    for sample in &mut track.samples[120..] {
        sample.description = 1;
    }
    let error = compose(
        vec![source("a.mp4", &[track])],
        vec![period(Clip::default(), 1)],
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("sample 120, which depends on others"),
        "{error}"
    );
}

#[test]
fn segments_longer_than_the_target_are_told() {
    // Sync samples every 3.2 s: 6.4 s between those that first pass 4 and 8 s.
    let p = clipped(&[TrackSpec::video(25_000, 1000, 500, 80)], Clip::default());
    let [said] = &p.misalignments[..] else {
        panic!("{:?}", p.misalignments)
    };
    assert_eq!(
        said.what,
        "has segments of up to 6.400 s, the target is 4.000 s: its sync samples do not fall on multiples of it"
    );
    let p = clipped(&[TrackSpec::video(30_000, 1001, 600, 60)], Clip::default());
    assert_eq!(p.misalignments, [], "4.004 s rounds to 4 s");
}
