//! What is counted: one call of each, on the same input every time.
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use edgepack_drm::Scheme;
use edgepack_h3::{Limits, RequestStream, qpack, response, varint};
use edgepack_manifest::{View, dash, hls};
use edgepack_packager::{Kind, SegmentPlan, SegmentProtection};
use edgepack_token::{Claims, KeySet, Rules, SigningKey, Verifier, VerifyingKey, mint};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::Result;
use crate::film::{Film, SEGMENT};

pub(crate) struct HotPath {
    pub(crate) name: &'static str,
    pub(crate) call: Box<dyn FnMut()>,
}

/// In the order of the bounds. An error here is one of the set-up: a call that fails shows in its count.
pub(crate) fn all() -> Result<Vec<HotPath>> {
    let film = Arc::new(Film::new()?);
    let mut paths = Vec::new();
    paths.extend(packaging(&film)?);
    paths.extend(manifests(&film)?);
    paths.extend(tokens()?);
    paths.extend(messages()?);
    Ok(paths)
}

fn path(name: &'static str, call: impl FnMut() + 'static) -> HotPath {
    HotPath {
        name,
        call: Box::new(call),
    }
}

fn packaging(film: &Arc<Film>) -> Result<Vec<HotPath>> {
    let video = film.rendition(Kind::Video)?;
    let audio = film.rendition(Kind::Audio)?;
    let frames = film.presentation.trick_play(&video);
    let frames = frames.ok_or("the film has no key frames")?.frames;
    let mut paths = Vec::new();

    let of = Arc::clone(film);
    paths.push(path("open a file of an hour", move || {
        _ = black_box(of.parse());
    }));
    let of = Arc::clone(film);
    film.compose()?;
    paths.push(path("compose a title of an hour, no digest", move || {
        _ = black_box(of.compose());
    }));
    let (of, rendition) = (Arc::clone(&film.presentation), video.clone());
    paths.push(path("key frames of an hour", move || {
        _ = black_box(of.trick_play(&rendition));
    }));
    for (name, rendition) in [
        ("plan of a segment, AVC, 4 s", video.clone()),
        ("plan of a segment, AAC, 4 s", audio.clone()),
    ] {
        let of = Arc::clone(&film.presentation);
        SegmentPlan::new(&of, &rendition, SEGMENT, SegmentProtection::Clear)?;
        paths.push(path(name, move || {
            let protection = SegmentProtection::Clear;
            _ = black_box(SegmentPlan::new(&of, &rendition, SEGMENT, protection));
        }));
    }
    // Of one sample: nearly all of it is the header of the fragment.
    let (of, rendition) = (Arc::clone(&film.presentation), video.clone());
    let frame = *frames.get(SEGMENT).ok_or("the film is too short")?;
    paths.push(path("header of a key frame's fragment", move || {
        let protection = SegmentProtection::Clear;
        _ = black_box(SegmentPlan::keyframe(
            &of, &rendition, SEGMENT, &frame, protection,
        ));
    }));
    for (name, rendition, scheme) in [
        ("cenc, a segment of AVC", &video, Scheme::Cenc),
        ("cbcs, a segment of AVC", &video, Scheme::Cbcs),
        ("cenc, a segment of AAC", &audio, Scheme::Cenc),
        ("cbcs, a segment of AAC", &audio, Scheme::Cbcs),
    ] {
        let (plan, mut media) = film.segment(rendition, scheme)?;
        let mut encryptor = film.encryptor(rendition, scheme)?;
        plan.protect(&mut encryptor, &mut media)?;
        paths.push(path(name, move || {
            _ = black_box(plan.protect(&mut encryptor, &mut media));
        }));
    }
    Ok(paths)
}

fn manifests(film: &Arc<Film>) -> Result<Vec<HotPath>> {
    let video = film.rendition(Kind::Video)?;
    let view = View::new(&film.presentation);
    hls::media(view, &video)?;
    hls::multivariant(view)?;
    dash::mpd(view, dash::Template::Number)?;

    let of = Arc::clone(&film.presentation);
    let media = path("media playlist of an hour", move || {
        _ = black_box(hls::media(View::new(&of), &video));
    });
    let of = Arc::clone(&film.presentation);
    let multivariant = path("multivariant playlist", move || {
        _ = black_box(hls::multivariant(View::new(&of)));
    });
    let of = Arc::clone(&film.presentation);
    let mpd = path("MPD of an hour", move || {
        _ = black_box(dash::mpd(View::new(&of), dash::Template::Number));
    });
    Ok(vec![media, multivariant, mpd])
}

fn tokens() -> Result<Vec<HotPath>> {
    const PATH: &str = "/vod/film/clear/v1080-5f3a9c1e/17.m4s";
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let secret = [7; 32];
    let claims = Claims {
        expires_at: Some(now + Duration::from_secs(3600)),
        paths: Some(vec!["/vod/film".parse()?]),
        ..Claims::default()
    };
    let random = ring::rand::SystemRandom::new();
    let token = mint(&SigningKey::hs256(Some("k1"), &secret)?, &claims, &random)?;
    let mut keys = KeySet::new();
    keys.add(VerifyingKey::hs256(Some("k1"), &secret)?)?;
    let verifier = Arc::new(Verifier::new(keys, Rules::default()));
    let known = verifier.verify(&token, PATH, now)?;
    let first = Arc::clone(&verifier);
    Ok(vec![
        path("token, first check, HS256", move || {
            _ = black_box(first.verify(black_box(&token), PATH, now));
        }),
        path("token seen before", move || {
            _ = black_box(verifier.admit(black_box(&known), PATH, now));
        }),
    ])
}

fn messages() -> Result<Vec<HotPath>> {
    let request = request_head();
    let mut chunk = request.clone();
    RequestStream::new(Limits::default())
        .receive(&mut chunk)?
        .ok_or("a request's head was not understood")?;
    let headers = response_headers();
    let mut out = BytesMut::with_capacity(4096);
    response::write_head(StatusCode::OK, &headers, u64::MAX, &mut out)?;
    Ok(vec![
        path("HTTP/3 request head", move || {
            let mut chunk = request.clone();
            let mut stream = RequestStream::new(Limits::default());
            _ = black_box(stream.receive(&mut chunk));
        }),
        path("HTTP/3 response head", move || {
            out.clear();
            _ = response::write_head(StatusCode::OK, &headers, u64::MAX, &mut out);
            response::write_data_header(3_000_000, &mut out);
            black_box(&out);
        }),
    ])
}

/// As Chromium asks for a segment.
fn request_head() -> Bytes {
    let mut section = Vec::new();
    qpack::write_prefix(&mut section);
    for (name, value) in [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "edge.example"),
        (":path", "/vod/film/clear/v1080-5f3a9c1e/17.m4s"),
        ("accept", "*/*"),
        ("accept-encoding", "gzip, deflate, br"),
        ("accept-language", "en-US,en;q=0.9"),
        ("origin", "https://player.example"),
        ("priority", "u=1, i"),
        (
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
    ] {
        qpack::write_field(name, value.as_bytes(), false, &mut section);
    }
    let mut frame = Vec::new();
    varint::encode(1, &mut frame);
    varint::encode(section.len() as u64, &mut frame);
    frame.extend(section);
    frame.into()
}

fn response_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "video/mp4"),
        (header::CONTENT_LENGTH, "3000000"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, "\"5f3a9c1e5f3a9c1e\""),
        (header::ACCEPT_RANGES, "bytes"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (header::SERVER, "edgepack"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}
