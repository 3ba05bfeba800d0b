#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn every_name_is_one_path_element_and_comes_back() {
    for name in ["v1080", "", "..", ".hidden", "a/b", "ä ö", "50%", "a-en.2"] {
        let written = folder(name);
        assert!(
            !written.contains('/') && !written.starts_with('.'),
            "{written}"
        );
        assert!(!written.is_empty());
        assert_eq!(of_folder(&written).as_deref(), Some(name));
    }
    assert_eq!(folder("v1080"), "v1080");
    for foreign in [".git", "a b", "%zz", "%41"] {
        assert_eq!(of_folder(foreign), None, "{foreign}");
    }
}

#[test]
fn only_names_that_were_given_are_taken_for_ours() {
    let name = FileName {
        epoch: 0x1f,
        number: 12,
    };
    let folder = Path::new("/x");
    assert_eq!(name.media(folder), Path::new("/x/0000001f-12.mp4"));
    assert_eq!(FileName::of_media(&name.media(folder)), Some(name));
    assert_eq!(FileName::of_index(&name.index(folder)), Some(name));
    for foreign in ["0000001f-12.idx", "1f-12.mp4", "0000001f-012.mp4", "x.mp4"] {
        assert_eq!(FileName::of_media(Path::new(foreign)), None, "{foreign}");
    }
}
