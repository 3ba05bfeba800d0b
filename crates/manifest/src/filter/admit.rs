//! Which renditions a filter lets through.
use edgepack_packager::{Kind, Media, Presentation, Rendition, TextForm};

use super::{Filter, Range, Text};
use crate::codec::Family;
use crate::error::{Error, Result};
use crate::media::{self, VideoRange};

impl Filter {
    /// One flag per rendition. `form` is the text that the manifest carries unless the filter says otherwise.
    ///
    /// Where nothing of a kind would remain of one period while another period keeps some (a bumper with one rung
    /// only), that period keeps all: a title must not lose its picture or sound on the way.
    ///
    /// # Errors
    /// [`Error::NothingLeft`]: no video of an asset with video, no audio of an asset with audio.
    pub(crate) fn admitted(
        &self,
        presentation: &Presentation,
        form: TextForm,
    ) -> Result<Vec<bool>> {
        let renditions = &presentation.renditions;
        let bitrates_of = if renditions.iter().any(|r| r.kind() == Kind::Video) {
            Kind::Video
        } else {
            Kind::Audio
        };
        let mut admitted: Vec<bool> = renditions
            .iter()
            .map(|rendition| self.admits(rendition, form, bitrates_of))
            .collect();
        for (kind, name) in [(Kind::Video, "video"), (Kind::Audio, "audio")] {
            let remains = |flags: &[bool], range: std::ops::Range<usize>| {
                range
                    .clone()
                    .any(|at| renditions[at].kind() == kind && flags[at])
            };
            if renditions.iter().any(|r| r.kind() == kind)
                && !remains(&admitted, 0..renditions.len())
            {
                return Err(Error::NothingLeft { kind: name });
            }
            for period in &presentation.periods {
                if !remains(&admitted, period.renditions.clone()) {
                    for at in period.renditions.clone() {
                        admitted[at] |= renditions[at].kind() == kind;
                    }
                }
            }
        }
        Ok(admitted)
    }

    fn admits(&self, rendition: &Rendition, form: TextForm, bitrates_of: Kind) -> bool {
        let kind = rendition.kind();
        if kind == bitrates_of && !self.admits_bitrate(rendition.peak_bandwidth) {
            return false;
        }
        match rendition.media {
            Media::Video {
                height, frame_rate, ..
            } => {
                self.admits_codec(&rendition.codecs)
                    && self.admits_height(height)
                    && self.admits_frame_rate(frame_rate)
                    && self.admits_range(media::range(rendition))
            }
            Media::Audio { channels, .. } => {
                self.admits_codec(&rendition.codecs)
                    && (self.channels.is_empty() || self.channels.contains(&channels))
                    && self.admits_language(&self.audio_languages, &rendition.language)
            }
            Media::Text { form: of_rendition } => {
                let wanted = match self.text {
                    Some(Text::Imsc1) => TextForm::Imsc1,
                    Some(Text::WebVtt) => TextForm::WebVtt,
                    Some(Text::None) => return false,
                    None => form,
                };
                of_rendition == wanted
                    && self.admits_language(&self.text_languages, &rendition.language)
            }
            Media::Image { .. } => !self.without_thumbnails,
        }
    }

    /// A list that names audio codecs alone says nothing of video, and the other way round.
    fn admits_codec(&self, codecs: &str) -> bool {
        let family = Family::of(codecs);
        let mut of_kind = self
            .codecs
            .iter()
            .filter(|listed| listed.is_video() == family.is_video())
            .peekable();
        of_kind.peek().is_none() || of_kind.any(|listed| *listed == family)
    }

    fn admits_height(&self, height: u32) -> bool {
        (self.heights.is_empty() || self.heights.contains(&height))
            && self.min_height.is_none_or(|least| height >= least)
            && self.max_height.is_none_or(|most| height <= most)
    }

    fn admits_bitrate(&self, peak: u64) -> bool {
        self.min_bitrate.is_none_or(|least| peak >= least)
            && self.max_bitrate.is_none_or(|most| peak <= most)
    }

    /// Decimals are rounded: 29.97 admits 30000/1001, which is 29.970029…
    fn admits_frame_rate(&self, (frames, seconds): (u32, u32)) -> bool {
        self.max_frame_rate.is_none_or(|most| {
            let scaled = |a: u32, b: u32| u128::from(a) * u128::from(b) * 1000;
            let slack = u128::from(seconds) * u128::from(most.1) / 2;
            scaled(frames, most.1) <= scaled(most.0, seconds) + slack
        })
    }

    fn admits_range(&self, range: VideoRange) -> bool {
        let range = match range {
            VideoRange::Sdr => Range::Sdr,
            VideoRange::Pq => Range::Pq,
            VideoRange::Hlg => Range::Hlg,
        };
        self.video_ranges.is_empty() || self.video_ranges.contains(&range)
    }

    /// `language` holds for both kinds, unless a kind has a list of its own.
    fn admits_language(&self, own: &[String], language: &str) -> bool {
        let wanted = if own.is_empty() { &self.languages } else { own };
        wanted.is_empty() || wanted.iter().any(|range| matches(range, language))
    }

    /// Whether audio of this language is asked for as the default.
    pub(crate) fn is_default_audio(&self, language: &str) -> Option<bool> {
        let wanted = self.default_audio.as_ref()?;
        Some(matches(wanted, language))
    }
}

/// Basic filtering (RFC 4647, 3.3.1): `en` takes `en-GB`. `range` is in lower case.
fn matches(range: &str, language: &str) -> bool {
    let language = language.as_bytes();
    language
        .get(..range.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(range.as_bytes()))
        && matches!(language.get(range.len()), None | Some(b'-'))
}
