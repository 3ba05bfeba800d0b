//! Headers, segments and parts.
mod recorded;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edgepack_manifest::hls::live::longest_wait_ms;
use edgepack_packager::live::Segment;
use edgepack_packager::{HeaderProtection, Kind};

use super::{Asked, etag_of};
use crate::cache::Entry;
use crate::config::Protection;
use crate::delivery::route::{AssetRoute, Epoch, Leaf};
use crate::delivery::{CachePolicy, Content, Etag, Fault, Representation, Sending, Source};
use crate::origin::live::channel::{Channel, State};
use crate::origin::live::protection::{Cover, Keyed};
use crate::origin::live::{faults, manifests};

/// # Errors
/// 404 for what was never, has gone, or did not come.
pub(super) async fn get(
    asked: &Asked<'_>,
    route: &AssetRoute<'_>,
) -> Result<Representation, Fault> {
    let (track, epoch) = match &route.leaf {
        Leaf::LiveInit { track, epoch, .. }
        | Leaf::LiveSegment { track, epoch, .. }
        | Leaf::LivePart { track, epoch, .. } => (*track, *epoch),
        _ => return Err(faults::no_such_form()),
    };
    if is_gone(asked.channel, &route.leaf, epoch) {
        return recorded::get(asked, route, track, epoch).await;
    }
    let keyed = match left_window(asked.channel, &route.leaf) {
        None => asked.keyed(route.protection).await?,
        Some(number) => {
            let channel = asked.channel;
            let keyed = channel.keyed_for(route.protection, asked.keys, epoch, number..=number);
            keyed.await?
        }
    };
    let (index, changed) = asked.channel.track(track)?;
    let wanted = Wanted {
        channel: asked.channel,
        route,
        keyed: keyed.as_deref(),
        epoch,
        index,
    };
    match &route.leaf {
        Leaf::LiveInit { header, crypto, .. } => {
            if let Some(header) = wanted.header(*header, *crypto)? {
                return Ok(header);
            }
            // Of a crypto period before the window.
            let Some(number) = wanted.retired_under(*crypto) else {
                return recorded::get(asked, route, track, epoch).await;
            };
            let channel = asked.channel;
            let keyed = channel.keyed_for(route.protection, asked.keys, epoch, number..=number);
            let keyed = keyed.await?;
            let of_then = Wanted {
                keyed: keyed.as_deref(),
                ..wanted
            };
            let header = of_then.header(*header, *crypto)?;
            header.ok_or_else(faults::no_such_segment)
        }
        Leaf::LiveSegment { number, .. } => wanted.segment(&changed, *number).await,
        Leaf::LivePart { number, part, .. } => wanted.part(&changed, *number, *part as usize).await,
        _ => Err(faults::no_such_form()),
    }
}

/// Segments before the window that may be in memory: three target durations of them, and short ones among them.
const RETIRED: u64 = 16;

#[derive(Debug)]
struct Wanted<'a> {
    channel: &'a Channel,
    route: &'a AssetRoute<'a>,
    keyed: Option<&'a Keyed>,
    epoch: Epoch,
    /// Of the track in the channel.
    index: usize,
}

