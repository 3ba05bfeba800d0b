//! What both writers see: the renditions that may be named, with their URL names and protection.
mod entry;

use edgepack_packager::{
    Kind, Period, Presentation, Rendition, Role, TextForm, TrackProtection, TrickPlay,
};

use crate::codec::{fits_transport_stream, has_sample_aes};
use crate::error::{Error, Result};
use crate::filter::Order;
use crate::hls::Dates;
use crate::{Filter, Layout, Method, Protection, View};

/// BCP 47's "undetermined".
pub(crate) const UNDETERMINED: &str = "und";

#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) presentation: &'a Presentation,
    pub(crate) protection: Option<&'a Protection>,
    pub(crate) filter: &'a Filter,
    /// What the filter admits, period by period: video in the order asked for, then audio, text, images.
    pub(crate) entries: Vec<Entry<'a>>,
    /// All that the view can name, as the presentation has it: a media playlist goes on with these, whatever the
    /// filter.
    pub(crate) whole: Vec<Entry<'a>>,
    /// Of HLS media playlists.
    pub(crate) dates: Option<Dates<'a>>,
}

/// One rendition as manifests name it.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    /// Index into `Presentation::renditions`.
    pub(crate) index: usize,
    pub(crate) rendition: &'a Rendition,
    /// None in a clear view, and of what stays clear in a protected one.
    pub(crate) protection: Option<&'a TrackProtection>,
    /// Its sync samples, unless the view or the filter is without.
    pub(crate) trick: Option<&'a TrickPlay>,
    /// The URL's track element.
    pub(crate) url_name: String,
    /// Of its playlist in CMAF, with the question mark; empty without one.
    pub(crate) query: String,
}

impl<'a> Outline<'a> {
    /// Of a manifest that the view's filter narrows; `form` is its text where the filter does not say.
    ///
    /// # Errors
    /// [`Error::NothingLeft`]; [`Error::Unprotected`] where all video, or all audio, lacks its protection.
    pub(crate) fn new(view: View<'a>, form: TextForm) -> Result<Self> {
        let admitted = view.filter.admitted(view.presentation, form)?;
        let mut outline = Self::of(view);
        outline.is_whole()?;
        outline
            .entries
            .retain(|entry| admitted.get(entry.index) == Some(&true));
        outline.order();
        Ok(outline)
    }

    /// Of a media playlist, which no filter changes.
    pub(crate) fn whole(view: View<'a>) -> Self {
        let view = View {
            filter: Filter::everything(),
            ..view
        };
        Self::of(view)
    }

    fn of(view: View<'a>) -> Self {
        let mut entries = Vec::with_capacity(view.presentation.renditions.len());
        for (index, rendition) in view.presentation.renditions.iter().enumerate() {
            let protection = match view.protection {
                None => None,
                Some(protection) => {
                    let track = protection.tracks.get(index).and_then(Option::as_ref);
                    let stays_clear = matches!(rendition.kind(), Kind::Text | Kind::Image);
                    // Law: a protected view names no video or audio as clear.
                    if track.is_none() && !stays_clear {
                        continue;
                    }
                    track
                }
            };
            let trick = view.trick_play.get(index).and_then(Option::as_ref);
            entries.push(Entry {
                index,
                rendition,
                protection,
                trick: trick
                    .filter(|trick| !view.filter.without_trick_play && !trick.frames.is_empty()),
                url_name: view.presentation.url_name(rendition, protection),
                query: String::new(),
            });
        }
        Self {
            presentation: view.presentation,
            protection: view.protection,
            filter: view.filter,
            whole: entries.clone(),
            entries,
            dates: view.dates,
        }
    }

