//! What languages are called, by themselves and by MP4.
use isolang::Language;

/// The language's own name for viewers, with what else its tag says: `Deutsch`, `Português (BR)`.
pub(super) fn own_name(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let language = of_subtag(parts.next()?)?;
    let name = language.to_autonym()?;
    let mut letters = name.chars();
    let first = letters.next()?;
    let name: String = first.to_uppercase().chain(letters).collect();
    let rest: Vec<&str> = parts.collect();
    if rest.is_empty() {
        Some(name)
    } else {
        Some(format!("{name} ({})", rest.join(" ")))
    }
}

/// The three letters that an MP4 header has room for.
pub(super) fn three_letters(tag: &str) -> Option<&'static str> {
    of_subtag(tag.split('-').next()?).map(|language| language.to_639_3())
}

fn of_subtag(subtag: &str) -> Option<Language> {
    Language::from_639_1(subtag).or_else(|| Language::from_639_3(subtag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_languages_own() {
        assert_eq!(own_name("de").as_deref(), Some("Deutsch"));
        assert_eq!(own_name("en-GB").as_deref(), Some("English (GB)"));
        assert_eq!(own_name("fr").as_deref(), Some("Français"));
        assert_eq!(own_name("zxx-x"), own_name("zxx-x"));
        assert_eq!(own_name("x-klingon"), None);
    }

    #[test]
    fn mp4_takes_three_letters() {
        assert_eq!(three_letters("en-GB"), Some("eng"));
        assert_eq!(three_letters("gsw"), Some("gsw"));
        assert_eq!(three_letters("x-private"), None);
    }
}
