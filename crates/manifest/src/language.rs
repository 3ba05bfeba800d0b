//! What languages call themselves, and their codes of three letters.

/// BCP 47 primary subtag, ISO 639-2/T, the language's own name for itself (HLS wants NAME in the language that
/// LANGUAGE says).
const LANGUAGES: [(&str, &str, &str); 62] = [
    ("af", "afr", "Afrikaans"),
    ("ar", "ara", "العربية"),
    ("az", "aze", "Azərbaycanca"),
    ("be", "bel", "Беларуская"),
    ("bg", "bul", "Български"),
    ("bn", "ben", "বাংলা"),
    ("bs", "bos", "Bosanski"),
    ("ca", "cat", "Català"),
    ("cs", "ces", "Čeština"),
    ("cy", "cym", "Cymraeg"),
    ("da", "dan", "Dansk"),
    ("de", "deu", "Deutsch"),
    ("el", "ell", "Ελληνικά"),
    ("en", "eng", "English"),
    ("es", "spa", "Español"),
    ("et", "est", "Eesti"),
    ("eu", "eus", "Euskara"),
    ("fa", "fas", "فارسی"),
    ("fi", "fin", "Suomi"),
    ("fil", "fil", "Filipino"),
    ("fr", "fra", "Français"),
    ("ga", "gle", "Gaeilge"),
    ("gl", "glg", "Galego"),
    ("gu", "guj", "ગુજરાતી"),
    ("he", "heb", "עברית"),
    ("hi", "hin", "हिन्दी"),
    ("hr", "hrv", "Hrvatski"),
    ("hu", "hun", "Magyar"),
    ("hy", "hye", "Հայերեն"),
    ("id", "ind", "Bahasa Indonesia"),
    ("is", "isl", "Íslenska"),
    ("it", "ita", "Italiano"),
    ("ja", "jpn", "日本語"),
    ("ka", "kat", "ქართული"),
    ("kk", "kaz", "Қазақша"),
    ("kn", "kan", "ಕನ್ನಡ"),
    ("ko", "kor", "한국어"),
    ("lt", "lit", "Lietuvių"),
    ("lv", "lav", "Latviešu"),
    ("mk", "mkd", "Македонски"),
    ("ml", "mal", "മലയാളം"),
    ("mr", "mar", "मराठी"),
    ("ms", "msa", "Bahasa Melayu"),
    ("nb", "nob", "Norsk bokmål"),
    ("nl", "nld", "Nederlands"),
    ("no", "nor", "Norsk"),
    ("pl", "pol", "Polski"),
    ("pt", "por", "Português"),
    ("ro", "ron", "Română"),
    ("ru", "rus", "Русский"),
    ("sk", "slk", "Slovenčina"),
    ("sl", "slv", "Slovenščina"),
    ("sq", "sqi", "Shqip"),
    ("sr", "srp", "Српски"),
    ("sv", "swe", "Svenska"),
    ("ta", "tam", "தமிழ்"),
    ("te", "tel", "తెలుగు"),
    ("th", "tha", "ไทย"),
    ("tr", "tur", "Türkçe"),
    ("uk", "ukr", "Українська"),
    ("vi", "vie", "Tiếng Việt"),
    ("zh", "zho", "中文"),
];

fn find(tag: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let primary = tag.split('-').next().unwrap_or_default();
    LANGUAGES.iter().find(|(short, long, _)| {
        primary.eq_ignore_ascii_case(short) || primary.eq_ignore_ascii_case(long)
    })
}

/// `Deutsch` for `de`, `Português (BR)` for `pt-BR`; the tag itself where the name is not known.
pub(crate) fn name(tag: &str) -> String {
    match (find(tag), tag.split_once('-')) {
        (Some((_, _, name)), None) => (*name).to_owned(),
        (Some((_, _, name)), Some((_, rest))) => format!("{name} ({rest})"),
        (None, _) => tag.to_owned(),
    }
}

/// ISO 639-2/T, as captions name languages; none where the code is not known.
pub(crate) fn three_letters(tag: &str) -> Option<&'static str> {
    find(tag).map(|(_, long, _)| *long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named_in_their_own_words() {
        assert_eq!(name("de"), "Deutsch");
        assert_eq!(name("deu"), "Deutsch");
        assert_eq!(name("pt-BR"), "Português (BR)");
        assert_eq!(name("tlh"), "tlh");
    }

    #[test]
    fn captions_get_codes_of_three_letters() {
        assert_eq!(three_letters("en-US"), Some("eng"));
        assert_eq!(three_letters("und"), None);
    }

    #[test]
    fn the_table_is_in_order_and_names_each_language_once() {
        assert!(LANGUAGES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
