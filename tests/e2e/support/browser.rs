//! The player page in headless Chromium, driven by `tests/node/play.mjs`.
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Node, tools};

/// A player with a manifest that it opens and the form of the media behind that.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way(&'static str, &'static str, &'static str);

pub(crate) const HLS: Way = Way("hls", "hls", "cmaf");
pub(crate) const HLS_TS: Way = Way("hls", "hls", "ts");
pub(crate) const HLS_FILE: Way = Way("hls", "hls", "file");
pub(crate) const DASH: Way = Way("dash", "dash", "number");
pub(crate) const DASH_TIME: Way = Way("dash", "dash", "time");
pub(crate) const DASH_FILE: Way = Way("dash", "dash", "file");
pub(crate) const SHAKA: Way = Way("shaka", "dash", "number");
pub(crate) const SHAKA_TIME: Way = Way("shaka", "dash", "time");
pub(crate) const SHAKA_FILE: Way = Way("shaka", "dash", "file");
pub(crate) const SHAKA_HLS: Way = Way("shaka", "hls", "cmaf");
pub(crate) const SHAKA_HLS_TS: Way = Way("shaka", "hls", "ts");

/// Where the page is, and the certificate to trust: what a browser needs to know of a node.
#[derive(Debug)]
pub(crate) struct Page {
    origin: String,
    spki: String,
    over_http3: bool,
}

impl Page {
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            origin: node.https.clone(),
            spki: spki(node),
            over_http3: false,
        }
    }

    /// The same, over HTTP/3 from the first request on.
    pub(crate) fn over_http3(node: &Node) -> Self {
        Self {
            over_http3: true,
            ..Self::of(node)
        }
    }

    /// As `nextHopProtocol` calls it.
    pub(crate) fn protocol(&self) -> &'static str {
        if self.over_http3 { "h3" } else { "h2" }
    }
}

/// The digest of the certificate's public key, as Chromium takes it.
pub(crate) fn spki(node: &Node) -> String {
    BASE64_STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &node.spki))
}

/// One playback: of an asset below `/vod`, or one named from the root, with steps to go through (see `tests/node/steps.mjs`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Play<'a> {
    pub(crate) asset: &'a str,
    pub(crate) protection: &'a str,
    pub(crate) way: &'a Way,
    pub(crate) steps: &'a Value,
}

impl Play<'_> {
    /// What was seen, and whether all of it went well. `None` where the tools are missing.
    fn run(&self, page: &Page, options: &[&str]) -> Option<(bool, Value)> {
        if !tools::available("chromium", Path::new("/usr/bin/chromium").exists()) {
            return None;
        }
        let Self {
            asset, protection, ..
        } = self;
        let Way(player, manifest, form) = self.way;
        let from_root = if asset.starts_with('/') { "" } else { "/vod/" };
        let mut command = tools::node_script("play.mjs")?;
        command
            .arg(format!(
                "{}/player/#asset={from_root}{asset}&protection={protection}&player={player}&manifest={manifest}&form={form}\
                 &autoplay=1",
                page.origin
            ))
            .args(["--do", &self.steps.to_string(), "--timeout", "40", "--spki", &page.spki])
            .args(options);
        if page.over_http3 {
            command.args(["--quic", page.origin.trim_start_matches("https://")]);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let result: Value = serde_json::from_str(&said).unwrap_or_else(|error| {
            panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr))
        });
        // Shown where the test fails.
        println!(
            "{asset} {protection} as {player} {manifest} {form}: {} {}\n{}",
            result["waited"], result["errors"], result["log"]
        );
        Some((output.status.success(), result))
    }

    /// Fails where the steps do not come true, or anything is amiss. A browser that was starved by its neighbours gets a
    /// second chance, which a fault of the node would not pass either.
    pub(crate) fn act(&self, page: &Page) -> Option<Value> {
        let (mut success, mut result) = self.run(page, &[])?;
        if !success {
            (success, result) = self.run(page, &[])?;
        }
        assert!(
            success,
            "{self:?}: {} {}",
            result["waited"], result["errors"]
        );
        Some(result)
    }

    /// The same without a second chance: the fault, where there is one.
    pub(crate) fn act_once(&self, page: &Page) -> Option<Result<Value, String>> {
        let (success, result) = self.run(page, &[])?;
        let fault = || format!("{self:?}: {} {}", result["waited"], result["errors"]);
        Some(if success { Ok(result) } else { Err(fault()) })
    }

    /// The same with keys that are not those of the node: whether it went well all the same, and what was seen.
    pub(crate) fn act_with_spoilt_keys(&self, page: &Page) -> Option<(bool, Value)> {
        self.run(page, &["--spoil-keys"])
    }
}