    /// A film without its picture, or without its sound, for want of keys is no film.
    fn is_whole(&self) -> Result<()> {
        for kind in [Kind::Video, Kind::Audio] {
            let mut of_kind = self
                .presentation
                .renditions
                .iter()
                .filter(|r| r.kind() == kind);
            let remains = self
                .whole
                .iter()
                .any(|entry| entry.rendition.kind() == kind);
            if let Some(first) = of_kind.next()
                && !remains
            {
                return Err(Error::Unprotected {
                    rendition: first.name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Video as the filter asks; stable, and the other kinds stay where they are.
    fn order(&mut self) {
        let place = |entry: &Entry<'_>| (entry.rendition.period, entry.rendition.kind());
        let peak = |entry: &Entry<'_>| entry.rendition.peak_bandwidth;
        for video in self.entries.chunk_by_mut(|a, b| place(a) == place(b)) {
            if video[0].rendition.kind() != Kind::Video {
                continue;
            }
            match self.filter.order {
                Order::Descending => {}
                Order::Ascending => video.sort_by_key(peak),
                Order::First(bits) => {
                    let distances = video.iter().map(|entry| peak(entry).abs_diff(bits));
                    if let Some((nearest, _)) = distances.enumerate().min_by_key(|(_, d)| *d) {
                        video[..=nearest].rotate_right(1);
                    }
                }
            }
        }
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entry<'a>> {
        self.entries
            .iter()
            .filter(move |entry| entry.rendition.kind() == kind)
    }

    pub(crate) fn of_period(&self, period: usize) -> impl Iterator<Item = &Entry<'a>> {
        self.entries
            .iter()
            .filter(move |entry| entry.rendition.period == period)
    }

    pub(crate) fn whole_period(&self, period: usize) -> impl Iterator<Item = &Entry<'a>> {
        self.whole
            .iter()
            .filter(move |entry| entry.rendition.period == period)
    }

    pub(crate) fn periods(&self) -> &'a [Period] {
        &self.presentation.periods
    }

    /// Index of the audio that plays where nobody chose: as the filter says, as the asset says, the first without a
    /// special purpose, the first.
    pub(crate) fn default_audio(&self, audio: &[&Entry<'_>]) -> usize {
        let find = |is: &dyn Fn(&Entry<'_>) -> bool| audio.iter().position(|entry| is(entry));
        let asked = |entry: &Entry<'_>| {
            self.filter.is_default_audio(&entry.rendition.language) == Some(true)
        };
        find(&|entry| asked(entry) && entry.is_plain())
            .or_else(|| find(&asked))
            .or_else(|| find(&|entry| entry.rendition.settings.default == Some(true)))
            .or_else(|| find(&|entry| entry.has_role(Role::Main) && entry.is_plain()))
            .or_else(|| find(&|entry| entry.is_plain()))
            .unwrap_or(0)
    }

    /// Of a multivariant playlist of transport streams.
    ///
    /// # Errors
    /// Those of [`new`](Self::new) and [`for_transport_stream`](Self::for_transport_stream).
    pub(crate) fn new_for_transport_stream(view: View<'a>) -> Result<Self> {
        // What has no form at all lacks no key.
        let renditions = &view.presentation.renditions;
        let main = [Kind::Video, Kind::Audio].into_iter().find(|kind| {
            let mut of_kind = renditions.iter().filter(|r| r.kind() == *kind);
            of_kind.next().is_some()
        });
        let method = view.protection.map(|protection| protection.method);
        let has_form = renditions
            .iter()
            .any(|r| Some(r.kind()) == main && in_transport_stream(&r.codecs, method));
        if !has_form {
            return Err(Error::NothingToOffer { form: "MPEG-TS" });
        }
        Self::new(view, TextForm::WebVtt)?.for_transport_stream()
    }

    /// Without what has no form in MPEG-TS.
    ///
    /// # Errors
    /// [`Error::NothingToOffer`]: all of it; or under common encryption, which is for CMAF.
    pub(crate) fn for_transport_stream(mut self) -> Result<Self> {
        let has_video = self.of_kind(Kind::Video).next().is_some();
        let method = self.protection.map(|protection| protection.method);
        let fits = |entry: &Entry<'_>| match entry.rendition.kind() {
            Kind::Video | Kind::Audio => in_transport_stream(&entry.rendition.codecs, method),
            Kind::Text => entry.text_form() == Some(TextForm::WebVtt),
            Kind::Image => true,
        };
        self.entries.retain(fits);
        self.whole.retain(fits);
        let main = if has_video { Kind::Video } else { Kind::Audio };
        if self.of_kind(main).next().is_none() {
            return Err(Error::NothingToOffer { form: "MPEG-TS" });
        }
        Ok(self)
    }

    /// Whether the rendition has a form in MPEG-TS or packed audio in this view.
    pub(crate) fn carries(&self, rendition: &Rendition) -> bool {
        let method = self.protection.map(|protection| protection.method);
        in_transport_stream(&rendition.codecs, method)
    }

    /// Without video and audio that no single file can be made of.
    ///
    /// # Errors
    /// [`Error::NothingToOffer`]: where there is video, or audio, and none of it remains; where one header and one key
    /// do not do for a whole track.
    pub(crate) fn for_single_files(mut self, layouts: &[Option<Layout>]) -> Result<Self> {
        let nothing = Error::NothingToOffer {
            form: "single files",
        };
        if self.protection.is_some_and(|p| !p.is_common()) {
            return Err(nothing);
        }
        let is_uneven = |track: &TrackProtection| track.clear_lead > 0 || track.periods.len() > 1;
        let mut tracks = self.whole.iter().filter_map(|entry| entry.protection);
        if tracks.any(is_uneven) {
            return Err(nothing);
        }
        let kinds = [Kind::Video, Kind::Audio];
        let has = |outline: &Self| kinds.map(|kind| outline.of_kind(kind).next().is_some());
        let before = has(&self);
        let fits = |entry: &Entry<'_>| {
            !kinds.contains(&entry.rendition.kind())
                || layouts.get(entry.index).is_some_and(Option::is_some)
        };
        self.entries.retain(fits);
        self.whole.retain(fits);
        if has(&self) != before {
            return Err(nothing);
        }
        Ok(self)
    }

    /// The entry of a rendition, found by its name.
    ///
    /// # Errors
    /// [`Error::Unprotected`] for one that a protected view leaves out.
    pub(crate) fn find(&self, rendition: &Rendition) -> Result<&Entry<'a>> {
        self.whole
            .iter()
            .find(|entry| entry.rendition.name == rendition.name)
            .ok_or_else(|| Error::Unprotected {
                rendition: rendition.name.clone(),
            })
    }
}

/// Whether a codec has a form in MPEG-TS, and can be protected in it.
fn in_transport_stream(codecs: &str, method: Option<Method>) -> bool {
    match method {
        None | Some(Method::Aes128) => fits_transport_stream(codecs),
        Some(Method::SampleAes) => fits_transport_stream(codecs) && has_sample_aes(codecs),
        Some(Method::Cenc | Method::Cbcs) => false,
    }
}
