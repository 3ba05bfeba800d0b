//! What a segment consists of, known to the byte before one is written.
use std::borrow::Cow;

use super::gather::{pictures, sounds};
use super::packets::{PacketWriter, Pid};
use super::padding::pad;
use super::pes::{PACKET, Pes};
use super::schedule::{Event, schedule};
use super::{Muxer, Place, Sample};
use crate::ts::clock::program_clock_reference;
use crate::ts::error::Error;
use crate::ts::psi::{AUDIO_PID, PAT_PID, PMT_PID, VIDEO_PID};

const VIDEO_STREAM_ID: u8 = 0xe0;

/// A segment that can be written.
#[derive(Debug)]
pub struct Layout<'a> {
    muxer: &'a Muxer,
    place: Place,
    video_samples: Cow<'a, [Sample<'a>]>,
    audio_samples: Cow<'a, [Sample<'a>]>,
    map: Cow<'a, [u8]>,
    video: Vec<Pes>,
    audio: Vec<Pes>,
    events: Vec<Event>,
    packets: usize,
}

impl<'a> Layout<'a> {
    pub(in crate::ts) fn new(
        muxer: &'a Muxer,
        place: Place,
        video_samples: Cow<'a, [Sample<'a>]>,
        audio_samples: Cow<'a, [Sample<'a>]>,
    ) -> Result<Self, Error> {
        let has_video = !muxer.video.is_empty();
        let mut video = pictures(&muxer.video, &video_samples)?;
        let mut audio = sounds(&muxer.audio, &audio_samples, has_video)?;
        let events = schedule(has_video, &mut video, &mut audio, place.next);
        let clocks = events
            .iter()
            .filter(|event| matches!(event, Event::Clock(_)));
        let mut packets = 2 + clocks.count();
        for stream in [&mut video, &mut audio] {
            for pes in stream.iter_mut() {
                pes.packets = pes.least_packets();
            }
            pad(stream);
            packets += stream.iter().map(|pes| pes.packets).sum::<usize>();
        }
        Ok(Self {
            muxer,
            place,
            map: muxer.map(&audio_samples),
            video_samples,
            audio_samples,
            video,
            audio,
            events,
            packets,
        })
    }

    /// Bytes of the segment: a multiple of 188.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a segment has its tables at least"
    )]
    pub fn len(&self) -> usize {
        self.packets * PACKET
    }

    /// Writes the segment in one pass.
    ///
    /// # Errors
    /// [`Error::Room`] for memory of another length than [`Layout::len`].
    pub fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        if out.len() != self.len() {
            return Err(Error::Room {
                needed: self.len(),
                got: out.len(),
            });
        }
        let [table_counter, ..] = (self.place.number & 15).to_le_bytes();
        let pid = |pid, counter| Pid {
            pid,
            counter,
            starts_over: self.place.starts_over,
        };
        let mut writer = PacketWriter::new(out);
        writer.section(&mut pid(PAT_PID, table_counter), &self.muxer.association);
        writer.section(&mut pid(PMT_PID, table_counter), &self.map);
        let mut video_pid = pid(VIDEO_PID, 0);
        let mut audio_pid = pid(AUDIO_PID, 0);
        let (mut video, mut audio) = (self.video.iter(), self.audio.iter());
        for event in &self.events {
            match event {
                Event::Clock(clock) => {
                    let has_video = !self.muxer.video.is_empty();
                    let pid = if has_video {
                        &mut video_pid
                    } else {
                        &mut audio_pid
                    };
                    writer.clock(pid, program_clock_reference(*clock));
                }
                Event::Video => {
                    if let Some(pes) = video.next() {
                        self.write_picture(&mut writer, &mut video_pid, pes);
                    }
                }
                Event::Audio => {
                    if let Some(pes) = audio.next() {
                        self.write_sounds(&mut writer, &mut audio_pid, pes);
                    }
                }
            }
        }
        Ok(())
    }

    fn write_picture(&self, writer: &mut PacketWriter<'_>, pid: &mut Pid, pes: &Pes) {
        let sample = self.video_samples.get(pes.samples.start);
        let stream = sample.and_then(|sample| self.muxer.video.get(sample.description));
        let (Some(sample), Some(stream), Some(unit)) = (sample, stream, &pes.unit) else {
            return;
        };
        writer.pes(
            pid,
            pes,
            pes.clock.map(program_clock_reference),
            |mut put| {
                pes.write_header(VIDEO_STREAM_ID, &mut put);
                stream.write(unit, sample.data, &mut put);
            },
        );
    }

    fn write_sounds(&self, writer: &mut PacketWriter<'_>, pid: &mut Pid, pes: &Pes) {
        let samples = self.audio_samples.get(pes.samples.clone()).unwrap_or(&[]);
        let description = samples.first().map_or(0, |sample| sample.description);
        let Some(stream) = self.muxer.audio.get(description) else {
            return;
        };
        writer.pes(
            pid,
            pes,
            pes.clock.map(program_clock_reference),
            |mut put| {
                pes.write_header(stream.stream_id(), &mut put);
                for (index, sample) in samples.iter().enumerate() {
                    stream.write(sample.data, index == 0, &mut put);
                }
            },
        );
    }
}
