#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::KeyId;
use http::StatusCode;
use proptest::prelude::*;

use super::*;

const KID: &str = "0123456789abcdef0123456789abcdef";

fn router() -> Router {
    Router::new(["vod", "/films/hd/", "films"])
}

/// As the core does it.
fn routed(raw: &str) -> Result<Routed<'static>, Fault> {
    router().route(leaked(decode(raw)?.into_owned()))
}

/// What a route borrows from, for as long as any test lasts.
fn leaked(text: String) -> &'static str {
    text.leak()
}

fn asset<'r>(mount: usize, asset: &'r str, protection: Protection, leaf: Leaf<'r>) -> Route<'r> {
    Route::Asset(AssetRoute {
        mount: MountId(mount),
        asset,
        protection,
        leaf,
        query: Query::default(),
    })
}

#[test]
fn every_url_of_an_asset_is_understood() {
    let track = || "v1080-0badcafe";
    let kid = KeyId(hex::decode(KID).unwrap().try_into().unwrap());
    for (path, expected) in [
        (
            "/vod/bear/clear/index.m3u8",
            asset(0, "bear", Protection::Clear, Leaf::HlsMultivariant),
        ),
        (
            "/vod/bear/cenc/manifest.mpd",
            asset(0, "bear", Protection::Cenc, Leaf::Dash),
        ),
        (
            "/vod/bear/aes128/index.m3u8",
            asset(0, "bear", Protection::Aes128, Leaf::HlsMultivariant),
        ),
        (
            "/vod/bear/sample-aes/v1080-0badcafe/init-2.mp4",
            asset(
                0,
                "bear",
                Protection::SampleAes,
                Leaf::Init {
                    track: track(),
                    number: 2,
                },
            ),
        ),
        (
            "/vod/a/b/c.mp4/cbcs/manifest.mpd",
            asset(0, "a/b/c.mp4", Protection::Cbcs, Leaf::Dash),
        ),
        (
            "/vod/bear/clear/v1080-0badcafe/index.m3u8",
            asset(
                0,
                "bear",
                Protection::Clear,
                Leaf::HlsMedia { track: track() },
            ),
        ),
        (
            "/vod/bear/clear/v1080-0badcafe/init.mp4",
            asset(
                0,
                "bear",
                Protection::Clear,
                Leaf::Init {
                    track: track(),
                    number: 1,
                },
            ),
        ),
        (
            "/vod/bear/clear/v1080-0badcafe/17.m4s",
            asset(
                0,
                "bear",
                Protection::Clear,
                Leaf::Segment {
                    track: track(),
                    number: 17,
                },
            ),
        ),
        (
            "/vod/bear/cenc/0123456789abcdef0123456789abcdef.key",
            asset(0, "bear", Protection::Cenc, Leaf::Key { kid }),
        ),
        (
            "/vod/bear/cenc/clearkey",
            asset(0, "bear", Protection::Cenc, Leaf::ClearKeyLicence),
        ),
        (
            "/vod/b%C3%A4r%20x/clear/index.m3u8",
            asset(0, "bär x", Protection::Clear, Leaf::HlsMultivariant),
        ),
        // An asset may be named like a protection; the rightmost one that fits is meant.
        (
            "/vod/clear/cenc/index.m3u8",
            asset(0, "clear", Protection::Cenc, Leaf::HlsMultivariant),
        ),
        (
            "/vod/%252e%252e/clear/index.m3u8",
            asset(0, "%2e%2e", Protection::Clear, Leaf::HlsMultivariant),
        ),
    ] {
        let routed = routed(path).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        assert_eq!((routed.token, routed.route), (None, expected), "{path}");
    }
}

