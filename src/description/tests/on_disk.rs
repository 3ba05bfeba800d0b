//! Files: the description's own, and those it names.
use super::*;

fn found(id: u32, kind: Kind) -> FileTrack {
    FileTrack {
        id,
        kind: Some(kind),
    }
}

fn faults(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("asset.toml");
    std::fs::write(&file, text).unwrap();
    let mut asked = Vec::new();
    let mut tracks_of = |name: &str| {
        asked.push(name.to_owned());
        match name {
            "av.mp4" => Ok(vec![found(1, Kind::Video), found(2, Kind::Audio)]),
            "en.vtt" => Ok(vec![found(0, Kind::Text)]),
            "empty.mp4" => Ok(Vec::new()),
            _ => Err(format!("{name} does not exist")),
        }
    };
    let faults = Description::load_with_files(&file, &mut tracks_of);
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(once.len(), asked.len(), "a file was looked at twice");
    let faults = faults.err().unwrap_or_default();
    let place = format!("{}:", file.display());
    faults
        .iter()
        .map(|fault| fault.to_string().replace(&place, ""))
        .collect()
}

#[test]
fn tracks_that_are_there_pass() {
    let text = "[[track]]\nfile = \"av.mp4\"\nid = 2\ntype = \"audio\"\n[[track]]\nfile = \"av.mp4\"\ntype = \"video\"\n\
                [[track]]\nfile = \"en.vtt\"\n[[clip]]\nfile = \"av.mp4\"\n[[clip]]\n";
    assert_eq!(faults(text), Vec::<String>::new());
}

#[test]
fn what_is_not_in_the_files_is_told_with_what_is() {
    let text = "[[track]]\nfile = \"av.mp4\"\nid = 3\n[[track]]\nfile = \"av.mp4\"\ntype = \"text\"\n\
                [[track]]\nfile = \"gone.mp4\"\n[[track]]\nfile = \"empty.mp4\"\n\
                [[track]]\nfile = \"av.mp4\"\nid = 2\ntype = \"video\"\n[[clip]]\n[[clip]]\nfile = \"gone.mp4\"\n";
    assert_eq!(
        faults(text),
        [
            "3: track[0].id: \"av.mp4\" has no track 3; its tracks: 1 (video), 2 (audio)",
            "6: track[1].type: \"av.mp4\" has no text track; its tracks: 1 (video), 2 (audio)",
            "8: track[2].file: gone.mp4 does not exist; name a file that is there",
            "10: track[3].file: \"empty.mp4\" has no track; name a file with media in it",
            "14: track[4].type: track 2 of \"av.mp4\" is not video; its tracks: 1 (video), 2 (audio)",
            "17: clip[1].file: gone.mp4 does not exist; name a file that is there",
        ]
    );
}

#[test]
fn a_description_that_cannot_be_read_is_one_fault() {
    let folder = tempfile::tempdir().unwrap();
    let why = |path: &Path| {
        let faults = Description::load(path).unwrap_err();
        assert_eq!(faults.len(), 1);
        faults[0].to_string()
    };
    assert!(why(&folder.path().join("none.toml")).contains("does not exist"));
    assert!(why(folder.path()).contains("not a file"));
    let large = folder.path().join("large.toml");
    std::fs::write(&large, vec![b'#'; MAX_DESCRIPTION_BYTES as usize + 1]).unwrap();
    assert!(why(&large).contains("larger than 256 KiB"));
    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, [0xff, 0xfe]).unwrap();
    assert!(why(&binary).contains("UTF-8"));
}
