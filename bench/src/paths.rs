//! Paths of segments by protection, read from the node's own playlists.
use std::path::Path;

use crate::Result;
use crate::client::Transport;
use crate::node::Edgepack;

const PROTECTIONS: [&str; 4] = ["clear", "cenc", "cbcs", "aes128"];

pub(crate) struct Paths {
    video: Vec<(&'static str, Vec<String>)>,
    pub(crate) audio: Vec<String>,
}

impl Paths {
    pub(crate) async fn discover(edgepack: &Edgepack) -> Result<Self> {
        let client = edgepack.client(Transport::Http1).await?;
        let mut video = Vec::new();
        let mut audio = Vec::new();
        for protection in PROTECTIONS {
            let base = format!("/vod/bench/{protection}");
            let multivariant = client.text(&format!("{base}/index.m3u8")).await?;
            for playlist in playlists(&multivariant) {
                let media = client.text(&format!("{base}/{playlist}")).await?;
                // The last segment is shorter than the others.
                let mut segments = segments(&format!("{base}/{playlist}"), &media);
                segments.pop();
                if playlist.starts_with('v') {
                    video.push((protection, segments));
                } else if protection == "clear" {
                    audio = segments;
                }
            }
        }
        if video.len() != PROTECTIONS.len() || audio.is_empty() {
            return Err("the node's playlists do not list what the bench made".into());
        }
        Ok(Self { video, audio })
    }

    pub(crate) fn video(&self, protection: &str) -> Vec<String> {
        let mut video = self.video.iter();
        let found = video.find(|(name, _)| *name == protection);
        found.map_or_else(Vec::new, |(_, paths)| paths.clone())
    }

    /// The clear segments as files, for others to serve under the same paths.
    pub(crate) async fn save(&self, edgepack: &Edgepack, root: &Path) -> Result<()> {
        let client = edgepack.client(Transport::Http1).await?;
        // Segments that were made from other media have other names.
        if root.is_dir() {
            std::fs::remove_dir_all(root)?;
        }
        for path in self.video("clear").iter().chain(&self.audio) {
            let file = root.join(path.trim_start_matches('/'));
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(file, client.bytes(path).await?)?;
        }
        Ok(())
    }
}

/// Media playlists of a multivariant playlist: variants' lines and the URIs of its audio.
pub(crate) fn playlists(multivariant: &str) -> Vec<&str> {
    multivariant
        .lines()
        .filter_map(|line| match line.split_once("URI=\"") {
            Some((_, rest)) if line.starts_with("#EXT-X-MEDIA:") => rest.split('"').next(),
            _ => (!line.starts_with('#') && !line.is_empty()).then_some(line),
        })
        .collect()
}

/// Paths of a media playlist's segments; `path`: its own.
pub(crate) fn segments(path: &str, playlist: &str) -> Vec<String> {
    let folder = path.trim_end_matches("index.m3u8");
    let lines = playlist.lines().filter(|line| line.ends_with(".m4s"));
    lines.map(|line| format!("{folder}{line}")).collect()
}
