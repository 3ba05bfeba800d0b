//! Faults: each found, at its line, with what to do; and all of them in one run.
use super::*;

/// Exactly one fault of `text`, at `line`, of `key`, whose text contains `words`.
fn assert_fault(text: &str, line: usize, key: &str, words: &str) {
    let faults = parse(text).err().unwrap_or_default();
    let [fault] = &faults[..] else {
        panic!("{text}: {faults:#?}");
    };
    assert_eq!(fault.key, key, "{text}");
    assert!(fault.to_string().contains(words), "{text}: {fault}");
    assert_eq!(fault.line, Some(line), "{text}: {fault}");
    assert!(!fault.remedy.is_empty());
}

fn of_track(line: &str, key: &str, words: &str) {
    let text = format!("[[track]]\nfile = \"a.mp4\"\n{line}\n");
    assert_fault(&text, 3, &format!("track[0].{key}"), words);
}

#[test]
fn misspelt_keys_and_words_are_named_with_what_was_meant() {
    of_track("langauge = \"en\"", "langauge", "did you mean `language`?");
    of_track("roles = [\"mian\"]", "roles", "did you mean \"main\"?");
    of_track("type = \"vidio\"", "type", "did you mean \"video\"?");
    assert_fault("titel = \"a\"", 1, "titel", "did you mean `title`?");
    assert_fault(
        "[[trak]]\nfile = \"a.mp4\"",
        1,
        "trak",
        "did you mean `track`?",
    );
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for (file, words) in [
        ("/etc/passwd.mp4", "absolute"),
        ("../other/film.mp4", "leaves the description's folder"),
        ("a/../../b.mp4", "leaves the description's folder"),
        ("./a.mp4", "no plain relative path"),
        ("a//b.mp4", "no plain relative path"),
        ("", "no plain relative path"),
        ("a\\u0000.mp4", "no plain relative path"),
        ("film.mkv", "edgepack prepare"),
        (".hidden.mp4", "no file that edgepack reads"),
    ] {
        assert_fault(
            &format!("[[track]]\nfile = \"{file}\""),
            2,
            "track[0].file",
            words,
        );
        assert_fault(
            &format!("[[clip]]\nfile = \"{file}\""),
            2,
            "clip[0].file",
            words,
        );
    }
}

#[test]
fn single_values_say_what_is_wanted() {
    for (line, key, words) in [
        ("id = 0", "id", "edgepack inspect"),
        ("id = \"1\"", "id", "an integer is wanted, not text"),
        ("language = \"english language\"", "language", "BCP 47"),
        ("language = \"e\"", "language", "BCP 47"),
        ("name = \"a \\\"b\\\"\"", "name", "HLS cannot carry it"),
        ("name = \" \"", "name", "1 to 200"),
        ("group = \"a b\"", "group", "no plain word"),
        ("label = \"ü\"", "label", "no plain word"),
        (
            "characteristics = [\"a,b\"]",
            "characteristics",
            "no plain word",
        ),
        (
            "roles = [\"main\", \"main\"]",
            "roles",
            "list each role once",
        ),
        (
            "tiles = { columns = 0, rows = 5, interval = \"10s\" }",
            "tiles.columns",
            "choose from 1 to 64",
        ),
        (
            "tiles = { columns = 5, rows = 5, interval = \"0s\" }",
            "tiles.interval",
            "choose from 1ms to 1h",
        ),
        (
            "tiles = { columns = 5, rows = 5 }",
            "tiles.interval",
            "missing",
        ),
    ] {
        of_track(line, key, words);
    }
}

#[test]
fn keys_are_held_against_the_kind_of_track() {
    let fault = |file: &str, lines: &str, line: usize, key: &str, words: &str| {
        let text = format!("[[track]]\nfile = \"{file}\"\n{lines}");
        assert_fault(&text, line, &format!("track[0].{key}"), words);
    };
    fault(
        "a.mp4",
        "type = \"audio\"\nforced = true",
        4,
        "forced",
        "only subtitles are forced",
    );
    fault("a.vtt", "id = 1", 3, "id", "no track ids");
    fault("a.vtt", "type = \"audio\"", 3, "type", "is text, not audio");
    fault(
        "a.mp4",
        "type = \"video\"\ntiles = { columns = 1, rows = 1, interval = \"1s\" }",
        3,
        "type",
        "is image, not video",
    );
    fault(
        "a.mp4",
        "type = \"audio\"\naccessibility = \"sdh\"",
        4,
        "accessibility",
        "\"sdh\" is for text",
    );
    fault(
        "a.mp4",
        "default = true\nautoselect = false",
        4,
        "autoselect",
        "selected automatically",
    );
}

#[test]
fn a_track_is_listed_once() {
    let twice = |one: &str, other: &str| {
        let text =
            format!("[[track]]\nfile = \"a.mp4\"\n{one}\n[[track]]\nfile = \"a.mp4\"\n{other}\n");
        parse(&text).err().map_or(0, |faults| faults.len())
    };
    assert_eq!(twice("id = 1", "id = 1"), 1);
    assert_eq!(twice("", "id = 1"), 1);
    assert_eq!(twice("", ""), 1);
    assert_eq!(twice("type = \"audio\"", "type = \"audio\""), 1);
    assert_eq!(twice("type = \"audio\"", "id = 2\ntype = \"audio\""), 1);
    assert_eq!(twice("id = 1", "id = 2"), 0);
    assert_eq!(twice("type = \"video\"", "type = \"audio\""), 0);
    assert_eq!(twice("type = \"audio\"", "id = 2"), 0);
}

