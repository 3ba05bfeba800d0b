//! Dynamic MPDs, low latency included, at the pace of their time: by servers that keep to the timing model and by some
//! that do not.
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use edgepack_loadtest::outcome::{ErrorClass, Outcome};
use edgepack_loadtest::scenario::Scenario;

use super::fragments::{FRAGMENTS, PARTS, Pace, SEGMENTS, TIMESCALE, segment};
use super::server::{Asked, Reply, Server};
use super::{assert_clean, assert_violation, play, scenario};

/// How segments are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `SegmentTimeline`.
    Timeline,
    /// The same, some seconds further than there is.
    TimelineAhead,
    /// `@duration`.
    Number,
    /// `@duration`, available after the first chunk.
    Chunks,
}

/// What a server does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Right,
    /// A second period begins in the middle of it all.
    Periods,
    /// It moves once it was announced.
    PeriodMoves,
    /// Its media begin at another time than it says.
    PeriodIsOff,
    /// The text changes and its publishTime does not.
    NotPublished,
    /// Nothing is added after a while.
    Freezes,
    /// Segments leave the list before their time.
    Forgets,
    /// Durations of what was listed change.
    Changes,
    /// Segments are there only when they are complete.
    Late,
    /// The second chunk of each segment has a wrong decode time.
    Spoilt,
    /// Chunks come as slow as they are made.
    Slow,
}

/// What the UTCTiming element says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Utc {
    Absent,
    XsDate,
    Iso,
    Head,
    Direct,
    /// A way that does not work, before one that does.
    Second,
    /// By so many seconds ahead of what the segments go by.
    Wrong,
}

/// Where the second period begins.
const SPLIT: usize = 12;

#[derive(Clone, Copy)]
struct Stream {
    pace: Pace,
    form: Form,
    way: Way,
    utc: Utc,
    /// The server's clock less ours, seconds.
    skew: f64,
}

fn later(time: SystemTime, seconds: f64) -> SystemTime {
    match seconds >= 0.0 {
        true => time + Duration::from_secs_f64(seconds),
        false => time - Duration::from_secs_f64(-seconds),
    }
}

