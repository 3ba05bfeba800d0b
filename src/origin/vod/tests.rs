#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use futures_util::StreamExt;
use http::{HeaderMap, Method};
use tokio::task::LocalSet;

use super::*;
use crate::config::{ContentKey, Protection};
use crate::delivery::route::MountId;
use crate::delivery::{Audience, Outgoing, Protocol, Query, finish};
use crate::storage::{SharedStorage, StorageOptions};

mod indexes;

fn make_media(root: &Path) {
    let status = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=25:d=5",
        ])
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=r=48000:d=5",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "25",
        ])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac"])
        .arg(root.join("film.mp4"))
        .status()
        .unwrap();
    assert!(status.success());
}

fn vod_shared(mount: Arc<Mount>, options: VodOptions) -> VodShared {
    let telemetry = crate::telemetry::Telemetry::new(None).unwrap();
    let keys = KeyStore::new(std::slice::from_ref(mount.as_ref()), &telemetry).unwrap();
    VodShared::new(vec![mount], Arc::new(keys), options, 0)
}

fn request() -> Request {
    Request {
        method: Method::GET,
        uri: "/".parse().unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody(None),
        peer: SocketAddr::from(([127, 0, 0, 1], 1)),
        protocol: Protocol::Http1,
        secure: false,
        client_certificate: None,
        now: SystemTime::now(),
    }
}

fn route(protection: Protection, leaf: Leaf<'_>) -> AssetRoute<'_> {
    AssetRoute {
        mount: MountId(0),
        asset: "film.mp4",
        protection,
        leaf,
        query: Query::default(),
    }
}

/// The track elements of an asset, video first.
async fn tracks(vod: &Vod, protection: Protection) -> Vec<String> {
    let playlist = vod
        .get(&route(protection, Leaf::Dash), &request(), None)
        .await
        .unwrap();
    let Content::Bytes(mpd) = playlist.content else {
        panic!("a manifest is bytes")
    };
    let mpd = String::from_utf8(mpd.to_vec()).unwrap();
    let ids = mpd.split("<Representation ").skip(1);
    ids.map(|rest| {
        rest.split("id=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    })
    // Trick play has the URLs of the track it is made of.
    .filter(|id| !id.ends_with("-trick"))
    .collect()
}

/// The pool hands a returned buffer out again, so a buffer taken and dropped tells where the next read of its size will
/// land; every media byte that reaches the adapter must lie right there.
#[test]
fn no_media_byte_is_copied_between_the_read_and_the_adapter() {
    let root = tempfile::tempdir().unwrap();
    make_media(root.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let shared = SharedStorage::new(StorageOptions::default()).unwrap();
        let storage = Rc::new(Storage::start(&shared).unwrap());
        let mut mount = Mount::new("/vod", root.path());
        mount.protections = Protection::ALL.to_vec();
        mount.key = Some(ContentKey {
            kid: [1; 16],
            key: crate::config::Secret::new([2; 16]),
        });
        let options = VodOptions::from(&Config::default());
        let vod = Vod::new(
            Arc::new(vod_shared(Arc::new(mount), options)),
            storage.clone(),
        );
        for protection in [Protection::Clear, Protection::Cenc, Protection::Cbcs] {
            for track in tracks(&vod, protection).await {
                let leaf = Leaf::Segment {
                    track: &track,
                    number: 1,
                };
                let asset = vod
                    .asset(
                        vod.mount(&route(protection, leaf)).unwrap(),
                        &route(protection, leaf),
                    )
                    .await
                    .unwrap();
                let variant = vod
                    .variant(&asset, &vod.shared.mounts[0], &route(protection, leaf))
                    .await
                    .unwrap();
                let rendition = variant.rendition(&track).unwrap();
                let media_len = asset.presentation.renditions[rendition].segments[0].bytes;
                let buffer = storage.buffer(media_len).await.unwrap();
                let read_to = buffer.as_slice().as_ptr() as usize;
                drop(buffer);

                let representation = vod
                    .get(&route(protection, leaf), &request(), None)
                    .await
                    .unwrap();
                let response = finish(&request(), representation, Audience::Everybody)
                    .await
                    .unwrap();
                let mut outgoing = Outgoing::new(response.body, None);
                let (mut in_place, mut elsewhere) = (0, 0);
                while let Some(chunk) = outgoing.next().await {
                    let chunk = chunk.unwrap();
                    let at = chunk.as_ptr() as usize;
                    if (read_to..read_to + media_len as usize).contains(&at) {
                        in_place += chunk.len() as u64;
                    } else {
                        elsewhere += chunk.len() as u64;
                    }
                }
                // Headers stand before the media, in its buffer or in one of their own.
                let header = (in_place + elsewhere).saturating_sub(media_len);
                assert!(
                    in_place >= media_len,
                    "{track}: media bytes that left the place they were read to"
                );
                assert!(header < 20_000, "{track}: {header} bytes of header");
            }
        }
    });
}
