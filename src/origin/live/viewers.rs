//! What viewers ask of a channel, and wait for: manifests and keys here, [media] beside it.
mod media;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edgepack_manifest::Filter;
use edgepack_manifest::hls::live::{Directives, Wait, longest_wait_ms};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use ring::digest;

use super::channel::{Channel, State};
use super::manifests::Shown;
use super::protection::{Keyed, Ring};
use super::stretch::Stretch;
use super::{faults, manifests};
use crate::config::Protection;
use crate::delivery::route::{AssetRoute, Leaf};
use crate::delivery::{
    CachePolicy, Content, Etag, Fault, Representation, Request, RequestBody, Response,
};
use crate::keys::KeyStore;
use crate::origin::percent_encoded;
use crate::origin::protection::licence;

const HLS: &str = "application/vnd.apple.mpegurl";
/// `max-age` of a playlist that says what is there now, seconds.
const NOW_MAX_AGE_S: u32 = 1;

/// The channel that is asked, and what it takes to answer.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) channel: &'a Arc<Channel>,
    pub(super) keys: &'a KeyStore,
    pub(super) public_url: Option<&'a str>,
}

/// # Errors
/// Those of [`Live::get`](super::Live::get).
pub(super) async fn get(
    asked: &Asked<'_>,
    route: &AssetRoute<'_>,
    request: &Request,
    token: Option<&str>,
) -> Result<Representation, Fault> {
    match &route.leaf {
        Leaf::Time => Ok(time(request)),
        Leaf::Key { kid } => {
            licence::offers_raw_keys(&asked.channel.mount, route.protection)?;
            let keys = asked.ring(route.protection).await?;
            let key = licence::raw_key(&keys, *kid)?;
            Ok(licence::secret(key, "application/octet-stream"))
        }
        Leaf::HlsMultivariant | Leaf::Dash | Leaf::HlsMedia { .. } => {
            let stretch = asked.stretch(route)?;
            let keyed = match stretch {
                None => asked.keyed(route.protection).await?,
                Some(stretch) => asked.keyed_for(route.protection, stretch).await?,
            };
            let shown = Shown {
                protection: route.protection,
                keyed: keyed.as_deref(),
                licence_url: asked.licence_url(route, request, token, stretch),
                stretch,
            };
            match &route.leaf {
                Leaf::HlsMedia { track } => playlist(asked.channel, shown, route, track).await,
                Leaf::Dash => mpd(asked, &shown, route, request),
                _ => multivariant(asked.channel, &shown, route),
            }
        }
        _ => media::get(asked, route).await,
    }
}

/// # Errors
/// Those of [`Live::post`](super::Live::post).
pub(super) async fn licence(
    asked: &Asked<'_>,
    route: &AssetRoute<'_>,
    body: RequestBody,
) -> Result<Response, Fault> {
    let protection = route.protection;
    licence::offers_licences(&asked.channel.mount, protection)?;
    let kids = licence::asked(body).await?;
    // Another node may have shown the stretch.
    if let Some(stretch) = asked.stretch(route)? {
        asked.keyed_for(protection, stretch).await?;
    }
    let keys = asked.ring(protection).await?;
    let licence = licence::licence(&keys, &kids)?;
    Ok(Response::bytes(StatusCode::OK, "application/json", licence)
        .header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

impl Asked<'_> {
    /// # Errors
    /// 400 for a query that names none.
    fn stretch(&self, route: &AssetRoute<'_>) -> Result<Option<Stretch>, Fault> {
        let stretch = Stretch::parse(route.query.pairs())?;
        let within = |stretch: Stretch| stretch.within(self.channel, manifests::now_ms());
        stretch.map(within).transpose()
    }

    async fn keyed(&self, protection: Protection) -> Result<Option<Arc<Keyed>>, Fault> {
        self.channel.keyed(protection, self.keys).await
    }

    async fn keyed_for(
        &self,
        protection: Protection,
        stretch: Stretch,
    ) -> Result<Option<Arc<Keyed>>, Fault> {
        let channel = self.channel;
        if protection.scheme().is_none() {
            return Ok(None);
        }
        // A channel that has not begun says so, and not that the stretch is none.
        channel.announced_ever()?;
        let numbers = stretch.numbers(channel)?;
        let keyed = channel.keyed_for(protection, self.keys, channel.epoch, numbers);
        keyed.await
    }

    /// # Errors
    /// 404 where there are none, because nothing is encrypted.
    async fn ring(&self, protection: Protection) -> Result<Ring, Fault> {
        let keys = self.channel.ring(protection, self.keys).await?;
        keys.ok_or_else(faults::no_such_form)
    }

    fn licence_url(
        &self,
        route: &AssetRoute<'_>,
        request: &Request,
        token: Option<&str>,
        stretch: Option<Stretch>,
    ) -> Option<String> {
        let mount = &self.channel.mount;
        licence::has_licences(mount, route.protection).then(|| {
            let channel = percent_encoded(route.asset);
            let folder = format!("{}/{channel}/{}", mount.path, route.protection);
            let url = licence::url(self.public_url, request, token, &folder);
            match stretch {
                Some(stretch) => format!("{url}?{}", stretch.query()),
                None => url,
            }
        })
    }
}

fn multivariant(
    channel: &Channel,
    shown: &Shown<'_>,
    route: &AssetRoute<'_>,
) -> Result<Representation, Fault> {
    let filter = filter(route)?;
    let announced = shown.announced(channel)?;
    let text = manifests::multivariant_playlist(shown, &announced, &filter)?;
    Ok(manifest(
        etag_of(text.as_bytes()),
        HLS,
        NOW_MAX_AGE_S,
        text.into(),
    ))
}

fn mpd(
    asked: &Asked<'_>,
    shown: &Shown<'_>,
    route: &AssetRoute<'_>,
    request: &Request,
) -> Result<Representation, Fault> {
    let filter = filter(route)?;
    let announced = shown.announced(asked.channel)?;
    // Players resolve it against the page, not the MPD: it has to be absolute.
    let base = match asked.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => request.base_url().unwrap_or_default(),
    };
    let path = request.uri.path();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let time_url = format!("{base}{folder}/time");
    let text = manifests::mpd(asked.channel, shown, &announced, &filter, time_url)?;
    Ok(manifest(
        etag_of(&text),
        "application/dash+xml",
        NOW_MAX_AGE_S,
        text,
    ))
}

