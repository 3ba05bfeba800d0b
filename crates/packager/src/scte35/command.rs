//! Splice commands (ANSI/SCTE 35, 9.7).
use edgepack_isobmff::codec::bits::{BitReader, BitsError};

use super::{SpliceError, at, long};

/// `splice_command_length` of old encoders: not told.
const UNKNOWN_LENGTH: u32 = 0xfff;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `splice_null`: a sign of life.
    Null,
    Schedule,
    Insert(SpliceInsert),
    /// Its presentation time, 90 kHz, not adjusted; none: at once.
    TimeSignal(Option<u64>),
    BandwidthReservation,
    Private,
    /// Not defined.
    Other(u8),
    /// Its type, too, cannot be read.
    Encrypted,
}

/// `splice_insert` (9.7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpliceInsert {
    pub event_id: u32,
    /// A splice with this id that was announced will not be; all that follows means nothing.
    pub cancelled: bool,
    /// Out of the programme into a break; else back.
    pub out_of_network: bool,
    pub time: SpliceTime,
    pub break_duration: Option<BreakDuration>,
    pub unique_program_id: u16,
    pub avail: u8,
    /// 0: not counted.
    pub avails_expected: u8,
}

/// When a splice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpliceTime {
    /// Where the message is.
    Immediate,
    /// 90 kHz, not adjusted. Of the first component, where components are spliced apart.
    Pts(u64),
}

/// How long a break is to last (9.8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakDuration {
    /// It ends after that without another message.
    pub auto_return: bool,
    /// 90 kHz.
    pub ticks: u64,
}

impl SpliceTime {
    pub fn pts(self) -> Option<u64> {
        match self {
            Self::Immediate => None,
            Self::Pts(pts) => Some(pts),
        }
    }
}

/// Leaves `bits` behind the command.
pub(super) fn parse(
    bits: &mut BitReader<'_>,
    kind: u8,
    length: u32,
) -> Result<Command, SpliceError> {
    let before = bits.left();
    let command = match kind {
        0x00 => Command::Null,
        0x04 => Command::Schedule,
        0x05 => Command::Insert(insert(bits).map_err(|error| at("splice_insert", error))?),
        0x06 => Command::TimeSignal(time(bits).map_err(|error| at("time_signal", error))?),
        0x07 => Command::BandwidthReservation,
        0xff => Command::Private,
        other => Command::Other(other),
    };
    let malformed = |reason| SpliceError::Malformed {
        place: "splice command",
        reason,
    };
    if length != UNKNOWN_LENGTH {
        let read = before - bits.left();
        let left = (length as usize * 8).checked_sub(read);
        let left = left.ok_or(malformed("it is longer than it says"))?;
        bits.skip(left)
            .map_err(|error| at("splice command", error))?;
    } else if matches!(
        command,
        Command::Schedule | Command::Private | Command::Other(_)
    ) {
        return Err(malformed("its length is not told"));
    }
    Ok(command)
}

fn insert(bits: &mut BitReader<'_>) -> Result<SpliceInsert, BitsError> {
    let event_id = bits.bits(32)?;
    let cancelled = bits.flag()?;
    bits.skip(7)?;
    let mut insert = SpliceInsert {
        event_id,
        cancelled,
        out_of_network: false,
        time: SpliceTime::Immediate,
        break_duration: None,
        unique_program_id: 0,
        avail: 0,
        avails_expected: 0,
    };
    if cancelled {
        return Ok(insert);
    }
    insert.out_of_network = bits.flag()?;
    let whole_program = bits.flag()?;
    let has_duration = bits.flag()?;
    let immediate = bits.flag()?;
    bits.skip(4)?;
    let mut pts = None;
    if whole_program {
        if !immediate {
            pts = time(bits)?;
        }
    } else {
        for _ in 0..bits.byte(8)? {
            // `component_tag`.
            bits.skip(8)?;
            if !immediate {
                pts = pts.or(time(bits)?);
            }
        }
    }
    insert.time = pts.map_or(SpliceTime::Immediate, SpliceTime::Pts);
    if has_duration {
        let auto_return = bits.flag()?;
        bits.skip(6)?;
        let ticks = long(bits, 33)?;
        insert.break_duration = Some(BreakDuration { auto_return, ticks });
    }
    insert.unique_program_id = u16::try_from(bits.bits(16)?).unwrap_or(0);
    insert.avail = bits.byte(8)?;
    insert.avails_expected = bits.byte(8)?;
    Ok(insert)
}

/// `splice_time` (9.8.1).
fn time(bits: &mut BitReader<'_>) -> Result<Option<u64>, BitsError> {
    if !bits.flag()? {
        bits.skip(7)?;
        return Ok(None);
    }
    bits.skip(6)?;
    long(bits, 33).map(Some)
}
