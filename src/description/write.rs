//! A description as TOML, which reads back as the same.
use std::fmt::Write as _;

use super::model::{CaptionChannel, Clip, Description, TrackDescription};

impl Description {
    /// With `comment`, line by line, before it.
    pub fn to_toml(&self, comment: &str) -> String {
        let mut text = String::new();
        for line in comment.lines() {
            push(&mut text, format_args!("# {line}"));
        }
        let mut keys = Keys(&mut text);
        keys.text("title", self.title.as_deref());
        match &self.periods[..] {
            [only] if only.clip == Clip::default() => {
                for track in &only.tracks {
                    track_list(&mut text, "track", track);
                }
            }
            periods => {
                for (index, period) in periods.iter().enumerate() {
                    push(&mut text, format_args!("\n[[clip]]"));
                    let mut keys = Keys(&mut text);
                    if !period.tracks.is_empty() {
                        keys.text("source", Some(&source_name(index)));
                    }
                    keys.moment("start", period.clip.start_us);
                    keys.moment("end", period.clip.end_us);
                }
                for (index, period) in periods.iter().enumerate() {
                    if period.tracks.is_empty() {
                        continue;
                    }
                    push(&mut text, format_args!("\n[[source]]"));
                    Keys(&mut text).text("name", Some(&source_name(index)));
                    for track in &period.tracks {
                        track_list(&mut text, "source.track", track);
                    }
                }
            }
        }
        for captions in &self.captions {
            push(&mut text, format_args!("\n[[captions]]"));
            let channel = match captions.channel {
                CaptionChannel::Cc(number) => format!("CC{number}"),
                CaptionChannel::Service(number) => format!("SERVICE{number}"),
            };
            let mut keys = Keys(&mut text);
            keys.text("channel", Some(&channel));
            keys.text("language", captions.language.as_deref());
            keys.text("name", captions.name.as_deref());
        }
        text
    }
}

fn source_name(period: usize) -> String {
    format!("period-{}", period + 1)
}

fn track_list(text: &mut String, list: &str, track: &TrackDescription) {
    push(text, format_args!("\n[[{list}]]"));
    let mut keys = Keys(text);
    keys.text("file", Some(&track.file));
    keys.plain("id", track.id);
    keys.text("type", track.kind.map(|kind| kind.as_str()));
    keys.text("language", track.language.as_deref());
    keys.text("name", track.name.as_deref());
    keys.list("roles", track.roles.iter().map(|role| role.as_str()));
    keys.plain("default", track.default);
    keys.plain("autoselect", track.autoselect);
    keys.plain("forced", track.forced.then_some(true));
    keys.text("group", track.group.as_deref());
    let accessibility = track
        .accessibility
        .map(|accessibility| accessibility.as_str());
    keys.text("accessibility", accessibility);
    let characteristics = track.characteristics.iter().map(String::as_str);
    keys.list("characteristics", characteristics);
    keys.text("label", track.label.as_deref());
    keys.plain(
        "tiles",
        track.tiles.map(|tiles| {
            format!(
                "{{ columns = {}, rows = {}, interval = \"{}ms\" }}",
                tiles.columns, tiles.rows, tiles.interval_ms
            )
        }),
    );
}

/// Writes keys, those without a value not.
struct Keys<'t>(&'t mut String);

impl Keys<'_> {
    fn plain(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            push(self.0, format_args!("{key} = {value}"));
        }
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        self.plain(key, value.map(quoted));
    }

    fn list<'v>(&mut self, key: &str, values: impl Iterator<Item = &'v str>) {
        let values: Vec<String> = values.map(quoted).collect();
        let list = (!values.is_empty()).then(|| format!("[{}]", values.join(", ")));
        self.plain(key, list);
    }

    fn moment(&mut self, key: &str, micros: Option<u64>) {
        let written = micros.map(|micros| format!("{}us", micros));
        self.text(key, written.as_deref());
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "{line}");
}