impl Wanted<'_> {
    /// None where no header in memory names the key of this crypto period.
    fn header(&self, header: u32, crypto: u32) -> Result<Option<Representation>, Fault> {
        let state = self.channel.lock();
        let track = state
            .tracks
            .get(self.index)
            .ok_or_else(faults::no_such_segment)?;
        let at = usize::try_from(header).unwrap_or(usize::MAX);
        let of = track.headers.get(at).ok_or_else(faults::no_such_segment)?;
        let protection = match self.keyed {
            Some(keyed) => keyed.track(self.index)?.header(crypto),
            None => (crypto == 0).then_some(HeaderProtection::Clear),
        };
        let Some(protection) = protection else {
            return Ok(None);
        };
        let bytes = of
            .cmaf(track.line.options().timescale, protection, &[])
            .map_err(|error| faults::bad_header(&error))?;
        Ok(Some(of_header(bytes, track.kind())))
    }

    /// A segment before the window, but still in memory, in this crypto period.
    fn retired_under(&self, crypto: u32) -> Option<u64> {
        let numbers = self.channel.numbers_of_header(self.epoch, crypto);
        let state = self.channel.lock();
        let line = &state.tracks.get(self.index)?.line;
        let first = line.numbers().start;
        let oldest = numbers.start.max(first.saturating_sub(RETIRED));
        (oldest..first.min(numbers.end)).find(|number| line.find(*number).is_some())
    }

    /// Growing while it does. What comes next may be asked for a little early, and so may what follows the one that
    /// grows: Shaka Player goes by when a segment begins, not by when its first part is there.
    async fn segment(
        &self,
        changed: &tokio::sync::Notify,
        number: u64,
    ) -> Result<Representation, Fault> {
        let limit = Duration::from_millis(u64::from(self.channel.target_ms));
        let look = |state: &mut State| {
            let Some(segment) = state.segment(self.index, number) else {
                let next = state.window(self.index)?.next(self.channel.target_ms).0;
                let soon = (next..=next.saturating_add(1)).contains(&number);
                return (!soon).then(|| Err(faults::no_such_segment()));
            };
            self.made(state, &segment, None).transpose()
        };
        let entry = self.channel.until(changed, limit, look).await;
        let entry = entry.ok_or_else(faults::no_such_segment)??;
        Ok(self.representation(&number.to_string(), entry, Sending::AsItGrows))
    }

    /// When it has come. What a playlist hinted at may be waited for, and the first part of the following segment also
    /// where the growing one went on after it was hinted at.
    async fn part(
        &self,
        changed: &tokio::sync::Notify,
        number: u64,
        part: usize,
    ) -> Result<Representation, Fault> {
        let limit = Duration::from_millis(longest_wait_ms(self.channel.target_ms));
        let look = |state: &mut State| {
            if let Some(segment) = state.segment(self.index, number)
                && let Some(made) = self.made(state, &segment, Some(part)).transpose()
            {
                return Some(made);
            }
            let window = state.window(self.index)?;
            let hinted = window.next(self.channel.target_ms);
            let may_come = (number, part) == hinted
                || part == 0 && hinted.1 > 0 && number.checked_sub(1) == Some(hinted.0);
            let waits = !window.ended && may_come;
            (!waits).then(|| Err(faults::no_such_segment()))
        };
        let entry = self.channel.until(changed, limit, look).await;
        let entry = entry.ok_or_else(faults::no_such_segment)??;
        Ok(self.representation(&format!("{number}.{part}"), entry, Sending::WhenComplete))
    }

    /// A segment or a part of it, made now where it was not yet. None where there is none to send.
    fn made(
        &self,
        state: &mut State,
        segment: &Segment,
        part: Option<usize>,
    ) -> Result<Option<Arc<Entry>>, Fault> {
        if segment.gap {
            return Err(faults::no_such_segment());
        }
        let track = state
            .tracks
            .get(self.index)
            .ok_or_else(faults::no_such_segment)?;
        let at = usize::try_from(segment.header).unwrap_or(usize::MAX);
        let header = track.headers.get(at).map(Arc::clone);
        let header = header.ok_or_else(|| faults::internal("a segment without a header"))?;
        let cover = || match self.keyed {
            None => Ok(Cover::Clear),
            Some(keyed) => {
                let track = keyed.track(self.index)?;
                track.cover(self.channel, segment.number, header.codec())
            }
        };
        let protection = self.route.protection;
        match part {
            None => state
                .media
                .segment(self.index, protection, segment, cover)
                .map(Some),
            Some(part) => state
                .media
                .part(self.index, protection, segment, part, cover),
        }
    }

    fn representation(&self, name: &str, entry: Arc<Entry>, sending: Sending) -> Representation {
        let kind = {
            let state = self.channel.lock();
            state.tracks.get(self.index).map(|track| track.kind())
        };
        let name = format!("{}/{name}", self.index);
        let of = (self.epoch, self.route.protection, name.as_str());
        of_media(
            self.channel,
            of,
            kind.unwrap_or(Kind::Video),
            entry,
            sending,
        )
    }
}

/// Whether what is named can only be on disk: of an earlier life, or of what is no more in memory.
fn is_gone(channel: &Channel, leaf: &Leaf<'_>, epoch: Epoch) -> bool {
    channel.epoch != epoch
        || left_window(channel, leaf).is_some_and(|number| !is_in_memory(channel, leaf, number))
}

/// The number of a segment before the window. It is in memory for some time yet, but its key may have left.
fn left_window(channel: &Channel, leaf: &Leaf<'_>) -> Option<u64> {
    let (track, number) = match leaf {
        Leaf::LiveSegment { track, number, .. } | Leaf::LivePart { track, number, .. } => {
            (*track, *number)
        }
        _ => return None,
    };
    let (index, _) = channel.track(track).ok()?;
    let state = channel.lock();
    let window = state.tracks.get(index)?.line.numbers();
    (number < window.start).then_some(number)
}

fn is_in_memory(channel: &Channel, leaf: &Leaf<'_>, number: u64) -> bool {
    let (Leaf::LiveSegment { track, .. } | Leaf::LivePart { track, .. }) = leaf else {
        return false;
    };
    let index = channel.track(track).map(|(index, _)| index);
    index.is_ok_and(|index| channel.lock().segment(index, number).is_some())
}

fn of_header(bytes: Bytes, kind: Kind) -> Representation {
    Representation {
        etag: etag_of(&bytes),
        last_modified: None,
        content_type: manifests::content_type(kind),
        encoding: None,
        cache: CachePolicy::Immutable,
        content: Content::Bytes(bytes),
    }
}

fn of_media(
    channel: &Channel,
    (epoch, protection, name): (Epoch, Protection, &str),
    kind: Kind,
    entry: Arc<Entry>,
    sending: Sending,
) -> Representation {
    let tag = format!("{epoch}/{protection}/{name}");
    Representation {
        etag: Etag::from_parts(&[&channel.life, tag.as_bytes()]),
        last_modified: None,
        content_type: manifests::content_type(kind),
        encoding: None,
        cache: CachePolicy::Immutable,
        content: Content::Entry {
            length: entry.len_if_complete(),
            sending,
            open: Box::new(move || Box::pin(async move { Ok(Source::from(entry)) })),
        },
    }
}