#[test]
fn every_form_of_a_track_is_understood() {
    let track = || "v1080-0badcafe";
    let tracks = |names: &[&str]| TsTracks::parse(leaked(names.join("+"))).unwrap();
    let packed = |number, codec| Leaf::PackedAudio {
        track: track(),
        number,
        codec,
    };
    for (path, leaf) in [
        ("index-ts.m3u8", Leaf::HlsMultivariantTs),
        ("ondemand.m3u8", Leaf::HlsMultivariantOnDemand),
        ("manifest-time.mpd", Leaf::DashTime),
        ("ondemand.mpd", Leaf::DashOnDemand),
        (
            "v1080-0badcafe/iframes.m3u8",
            Leaf::HlsIFrames { track: track() },
        ),
        (
            "v1080-0badcafe/ondemand.m3u8",
            Leaf::HlsMediaOnDemand { track: track() },
        ),
        (
            "v1080-0badcafe/index-packed.m3u8",
            Leaf::HlsMediaPacked { track: track() },
        ),
        (
            "v1080-0badcafe/thumbnails.vtt",
            Leaf::Thumbnails { track: track() },
        ),
        (
            "v1080-0badcafe/t0.m4s",
            Leaf::SegmentAt {
                track: track(),
                time: 0,
            },
        ),
        (
            "v1080-0badcafe/t18446744073709551615.m4s",
            Leaf::SegmentAt {
                track: track(),
                time: u64::MAX,
            },
        ),
        (
            "v1080-0badcafe/i1.m4s",
            Leaf::IFrame {
                track: track(),
                number: 1,
            },
        ),
        (
            "v1080-0badcafe/media.mp4",
            Leaf::MediaFile { track: track() },
        ),
        (
            "v1080-0badcafe/index-ts.m3u8",
            Leaf::HlsMediaTs {
                tracks: tracks(&["v1080-0badcafe"]),
            },
        ),
        (
            "v1080-0badcafe+a1-0badcafe/index-ts.m3u8",
            Leaf::HlsMediaTs {
                tracks: tracks(&["v1080-0badcafe", "a1-0badcafe"]),
            },
        ),
        (
            "v1080-0badcafe%2Ba1-0badcafe/12.ts",
            Leaf::TsSegment {
                tracks: tracks(&["v1080-0badcafe", "a1-0badcafe"]),
                number: 12,
            },
        ),
        ("v1080-0badcafe/3.aac", packed(3, PackedCodec::Aac)),
        ("v1080-0badcafe/3.ac3", packed(3, PackedCodec::Ac3)),
        ("v1080-0badcafe/3.ec3", packed(3, PackedCodec::Eac3)),
        ("v1080-0badcafe/3.mp3", packed(3, PackedCodec::Mp3)),
        (
            "v1080-0badcafe/4.vtt",
            Leaf::WebVtt {
                track: track(),
                number: 4,
            },
        ),
        (
            "v1080-0badcafe/ts4.vtt",
            Leaf::TsWebVtt {
                track: track(),
                number: 4,
            },
        ),
        (
            "v1080-0badcafe/5.jpg",
            Leaf::Image {
                track: track(),
                number: 5,
            },
        ),
    ] {
        let routed = routed(&format!("/vod/bear/clear/{path}")).unwrap();
        assert_eq!(
            routed.route,
            asset(0, "bear", Protection::Clear, leaf),
            "{path}"
        );
    }
}

#[test]
fn one_thing_has_one_spelling() {
    for path in [
        "v1/t01.m4s",
        "v1/t00.m4s",
        "v1/t.m4s",
        "v1/t-1.m4s",
        "v1/t18446744073709551616.m4s",
        "v1/t000000000000000000001.m4s",
        "v1/i0.m4s",
        "v1/i01.m4s",
        "v1/i.m4s",
        "v1/I1.m4s",
        "v1/01.ts",
        "v1/0.ts",
        "v1/.ts",
        "+v1/1.ts",
        "v1+/1.ts",
        "v1+v1/1.ts",
        "v1+a1+a2/1.ts",
        "+/index-ts.m3u8",
        "v1/0.aac",
        "v1/1.AAC",
        "v1/1.eac3",
        "v1/00.vtt",
        "v1/ts01.vtt",
        "v1/ts.vtt",
        "v1/t1.vtt",
        "v1/0.jpg",
        "v1/1.jpeg",
        "v1/1.m4s.m4s",
    ] {
        let fault = routed(&format!("/vod/bear/clear/{path}")).expect_err(path);
        assert_eq!(fault.code, "no-such-path", "{path}");
    }
    let long = "x".repeat(TRACK_MAX + 1);
    for name in ["1.m4s", "1.ts", "index-ts.m3u8", "media.mp4"] {
        let path = format!("/vod/bear/clear/{long}/{name}");
        assert_eq!(routed(&path).unwrap_err().code, "no-such-path");
    }
}

#[test]
fn the_longest_mount_wins() {
    let mount = |path: &str| match routed(path).unwrap().route {
        Route::Asset(route) => (route.mount.0, route.asset),
        other => panic!("{other:?}"),
    };
    assert_eq!(mount("/films/hd/x/clear/index.m3u8"), (1, "x"));
    assert_eq!(mount("/films/hdx/clear/index.m3u8"), (2, "hdx"));
    assert_eq!(mount("/films/sd/x/clear/index.m3u8"), (2, "sd/x"));
    let root = Router::new(["/"]);
    assert!(
        matches!(root.route("/x/clear/index.m3u8").unwrap().route, Route::Asset(a) if a.asset == "x")
    );
}

