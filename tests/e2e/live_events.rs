//! Events of encoders, and interstitials of the operator, as viewers are told of them.
use std::time::{Duration, SystemTime};

use edgepack_isobmff::BoxWriter;

use crate::live::{Pushing, boxes, playlist, push, stream};
use crate::manifests::validate;
use crate::support::client::{Answer, fetch, fetch_text};
use crate::support::{Curl, Node, Serve, tools};

/// ANSI/SCTE 35, 14.2: `splice_insert`, out of the network for 60.293567 s.
const OUT: &str = "fc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000013562dba30a";
const SPLICE: &str = "urn:scte:scte35:2013:bin";
const ID3: &str = "https://aomedia.org/emsg/ID3";

/// Of version 1, its time in milliseconds.
fn emsg(scheme: &str, id: u32, at_ms: u64, message: &[u8]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.full_box(b"emsg", 1, 0, |w| {
        w.u32(1000);
        w.u64(at_ms);
        w.u32(u32::MAX);
        w.u32(id);
        w.bytes(scheme.as_bytes());
        w.bytes(b"\0\0");
        w.bytes(message);
    });
    w.into_vec()
}

/// The video with these boxes before its chunk of this number.
fn with_boxes(chunk: usize, boxes_before: &[u8]) -> Vec<u8> {
    let mut bytes = stream("video.mp4");
    let at = boxes(&bytes, b"moof")[chunk];
    bytes.splice(at..at, boxes_before.iter().copied());
    bytes
}

fn push_bytes(node: &Node, name: &str, bytes: &[u8]) {
    let mut pushing = Pushing::begin(node, name);
    pushing.send(bytes);
    assert!(pushing.end().ends_with("200"));
}

fn lines<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(tag)).collect()
}

fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let value = line.split(&format!("{name}=")).nth(1).unwrap_or_default();
    value
        .split(['"', ','])
        .find(|it| !it.is_empty())
        .unwrap_or_default()
}

