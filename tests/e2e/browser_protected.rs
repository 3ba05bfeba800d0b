//! Protected media in headless Chromium: what its own ClearKey module decrypts, and what players decrypt themselves,
//! shows the very pictures of the clear rendition, and sounds as it does.
use std::path::Path;

use serde_json::{Value, json};

use crate::browser_catalogue::{ENGLISH, GERMAN, plain};
use crate::codecs;
use crate::support::browser::{
    DASH, HLS, HLS_TS, Page, Play, SHAKA, SHAKA_HLS, SHAKA_HLS_TS, Way, act_all, each, pictures,
    same,
};
use crate::support::{Node, Serve};

const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Keys of their own for sound and for each rung of `plain`.
const LABELS: &str = r#"
[[mount.drm.label]]
name = "SD"
kind = "video"
max_height = 200
[[mount.drm.label]]
name = "HD"
kind = "video"
[[mount.drm.label]]
name = "AUDIO"
kind = "audio"
"#;

/// Segments of two seconds under derived keys; `drm` stands in `[mount.drm]`, `rest` behind it.
fn start(root: &Path, drm: &str, rest: &str) -> Node {
    let mount = format!(
        "target_duration = \"2s\"\n\
         protections = [\"clear\", \"cenc\", \"cbcs\", \"aes128\", \"sample-aes\"]\n\
         clearkey_licence_server = true\n\
         [mount.keys]\nprovider = \"derived\"\nsecret = \"hex:{SECRET}\"\n\
         [mount.drm]\n{drm}\n{rest}"
    );
    let player = format!(
        "[player]\nenabled = true\nmint_tokens = {}",
        rest.contains("[mount.token]")
    );
    Serve::all(root).mount(&mount).section(&player).start()
}

/// A protection in a way of playing it, and the way that shows the same in the clear.
type Pair<'a> = (&'a str, &'a Way, &'a Way);