#[test]
fn a_token_prefix_is_split_off() {
    let with_token = routed("/t/ab.cd-ef_/vod/bear/clear/index.m3u8").unwrap();
    assert_eq!(with_token.token, Some("ab.cd-ef_"));
    assert_eq!(with_token.path, "/vod/bear/clear/index.m3u8");
    let long = format!("/t/{}/vod/bear/clear/index.m3u8", "x".repeat(TOKEN_MAX + 1));
    assert_eq!(routed(&long).unwrap_err().code, "token-too-long");
}

#[test]
fn the_page_has_its_own_urls() {
    let route = |path: &str| routed(path).unwrap().route;
    assert_eq!(route("/"), Route::Home);
    assert_eq!(route("/player"), Route::Home);
    assert_eq!(route("/player/"), Route::Player(PlayerFile::Index));
    assert_eq!(
        route("/player/config.json"),
        Route::Player(PlayerFile::Config)
    );
    assert_eq!(
        route("/player/js/app.js"),
        Route::Player(PlayerFile::Bundled("js/app.js"))
    );
    assert_eq!(
        route("/t/token/player/app.js"),
        Route::Player(PlayerFile::Bundled("app.js"))
    );
}

#[test]
fn dishonest_paths_are_refused() {
    for path in [
        "",
        "vod/bear/clear/index.m3u8",
        "/vod/../etc/passwd",
        "/vod/bear/../../clear/index.m3u8",
        "/vod/%2e%2e/%2E%2e/clear/index.m3u8",
        "/vod/./bear/clear/index.m3u8",
        "/vod//bear/clear/index.m3u8",
        "//vod/bear/clear/index.m3u8",
        "/vod/bear%2fclear/clear/index.m3u8",
        "/vod/bear%2Fclear/clear/index.m3u8",
        "/vod/be\\ar/clear/index.m3u8",
        "/vod/be%5car/clear/index.m3u8",
        "/vod/be%00ar/clear/index.m3u8",
        "/vod/be%0aar/clear/index.m3u8",
        "/vod/be%7far/clear/index.m3u8",
        "/vod/be%ffar/clear/index.m3u8",
        "/vod/be%zzar/clear/index.m3u8",
        "/vod/bear/clear/index.m3u8%",
        "/vod/bear/clear/index.m3u8%4",
        "/player/../vod",
        "/player//x",
        "/t//vod/bear/clear/index.m3u8",
        "/t/%2e%2e/vod/bear/clear/index.m3u8",
    ] {
        let fault = routed(path).expect_err(path);
        assert_eq!(
            (fault.status, fault.code),
            (StatusCode::BAD_REQUEST, "bad-path"),
            "{path}"
        );
    }
    let long = format!("/vod/{}/clear/index.m3u8", "x".repeat(PATH_MAX));
    assert_eq!(routed(&long).unwrap_err().code, "path-too-long");
}

#[test]
fn paths_that_name_nothing_say_why() {
    let deep = format!("/vod/{}x/clear/index.m3u8", "x/".repeat(ASSET_DEPTH_MAX));
    let wide = format!("/vod/{}/clear/index.m3u8", "x".repeat(ASSET_MAX));
    for (path, code) in [
        ("/live/bear/clear/index.m3u8", "no-such-mount"),
        ("/vo", "no-such-mount"),
        ("/vod", "no-such-path"),
        ("/vod/", "no-such-path"),
        ("/vod/bear", "no-such-path"),
        ("/vod/clear/index.m3u8", "no-such-asset"),
        (&deep, "no-such-asset"),
        (&wide, "no-such-asset"),
        ("/vod/bear/clear/", "no-such-path"),
        ("/vod/bear/clear/index.m3u8/", "no-such-path"),
        ("/vod/bear/clear/other.m3u8", "no-such-path"),
        ("/vod/bear/clear/v1/init-1.mp4", "no-such-path"),
        ("/vod/bear/clear/v1/init-02.mp4", "no-such-path"),
        ("/vod/bear/rot13/index.m3u8", "no-such-path"),
        ("/vod/bear/clear/v1/0.m4s", "no-such-path"),
        ("/vod/bear/clear/v1/01.m4s", "no-such-path"),
        ("/vod/bear/clear/v1/+1.m4s", "no-such-path"),
        ("/vod/bear/clear/v1/100000000.m4s", "no-such-path"),
        (
            "/vod/bear/clear/v1/99999999999999999999.m4s",
            "no-such-path",
        ),
        ("/vod/bear/clear/v1/.m4s", "no-such-path"),
        ("/vod/bear/clear/v1/1.mp4", "no-such-path"),
        ("/vod/bear/cenc/0123.key", "no-such-path"),
        (
            "/vod/bear/cenc/0123456789ABCDEF0123456789abcdef.key",
            "no-such-path",
        ),
        ("/t/abc", "no-such-path"),
        ("/player/x/", "no-such-path"),
    ] {
        let fault = routed(path).expect_err(path);
        assert_eq!(
            (fault.status, fault.code),
            (StatusCode::NOT_FOUND, code),
            "{path}"
        );
    }
}

