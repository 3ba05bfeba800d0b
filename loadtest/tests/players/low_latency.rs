//! Low-latency HLS: parts at the pace of their time, by servers that keep the rules of the draft and by some that do not.
use std::fmt::Write as _;
use std::time::Duration;

use edgepack_loadtest::outcome::Outcome;
use edgepack_loadtest::scenario::Scenario;

use super::fragments::{FRAGMENTS, PARTS, Pace, SEGMENTS, segment};
use super::server::{Asked, Reply, Server};
use super::{assert_clean, assert_violation, play, scenario};

/// What a server does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// All as it should be.
    Right,
    /// Answers a blocking reload with what is there.
    AnswersEarly,
    /// Hints at what does not come.
    HintsAtOther,
    /// Sends the whole where a delta update was asked for.
    KnowsNoDeltas,
    /// Skips more than it may.
    SkipsTooMuch,
    /// Its delta updates have other durations than the whole.
    DeltasDiffer,
    /// Adds nothing after a while, and does not hold requests back.
    Freezes,
    /// Takes parts away after a second.
    ForgetsParts,
    /// Two parts never come, and are marked as such.
    HasGap,
    /// Knows of a second rendition, and does not report of it.
    DoesNotReport,
    /// Reports of it.
    Reports,
    /// Adds another discontinuity to what was there.
    Recounts,
    /// Dates jump back by a minute.
    Redates,
}

/// Segments kept in the list.
const WINDOW: usize = 10;
/// The segment that a gap begins.
const GAP: usize = 13;

#[derive(Clone, Copy)]
struct Stream {
    pace: Pace,
    way: Way,
}

impl Stream {
    fn there(&self) -> usize {
        let there = self.pace.there();
        match self.way {
            Way::Freezes => there.min(13 * PARTS),
            _ => there,
        }
    }

