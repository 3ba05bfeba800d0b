#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::Path;

use super::*;
use crate::config::{Config, ConfigFault};

fn read(keys: &str) -> Result<Option<Recording>, Vec<ConfigFault>> {
    let text = format!(
        "[[mount]]\npath = \"/live\"\n[mount.live]\n[[mount.live.channel]]\nname = \"news\"\n\
         [mount.live.recording]\n{keys}"
    );
    let (mut config, source) = Config::read(&text, Path::new("/etc/edgepack.toml"));
    let faults = source.into_faults();
    match faults.is_empty() {
        true => Ok(config.mounts.remove(0).live.unwrap().recording),
        false => Err(faults),
    }
}

#[test]
fn a_folder_is_enough() {
    let recording = read("directory = \"dvr\"").unwrap().unwrap();
    assert_eq!(recording, Recording::new("/etc/dvr"));
}

#[test]
fn every_key_of_a_recording_is_read() {
    let recording = read(
        "directory = \"/srv/dvr\"\nharvest_directory = \"/srv/films\"\nfsync = \"segment\"\nfsync_interval = \"1s\"\nretention = \"7d\"\n\
         max_bytes = \"2TiB\"\nfile_duration = \"1m\"\nqueue = \"8MiB\"\nverify = \"all\"",
    );
    let expected = Recording {
        directory: "/srv/dvr".into(),
        harvest_directory: Some("/srv/films".into()),
        fsync: Fsync::Segment,
        fsync_interval: Duration::from_secs(1),
        retention: Some(Duration::from_secs(7 * 86_400)),
        max_bytes: Some(2 << 40),
        file_duration: Duration::from_secs(60),
        queue: 8 << 20,
        verify: Verify::All,
    };
    assert_eq!(recording, Ok(Some(expected)));
    let kept = read("directory = \"/srv/dvr\"\nretention = \"0s\"").unwrap();
    assert_eq!(kept.unwrap().retention, None);
}

#[test]
fn what_makes_no_sense_is_told_at_its_key() {
    for (keys, key) in [
        ("", "directory"),
        ("directory = \"x\"\nfsync = \"always\"", "fsync"),
        ("directory = \"x\"\nmax_bytes = \"1MiB\"", "max_bytes"),
        ("directory = \"x\"\nfile_duration = \"1s\"", "file_duration"),
        ("directory = \"x\"\nretain = \"1s\"", "retain"),
    ] {
        let faults = read(keys).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].key, format!("mount[0].live.recording.{key}"));
    }
}
