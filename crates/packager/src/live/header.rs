//! CMAF headers of live tracks.
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::{CodecConfig, Movie, SampleEntry, Track};

use super::Source;
use crate::presentation::{every_sample_is_sync, kind_of, media_of};
use crate::timing::{EditMap, SampleRate};
use crate::{Error, HeaderProtection, Kind, Rendition, Result, TrackSettings, cmaf};

/// Segments begin with a sync sample, and nothing is known of what will follow it.
const SAP_TYPE: u8 = 1;

/// One track of the movie that an encoder's CMAF header is, checked once: there is nothing in it that cannot be packaged.
#[derive(Debug, Clone)]
pub struct Header {
    movie: Arc<Movie>,
    index: usize,
    kind: Kind,
    codec: CodecConfig,
    /// `elst`, of the media timescale.
    delay: u64,
    media_time: u64,
    language: Option<String>,
}

impl Header {
    /// `movie` has no samples, or they are not looked at. `index`: of the track in it. `language`: BCP 47, where it is not
    /// the header's.
    ///
    /// # Errors
    /// [`Error::LiveHeader`] for what is neither video nor audio, or cannot be packaged.
    pub fn new(movie: Arc<Movie>, index: usize, language: Option<&str>) -> Result<Self> {
        let fault = |reason: String| Error::LiveHeader {
            track: match movie.tracks.get(index) {
                Some(track) => format!("track {}", track.track_id),
                None => format!("track number {}", index + 1),
            },
            reason,
        };
        let track = movie
            .tracks
            .get(index)
            .ok_or_else(|| fault("there is none".to_owned()))?;
        let kind = kind_of(track).filter(|kind| matches!(kind, Kind::Video | Kind::Audio));
        let kind = kind.ok_or_else(|| fault("neither video nor audio".to_owned()))?;
        let [entry] = &track.sample_entries[..] else {
            let count = track.sample_entries.len();
            return Err(fault(format!("{count} sample entries instead of one")));
        };
        if entry.is_encrypted() {
            return Err(fault("encrypted already".to_owned()));
        }
        let fits = match kind {
            Kind::Video => entry.codec.video().is_some(),
            _ => entry.codec.audio().is_some(),
        };
        if !fits || entry.codec.rfc6381().is_none() {
            return Err(fault(format!("unsupported codec ({})", entry.format)));
        }
        let edits = EditMap::new(track, movie.timescale).map_err(fault)?;
        Ok(Self {
            kind,
            codec: entry.codec.clone(),
            delay: u64::try_from(edits.delay).unwrap_or(0),
            media_time: u64::try_from(edits.media_time).unwrap_or(0),
            language: language.map(str::to_owned),
            index,
            movie,
        })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What an encryptor of the samples needs to know.
    pub fn codec(&self) -> &CodecConfig {
        &self.codec
    }

    /// RFC 6381.
    pub fn codecs(&self) -> String {
        self.codec.rfc6381().unwrap_or_default()
    }

    /// Of the encoder.
    pub fn timescale(&self) -> u32 {
        self.track().map_or(1, |track| track.timescale)
    }

    /// BCP 47.
    pub fn language(&self) -> &str {
        let own = self.track().map_or("und", |track| &track.language);
        self.language.as_deref().unwrap_or(own)
    }

    /// Every sample is one to begin with, whatever flags say.
    pub fn all_sync(&self) -> bool {
        every_sample_is_sync(&self.codec)
    }

    /// What its samples' times become. Video: the edit list moves composition offsets; audio keeps it in the header.
    pub fn time(&self) -> Source {
        let shift = match self.kind {
            Kind::Video => i64::try_from(self.media_time).unwrap_or(i64::MAX),
            _ => 0,
        };
        Source {
            timescale: self.timescale(),
            composition_shift: -shift,
            decode_shift: self.delay,
        }
    }

    /// Whether samples under the other header go on under this one, for a player that keeps what it has: an encoder that
    /// sends its header again, or a redundant one.
    pub fn is_same(&self, other: &Self) -> bool {
        let raw = |header: &Self| header.entry().map(|entry| entry.raw.clone());
        self.kind == other.kind
            && self.time() == other.time()
            && self.media_time == other.media_time
            && raw(self) == raw(other)
    }

    /// The CMAF header as it goes out. `timescale`: the line's, which its first header gives. `pssh`: boxes appended to
    /// `moov`.
    ///
    /// # Errors
    /// [`Error::Drm`] for a sample entry that cannot be protected.
    pub fn cmaf(
        &self,
        timescale: u32,
        protection: HeaderProtection<'_>,
        pssh: &[u8],
    ) -> Result<Bytes> {
        let (track, entry) = self.parts()?;
        let settings = TrackSettings::default();
        let rendition = self.rendition(timescale, &settings, None)?;
        let entries = cmaf::sample_entries(&[entry], protection)?;
        Ok(cmaf::of_track(track, &rendition, &entries, None, pssh))
    }

    /// Without name, bandwidths and place in a presentation.
    pub(super) fn rendition(
        &self,
        timescale: u32,
        settings: &TrackSettings,
        frame_rate: Option<(u32, u32)>,
    ) -> Result<Rendition> {
        let (track, _) = self.parts()?;
        let unsupported = || self.fault("unsupported codec");
        let mut media = media_of(&self.codec, track, settings, &SampleRate::default())
            .ok_or_else(unsupported)?;
        if let crate::Media::Video { frame_rate: of, .. } = &mut media {
            *of = frame_rate.unwrap_or((0, 1));
        }
        let scaled = |time: u64| {
            let from = u128::from(track.timescale.max(1));
            let scaled = (u128::from(time) * u128::from(timescale) + from / 2) / from;
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let shown_from = scaled(self.media_time);
        let (priming, composition_shift) = match self.kind {
            Kind::Video => (0, -i64::try_from(shown_from).unwrap_or(i64::MAX)),
            _ => (shown_from, 0),
        };
        Ok(Rendition {
            name: String::new(),
            period: 0,
            source: 0,
            track: Some(self.index),
            media,
            codecs: self.codecs(),
            supplemental_codecs: self.codec.supplemental_rfc6381(),
            language: settings
                .language
                .clone()
                .unwrap_or_else(|| self.language().to_owned()),
            settings: settings.clone(),
            timescale,
            average_bandwidth: 0,
            peak_bandwidth: 0,
            priming,
            composition_shift,
            descriptions: vec![0],
            sap_type: SAP_TYPE,
            segments: Vec::new(),
        })
    }

    pub(super) fn movie(&self) -> &Arc<Movie> {
        &self.movie
    }

    fn track(&self) -> Option<&Track> {
        self.movie.tracks.get(self.index)
    }

    fn entry(&self) -> Option<&SampleEntry> {
        self.track()?.sample_entries.first()
    }

    /// Both have been seen when it was made.
    fn parts(&self) -> Result<(&Track, &SampleEntry)> {
        let found = self.track().zip(self.entry());
        found.ok_or_else(|| self.fault("no track"))
    }

    fn fault(&self, reason: &str) -> Error {
        Error::LiveHeader {
            track: format!("track number {}", self.index + 1),
            reason: reason.to_owned(),
        }
    }
}
