//! BANDWIDTH and AVERAGE-BANDWIDTH (8216bis, 4.4.6.2): of what a viewer may combine, over all periods.
use edgepack_packager::{Kind, Rendition};

use super::Container;
use crate::follow::Line;
use crate::outline::{Entry, Outline};

/// Bytes of a packet of a transport stream, and what remains of them beside its header.
const PACKET: u64 = 188;
const PACKET_PAYLOAD: u64 = 184;
/// PES header with both time stamps, access unit delimiter, adaptation field with PCR.
const SAMPLE_OVERHEAD: u64 = 19 + 6 + 8;
/// PAT, PMT and parameter sets of a segment.
const SEGMENT_OVERHEAD: u64 = 4 * PACKET;
/// ADTS header of a frame; ID3 tag of a segment.
const FRAME_OVERHEAD: u64 = 7;
const ID3: u64 = 100;

/// Bits per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rates {
    pub(super) average: u64,
    pub(super) peak: u64,
}

/// The rates of every rendition in one container, and how long each period lasts.
pub(super) struct Meter {
    /// By index into `Presentation::renditions`.
    rates: Vec<Rates>,
    /// Microseconds, of each period.
    durations: Vec<u64>,
}

impl Meter {
    pub(super) fn new(outline: &Outline<'_>, container: Container) -> Self {
        let mut rates = vec![Rates::default(); outline.presentation.renditions.len()];
        for entry in &outline.entries {
            let rendition = entry.rendition;
            rates[entry.index] = match (container, rendition.kind()) {
                (Container::TransportStream, Kind::Video | Kind::Audio) => {
                    of_transport_stream(rendition)
                }
                _ => Rates {
                    average: rendition.average_bandwidth,
                    peak: rendition.peak_bandwidth,
                },
            };
        }
        Self {
            rates,
            durations: outline.periods().iter().map(|p| p.duration_us).collect(),
        }
    }

    /// The worst case: the rung with the heaviest of its audio and of its text, in the heaviest period. The average is
    /// that of the same choice over the whole presentation.
    pub(super) fn of_variant(
        &self,
        video: Option<&Line<'_, '_>>,
        audio: &[&Line<'_, '_>],
        text: &[Line<'_, '_>],
    ) -> Rates {
        self.over_periods(|period| {
            let of = |line: &Line<'_, '_>| {
                let part = line.parts.get(period).copied().flatten();
                part.map_or(Rates::default(), |entry| self.of_entry(entry))
            };
            let video = video.map_or(Rates::default(), of);
            let audio = heaviest(audio.iter().map(|line| of(line)));
            let text = heaviest(text.iter().map(of));
            Some(Rates {
                average: video.average + audio.average + text.average,
                peak: video.peak + audio.peak + text.peak,
            })
        })
    }

    /// Of the I-frames of a line, over the periods where it has any.
    pub(super) fn of_iframes(&self, line: &Line<'_, '_>) -> Rates {
        self.over_periods(|period| {
            let trick = line.parts.get(period).copied().flatten()?.trick?;
            Some(Rates {
                average: trick.average_bandwidth,
                peak: trick.peak_bandwidth,
            })
        })
    }

    /// Of a line that stands by itself, over the periods where it has a part.
    pub(super) fn of_line(&self, line: &Line<'_, '_>) -> Rates {
        self.over_periods(|period| {
            let entry = line.parts.get(period).copied().flatten()?;
            Some(self.of_entry(entry))
        })
    }

    fn of_entry(&self, entry: &Entry<'_>) -> Rates {
        self.rates.get(entry.index).copied().unwrap_or_default()
    }

    fn over_periods(&self, rates: impl Fn(usize) -> Option<Rates>) -> Rates {
        let mut peak = 0;
        let (mut bits, mut total) = (0_u128, 0_u128);
        for (period, &duration) in self.durations.iter().enumerate() {
            if let Some(of_period) = rates(period) {
                peak = peak.max(of_period.peak);
                bits += u128::from(of_period.average) * u128::from(duration);
                total += u128::from(duration);
            }
        }
        let average = bits
            .checked_div(total)
            .and_then(|rate| u64::try_from(rate).ok());
        Rates {
            average: average.unwrap_or(peak),
            peak,
        }
    }
}

fn heaviest(rates: impl Iterator<Item = Rates>) -> Rates {
    rates.fold(Rates::default(), |a, b| Rates {
        average: a.average.max(b.average),
        peak: a.peak.max(b.peak),
    })
}

/// As the CMAF rates are measured, but of the bytes that the transport stream takes. Half of each sample's last
/// packet is stuffing.
///
/// Audio may travel packed or in the stream with the video; the stream is the heavier way.
fn of_transport_stream(rendition: &Rendition) -> Rates {
    let bytes = |samples: u32, media: u64| {
        let samples = u64::from(samples);
        let overhead = match rendition.kind() {
            Kind::Audio => FRAME_OVERHEAD,
            _ => SAMPLE_OVERHEAD,
        };
        let payload = media + samples * (overhead + PACKET_PAYLOAD / 2);
        payload * PACKET / PACKET_PAYLOAD + SEGMENT_OVERHEAD + ID3
    };
    let rate = |bytes: u64, duration: u64| {
        let bits = u128::from(bytes) * 8 * u128::from(rendition.timescale);
        u64::try_from(bits.div_ceil(u128::from(duration.max(1)))).unwrap_or(u64::MAX)
    };
    let segments = &rendition.segments;
    let longest = segments.iter().map(|segment| segment.duration).max();
    let (mut total, mut peak) = (0, 0);
    for segment in segments {
        let bytes = bytes(segment.sample_count, segment.bytes);
        total += bytes;
        // A shorter one counts with its neighbours only (4.4.6.2).
        if segment.duration * 2 >= longest.unwrap_or(0) {
            peak = peak.max(rate(bytes, segment.duration));
        }
    }
    let average = rate(total, rendition.duration());
    Rates {
        average,
        peak: peak.max(average),
    }
}
