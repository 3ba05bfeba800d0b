//! A filter as the one text that stands for it.
use super::{Filter, FrameRate, Order, Range, Text};

pub(super) fn key(filter: &Filter) -> String {
    let mut out = String::new();
    push_list(&mut out, "codecs", &filter.codecs, |family| {
        family.name().to_owned()
    });
    push_list(&mut out, "height", &filter.heights, u32::to_string);
    push_list(
        &mut out,
        "min_height",
        filter.min_height.as_slice(),
        u32::to_string,
    );
    push_list(
        &mut out,
        "max_height",
        filter.max_height.as_slice(),
        u32::to_string,
    );
    push_list(
        &mut out,
        "min_bitrate",
        filter.min_bitrate.as_slice(),
        u64::to_string,
    );
    push_list(
        &mut out,
        "max_bitrate",
        filter.max_bitrate.as_slice(),
        u64::to_string,
    );
    let rate = |rate: &FrameRate| format!("{}/{}", rate.0, rate.1);
    push_list(
        &mut out,
        "max_frame_rate",
        filter.max_frame_rate.as_slice(),
        rate,
    );
    push_list(&mut out, "video_range", &filter.video_ranges, |range| {
        match range {
            Range::Sdr => "sdr",
            Range::Pq => "pq",
            Range::Hlg => "hlg",
        }
        .to_owned()
    });
    push_list(&mut out, "channels", &filter.channels, u16::to_string);
    push_list(&mut out, "language", &filter.languages, String::clone);
    push_list(
        &mut out,
        "audio_language",
        &filter.audio_languages,
        String::clone,
    );
    push_list(
        &mut out,
        "text_language",
        &filter.text_languages,
        String::clone,
    );
    push_list(&mut out, "text", filter.text.as_slice(), |text| {
        match text {
            Text::Imsc1 => "imsc1",
            Text::WebVtt => "webvtt",
            Text::None => "none",
        }
        .to_owned()
    });
    if filter.without_trick_play {
        push(&mut out, "trick", "no");
    }
    if filter.without_thumbnails {
        push(&mut out, "thumbnails", "no");
    }
    match filter.order {
        Order::Descending => {}
        Order::Ascending => push(&mut out, "order", "ascending"),
        Order::First(bits) => push(&mut out, "order", &format!("first:{bits}")),
    }
    push_list(
        &mut out,
        "default_audio",
        filter.default_audio.as_slice(),
        String::clone,
    );
    out
}

/// The values of `key`, where there are any, separated by commas.
fn push_list<T>(out: &mut String, key: &str, values: &[T], name: impl Fn(&T) -> String) {
    if !values.is_empty() {
        let values: Vec<String> = values.iter().map(name).collect();
        push(out, key, &values.join(","));
    }
}

fn push(out: &mut String, key: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    out.push_str(key);
    out.push('=');
    out.push_str(value);
}
