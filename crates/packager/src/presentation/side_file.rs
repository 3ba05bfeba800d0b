//! What the name of a file of subtitles says: `film.en.vtt`, `en-GB.vtt`, `subs_de.forced.ttml`.
use super::{Accessibility, TrackSettings};

/// ISO 639-1, two letters each.
const LANGUAGES: &str = "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdglgngugv\
    hahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmhmimkmlmnmrmsmtmy\
    nanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotr\
    tstttwtyugukuruzvevivowawoxhyiyozazhzu";

/// Three letters that stand in names for something else than a language.
const NOT_LANGUAGES: [&str; 12] = [
    "sub", "ttml", "vtt", "srt", "txt", "mp4", "web", "dvd", "hdr", "sdr", "new", "old",
];

/// `settings`, where they are silent filled from the file's name.
pub(super) fn by_name(name: &str, settings: &TrackSettings) -> TrackSettings {
    let mut settings = settings.clone();
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    for word in stem.rsplit(['.', '_', ' ']) {
        match word.to_ascii_lowercase().as_str() {
            "forced" => settings.forced = true,
            "sdh" | "cc" => {
                settings.accessibility.get_or_insert(Accessibility::Sdh);
            }
            _ => {
                if settings.language.is_none() {
                    settings.language = language(word);
                }
                break;
            }
        }
    }
    settings
}

/// A BCP 47 tag whose first part is a language of two or three letters.
fn language(word: &str) -> Option<String> {
    let mut parts = word.split('-');
    let primary = parts.next()?.to_ascii_lowercase();
    let known = match primary.len() {
        2 => LANGUAGES
            .as_bytes()
            .chunks_exact(2)
            .any(|code| code == primary.as_bytes()),
        3 => {
            primary.bytes().all(|byte| byte.is_ascii_lowercase())
                && !NOT_LANGUAGES.contains(&primary.as_str())
        }
        _ => false,
    };
    let rest: Vec<&str> = parts.collect();
    let well_formed = rest.iter().all(|part| {
        (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (known && well_formed).then(|| [&[primary.as_str()][..], &rest].concat().join("-"))
}

#[cfg(test)]
mod tests;