    fn playlist(&self, skip: bool) -> String {
        let there = self.there();
        let (full, rest) = (there / PARTS, there % PARTS);
        let ended = full == SEGMENTS;
        let first = full.saturating_sub(WINDOW);
        let until = if self.way == Way::SkipsTooMuch { 4 } else { 6 };
        // What ends more than six seconds before the last whole segment does.
        let boundary = full.saturating_sub(until);
        let skip = skip && !ended && self.way != Way::KnowsNoDeltas && boundary > first;
        let blocking = match self.way {
            Way::Freezes => "",
            _ => "CAN-BLOCK-RELOAD=YES,",
        };
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n\
             #EXT-X-SERVER-CONTROL:{blocking}PART-HOLD-BACK=0.8,HOLD-BACK=3,CAN-SKIP-UNTIL=6\n\
             #EXT-X-MEDIA-SEQUENCE:{first}\n"
        );
        if self.way == Way::Recounts && there > 13 * PARTS {
            text.push_str("#EXT-X-DISCONTINUITY-SEQUENCE:1\n");
        }
        if skip {
            let skipped = boundary - first;
            let _ = writeln!(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}");
        } else {
            text.push_str("#EXT-X-MAP:URI=\"init.mp4\"\n");
        }
        for number in if skip { boundary } else { first }..full {
            self.date(&mut text, number);
            if number + self.kept() >= full {
                (0..PARTS).for_each(|at| self.part(&mut text, number, at));
            }
            let other = skip && self.way == Way::DeltasDiffer && number == boundary;
            let duration = if other { 0.9 } else { 1.0 };
            let _ = writeln!(text, "#EXTINF:{duration:.1},\ns{number}.m4s");
        }
        if rest > 0 {
            self.date(&mut text, full);
        }
        (0..rest).for_each(|at| self.part(&mut text, full, at));
        if ended {
            text.push_str("#EXT-X-ENDLIST\n");
            return text;
        }
        let part = match self.way {
            Way::HintsAtOther => "q",
            _ => "p",
        };
        let _ = writeln!(
            text,
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{part}{full}.{rest}.m4s\""
        );
        let report = match self.way {
            Way::Reports => there,
            _ => return text,
        };
        let (number, part) = ((report - 1) / PARTS, (report - 1) % PARTS);
        for other in ["a", "b"] {
            let _ = writeln!(
                text,
                "#EXT-X-RENDITION-REPORT:URI=\"{other}.m3u8\",LAST-MSN={number},LAST-PART={part}"
            );
        }
        text
    }

    /// Segments with parts.
    fn kept(&self) -> usize {
        match self.way {
            Way::ForgetsParts => 1,
            _ => 3,
        }
    }

    fn date(&self, text: &mut String, number: usize) {
        let mut date = self.pace.zero + Duration::from_secs(number as u64);
        if self.way == Way::Redates && number == 13 {
            date -= Duration::from_secs(60);
        }
        let date = humantime::format_rfc3339_millis(date);
        let _ = writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{date}");
    }

    fn part(&self, text: &mut String, number: usize, at: usize) {
        let mut flags = if at == 0 { ",INDEPENDENT=YES" } else { "" };
        if self.is_gap(number, at) {
            flags = ",GAP=YES";
        }
        let _ = writeln!(
            text,
            "#EXT-X-PART:DURATION=0.2,URI=\"p{number}.{at}.m4s\"{flags}"
        );
    }

    fn is_gap(&self, number: usize, at: usize) -> bool {
        self.way == Way::HasGap && number == GAP && (2..4).contains(&at)
    }

    async fn answer(&self, asked: Asked) -> Reply {
        let name = asked.path.trim_start_matches('/');
        if name == "init.mp4" {
            return Reply::Whole(FRAGMENTS.header.clone());
        }
        if name == "main.m3u8" {
            let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS=\"avc1.42c00c\"\na.m3u8\n\
                        #EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS=\"avc1.42c00c\"\nb.m3u8\n";
            return Reply::Whole(text.into());
        }
        if name.ends_with(".m3u8") {
            if let Some(number) = asked.number("_HLS_msn")
                && self.way != Way::AnswersEarly
            {
                let part = asked.number("_HLS_part").unwrap_or(PARTS - 1);
                let last = SEGMENTS * PARTS - 1;
                self.pace.until((number * PARTS + part).min(last)).await;
            }
            let skip = asked.query.contains("_HLS_skip=YES");
            return Reply::Whole(self.playlist(skip).into());
        }
        if name.starts_with('q') {
            return Reply::Status(404);
        }
        let number = name.trim_start_matches(['s', 'p']).trim_end_matches(".m4s");
        let Some((number, at)) = number.split_once('.') else {
            let number: usize = number.parse().unwrap();
            self.pace.until(number * PARTS + PARTS - 1).await;
            return Reply::Whole(segment(number));
        };
        let (number, at) = (number.parse().unwrap(), at.parse().unwrap());
        let index = number * PARTS + at;
        if index >= SEGMENTS * PARTS {
            return Reply::Status(404);
        }
        self.pace.until(index).await;
        match self.is_gap(number, at) {
            true => Reply::Status(404),
            false => Reply::Whole(FRAGMENTS.parts[index].clone()),
        }
    }
}

async fn live(way: Way, ahead: f64) -> (Server, Stream) {
    let pace = Pace::starting(ahead);
    let stream = Stream { pace, way };
    let server = Server::start(false, move |asked| {
        Box::pin(async move { stream.answer(asked).await })
    })
    .await;
    (server, stream)
}

/// One viewer for so many seconds, who comes when ten seconds and a half are there.
async fn watched(way: Way, seconds: f64, change: impl FnOnce(&mut Scenario)) -> (Outcome, Server) {
    let (server, _) = live(way, 10.5).await;
    let path = match way {
        Way::DoesNotReport | Way::Reports => "/main.m3u8",
        _ => "/live.m3u8",
    };
    let mut scenario = scenario(&server.url(path));
    scenario.load.duration = Duration::from_secs_f64(seconds);
    change(&mut scenario);
    (play(&scenario).await, server)
}

#[tokio::test]
async fn parts_are_played_close_behind_the_live_edge() {
    let (outcome, server) = watched(Way::Right, 5.0, |_| {}).await;
    assert_clean(&outcome);
    assert_eq!(outcome.stalls, 0, "{outcome:#?}");
    let latency = outcome.live_latency_s.unwrap();
    assert!((0.3..1.6).contains(&latency.p50), "{latency:?}");
    assert!(outcome.latency_ms["blocked"].count > 10);
    let paths = server.paths();
    // Each part once, by its hint or by its announcement.
    let mut parts: Vec<_> = paths.iter().filter(|path| path.starts_with("/p")).collect();
    let all = parts.len();
    parts.sort();
    parts.dedup();
    assert_eq!(parts.len(), all);
    assert!(all > 15, "{paths:?}");
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
}