/// Every protected playback goes through the steps, and freezes the pictures that its clear one does.
fn shows_what_clear_shows(
    node: &Node,
    asset: &str,
    steps: &Value,
    pairs: &[Pair<'_>],
) -> Vec<Value> {
    let play = |protection, way| Play {
        asset,
        protection,
        way,
        steps,
    };
    let mut clear_ways: Vec<&Way> = Vec::new();
    for (_, _, clear) in pairs {
        if !clear_ways.contains(clear) {
            clear_ways.push(clear);
        }
    }
    let mut plays: Vec<Play<'_>> = clear_ways.iter().map(|way| play("clear", way)).collect();
    plays.extend(
        pairs
            .iter()
            .map(|(protection, way, _)| play(protection, way)),
    );
    let results: Option<Vec<Value>> = act_all(node, &plays).into_iter().collect();
    let Some(results) = results else {
        return Vec::new();
    };
    let (clear, protected) = results.split_at(clear_ways.len());
    for ((protection, way, clear_way), result) in pairs.iter().zip(protected) {
        let at = clear_ways.iter().position(|way| way == clear_way).unwrap();
        let mut wanted = vec![pictures(&clear[at])];
        let mut seen = pictures(result);
        // A browser that was starved when it froze a picture does not do so each time, be it the one that plays in the
        // clear or the other; a decryptor that fails does.
        const CHANCES: usize = 2;
        for _ in 0..CHANCES {
            if wanted.iter().any(|wanted| same(&seen, wanted)) {
                break;
            }
            let both = [play("clear", clear_way), play(protection, way)];
            let mut again = act_all(node, &both).into_iter().flatten();
            wanted.extend(again.next().as_ref().map(pictures));
            seen = again.next().as_ref().map(pictures).unwrap_or_default();
        }
        assert!(
            wanted.iter().any(|wanted| same(&seen, wanted)),
            "{protection} as {way:?} shows {seen:?}, but in the clear {wanted:?}"
        );
    }
    protected.to_vec()
}

/// Over a boundary by playing, then pictures of three stretches. None from before the rung was chosen.
fn over_boundaries() -> Value {
    json!([
        {"until": {"time": 0.5, "tone": ENGLISH}},
        {"pin": 360},
        {"until": {"height": 360}},
        {"seek": 3},
        {"until": {"time": 4.8, "before": 9, "tone": ENGLISH}},
        {"freeze": 9.02},
        {"freeze": 13.02},
        {"freeze": 5.02},
    ])
}

#[test]
fn clearkey_shows_the_pictures_of_the_clear_title_in_every_player() {
    let node = start(plain::root(), "", "");
    let pairs = [
        ("cenc", &SHAKA, &SHAKA),
        ("cbcs", &SHAKA, &SHAKA),
        ("cenc", &DASH, &SHAKA),
        ("cbcs", &DASH, &SHAKA),
        ("cbcs", &SHAKA_HLS, &SHAKA),
        ("cenc", &HLS, &SHAKA),
    ];
    let steps = json!([
        {"until": {"time": 0.5, "tone": ENGLISH}},
        {"pin": 360},
        {"until": {"height": 360}},
        {"freeze": 5.02},
    ]);
    for result in shows_what_clear_shows(&node, "plain", &steps, &pairs) {
        assert!(result["protocols"]["h2"].as_u64().unwrap() > 0, "{result}");
        let asked = result["requests"].to_string();
        assert!(
            asked.contains("/clearkey") || asked.contains(".key"),
            "{asked}"
        );
    }
}

#[test]
fn rungs_and_languages_are_switched_across_keys_behind_a_clear_lead() {
    let node = start(plain::root(), "clear_lead = \"4s\"", LABELS);
    let steps = json!([
        {"until": {"time": 0.5, "tone": ENGLISH}},
        {"pin": 180},
        {"until": {"height": 180}},
        {"seek": 3},
        {"until": {"time": 4.8, "before": 9, "height": 180, "tone": ENGLISH}},
        {"pin": 360},
        {"until": {"height": 360, "tone": ENGLISH}},
        {"freeze": 13.02},
    ]);
    let pairs = [
        ("cenc", &SHAKA, &SHAKA),
        ("cbcs", &SHAKA, &SHAKA),
        ("cenc", &DASH, &SHAKA),
        ("cbcs", &DASH, &SHAKA),
        ("cenc", &SHAKA_HLS, &SHAKA),
        ("cbcs", &HLS, &SHAKA),
    ];
    shows_what_clear_shows(&node, "plain", &steps, &pairs);
    let languages = json!([
        {"until": {"time": 0.5, "tone": ENGLISH}},
        {"selectAudio": "de"},
        {"until": {"tone": GERMAN}},
    ]);
    shows_what_clear_shows(
        &node,
        "plain",
        &languages,
        &[("cbcs", &SHAKA, &SHAKA), ("cenc", &DASH, &SHAKA)],
    );
}

#[test]
fn keys_change_with_headers() {
    let node = start(plain::root(), "rotate_every = \"4s\"", LABELS);
    let pairs = [
        ("cenc", &SHAKA, &SHAKA),
        ("cbcs", &SHAKA, &SHAKA),
        ("cenc", &DASH, &SHAKA),
        ("cbcs", &DASH, &SHAKA),
        ("cbcs", &SHAKA_HLS, &SHAKA),
        ("cenc", &HLS, &SHAKA),
    ];
    shows_what_clear_shows(&node, "plain", &over_boundaries(), &pairs);
}

#[test]
fn keys_change_with_sample_groups() {
    let node = start(
        plain::root(),
        "rotate_every = \"4s\"\nrotation = \"sample-groups\"",
        LABELS,
    );
    // Not Shaka Player through HLS: it takes the key id of each raw key from the header, which names the first alone.
    let pairs = [
        ("cenc", &SHAKA, &SHAKA),
        ("cbcs", &SHAKA, &SHAKA),
        ("cenc", &DASH, &SHAKA),
        ("cbcs", &DASH, &SHAKA),
        ("cbcs", &HLS, &SHAKA),
        ("cenc", &HLS, &SHAKA),
    ];
    shows_what_clear_shows(&node, "plain", &over_boundaries(), &pairs);
}

#[test]
fn players_find_clearkey_among_other_systems() {
    let node = start(
        plain::root(),
        "clear_lead = \"2s\"\nrotate_every = \"4s\"",
        &format!(
            "[mount.drm.widevine]\nlicence_url = \"https://widevine.example/\"\n\
             [mount.drm.playready]\nlicence_url = \"https://playready.example/\"\n\
             [mount.drm.fairplay]\nuri = \"skd://{{kid}}\"\n{LABELS}"
        ),
    );
    let pairs = [
        ("cenc", &SHAKA, &SHAKA),
        ("cenc", &DASH, &SHAKA),
        ("cbcs", &SHAKA_HLS, &SHAKA),
        ("cbcs", &HLS, &SHAKA),
    ];
    shows_what_clear_shows(&node, "plain", &over_boundaries(), &pairs);
}

#[test]
fn players_decrypt_aes_128_and_sample_aes_by_themselves() {
    for drm in ["", "rotate_every = \"4s\"\nclear_lead = \"2s\""] {
        let node = start(plain::root(), drm, LABELS);
        // Pictures of transport streams stand at slightly other times.
        let pairs = [
            ("aes128", &HLS, &HLS),
            ("aes128", &SHAKA_HLS, &HLS),
            ("aes128", &HLS_TS, &HLS_TS),
            ("sample-aes", &HLS_TS, &HLS_TS),
        ];
        shows_what_clear_shows(&node, "plain", &over_boundaries(), &pairs);
    }
    // Shaka Player transmuxes streams by itself.
    let node = start(plain::root(), "", "");
    let steps = json!([{"until": {"time": 4.5, "tone": ENGLISH}}]);
    shows_what_clear_shows(&node, "plain", &steps, &[("aes128", &SHAKA_HLS_TS, &SHAKA)]);
}

#[test]
fn pictures_of_other_codecs_are_decrypted() {
    let node = start(codecs::root(), "", "");
    let steps = json!([
        {"until": {"time": 0.5, "height": 180}},
        {"seek": 3.5},
        {"until": {"time": 4.5}},
        {"freeze": 2.02},
    ]);
    let pairs = [
        ("cenc", &SHAKA, &SHAKA),
        ("cbcs", &SHAKA, &SHAKA),
        ("cenc", &DASH, &SHAKA),
        ("cbcs", &DASH, &SHAKA),
    ];
    for asset in ["av1.mp4", "vp9.mp4"] {
        shows_what_clear_shows(&node, asset, &steps, &pairs);
    }
}

#[test]
fn sound_of_other_codecs_is_decrypted() {
    let node = start(codecs::root(), "", "");
    let steps = json!([
        {"until": {"time": 0.5}},
        {"seek": 3.5},
        {"until": {"time": 4.5, "tone": 440}},
    ]);
    let plays = [
        ("opus.mp4", "cenc", &SHAKA),
        ("opus.mp4", "cbcs", &DASH),
        ("flac.mp4", "cenc", &DASH),
        ("flac.mp4", "cbcs", &SHAKA),
        ("opus.mp4", "cbcs", &HLS),
        ("aac-44100.mp4", "cbcs", &DASH),
    ];
    let plays = plays.map(|(asset, protection, way)| Play {
        asset,
        protection,
        way,
        steps: &steps,
    });
    act_all(&node, &plays);
}

#[test]
fn keys_are_fetched_under_path_tokens() {
    let node = start(
        plain::root(),
        "",
        "[mount.token]\nkeys = [{ algorithm = \"HS256\", secret = \"0123456789abcdef0123456789abcdef\" }]\n",
    );
    let steps = json!([{"until": {"time": 2.5, "tone": ENGLISH}}]);
    let plays = [
        ("cenc", &SHAKA),
        ("cbcs", &DASH),
        ("aes128", &HLS),
        ("sample-aes", &HLS_TS),
    ];
    let plays = plays.map(|(protection, way)| Play {
        asset: "plain",
        protection,
        way,
        steps: &steps,
    });
    for result in act_all(&node, &plays).into_iter().flatten() {
        let requests = result["requests"].as_array().unwrap();
        let mut urls = requests
            .iter()
            .filter_map(|request| request["url"].as_str());
        assert!(
            urls.any(
                |url| url.contains("/t/") && (url.ends_with("/clearkey") || url.ends_with(".key"))
            ),
            "{result}"
        );
    }
}

#[test]
fn other_keys_show_other_pictures_or_none() {
    let node = start(plain::root(), "", "");
    let steps = json!([{"freeze": 5.02}]);
    let play = |(protection, way)| Play {
        asset: "plain",
        protection,
        way,
        steps: &steps,
    };
    let clear = [("clear", &SHAKA), ("clear", &HLS_TS)].map(play);
    let Some(clear) = act_all(&node, &clear)
        .into_iter()
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let page = Page::of(&node);
    let plays = [
        ("cenc", &SHAKA),
        ("cbcs", &DASH),
        ("aes128", &HLS),
        ("sample-aes", &HLS_TS),
    ]
    .map(play);
    let spoilt = each(&plays, |play| play.act_with_spoilt_keys(&page).unwrap());
    for (play, (success, result)) in plays.iter().zip(spoilt) {
        let seen = pictures(&result);
        assert!(
            !success || clear.iter().all(|clear| !same(&pictures(clear), &seen)),
            "{play:?} plays with keys that are not its own: {result}"
        );
    }
}
