//! The document as written, list by list; nothing is held against another yet.
use std::time::Duration;

use toml::de::DeTable;

use super::model::{Clip, ClosedCaptions, Kind, Tiles, TrackDescription};
use super::values::{Language, Moment, Name, Plain, RelativePath};
use super::{MAX_CAPTIONS, MAX_CLIPS, MAX_SOURCES, MAX_TRACKS};
use crate::config::document::{Section, Source};

const MAX_TILES: u32 = 64;
/// Of each on a track; there are fewer that make sense together.
const MAX_WORDS: usize = 16;

/// Lists keep a place for what was faulty, so that positions are those of the document.
#[derive(Default)]
pub(super) struct Written {
    pub(super) title: Option<String>,
    pub(super) tracks: Vec<Option<TrackDescription>>,
    pub(super) sources: Vec<WrittenSource>,
    pub(super) clips: Vec<WrittenClip>,
    pub(super) captions: Vec<Option<ClosedCaptions>>,
}

pub(super) struct WrittenSource {
    pub(super) name: Option<String>,
    pub(super) tracks: Vec<Option<TrackDescription>>,
}

pub(super) struct WrittenClip {
    pub(super) source: Option<String>,
    pub(super) file: Option<String>,
    pub(super) clip: Clip,
}

pub(super) fn document(source: &Source, text: &str) -> Written {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            source.syntax_fault(error.span().unwrap_or(0..0), error.message());
        }
        return Written::default();
    }
    let mut document = Section::document(source, document.get_ref());
    let written = Written {
        title: document.optional::<Name>("title").map(|name| name.0),
        tracks: list(&mut document, "track", MAX_TRACKS, track),
        sources: list(&mut document, "source", MAX_SOURCES, read_source),
        clips: list(&mut document, "clip", MAX_CLIPS, clip),
        captions: list(&mut document, "captions", MAX_CAPTIONS, captions),
    };
    document.finish();
    written
}

/// No more than `limit` are read; that there are more is a fault.
fn list<'s, 't, T>(
    section: &mut Section<'s, 't>,
    key: &'static str,
    limit: usize,
    read: impl Fn(Section<'s, 't>) -> T,
) -> Vec<T> {
    let mut sections = section.sections(key);
    if sections.len() > limit {
        section.source().fault(
            &section.name(key),
            format_args!("{} of them", sections.len()),
            format_args!("keep at most {limit}"),
        );
        sections.truncate(limit);
    }
    sections.into_iter().map(read).collect()
}

fn track(mut section: Section<'_, '_>) -> Option<TrackDescription> {
    let file = section.required::<RelativePath>("file", "name the file: file = \"film.mp4\"");
    let track = TrackDescription {
        file: file.map(|file| file.0).unwrap_or_default(),
        id: id(&mut section),
        kind: section.optional("type"),
        language: section.optional::<Language>("language").map(|tag| tag.0),
        name: section.optional::<Name>("name").map(|name| name.0),
        roles: words(&mut section, "roles"),
        default: section.optional("default"),
        autoselect: section.optional("autoselect"),
        forced: section.get("forced", false),
        group: section.optional::<Plain>("group").map(|word| word.0),
        accessibility: section.optional("accessibility"),
        characteristics: words::<Plain>(&mut section, "characteristics")
            .into_iter()
            .map(|word| word.0)
            .collect(),
        label: section.optional::<Plain>("label").map(|word| word.0),
        tiles: section.section("tiles").map(tiles),
    };
    section.finish();
    (!track.file.is_empty()).then_some(track)
}

/// Track ids begin at 1 (ISO/IEC 14496-12, 8.3.2.3).
fn id(section: &mut Section<'_, '_>) -> Option<u32> {
    let id: Option<u32> = section.optional("id");
    if id == Some(0) {
        section.source().fault(
            &section.name("id"),
            "0 is no track id",
            "`edgepack inspect` lists the ids of a file",
        );
    }
    id
}

fn words<T: crate::config::values::FromToml>(
    section: &mut Section<'_, '_>,
    key: &'static str,
) -> Vec<T> {
    let words: Vec<T> = section.get(key, Vec::new());
    if words.len() > MAX_WORDS {
        section.source().fault(
            &section.name(key),
            format_args!("{} of them", words.len()),
            format_args!("keep at most {MAX_WORDS}"),
        );
    }
    words
}

fn tiles(mut section: Section<'_, '_>) -> Tiles {
    for key in ["columns", "rows", "interval"] {
        if !section.has(key) {
            section.source().fault(
                &section.name(key),
                format_args!("`{key}` is missing"),
                "write tiles = { columns = 5, rows = 5, interval = \"10s\" }",
            );
        }
    }
    let range = Duration::from_millis(1)..=Duration::from_secs(3600);
    let interval = section.bounded("interval", Duration::from_secs(10), range);
    if !interval.subsec_nanos().is_multiple_of(1_000_000) {
        section.source().fault(
            &section.name("interval"),
            "finer than a millisecond",
            "write whole milliseconds",
        );
    }
    let tiles = Tiles {
        columns: section.bounded("columns", 1, 1..=MAX_TILES),
        rows: section.bounded("rows", 1, 1..=MAX_TILES),
        interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
    };
    section.finish();
    tiles
}

fn read_source(mut section: Section<'_, '_>) -> WrittenSource {
    let source = WrittenSource {
        name: section
            .required::<Plain>("name", "clips name it: name = \"film\"")
            .map(|word| word.0),
        tracks: list(&mut section, "track", MAX_TRACKS, track),
    };
    if source.tracks.is_empty() && !section.has("track") {
        section.source().fault(
            &section.name("track"),
            "a source without tracks",
            "add [[source.track]] below it",
        );
    }
    section.finish();
    source
}

fn clip(mut section: Section<'_, '_>) -> WrittenClip {
    let moment =
        |section: &mut Section<'_, '_>, key| section.optional::<Moment>(key).map(|moment| moment.0);
    let clip = WrittenClip {
        source: section.optional::<Plain>("source").map(|word| word.0),
        file: section.optional::<RelativePath>("file").map(|file| file.0),
        clip: Clip {
            start_us: moment(&mut section, "start"),
            end_us: moment(&mut section, "end"),
        },
    };
    section.finish();
    clip
}

fn captions(mut section: Section<'_, '_>) -> Option<ClosedCaptions> {
    let channel = section.required("channel", "write \"CC1\" or \"SERVICE1\"");
    let language = section.optional::<Language>("language").map(|tag| tag.0);
    let name = section.optional::<Name>("name").map(|name| name.0);
    section.finish();
    Some(ClosedCaptions {
        channel: channel?,
        language,
        name,
    })
}

impl TrackDescription {
    /// The kind that what is written allows alone.
    pub(super) fn implied_kind(&self) -> Option<Kind> {
        if self.kind.is_some() {
            self.kind
        } else if self.tiles.is_some() {
            Some(Kind::Image)
        } else if super::is_text_name(&self.file) {
            Some(Kind::Text)
        } else {
            None
        }
    }
}
