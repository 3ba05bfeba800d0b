//! What viewers ask of a channel, and wait for.
use std::sync::Arc;
use std::time::Duration;

use edgepack_manifest::Filter;
use edgepack_manifest::hls::live::{Directives, Wait, longest_wait_ms, next};
use edgepack_packager::HeaderProtection;

use super::channel::{Channel, State};
use super::{faults, manifests};
use crate::cache::Entry;
use crate::config::Protection;
use crate::delivery::route::{AssetRoute, Epoch, Leaf};
use crate::delivery::{
    CachePolicy, Content, Etag, Fault, Representation, Request, Sending, Source,
};

const HLS: &str = "application/vnd.apple.mpegurl";
/// `max-age` of a playlist that says what is there now, seconds.
const NOW_MAX_AGE_S: u32 = 1;

/// # Errors
/// Those of [`Live::get`](super::Live::get).
pub(super) async fn get(
    channel: &Arc<Channel>,
    route: &AssetRoute<'_>,
    request: &Request,
) -> Result<Representation, Fault> {
    if !channel.protections.contains(&route.protection) || route.protection != Protection::Clear {
        return Err(faults::not_offered());
    }
    match &route.leaf {
        Leaf::HlsMultivariant => multivariant(channel, route),
        Leaf::Dash => mpd(channel, route, request),
        Leaf::Time => Ok(time(request)),
        Leaf::HlsMedia { track } => playlist(channel, route, track).await,
        Leaf::LiveInit {
            track,
            epoch,
            header,
            ..
        } => init(channel, track, *epoch, *header),
        Leaf::LiveSegment {
            track,
            epoch,
            number,
        } => segment(channel, track, *epoch, *number).await,
        Leaf::LivePart {
            track,
            epoch,
            number,
            part,
        } => part_of(channel, track, *epoch, *number, *part as usize).await,
        _ => Err(faults::no_such_form()),
    }
}

fn multivariant(channel: &Channel, route: &AssetRoute<'_>) -> Result<Representation, Fault> {
    let filter = Filter::parse(route.query.pairs())
        .map_err(|error| Fault::bad_request("bad-filter", error.to_string()))?;
    let announced = channel.announced()?;
    let text = manifests::multivariant_playlist(&announced, &filter)?;
    Ok(Representation {
        etag: Etag::from_digest(text.as_bytes()),
        last_modified: None,
        content_type: HLS,
        encoding: None,
        cache: CachePolicy::Manifest {
            max_age_s: NOW_MAX_AGE_S,
        },
        content: Content::Bytes(text.into()),
    })
}

fn mpd(
    channel: &Channel,
    route: &AssetRoute<'_>,
    request: &Request,
) -> Result<Representation, Fault> {
    let filter = Filter::parse(route.query.pairs())
        .map_err(|error| Fault::bad_request("bad-filter", error.to_string()))?;
    let announced = channel.announced()?;
    // Players resolve it against the page, not the MPD: it has to be absolute.
    let base = request.base_url().unwrap_or_default();
    let path = request.uri.path();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let time_url = format!("{base}{folder}/time");
    let mut state = channel.lock();
    let text = manifests::mpd(channel, &mut state, &announced, &filter, time_url)?;
    Ok(Representation {
        etag: Etag::from_digest(&text),
        last_modified: None,
        content_type: "application/dash+xml",
        encoding: None,
        cache: CachePolicy::Manifest {
            max_age_s: NOW_MAX_AGE_S,
        },
        content: Content::Bytes(text),
    })
}

/// `xs:dateTime` (ISO/IEC 23009-1, 5.8.5.7).
fn time(request: &Request) -> Representation {
    let now = humantime::format_rfc3339_millis(request.now).to_string();
    Representation {
        etag: Etag::from_digest(now.as_bytes()),
        last_modified: None,
        content_type: "text/plain",
        encoding: None,
        cache: CachePolicy::NoStore,
        content: Content::Bytes(now.into()),
    }
}

