//! A key store with one mount.
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use edgepack::config::{KeyProvider, KeyServer, Keys, Mount, Protection, Speke};
use edgepack::keys::{
    AudioUsage, KeyError, KeyRequest, KeySet, KeyStore, LabelUse, Usage, VideoUsage,
};
use edgepack::telemetry::Telemetry;

use crate::server::Process;

/// One for all tests: they differ in paths.
pub(crate) static SERVER: LazyLock<Process> = LazyLock::new(Process::start);

/// Quick enough for tests that wait for the end of all attempts.
pub(crate) fn server(url: String) -> KeyServer {
    KeyServer {
        connect_timeout: Duration::from_millis(500),
        timeout: Duration::from_millis(1000),
        max_attempts: 2,
        ..KeyServer::new(url)
    }
}

pub(crate) fn speke(mode: &str) -> Speke {
    let url = format!("http://127.0.0.1:{}/speke/{mode}", SERVER.plain);
    Speke {
        systems: Some(vec![WIDEVINE, FAIRPLAY]),
        ..Speke::new(server(url))
    }
}

pub(crate) const WIDEVINE: [u8; 16] = 0xedef_8ba9_79d6_4ace_a3c8_27dc_d51d_21ed_u128.to_be_bytes();
pub(crate) const FAIRPLAY: [u8; 16] = 0x94ce_86fb_07ff_4f43_adb8_93d2_fa96_8ca2_u128.to_be_bytes();

pub(crate) fn store(provider: KeyProvider) -> KeyStore {
    store_with(Keys::new(provider))
}

pub(crate) fn store_with(keys: Keys) -> KeyStore {
    let mount = Mount {
        keys,
        ..Mount::new("/vod", "/")
    };
    KeyStore::new(&[mount], &Telemetry::new(None).unwrap()).unwrap()
}

pub(crate) fn request(content: &str) -> KeyRequest {
    let hd = Usage::Video(VideoUsage {
        min_pixels: Some(1024 * 576 + 1),
        max_pixels: Some(1920 * 1080),
        ..VideoUsage::default()
    });
    KeyRequest {
        mount: 0,
        content_id: content.to_owned(),
        protection: Protection::Cbcs,
        labels: vec![
            LabelUse {
                label: "HD".into(),
                usage: hd,
            },
            LabelUse {
                label: "AUDIO".into(),
                usage: Usage::Audio(AudioUsage::default()),
            },
        ],
        periods: 0..1,
    }
}

pub(crate) fn get(store: &KeyStore, request: &KeyRequest) -> Result<Arc<KeySet>, KeyError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let patience = Duration::from_secs(20);
    runtime.block_on(async {
        tokio::time::timeout(patience, store.get(request))
            .await
            .expect("an answer or an error in good time")
    })
}

/// A name that no other test uses, for what the server counts.
pub(crate) fn unique(name: &str) -> String {
    static COUNTS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);
    let mut counts = COUNTS.lock().unwrap();
    let count = counts.entry(name.to_owned()).or_default();
    *count += 1;
    format!("{name}{count}")
}