#[test]
fn a_group_has_one_default_language() {
    let pair = |one: &str, other: &str| {
        let text = format!(
            "[[track]]\nfile = \"a.mp4\"\ntype = \"audio\"\ndefault = true\n{one}\n\
             [[track]]\nfile = \"b.mp4\"\ntype = \"audio\"\ndefault = true\n{other}\n"
        );
        parse(&text).err().unwrap_or_default()
    };
    let faults = pair("language = \"en\"", "language = \"de\"");
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!(faults[0].key, "track[1].default");
    assert!(pair("language = \"en\"", "language = \"en\"").is_empty());
    assert!(pair("language = \"en\"", "language = \"de\"\ngroup = \"x\"").is_empty());
}

#[test]
fn clips_and_sources_fit_together() {
    let film = "[[source]]\nname = \"film\"\n[[source.track]]\nfile = \"f.mp4\"\n";
    for (rest, line, key, words) in [
        ("", 1, "source[0]", "no clip takes the source"),
        (
            "[[clip]]\nsource = \"flim\"\n[[clip]]\nsource = \"film\"",
            6,
            "clip[0].source",
            "did you mean \"film\"?",
        ),
        (
            "[[clip]]\nsource = \"film\"\nfile = \"a.mp4\"",
            7,
            "clip[0].file",
            "keep one of them",
        ),
        (
            "[[clip]]\nsource = \"film\"\nstart = \"2s\"\nend = \"00:02\"",
            8,
            "clip[0].end",
            "ends before it begins",
        ),
        (
            "[[clip]]\nsource = \"film\"\n[[source]]\nname = \"film\"\n[[source.track]]\nfile = \"g.mp4\"",
            8,
            "source[1].name",
            "name of an earlier source",
        ),
        (
            "[[clip]]\nsource = \"film\"\n[[track]]\nfile = \"g.mp4\"",
            7,
            "track",
            "no clip takes the tracks of the top level",
        ),
        (
            "[[clip]]\nsource = \"film\"\n[[source]]\nname = \"empty\"\n[[clip]]\nsource = \"empty\"",
            7,
            "source[1].track",
            "a source without tracks",
        ),
    ] {
        assert_fault(&format!("{film}{rest}"), line, key, words);
    }
}

#[test]
fn channels_of_captions() {
    for channel in ["CC0", "CC5", "SERVICE64", "SERVICE01", "cc1", "CC+1", ""] {
        assert_fault(
            &format!("[[captions]]\nchannel = \"{channel}\""),
            2,
            "captions[0].channel",
            "no caption channel",
        );
    }
    assert_fault(
        "[[captions]]\nchannel = \"CC1\"\n[[captions]]\nchannel = \"CC1\"",
        4,
        "captions[1].channel",
        "list each channel once",
    );
}

#[test]
fn lists_are_bounded() {
    let tracks = |count: usize, section: &str| -> String {
        (0..count)
            .map(|index| format!("[[{section}]]\nfile = \"{index}.mp4\"\n"))
            .collect()
    };
    assert!(parse(&tracks(MAX_TRACKS, "track")).is_ok());
    assert_fault(
        &tracks(MAX_TRACKS + 1, "track"),
        1,
        "track",
        "keep at most 256",
    );
    let clips: String = "[[clip]]\nfile = \"a.mp4\"\n".repeat(MAX_CLIPS);
    assert!(parse(&clips).is_ok());
    assert_fault(
        &format!("{clips}[[clip]]\nfile = \"a.mp4\"\n"),
        1,
        "clip",
        "keep at most 128",
    );
    let many = format!(
        "{}{}",
        tracks(MAX_TRACKS, "track"),
        "[[clip]]\nend = \"1s\"\n".repeat(9)
    );
    assert_fault(&many, 2 * MAX_TRACKS + 1, "clip", "keep at most 2048");
    let files = format!(
        "{}[[clip]]\n[[clip]]\nfile = \"more.mp4\"",
        tracks(MAX_FILES, "track")
    );
    let faults = parse(&files).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("257 files"), "{}", faults[0]);
}

#[test]
fn all_faults_come_in_one_run_by_line() {
    let text = "titel = \"x\"\n[[track]]\nid = 0\n[[track]]\nfile = \"../a.mp4\"\nlanguage = \"?\"\n\
                [[clip]]\nsource = \"none\"\n[[captions]]\nname = \"x\"\n";
    let faults = parse(text).unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "titel",
            "track[0].file",
            "track[0].id",
            "track[1].file",
            "track[1].language",
            "clip[0].source",
            "captions[0].channel",
        ]
    );
}

#[test]
fn what_is_no_toml_is_one_fault() {
    assert_fault("[[track]\nfile = 1", 1, "", "not TOML");
}