/// A media playlist, when it has what its directives name.
async fn playlist(
    channel: &Channel,
    route: &AssetRoute<'_>,
    track: &str,
) -> Result<Representation, Fault> {
    let directives = Directives::parse(route.query.pairs())
        .map_err(|refused| Fault::bad_request("bad-directives", refused.to_string()))?;
    channel.announced()?;
    let (index, changed) = channel.track(track)?;
    let limit = Duration::from_millis(longest_wait_ms(channel.target_ms));
    let control = manifests::control(channel);
    let look = |state: &State| {
        let window = state.window(index)?;
        match directives.against(&window, control.part_target_ms) {
            Wait::Until { .. } => None,
            Wait::Refuse(refused) => Some(Err(Fault::bad_request(
                "bad-directives",
                refused.to_string(),
            ))),
            Wait::Answer => Some(manifests::media_playlist(
                channel,
                state,
                index,
                directives.skip,
            )),
        }
    };
    let found = channel.until(&changed, limit, look).await;
    let (text, version) = found.ok_or_else(faults::waited_too_long)??;
    // What a directive names stays true of every later answer.
    let max_age_s = match directives.msn {
        Some(_) => channel.target_ms.div_ceil(1000),
        None => NOW_MAX_AGE_S,
    };
    let skip = u8::from(directives.skip.is_some());
    let tag = format!("{}/{index}/{version}/{skip}", channel.epoch);
    Ok(Representation {
        etag: Etag::from_digest(tag.as_bytes()),
        last_modified: None,
        content_type: HLS,
        encoding: None,
        cache: CachePolicy::Manifest { max_age_s },
        content: Content::Bytes(text),
    })
}

fn init(
    channel: &Channel,
    track: &str,
    epoch: Epoch,
    header: u32,
) -> Result<Representation, Fault> {
    is_of(channel, epoch)?;
    let (index, _) = channel.track(track)?;
    let state = channel.lock();
    let track = state.tracks.get(index).ok_or_else(faults::no_such_segment)?;
    let at = usize::try_from(header).unwrap_or(usize::MAX);
    let of = track.headers.get(at).ok_or_else(faults::no_such_segment)?;
    let bytes = of
        .cmaf(track.line.options().timescale, HeaderProtection::Clear, &[])
        .map_err(|error| faults::bad_header(&error))?;
    Ok(Representation {
        etag: Etag::from_digest(&bytes),
        last_modified: None,
        content_type: manifests::content_type(track.kind()),
        encoding: None,
        cache: CachePolicy::Immutable,
        content: Content::Bytes(bytes),
    })
}

/// A segment, growing while it does.
async fn segment(
    channel: &Channel,
    track: &str,
    epoch: Epoch,
    number: u64,
) -> Result<Representation, Fault> {
    is_of(channel, epoch)?;
    let (index, changed) = channel.track(track)?;
    let look = |state: &State| {
        let entry = channel.media.segment(index, number);
        entry.map(Some).or_else(|| {
            // What comes next may be asked for a little early.
            let next = next(&state.window(index)?, channel.target_ms).0;
            (number != next).then_some(None)
        })
    };
    let limit = Duration::from_millis(u64::from(channel.target_ms));
    let entry = channel.until(&changed, limit, look).await.flatten();
    let entry = entry.ok_or_else(faults::no_such_segment)?;
    let tag = format!("{epoch}/{track}/{number}");
    Ok(media(channel, index, &tag, entry, Sending::AsItGrows))
}

/// A part, when it has come.
async fn part_of(
    channel: &Channel,
    track: &str,
    epoch: Epoch,
    number: u64,
    part: usize,
) -> Result<Representation, Fault> {
    is_of(channel, epoch)?;
    let (index, changed) = channel.track(track)?;
    let look = |state: &State| {
        let entry = channel.media.part(index, number, part);
        entry.map(Some).or_else(|| {
            let window = state.window(index)?;
            let hinted = !window.ended && next(&window, channel.target_ms) == (number, part);
            (!hinted).then_some(None)
        })
    };
    let limit = Duration::from_millis(longest_wait_ms(channel.target_ms));
    let entry = channel.until(&changed, limit, look).await.flatten();
    let entry = entry.ok_or_else(faults::no_such_segment)?;
    let tag = format!("{epoch}/{track}/{number}.{part}");
    Ok(media(channel, index, &tag, entry, Sending::WhenComplete))
}

fn media(
    channel: &Channel,
    track: usize,
    tag: &str,
    entry: Arc<Entry>,
    sending: Sending,
) -> Representation {
    let state = channel.lock();
    let kind = state.tracks.get(track).map(|track| track.kind());
    Representation {
        etag: Etag::from_digest(tag.as_bytes()),
        last_modified: None,
        content_type: kind.map_or("video/mp4", manifests::content_type),
        encoding: None,
        cache: CachePolicy::Immutable,
        content: Content::Entry {
            length: entry.len_if_complete(),
            sending,
            open: Box::new(move || Box::pin(async move { Ok(Source::from(entry)) })),
        },
    }
}

/// # Errors
/// 404 for names of an earlier life.
fn is_of(channel: &Channel, epoch: Epoch) -> Result<(), Fault> {
    if channel.epoch == epoch {
        Ok(())
    } else {
        Err(faults::no_such_segment())
    }
}
