//! The sample and the reference say what the reader does.
use super::*;

const SAMPLE: &str = include_str!("../../../config/edgepack.toml");
const REFERENCE: &str = include_str!("../../../docs/reference/config.md");

#[test]
fn the_sample_states_the_defaults() {
    let (mut config, source) = Config::read(SAMPLE, Path::new("edgepack.toml"));
    assert_eq!(source.into_faults(), []);
    assert_eq!(
        std::mem::take(&mut config.mounts),
        [Mount::new("/vod", "/srv/media")]
    );
    assert_eq!(config, Config::default());
}

#[test]
fn the_sample_shows_every_key() {
    let shown: BTreeSet<_> = sample_keys().into_keys().collect();
    let known = all_keys();
    for (section, key) in &known {
        let is_section = known.iter().any(|(other, _)| *other == sub(section, key));
        assert!(
            is_section || shown.contains(&(section.clone(), (*key).to_owned())),
            "[{section}] {key}"
        );
    }
    assert_eq!(shown.len(), sample_keys().len());
}

#[test]
fn what_the_sample_leaves_out_is_right_when_put_in() {
    // Of two ways to give a key, to rotate keys, to feed a channel or to be let in, one; of key providers, one; files that
    // are there; and channels in a mount of their own.
    let of_others = [
        "#secret = \"hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"",
        "#method = ",
    ];
    let (before, keys) = SAMPLE.split_once("#[mount.keys]").unwrap();
    let (keys, after) = keys.split_once("\n\n").unwrap();
    let keys: String = keys
        .lines()
        .filter(|line| !of_others.iter().any(|other| line.starts_with(other)))
        .filter(|line| !line.contains("cache_dir"))
        .map(|line| format!("{line}\n"))
        .collect();
    let after = after.replace("#rotate_segments", "# rotate_segments");
    let sample = format!("{before}#[mount.keys]\n{keys}\n{after}");
    let channels = "#[mount.live]\n";
    let sample = sample.replace(
        channels,
        &format!("[[mount]]\npath = \"/live\"\n{channels}"),
    );
    let (sample, republish) = sample
        .split_once("#[[mount.live.channel.republish]]")
        .unwrap();
    let republish = republish.replace("#user", "# user");
    let republish = republish.replace("#password", "# password");
    let sample = format!("{sample}#[[mount.live.channel.republish]]{republish}");
    let sample = sample.replace("#rtmp", "# rtmp");
    let sample = sample.replace("#listen = true", "# listen = true");
    let put_in: String = sample
        .lines()
        .filter(|line| !line.contains("_file = ") && !line.contains("/etc/edgepack/tls"))
        .filter(|line| !line.starts_with("#reload_interval") && !line.starts_with("#kernel"))
        .filter(|line| !line.starts_with("#client_certificates"))
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with(' '))
                .unwrap_or(line)
        })
        .filter(|line| *line != "[tls]")
        .map(|line| format!("{line}\n"))
        .collect();
    let (config, source) = Config::read(&put_in, Path::new("edgepack.toml"));
    assert_eq!(source.into_faults(), []);
    let token = config.mounts[0].token.clone().unwrap();
    let stated = TokenPolicy {
        issuer: None,
        audience: None,
        ..token.clone()
    };
    assert_eq!(stated, TokenPolicy::new(token.keys));
    assert_eq!(config.mounts[0].assets.len(), 1);
    let live = config.mounts[1].live.clone().unwrap();
    let recording = live.recording.clone().unwrap();
    assert_eq!(
        Recording::new("/srv/recordings"),
        Recording {
            max_bytes: None,
            harvest_directory: None,
            ..recording
        }
    );
    let channel = live.channels[0].clone();
    let url = channel.contribution.clone().unwrap().url;
    assert_eq!(
        channel.contribution,
        Some(Contribution::new(Transport::Srt, url))
    );
    let second = channel.republish[0].clone();
    let stated = Republish {
        authorization: None,
        ca_file: None,
        ..second.clone()
    };
    assert_eq!(stated, Republish::new("second".into(), second.url));
    let stated = Live {
        recording: None,
        channels: Vec::new(),
        ..live
    };
    assert_eq!(stated, Live::default());
}

#[test]
fn the_reference_lists_every_key_and_no_other() {
    let listed: BTreeSet<_> = reference().into_keys().collect();
    let known = all_keys()
        .into_iter()
        .filter(|(section, _)| !section.is_empty())
        .map(|(section, key)| (section, key.to_owned()))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_reference_states_the_defaults() {
    let mut stated: BTreeMap<String, String> = BTreeMap::new();
    for ((section, key), default) in reference() {
        if !default.starts_with(|c: char| c.is_ascii_lowercase())
            || default == "true"
            || default == "false"
        {
            stated
                .entry(section)
                .or_default()
                .push_str(&format!("{key} = {default}\n"));
        }
    }
    // Not there by default.
    assert_eq!(
        stated["tls"],
        "kernel = \"off\"\nreload_interval = \"1m\"\n"
    );
    assert_eq!(Tls::new("".into(), "".into()).kernel, KernelTls::Off);
    assert_eq!(Tls::RELOAD_INTERVAL, Duration::from_secs(60));
    let node: String = stated
        .iter()
        .filter(|(section, _)| !section.starts_with("mount") && *section != "tls")
        .map(|(section, keys)| format!("[{section}]\n{keys}"))
        .collect();
    let (mount, token) = (&stated["mount"], &stated["mount.token"]);
    let text = format!(
        "{node}[[mount]]\npath = \"/vod\"\nroot = \"media\"\n{mount}[mount.token]\n{token}"
    );
    let (mut config, source) = Config::read(&text, Path::new("edgepack.toml"));
    assert_eq!(source.into_faults(), []);
    let mount = Mount {
        token: Some(TokenPolicy::new(Vec::new())),
        ..Mount::new("/vod", "./media")
    };
    assert_eq!(std::mem::take(&mut config.mounts), [mount]);
    assert_eq!(config, Config::default());
}

fn sub(section: &str, key: &str) -> String {
    if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    }
}

/// Section and key of each line of the sample that sets one, commented out or not.
fn sample_keys() -> BTreeMap<(String, String), usize> {
    let mut section = String::new();
    let mut keys = BTreeMap::new();
    for (number, line) in SAMPLE.lines().enumerate() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ")
            && !key.contains(' ')
        {
            let earlier = keys.insert((section.clone(), key.to_owned()), number);
            assert_eq!(earlier, None, "[{section}] {key}");
        }
    }
    keys
}

/// Section and key → default of each table row of the reference.
pub(super) fn reference() -> BTreeMap<(String, String), String> {
    let mut section = String::new();
    let mut rows = BTreeMap::new();
    for line in REFERENCE.lines() {
        if let Some(title) = line.strip_prefix("## `") {
            section = title.trim_matches(['[', ']', '`']).to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let mut cells = row.split('|').map(str::trim);
            let key = cells.next().unwrap().trim_end_matches('`').to_owned();
            let default = cells.next().unwrap().trim_matches('`').to_owned();
            rows.insert((section.clone(), key), default);
        }
    }
    rows
}