fn encode(element: &str) -> String {
    element
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn leaf() -> impl Strategy<Value = Leaf<'static>> {
    let track = "[a-z][a-z0-9-]{0,20}".prop_filter("not a protection", |track| {
        Protection::from_element(track).is_none()
    });
    let track = track.prop_map(leaked);
    let tracks = prop::collection::hash_set("[a-z][a-z0-9-]{0,20}", 1..=2)
        .prop_filter("one may be a protection", |names| {
            names.len() == 2
                || names
                    .iter()
                    .all(|name| Protection::from_element(name).is_none())
        })
        .prop_map(|names| {
            let names: Vec<_> = names.into_iter().collect();
            TsTracks::parse(leaked(names.join("+"))).unwrap()
        });
    let number = 1..=NUMBER_MAX;
    prop_oneof![
        prop_oneof![
            Just(Leaf::HlsMultivariant),
            Just(Leaf::HlsMultivariantTs),
            Just(Leaf::HlsMultivariantOnDemand),
            Just(Leaf::Dash),
            Just(Leaf::DashTime),
            Just(Leaf::DashOnDemand),
            Just(Leaf::ClearKeyLicence),
            any::<[u8; 16]>().prop_map(|kid| Leaf::Key { kid: KeyId(kid) }),
        ],
        (track.clone(), 0..7, number.clone()).prop_map(|(track, which, number)| match which {
            0 => Leaf::HlsMedia { track },
            1 => Leaf::HlsIFrames { track },
            2 => Leaf::HlsMediaOnDemand { track },
            3 => Leaf::HlsMediaPacked { track },
            4 => Leaf::Thumbnails { track },
            5 => Leaf::Init { track, number },
            _ => Leaf::MediaFile { track },
        }),
        (track.clone(), number.clone(), 0..9_usize).prop_map(
            |(track, number, which)| match which {
                0 => Leaf::Segment { track, number },
                1 => Leaf::IFrame { track, number },
                2 => Leaf::WebVtt { track, number },
                3 => Leaf::Image { track, number },
                4 => Leaf::TsWebVtt { track, number },
                codec => Leaf::PackedAudio {
                    track,
                    number,
                    codec: PackedCodec::ALL[codec - 5],
                },
            }
        ),
        (track, any::<u64>()).prop_map(|(track, time)| Leaf::SegmentAt { track, time }),
        tracks
            .clone()
            .prop_map(|tracks| Leaf::HlsMediaTs { tracks }),
        (tracks, number).prop_map(|(tracks, number)| Leaf::TsSegment { tracks, number }),
    ]
}

proptest! {
    #[test]
    fn any_path_gives_a_route_or_a_fault(path in "\\PC{0,80}", tail in "(/|%|\\.|[a-z0-9]|\\\\){0,60}") {
        let _ = routed(&path);
        let _ = routed(&format!("/vod/{tail}"));
    }

    #[test]
    fn no_route_lets_a_path_climb(tail in "(/|%2e|%2f|%5c|\\.|x|\\\\|%25){0,30}") {
        if let Ok(Routed { route: Route::Asset(route), .. }) = routed(&format!("/vod/{tail}/clear/index.m3u8")) {
            prop_assert!(route.asset.split('/').all(|e| !matches!(e, "" | "." | "..") && !e.contains('\\')));
        }
    }

    #[test]
    fn what_is_written_is_what_is_read(
        elements in prop::collection::vec("[^/\\\\\\p{Cc}]{1,12}".prop_filter("dots", |e| e != "." && e != ".."), 1..5),
        protection in prop::sample::select(Protection::ALL.to_vec()),
        leaf in leaf(),
    ) {
        let encoded: Vec<_> = elements.iter().map(|element| encode(element)).collect();
        let path = format!("/vod/{}/{protection}/{leaf}", encoded.join("/"));
        let routed = routed(&path).unwrap();
        let name = elements.join("/");
        prop_assert_eq!(routed.route, asset(0, &name, protection, leaf));
    }
}