/// Unix time, milliseconds.
fn unix_ms(date: &str) -> i64 {
    let at = humantime::parse_rfc3339(date).unwrap();
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// Of both manifests, once the channel is announced.
fn manifests(node: &Node) -> (String, String) {
    fetch(&format!("{}/live/news/clear/index.m3u8", node.http));
    let mpd = fetch_text(&format!("{}/live/news/clear/manifest.mpd", node.http));
    if let Some(schemas) = tools::schemas() {
        validate(&mpd, &schemas);
    }
    (fetch_text(&playlist(node, "v180")), mpd)
}

#[test]
fn a_splice_before_a_fragment_is_in_playlist_and_mpd() {
    let node = Serve::live("", "").start();
    let tag = emsg(ID3, 5, 2000, b"ID3\x04\0\0\0\0\0\0");
    let out = emsg(SPLICE, 7, 3000, &hex::decode(OUT).unwrap());
    push_bytes(
        &node,
        "video.mp4",
        &with_boxes(4, &[tag.clone(), out].concat()),
    );
    let (text, mpd) = manifests(&node);
    let ranges = lines(&text, "#EXT-X-DATERANGE:");
    assert_eq!(ranges.len(), 1, "{text}");
    assert_eq!(attribute(ranges[0], "SCTE35-OUT"), format!("0x{OUT}"));
    assert_eq!(attribute(ranges[0], "PLANNED-DURATION"), "60.293");
    // Three seconds behind the beginning, on the clock that the playlist goes by.
    let begin = lines(&text, "#EXT-X-PROGRAM-DATE-TIME:")[0];
    let begin = unix_ms(begin.split_once(':').unwrap().1);
    let start = unix_ms(attribute(ranges[0], "START-DATE"));
    assert!((start - begin - 3000).abs() <= 1, "{text}");

    assert!(
        mpd.contains("<EventStream schemeIdUri=\"urn:scte:scte35:2014:xml+bin\""),
        "{mpd}"
    );
    assert!(mpd.contains("presentationTime=\"3000\""), "{mpd}");
    assert!(mpd.contains("<scte35:Binary>/DAv"), "{mpd}");
    let named = format!("<InbandEventStream schemeIdUri=\"{ID3}\"");
    assert!(mpd.contains(&named), "{mpd}");

    // The second segment begins with the chunk.
    let name = lines(&text, "")
        .into_iter()
        .filter(|line| !line.starts_with('#'));
    let second = name.filter(|line| line.ends_with(".m4s")).nth(1).unwrap();
    let segment = fetch(&playlist(&node, "v180").replace("index.m3u8", second));
    assert!(segment.windows(tag.len()).any(|at| at == tag));

    assert_eq!(node.metric("edgepack_live_messages_total"), 2.0);
}

/// ISO/IEC 23001-18: a track without pictures or sound, in requests of its own.
#[test]
fn an_event_track_tells_a_splice_and_is_no_rendition() {
    let node = Serve::live("", "").start();
    push_bytes(&node, "Streams(events.cmfm)", &event_track(4000));
    push(&node, "video.mp4").expect(200);
    let (text, mpd) = manifests(&node);
    let ranges = lines(&text, "#EXT-X-DATERANGE:");
    assert_eq!(ranges.len(), 1, "{text}");
    assert_eq!(attribute(ranges[0], "SCTE35-OUT"), format!("0x{OUT}"));
    assert!(mpd.contains("presentationTime=\"4000\""), "{mpd}");
    assert_eq!(mpd.matches("<Representation ").count(), 1, "{mpd}");
}

#[test]
fn an_interstitial_shows_up_and_goes_again() {
    let node = Serve::live("", "").start();
    let bytes = stream("video.mp4");
    let moofs = boxes(&bytes, b"moof");
    let mut pushing = Pushing::begin(&node, "video.mp4");
    pushing.send(&bytes[..moofs[18]]);
    let multivariant = format!("{}/live/news/clear/index.m3u8", node.http);
    while Curl::get(&multivariant).run().status != 200 {
        std::thread::yield_now();
    }
    // All that was sent is there when the last whole part before it is.
    let url = playlist(&node, "v180");
    while lines(&fetch_text(&url), "#EXTINF").len() < 4 {
        std::thread::yield_now();
    }
    let list = format!("{}/channels/live/news/interstitials", node.admin);
    let ask = |method: &str, url: &str, body: &str| -> Answer {
        let request = Curl::get(url).arg("-X").arg(method);
        let request = request.header("Content-Type: application/json");
        match body {
            "" => request.run(),
            body => request.arg("--data").arg(body).run(),
        }
    };
    let start = humantime::format_rfc3339_millis(SystemTime::now() + Duration::from_secs(20));
    let ad = format!(
        "{{\"id\":\"ad-1\",\"start\":\"{start}\",\"asset_uri\":\"https://ads.example/1.m3u8\",\
         \"duration\":15,\"restrict\":[\"skip\",\"jump\"]}}"
    );
    let tag = Curl::get(&url).run().header("etag").to_owned();
    ask("POST", &list, &ad).expect(201);
    ask("POST", &list, &ad).expect(200);
    let with = Curl::get(&url)
        .header(&format!("If-None-Match: {tag}"))
        .run()
        .expect(200);
    let text = with.text();
    assert_eq!(
        lines(&text, "#EXT-X-DATERANGE:"),
        [format!(
            "#EXT-X-DATERANGE:ID=\"ad-1\",CLASS=\"com.apple.hls.interstitial\",START-DATE=\"{start}\",\
             DURATION=15.000,X-ASSET-URI=\"https://ads.example/1.m3u8\",X-RESTRICT=\"SKIP,JUMP\""
        )]
    );
    let shown = ask("GET", &list, "").expect(200).text();
    assert!(shown.contains("\"id\":\"ad-1\""), "{shown}");
    ask("POST", &list, &ad.replace("1.m3u8", "2.m3u8")).expect(409);
    ask("POST", &list, &ad.replace("https:", "file:")).expect(400);
    let elsewhere = list.replace("/news/", "/sports/");
    ask("POST", &elsewhere, &ad).expect(404);
    assert_eq!(node.metric("edgepack_live_interstitials"), 1.0);

    ask("DELETE", &format!("{list}/ad-1"), "").expect(204);
    ask("DELETE", &format!("{list}/ad-1"), "").expect(404);
    assert!(!fetch_text(&url).contains("#EXT-X-DATERANGE"));
    // Players that ask for what is new are told that it is gone. There is nothing to skip before the window holds more
    // than six target durations, and then no update to tell it in.
    let update = fetch_text(&format!("{url}?_HLS_skip=v2"));
    if let [skip] = lines(&update, "#EXT-X-SKIP:")[..] {
        assert!(
            skip.contains("RECENTLY-REMOVED-DATERANGES=\"ad-1\""),
            "{update}"
        );
    }
    assert!(
        ask("POST", &list, &ad)
            .expect(409)
            .text()
            .contains("just-removed")
    );
    pushing.send(&bytes[moofs[18]..]);
    assert!(pushing.end().ends_with("200"));
}

/// Header and one fragment of ten seconds, whose event is this late in it.
fn event_track(at_ms: i64) -> Vec<u8> {
    let mut sample = BoxWriter::new();
    sample.full_box(b"emib", 0, 0, |w| {
        w.u32(0);
        w.i64(at_ms);
        w.u32(u32::MAX);
        w.u32(7);
        w.bytes(SPLICE.as_bytes());
        w.bytes(b"\0\0");
        w.bytes(&hex::decode(OUT).unwrap());
    });
    let sample = sample.into_vec();
    let mut w = BoxWriter::new();
    w.boxed(b"ftyp", |w| w.bytes(b"cmfc\0\0\0\0isomcmfc"));
    w.boxed(b"moov", |w| {
        w.full_box(b"mvhd", 0, 0, |w| {
            w.zeros(8);
            w.u32(1000);
            w.zeros(4);
            w.u32(0x0001_0000);
            w.zeros(72);
            w.u32(2);
        });
        w.boxed(b"trak", |w| {
            w.full_box(b"tkhd", 0, 3, |w| {
                w.zeros(8);
                w.u32(1);
                w.zeros(68);
            });
            w.boxed(b"mdia", |w| {
                w.full_box(b"mdhd", 0, 0, |w| {
                    w.zeros(8);
                    w.u32(1000);
                    w.u32(0);
                    w.u32(0x55c4_0000);
                });
                w.full_box(b"hdlr", 0, 0, |w| {
                    w.u32(0);
                    w.bytes(b"meta");
                    w.zeros(13);
                });
                w.boxed(b"minf", |w| {
                    w.full_box(b"nmhd", 0, 0, |_| {});
                    w.boxed(b"dinf", |w| {
                        w.full_box(b"dref", 0, 0, |w| {
                            w.u32(1);
                            w.full_box(b"url ", 0, 1, |_| {});
                        });
                    });
                    w.boxed(b"stbl", |w| {
                        w.full_box(b"stsd", 0, 0, |w| {
                            w.u32(1);
                            w.boxed(b"evte", |w| {
                                w.zeros(6);
                                w.u16(1);
                            });
                        });
                        for table in [b"stts", b"stsc", b"stco"] {
                            w.full_box(table, 0, 0, |w| w.u32(0));
                        }
                        w.full_box(b"stsz", 0, 0, |w| w.zeros(8));
                    });
                });
            });
        });
        w.boxed(b"mvex", |w| {
            w.full_box(b"trex", 0, 0, |w| {
                w.u32(1);
                w.u32(1);
                w.zeros(12);
            });
        });
    });
    let header = w.into_vec();
    let fragment = |data_offset: u32| {
        let mut w = BoxWriter::new();
        w.boxed(b"moof", |w| {
            w.full_box(b"mfhd", 0, 0, |w| w.u32(1));
            w.boxed(b"traf", |w| {
                w.full_box(b"tfhd", 0, 0x02_0000, |w| w.u32(1));
                w.full_box(b"tfdt", 1, 0, |w| w.u64(0));
                w.full_box(b"trun", 0, 0x0301, |w| {
                    w.u32(1);
                    w.u32(data_offset);
                    w.u32(10_000);
                    w.u32(u32::try_from(sample.len()).unwrap());
                });
            });
        });
        w.into_vec()
    };
    let behind = u32::try_from(fragment(0).len()).unwrap() + 8;
    let mut w = BoxWriter::new();
    w.boxed(b"mdat", |w| w.bytes(&sample));
    [header, fragment(behind), w.into_vec()].concat()
}