#[tokio::test]
async fn without_low_latency_whole_segments_are_played_further_behind() {
    let (outcome, server) = watched(Way::Right, 5.0, |scenario| {
        scenario.playback.low_latency = false;
    })
    .await;
    assert_clean(&outcome);
    assert!(server.paths().iter().all(|path| !path.starts_with("/p")));
    assert!(outcome.played_s > 3.0, "{}", outcome.played_s);
}

#[tokio::test]
async fn a_stream_that_ends_is_played_to_its_end() {
    let (server, stream) = live(Way::Right, SEGMENTS as f64 - 6.0).await;
    let mut scenario = scenario(&server.url("/live.m3u8"));
    scenario.load.duration = Duration::from_secs(20);
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!(outcome.viewers.finished, 1);
    assert!(stream.pace.age() > SEGMENTS as f64);
}

#[tokio::test]
async fn delta_updates_stand_for_the_whole() {
    let (outcome, server) = watched(Way::Right, 4.0, |scenario| {
        scenario.verify.deltas = true;
    })
    .await;
    assert_clean(&outcome);
    let asked = server.asked.lock().unwrap();
    let lists = asked.iter().filter(|it| it.path == "/live.m3u8");
    let (deltas, wholes): (Vec<_>, Vec<_>) =
        lists.partition(|it| it.query.contains("_HLS_skip=YES"));
    assert!(deltas.len() > 10, "{}", deltas.len());
    assert!(wholes.len() > 10, "{}", wholes.len());
}

#[tokio::test]
async fn a_player_that_wants_none_asks_for_no_delta_updates() {
    let (outcome, server) = watched(Way::Right, 2.0, |scenario| {
        scenario.playback.delta_updates = false;
    })
    .await;
    assert_clean(&outcome);
    let asked = server.asked.lock().unwrap();
    assert!(asked.iter().all(|it| !it.query.contains("skip")));
}

#[tokio::test]
async fn a_gap_is_marked_and_not_asked_for() {
    let (outcome, server) = watched(Way::HasGap, 5.0, |_| {}).await;
    assert_clean(&outcome);
    let paths = server.paths();
    let asked = |name: &str| paths.iter().filter(|path| path.as_str() == name).count();
    assert!(
        asked("/p13.1.m4s") == 1 && asked("/p13.4.m4s") == 1,
        "{paths:?}"
    );
    // What was hinted at before it was known to be a gap may have been asked for.
    assert!(
        asked("/p13.2.m4s") <= 1 && asked("/p13.3.m4s") <= 1,
        "{paths:?}"
    );
    assert!(outcome.played_s > 3.5, "{}", outcome.played_s);
}

#[tokio::test]
async fn each_breach_is_told_by_its_rule() {
    let ways = [
        (Way::AnswersEarly, "hls-blocking-reload"),
        (Way::HintsAtOther, "hls-preload-hint"),
        (Way::KnowsNoDeltas, "hls-delta"),
        (Way::SkipsTooMuch, "hls-skip"),
        (Way::Freezes, "hls-late"),
        (Way::ForgetsParts, "hls-part-place"),
        (Way::DoesNotReport, "hls-rendition-report"),
        (Way::Recounts, "hls-discontinuity-sequence"),
        (Way::Redates, "hls-date"),
    ];
    let found = ways.map(|(way, rule)| async move {
        let (outcome, _) = watched(way, 4.5, |_| {}).await;
        println!("{way:?}");
        assert_violation(&outcome, rule);
    });
    futures_util::future::join_all(found).await;
}

#[tokio::test]
async fn a_delta_update_that_is_not_the_whole_is_a_violation() {
    let (outcome, _) = watched(Way::DeltasDiffer, 4.5, |scenario| {
        scenario.verify.deltas = true;
    })
    .await;
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.samples);
    let told = |rule: &str| outcome.samples.iter().any(|it| it.what.starts_with(rule));
    assert!(told("hls-delta"), "{:#?}", outcome.samples);
    assert!(told("hls-changed"), "{:#?}", outcome.samples);
}

#[tokio::test]
async fn parts_that_are_paced_by_the_encoder_do_not_keep_players_on_a_low_rung() {
    let (outcome, _) = watched(Way::Reports, 4.0, |_| {}).await;
    assert_clean(&outcome);
    // 900 kbit/s, which the stream itself does not have.
    assert!(outcome.rungs["900k"] > 1.0, "{:?}", outcome.rungs);
}
