//! EXT-X-TARGETDURATION, EXT-X-SERVER-CONTROL and EXT-X-PART-INF (8216bis, 4.4.3).
use super::LiveView;
use crate::text::push_fixed;

const MS: u64 = 1000;
/// HOLD-BACK, in target durations, at least (4.4.3.8).
const HOLD_BACK: u64 = 3;
/// PART-HOLD-BACK in part targets: what it should be …
const PART_HOLD_BACK: u64 = 3;
/// … and what it must be.
const LEAST_PART_HOLD_BACK: u64 = 2;
/// CAN-SKIP-UNTIL, in target durations, at least.
const SKIP_UNTIL: u64 = 6;

/// How a channel is cut and offered: the same in all its playlists, and at all times (6.2.1, 6.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// What lines are cut at: at least what any segment of any track lasts, rounded to seconds. EXT-X-TARGETDURATION is this in whole seconds,
    /// rounded up; it grows only where the window has a longer segment, which players would refuse.
    pub target_duration_ms: u32,
    /// At least what any part lasts. None: no parts, whole segments only.
    pub part_target_ms: Option<u32>,
    /// None: three target durations, which is the least.
    pub hold_back_ms: Option<u32>,
    /// None: three part targets. The least is two.
    pub part_hold_back_ms: Option<u32>,
    /// How far behind the end segments are that delta updates leave out. The least is six target durations. None: no
    /// delta updates.
    pub can_skip_until_ms: Option<u32>,
    /// The server waits for what `_HLS_msn` and `_HLS_part` name.
    pub can_block_reload: bool,
}

/// The same, with the bounds of the draft kept.
pub(super) struct Figures {
    /// Seconds.
    pub(super) target: u64,
    pub(super) part_target_ms: Option<u64>,
    hold_back_ms: u64,
    part_hold_back_ms: u64,
    pub(super) skip_until_ms: Option<u64>,
}

impl Figures {
    /// `longest`: seconds, rounded, of the segments listed.
    pub(super) fn new(control: &Control, longest: u64) -> Self {
        let target = u64::from(control.target_duration_ms).div_ceil(MS);
        let target = target.max(longest).max(1);
        let part_target_ms = control.part_target_ms.map(u64::from);
        let at_least =
            |asked: Option<u32>, least: u64| asked.map_or(least, |ms| least.max(u64::from(ms)));
        let mut figures = Self {
            target,
            part_target_ms: None,
            hold_back_ms: at_least(control.hold_back_ms, HOLD_BACK * target * MS),
            part_hold_back_ms: 0,
            skip_until_ms: control
                .can_skip_until_ms
                .map(|ms| at_least(Some(ms), SKIP_UNTIL * target * MS)),
        };
        if let Some(ms) = part_target_ms {
            figures.set_part_target(control, ms);
        }
        figures
    }

    /// Where a part lasts longer than was said, as one of a single long sample does, the playlist says so.
    pub(super) fn set_part_target(&mut self, control: &Control, ms: u64) {
        self.part_target_ms = Some(ms);
        self.part_hold_back_ms = control
            .part_hold_back_ms
            .map_or(PART_HOLD_BACK * ms, |asked| {
                u64::from(asked).max(LEAST_PART_HOLD_BACK * ms)
            });
    }

    /// Directives are for playlists that grow; a player rejects CAN-BLOCK-RELOAD with EXT-X-ENDLIST.
    pub(super) fn push_control(&self, out: &mut String, view: &LiveView<'_>) {
        let is_closed = view.is_closed();
        let part_target_ms = self.part_target_ms.filter(|_| view.lists_parts());
        if is_closed && part_target_ms.is_none() {
            return;
        }
        out.push_str("#EXT-X-SERVER-CONTROL:");
        if !is_closed {
            if view.control.can_block_reload {
                out.push_str("CAN-BLOCK-RELOAD=YES,");
            }
            if let Some(ms) = self.skip_until_ms {
                out.push_str("CAN-SKIP-UNTIL=");
                push_fixed(out, ms, 3);
                out.push_str(",CAN-SKIP-DATERANGES=YES,");
            }
        }
        out.push_str("HOLD-BACK=");
        push_fixed(out, self.hold_back_ms, 3);
        if let Some(ms) = part_target_ms {
            out.push_str(",PART-HOLD-BACK=");
            push_fixed(out, self.part_hold_back_ms, 3);
            out.push_str("\n#EXT-X-PART-INF:PART-TARGET=");
            push_fixed(out, ms, 3);
        }
        out.push('\n');
    }
}