/// # Errors
/// 400.
fn filter(route: &AssetRoute<'_>) -> Result<Filter, Fault> {
    Filter::parse(route.query.pairs())
        .map_err(|error| Fault::bad_request("bad-filter", error.to_string()))
}

/// `xs:dateTime` (ISO/IEC 23009-1, 5.8.5.7).
fn time(request: &Request) -> Representation {
    let now = humantime::format_rfc3339_millis(request.now).to_string();
    Representation {
        cache: CachePolicy::NoStore,
        ..manifest(etag_of(now.as_bytes()), "text/plain", 0, now.into())
    }
}

/// A media playlist, when it has what its directives name.
async fn playlist(
    channel: &Channel,
    shown: Shown<'_>,
    route: &AssetRoute<'_>,
    track: &str,
) -> Result<Representation, Fault> {
    let directives = Directives::parse(route.query.pairs())
        .map_err(|refused| Fault::bad_request("bad-directives", refused.to_string()))?;
    shown.announced(channel)?;
    let (index, changed) = channel.track(track)?;
    if shown.stretch.is_some() {
        let (text, _) = manifests::stretch_playlist(channel, &shown, index, directives.skip)?;
        return Ok(manifest(etag_of(&text), HLS, NOW_MAX_AGE_S, text));
    }
    let limit = Duration::from_millis(longest_wait_ms(channel.target_ms));
    let look = |state: &mut State| {
        let window = state.window(index)?;
        match directives.against(&window, Some(channel.part_ms)) {
            Wait::Until { .. } => None,
            Wait::Refuse(refused) => Some(Err(Fault::bad_request(
                "bad-directives",
                refused.to_string(),
            ))),
            Wait::Answer => {
                let skip = directives.skip;
                Some(manifests::media_playlist(
                    channel, state, &shown, index, skip,
                ))
            }
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
    let tag = format!(
        "{}/{index}/{}/{version}/{skip}",
        channel.epoch, shown.protection
    );
    Ok(manifest(etag_of(tag.as_bytes()), HLS, max_age_s, text))
}

/// As long for a long text as for a short one: clients send it back.
fn etag_of(content: &[u8]) -> Etag {
    let hash = digest::digest(&digest::SHA256, content);
    Etag::from_digest(&hash.as_ref()[..12])
}

fn manifest(etag: Etag, content_type: &'static str, max_age_s: u32, text: Bytes) -> Representation {
    Representation {
        etag,
        last_modified: None,
        content_type,
        encoding: None,
        cache: CachePolicy::Manifest { max_age_s },
        content: Content::Bytes(text),
    }
}