/// Several at once: most of the time goes by at the speed of playback.
pub(crate) fn each<'a, P: Sync + 'a, R: Send>(
    plays: &'a [P],
    act: impl Fn(&'a P) -> R + Sync,
) -> Vec<R> {
    // What two cores bear. A browser that gets no processor misses what is looked for.
    const AT_ONCE: usize = 2;
    /// Batches of several tests wait for each other.
    static BATCH: Mutex<()> = Mutex::new(());
    let mut results = Vec::new();
    for some in plays.chunks(AT_ONCE) {
        let _alone = BATCH.lock().unwrap_or_else(PoisonError::into_inner);
        results.extend(std::thread::scope(|scope| {
            let running: Vec<_> = some
                .iter()
                .map(|play| {
                    let act = &act;
                    scope.spawn(move || act(play))
                })
                .collect();
            let finished: Vec<_> = running
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect();
            finished
        }));
    }
    results
}

/// Every one of them goes well.
pub(crate) fn act_all(node: &Node, plays: &[Play<'_>]) -> Vec<Option<Value>> {
    let page = Page::of(node);
    each(plays, |play| play.act(&page))
}

/// The same steps with assets in ways.
pub(crate) fn act_each(
    node: &Node,
    protection: &str,
    steps: &Value,
    plays: &[(&str, &Way)],
) -> Vec<Option<Value>> {
    let plays: Vec<Play<'_>> = plays
        .iter()
        .map(|&(asset, way)| Play {
            asset,
            protection,
            way,
            steps,
        })
        .collect();
    act_all(node, &plays)
}

/// Each of the ways with the same asset.
pub(crate) fn in_ways<'a>(asset: &'a str, ways: &[&'a Way]) -> Vec<(&'a str, &'a Way)> {
    ways.iter().map(|way| (asset, *way)).collect()
}

/// The pictures that the steps froze, in their order.
pub(crate) fn pictures(result: &Value) -> Vec<Picture> {
    let steps = result["steps"].as_array().map_or(&[][..], Vec::as_slice);
    steps
        .iter()
        .filter_map(|step| Picture::of(&step["picture"]))
        .collect()
}

/// What the screen showed.
pub(crate) struct Picture {
    size: String,
    brightness: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.size, hex::encode(&self.brightness))
    }
}

impl Picture {
    /// Mean difference of a field's brightness. A frame and the next differ by 2 in the pictures of the tests, frames
    /// 0.1 s apart by 6, what was not decrypted by far more.
    const SAME: f64 = 3.0;

    fn of(picture: &Value) -> Option<Self> {
        Some(Self {
            size: picture["size"].as_str()?.to_owned(),
            brightness: hex::decode(picture["brightness"].as_str()?).unwrap(),
        })
    }

    /// Whether both show the same, but for what rendering differs by.
    pub(crate) fn shows(&self, other: &Self) -> bool {
        let fields = self.brightness.iter().zip(&other.brightness);
        let sum: f64 = fields.map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        self.size == other.size && sum <= Self::SAME * self.brightness.len() as f64
    }
}

/// Whether both are the same pictures in the same order.
pub(crate) fn same(one: &[Picture], other: &[Picture]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.shows(other))
}