fn written(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

impl Stream {
    fn now(&self) -> SystemTime {
        later(SystemTime::now(), self.skew)
    }

    fn manifest(&self) -> String {
        let mut there = self.pace.there() / PARTS;
        if self.way == Way::Freezes {
            there = there.min(12);
        }
        let begun = later(self.pace.zero, self.skew);
        let published = match self.way {
            Way::NotPublished => begun,
            _ => later(begun, there as f64),
        };
        let depth = 8;
        let first = there.saturating_sub(if self.way == Way::Forgets { 4 } else { 10 });
        let early = match self.form {
            Form::Chunks => "availabilityTimeOffset=\"0.8\" availabilityTimeComplete=\"false\"",
            _ => "",
        };
        let update = if self.form == Form::Timeline {
            "0.5"
        } else {
            "2"
        };
        let split = matches!(self.way, Way::Periods | Way::PeriodMoves | Way::PeriodIsOff);
        let periods = match split && there > SPLIT {
            false => self.period(0, 0.0, first..there),
            true => {
                let moved = self.way == Way::PeriodMoves && there > SPLIT + 1;
                let start = SPLIT as f64 + if moved { 0.3 } else { 0.0 };
                let before = self.period(0, 0.0, first..SPLIT);
                before + &self.period(SPLIT, start, SPLIT..there)
            }
        };
        format!(
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"dynamic\" \
             profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" availabilityStartTime=\"{}\" publishTime=\"{}\" \
             minimumUpdatePeriod=\"PT{update}S\" timeShiftBufferDepth=\"PT{depth}S\" minBufferTime=\"PT1S\" \
             maxSegmentDuration=\"PT1S\" suggestedPresentationDelay=\"PT{}S\">{}{}</MPD>",
            written(begun),
            written(published),
            if self.form == Form::Chunks {
                "1.5"
            } else {
                "3"
            },
            periods.replace("EARLY", early),
            self.clocks(),
        )
    }

    fn period(&self, number: usize, start: f64, segments: std::ops::Range<usize>) -> String {
        let offset = number as u64 * TIMESCALE
            + if self.way == Way::PeriodIsOff && number > 0 {
                TIMESCALE / 2
            } else {
                0
            };
        let how = match self.form {
            Form::Number | Form::Chunks => {
                format!("duration=\"{TIMESCALE}\" startNumber=\"{number}\"/>")
            }
            Form::Timeline | Form::TimelineAhead => {
                let ahead = if self.form == Form::TimelineAhead {
                    3
                } else {
                    0
                };
                let count = segments.len() + ahead;
                let time = segments.start as u64 * TIMESCALE
                    + if self.way == Way::PeriodIsOff {
                        offset % TIMESCALE
                    } else {
                        0
                    };
                let changed = self.way == Way::Changes && segments.end > 12;
                let last = if changed { TIMESCALE - 100 } else { TIMESCALE };
                format!(
                    "startNumber=\"{}\"><SegmentTimeline><S t=\"{time}\" d=\"{last}\"/><S t=\"{}\" \
                     d=\"{TIMESCALE}\" r=\"{}\"/></SegmentTimeline></SegmentTemplate>",
                    segments.start,
                    time + TIMESCALE,
                    count.saturating_sub(2),
                )
            }
        };
        format!(
            "<Period id=\"{number}\" start=\"PT{start}S\"><AdaptationSet contentType=\"video\" mimeType=\"video/mp4\">\
             <SegmentTemplate timescale=\"{TIMESCALE}\" presentationTimeOffset=\"{offset}\" initialization=\"init.mp4\" \
             media=\"$RepresentationID$-$Number$.m4s\" EARLY {how}\
             <Representation id=\"low\" bandwidth=\"100000\"/><Representation id=\"high\" bandwidth=\"4000000\"/>\
             </AdaptationSet></Period>"
        )
    }

    fn clocks(&self) -> String {
        let clock = |scheme: &str, value: &str| {
            format!("<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:{scheme}\" value=\"{value}\"/>")
        };
        match self.utc {
            Utc::Absent => String::new(),
            Utc::XsDate => clock("http-xsdate:2014", "clock"),
            Utc::Iso => clock("http-iso:2014", "clock?iso"),
            Utc::Head => clock("http-head:2014", "head"),
            Utc::Direct => clock("direct:2014", &written(self.now())),
            Utc::Second => clock("ntp:2014", "ntp.test") + &clock("http-xsdate:2014", "clock?zone"),
            Utc::Wrong => clock("direct:2014", &written(later(self.now(), 2.5))),
        }
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let name = asked.path.trim_start_matches('/');
        let text = match name {
            "main.mpd" => self.manifest(),
            "clock" if asked.query == "zone" => {
                written(later(self.now(), 3600.0)).replace('Z', "+01:00")
            }
            "clock" => written(self.now()) + "\n",
            "head" if asked.method == http::Method::HEAD => return Reply::Dated(self.now()),
            "init.mp4" => return Reply::Whole(FRAGMENTS.header.clone()),
            _ => return self.media(name),
        };
        Reply::Whole(text.into())
    }

    fn media(&self, name: &str) -> Reply {
        let number = name.trim_end_matches(".m4s").split_once('-');
        let Some(number) = number.and_then(|(_, number)| number.parse::<usize>().ok()) else {
            return Reply::Status(404);
        };
        if number >= SEGMENTS {
            return Reply::Status(404);
        }
        let parts = number * PARTS;
        if self.form != Form::Chunks || self.way == Way::Late {
            return match self.pace.promised() >= parts + PARTS {
                true => Reply::Whole(segment(number)),
                false => Reply::Status(404),
            };
        }
        if self.pace.promised() < parts + 1 {
            return Reply::Status(404);
        }
        let mut pieces = Vec::new();
        for at in parts..parts + PARTS {
            let mut chunk = FRAGMENTS.parts[at].clone();
            if self.way == Way::Spoilt && at == parts + 1 {
                chunk = spoilt(&chunk);
            }
            let moment = self.pace.moment(at + 1);
            if self.way == Way::Slow {
                let steps = 16;
                for step in 0..steps {
                    let piece = chunk.len() * step / steps..chunk.len() * (step + 1) / steps;
                    let wait = Duration::from_millis(190) * step as u32 / steps as u32;
                    pieces.push((moment + wait, chunk.slice(piece)));
                }
            } else {
                pieces.push((moment, chunk));
            }
        }
        Reply::Chunked(pieces)
    }
}

fn spoilt(chunk: &Bytes) -> Bytes {
    let mut wrong = chunk.to_vec();
    let at = wrong.windows(4).position(|it| it == b"tfdt").unwrap();
    wrong[at + 14] ^= 0x40;
    wrong.into()
}

async fn watched(
    (form, way, utc, skew): (Form, Way, Utc, f64),
    change: impl FnOnce(&mut Scenario),
) -> (Outcome, Server) {
    let stream = Stream {
        pace: Pace::starting(10.5),
        form,
        way,
        utc,
        skew,
    };
    let server = Server::start(false, move |asked| {
        Box::pin(async move { stream.answer(&asked) })
    })
    .await;
    let mut scenario = scenario(&server.url("/main.mpd"));
    scenario.load.duration = Duration::from_secs(5);
    change(&mut scenario);
    (play(&scenario).await, server)
}

fn manifests(server: &Server) -> usize {
    let paths = server.paths();
    paths.iter().filter(|path| *path == "/main.mpd").count()
}

#[tokio::test]
async fn a_time_line_is_followed_by_updates() {
    let (outcome, server) = watched((Form::Timeline, Way::Right, Utc::Absent, 0.0), |_| {}).await;
    assert_clean(&outcome);
    assert_eq!(outcome.stalls, 0, "{outcome:#?}");
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
    // About every half second.
    assert!(
        (4..=14).contains(&manifests(&server)),
        "{}",
        manifests(&server)
    );
}

#[tokio::test]
async fn what_is_listed_ahead_is_asked_for_when_its_time_has_come() {
    let way = (Form::TimelineAhead, Way::Right, Utc::Absent, 0.0);
    let (outcome, server) = watched(way, |_| {}).await;
    assert_clean(&outcome);
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
    assert!(manifests(&server) <= 4, "{}", manifests(&server));
}

#[tokio::test]
async fn numbers_are_reckoned_by_the_clock() {
    let (outcome, server) = watched((Form::Number, Way::Right, Utc::Absent, 0.0), |_| {}).await;
    assert_clean(&outcome);
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
    // Every other second, as it says.
    assert!(
        (2..=4).contains(&manifests(&server)),
        "{}",
        manifests(&server)
    );
}

#[tokio::test]
async fn the_servers_clock_is_read_in_all_usual_ways() {
    let ways = [Utc::XsDate, Utc::Iso, Utc::Head, Utc::Direct, Utc::Second];
    let all = ways.iter().flat_map(|utc| [(*utc, -90.0), (*utc, 90.0)]);
    let runs = all.map(|(utc, skew)| async move {
        let (outcome, _) = watched((Form::Number, Way::Right, utc, skew), |_| {}).await;
        println!("{utc:?} {skew}");
        assert_clean(&outcome);
        assert!(outcome.latency_ms["segment"].count >= 3, "{outcome:#?}");
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_of_the_segments_is_an_error() {
    let (outcome, _) = watched((Form::Number, Way::Right, Utc::Wrong, 0.0), |scenario| {
        scenario.playback.buffer = 30.0;
    })
    .await;
    assert!(outcome.errors[&ErrorClass::Status4xx] >= 1, "{outcome:#?}");
}

#[tokio::test]
async fn periods_follow_each_other() {
    let forms = [Form::Timeline, Form::Number].map(|form| async move {
        let (outcome, server) = watched((form, Way::Periods, Utc::Absent, 0.0), |_| {}).await;
        assert_clean(&outcome);
        assert!(outcome.played_s > 3.5, "{form:?}: {}", outcome.played_s);
        let second = format!("-{}.m4s", SPLIT + 1);
        assert!(server.paths().iter().any(|path| path.ends_with(&second)));
    });
    futures_util::future::join_all(forms).await;
}

#[tokio::test]
async fn each_breach_is_told_by_its_rule() {
    let ways = [
        (Form::Timeline, Way::PeriodIsOff, "media-time"),
        (Form::Timeline, Way::NotPublished, "dash-publish-time"),
        (Form::Timeline, Way::Freezes, "dash-late"),
        (Form::Timeline, Way::Forgets, "dash-time-shift"),
        (Form::Chunks, Way::Spoilt, "decode-time"),
    ];
    let found = ways.map(|(form, way, rule)| async move {
        let (outcome, _) = watched((form, way, Utc::Absent, 0.0), |_| {}).await;
        println!("{way:?}");
        assert_violation(&outcome, rule);
    });
    futures_util::future::join_all(found).await;
}

#[tokio::test]
async fn what_was_announced_does_not_change() {
    // A period that moves breaks more than one rule.
    let ways = [Way::PeriodMoves, Way::Changes].map(|way| async move {
        let (outcome, _) = watched((Form::Timeline, way, Utc::Absent, 0.0), |_| {}).await;
        let mut samples = outcome.samples.iter();
        let told = samples.any(|it| it.what.starts_with("dash-changed"));
        assert!(told, "{way:?}: {:#?}", outcome.samples);
    });
    futures_util::future::join_all(ways).await;
}

#[tokio::test]
async fn chunks_are_played_while_their_segment_grows() {
    let (outcome, server) = watched((Form::Chunks, Way::Right, Utc::Absent, 0.0), |_| {}).await;
    assert_clean(&outcome);
    assert_eq!(outcome.stalls, 0, "{outcome:#?}");
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
    let latency = outcome.live_latency_s.unwrap();
    assert!((0.5..2.5).contains(&latency.p50), "{latency:?}");
    // Each takes as long as it is made: what is measured is what is there meanwhile.
    assert!(outcome.latency_ms["blocked"].max > 500.0);
    // Its bursts tell that there is room for ten times as much.
    assert!(outcome.rungs.contains_key("high"), "{:?}", outcome.rungs);
    assert!(server.paths().iter().any(|path| path.starts_with("/high-")));
}

#[tokio::test]
async fn chunks_that_come_as_slow_as_they_are_made_leave_no_room() {
    let (outcome, _) = watched((Form::Chunks, Way::Slow, Utc::Absent, 0.0), |_| {}).await;
    assert_clean(&outcome);
    assert!(!outcome.rungs.contains_key("high"), "{:?}", outcome.rungs);
}

#[tokio::test]
async fn segments_that_are_not_there_when_their_first_chunk_should_be_are_errors() {
    let (outcome, _) = watched((Form::Chunks, Way::Late, Utc::Absent, 0.0), |_| {}).await;
    assert!(outcome.errors[&ErrorClass::Status4xx] >= 1, "{outcome:#?}");
}
