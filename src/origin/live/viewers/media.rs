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
    let keyed = asked.keyed(route.protection).await?;
    let (index, changed) = asked.channel.track(track)?;
    let wanted = Wanted {
        channel: asked.channel,
        route,
        keyed: keyed.as_deref(),
        epoch,
        index,
    };
    match &route.leaf {
        Leaf::LiveInit { header, crypto, .. } => match wanted.header(*header, *crypto)? {
            Some(header) => Ok(header),
            // Of a crypto period before the window.
            None => recorded::get(asked, route, track, epoch).await,
        },
        Leaf::LiveSegment { number, .. } => wanted.segment(&changed, *number).await,
        Leaf::LivePart { number, part, .. } => wanted.part(&changed, *number, *part as usize).await,
        _ => Err(faults::no_such_form()),
    }
}

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
            Some(self.made(state, &segment, None).transpose()?)
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
                track.cover(&self.channel.name, segment.number, header.codec())
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

/// Whether what is named can only be on disk: of an earlier life, or before the window.
fn is_gone(channel: &Channel, leaf: &Leaf<'_>, epoch: Epoch) -> bool {
    let is_before = |track: &str, number: u64| {
        let Ok((index, _)) = channel.track(track) else {
            return false;
        };
        let state = channel.lock();
        let of = state.tracks.get(index);
        of.is_some_and(|of| number < of.line.numbers().start)
    };
    channel.epoch != epoch
        || matches!(leaf, Leaf::LiveSegment { track, number, .. } if is_before(track, *number))
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
