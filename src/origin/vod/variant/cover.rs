//! The key material of one rendition, and how each of its segments is covered with it.
use crate::config::Protection;
use crate::delivery::Fault;
use crate::keys::KeySet;
use crate::origin::protection::faults::{no_key, not_protectable};
use crate::origin::protection::{Label, PeriodKey};
use crate::origin::vod::faults;
use edgepack_drm::{ContentKey, SampleEncryptor, Scheme, aes128};
use edgepack_packager::protection::TrackSchedule;
use edgepack_packager::{
    CryptoPeriod, Encryption, Presentation, Rendition, Rotation, SegmentProtection, TrackProtection,
};

/// How one rendition is protected, with the keys for it.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) protection: TrackProtection,
    /// One per crypto period.
    pub(super) keys: Vec<PeriodKey>,
}

/// The rendition that is covered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// For messages.
    pub(super) asset: &'a str,
    pub(super) presentation: &'a Presentation,
    pub(super) rendition: &'a Rendition,
}

impl Subject<'_> {
    fn encryptor(
        self,
        scheme: Scheme,
        key: &PeriodKey,
        segment: usize,
    ) -> Result<SampleEncryptor, Fault> {
        let codec = self.presentation.segment_codec(self.rendition, segment);
        let codec =
            codec.ok_or_else(|| faults::bad_source(self.asset, "a track has no sample entry"))?;
        SampleEncryptor::new(scheme, &key.key, key.seed, codec)
            .map_err(|error| not_protectable(self.asset, error))
    }
}

/// How one part is protected.
#[derive(Debug)]
pub(crate) enum Cover {
    /// Under a header that says nothing of protection.
    Clear,
    /// Clear, under a header that does.
    Lead,
    /// Samples; `grouped`: the fragment names the key.
    Samples {
        encryptor: Box<SampleEncryptor>,
        grouped: bool,
    },
    /// The part as a whole, by AES-128.
    Whole { key: ContentKey, iv: [u8; 16] },
    /// Frames and slices in MPEG-TS and packed audio.
    SampleAes { key: ContentKey, iv: [u8; 16] },
}

impl Cover {
    /// What of it concerns the fragment's boxes.
    pub(crate) fn of_segment(&self) -> SegmentProtection<'_> {
        match self {
            Self::Clear | Self::Whole { .. } | Self::SampleAes { .. } => SegmentProtection::Clear,
            Self::Lead => SegmentProtection::Lead,
            Self::Samples {
                encryptor,
                grouped: false,
            } => SegmentProtection::Header(encryptor),
            Self::Samples { encryptor, .. } => SegmentProtection::Group(encryptor),
        }
    }
}

impl Track {
    /// # Errors
    /// 502 for a codec that cannot be protected: such an asset is not offered at all, rather than with some of its
    /// tracks in the clear.
    pub(super) fn new(
        subject: Subject<'_>,
        protection: Protection,
        rotation: Rotation,
        label: &Label,
        schedule: &TrackSchedule,
        keys: &KeySet,
    ) -> Result<Self, Fault> {
        let mut track = Self {
            protection: TrackProtection {
                label: label.name.clone(),
                restrictions: label.restrictions.clone(),
                clear_lead: schedule.clear_lead,
                rotation,
                periods: Vec::with_capacity(schedule.periods.len()),
            },
            keys: Vec::with_capacity(schedule.periods.len()),
        };
        let identity = subject.presentation.track_identity(subject.rendition);
        for (first_segment, number) in schedule.periods.iter().copied() {
            let record = keys.record(&label.name, number);
            let record = record.ok_or_else(|| no_key(subject.asset, &label.name, number))?;
            let key = PeriodKey::new(record, &identity);
            let encryption = match protection.scheme() {
                Some(scheme) => {
                    let segment = usize::try_from(first_segment).unwrap_or(usize::MAX);
                    let encryptor = subject.encryptor(scheme, &key, segment)?;
                    Encryption::Common(encryptor.track_encryption().clone())
                }
                None if protection == Protection::SampleAes => {
                    Encryption::SampleAes { iv: key.seed.cbcs }
                }
                None => Encryption::Aes128,
            };
            track.protection.periods.push(CryptoPeriod {
                first_segment,
                number,
                kid: key.key.kid,
                key_tag: key.tag(),
                encryption,
            });
            track.keys.push(key);
        }
        Ok(track)
    }

    /// Of the part of `segment` (from 0) with this number (from 0) among its likes. Playlists count from 1, and AES-128
    /// has its IV from there.
    pub(super) fn cover(
        &self,
        subject: Subject<'_>,
        segment: usize,
        number: u32,
    ) -> Result<Cover, Fault> {
        let at = self.protection.period_of(segment);
        let (Some(period), Some(key)) = (self.protection.periods.get(at), self.keys.get(at)) else {
            return Err(faults::internal("a track without crypto periods"));
        };
        let is_clear = self.protection.is_clear(segment);
        match &period.encryption {
            Encryption::Common(_) if is_clear => Ok(Cover::Lead),
            Encryption::Aes128 | Encryption::SampleAes { .. } if is_clear => Ok(Cover::Clear),
            Encryption::Common(encryption) => Ok(Cover::Samples {
                encryptor: Box::new(subject.encryptor(encryption.scheme, key, segment)?),
                grouped: self.protection.header_of(segment) != at,
            }),
            Encryption::Aes128 => Ok(Cover::Whole {
                key: key.key.clone(),
                iv: aes128::iv_of_sequence(u64::from(number) + 1),
            }),
            Encryption::SampleAes { iv } => Ok(Cover::SampleAes {
                key: key.key.clone(),
                iv: *iv,
            }),
        }
    }
}
