//! BANDWIDTH and AVERAGE-BANDWIDTH (8216bis, 4.4.6.2): of what a viewer may combine, over all periods.
mod transport;

use edgepack_packager::Kind;

use super::Container;
use crate::Method;
use crate::follow::Line;
use crate::outline::{Entry, Outline};

/// PKCS7 fills the last block of AES-128, or adds one; bytes.
const BLOCK: u64 = 16;

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
    /// The same of audio inside the video's transport stream; empty in other containers.
    muxed: Vec<Rates>,
    /// Microseconds, of each period.
    durations: Vec<u64>,
}

impl Meter {
    pub(super) fn new(outline: &Outline<'_>, container: Container) -> Self {
        let count = outline.presentation.renditions.len();
        let is_stream = container == Container::TransportStream;
        let method = outline.protection.map(|protection| protection.method);
        let padding = if method == Some(Method::Aes128) {
            BLOCK
        } else {
            0
        };
        let mut rates = vec![Rates::default(); count];
        let mut muxed = vec![Rates::default(); if is_stream { count } else { 0 }];
        for entry in &outline.whole {
            let rendition = entry.rendition;
            rates[entry.index] = match rendition.kind() {
                Kind::Video if is_stream => transport::muxed(rendition, padding),
                Kind::Audio if is_stream => {
                    muxed[entry.index] = transport::muxed(rendition, padding);
                    transport::packed(rendition, padding)
                }
                _ => Rates {
                    average: rendition.average_bandwidth,
                    peak: rendition.peak_bandwidth,
                },
            };
        }
        Self {
            rates,
            muxed,
            durations: outline.periods().iter().map(|p| p.duration_us).collect(),
        }
    }

    /// The worst case: the rung with the heaviest of its audio and of its text, in the heaviest period. The average is
    /// that of the same choice over the whole presentation.
    ///
    /// `inside`: the audio that comes in the video's transport stream, wanted or not.
    pub(super) fn of_variant(
        &self,
        video: Option<&Line<'_, '_>>,
        inside: Option<&Line<'_, '_>>,
        beside: &[&Line<'_, '_>],
        text: &[Line<'_, '_>],
    ) -> Rates {
        self.over_periods(|period| {
            let of = |line: &Line<'_, '_>, rates: &[Rates]| {
                let part = line.parts.get(period).copied().flatten();
                part.and_then(|entry| rates.get(entry.index))
                    .copied()
                    .unwrap_or_default()
            };
            let is_inside = |line: &Line<'_, '_>| {
                inside.is_some_and(|inside| inside.lead.index == line.lead.index)
            };
            let beside = beside.iter().filter(|line| !is_inside(line));
            let parts = [
                video.map_or(Rates::default(), |line| of(line, &self.rates)),
                inside.map_or(Rates::default(), |line| of(line, &self.muxed)),
                heaviest(beside.map(|line| of(line, &self.rates))),
                heaviest(text.iter().map(|line| of(line, &self.rates))),
            ];
            Some(Rates {
                average: parts.iter().map(|rates| rates.average).sum(),
                peak: parts.iter().map(|rates| rates.peak).sum(),
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
                // A live line has no length; its figures are the renditions' own.
                let duration = duration.max(1);
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
