//! `edgepack keys pssh` and `edgepack keys show`.
use super::{run, stderr, stdout};

const KID: &str = "00010203-0405-0607-0809-0a0b0c0d0e0f";

/// As shaka-packager 3.4.2 writes it for the key id under `cenc`.
const WIDEVINE: &str =
    "AAAAOHBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAABgSEAABAgMEBQYHCAkKCwwNDg9I49yVmwY=";

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn boxes_for_key_ids_are_those_of_other_packagers() {
    let one = json(&["keys", "pssh", "--kid", KID, "--system", "widevine"]);
    assert_eq!(one.as_array().unwrap().len(), 1);
    assert_eq!(one[0]["pssh"], WIDEVINE);
    assert_eq!(one[0]["system_id"], "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed");

    let all = json(&["keys", "pssh", "--kid", KID, "--scheme", "cbcs"]);
    let systems: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["system"])
        .collect();
    assert_eq!(systems, ["Widevine", "PlayReady", "W3C common"]);
    assert_eq!(
        all[2]["pssh"],
        "AAAANHBzc2gBAAAAEHfv7MCyTQKs4zweUuL7SwAAAAEAAQIDBAUGBwgJCgsMDQ4PAAAAAA=="
    );
}

#[test]
fn what_a_box_or_an_object_says_is_shown() {
    let shown = json(&["keys", "show", WIDEVINE]);
    assert_eq!(shown[0]["system"], "Widevine");
    assert_eq!(shown[0]["version"], 0);
    assert_eq!(shown[0]["data"]["key_ids"][0], KID);
    assert_eq!(shown[0]["data"]["protection_scheme"], "cenc");
    let in_a_playlist = format!("data:text/plain;base64,{WIDEVINE}");
    assert_eq!(json(&["keys", "show", &in_a_playlist]), shown);

    let second = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
    let made = json(&[
        "keys",
        "pssh",
        "--kid",
        KID,
        "--kid",
        second,
        "--pssh-version",
        "1",
        "--licence-url",
        "https://a/?b&c",
        "--provider",
        "studio",
        "--content-id",
        "film",
    ]);
    let widevine = json(&["keys", "show", made[0]["pssh"].as_str().unwrap()]);
    assert_eq!(widevine[0]["kids"][0], KID);
    assert_eq!(widevine[0]["data"]["provider"], "studio");
    assert_eq!(widevine[0]["data"]["content_id"], "film");
    let playready = json(&["keys", "show", made[1]["pssh"].as_str().unwrap()]);
    let header = &playready[0]["data"]["header"];
    assert_eq!(header["version"], "4.2.0.0");
    assert_eq!(header["keys"][0]["kid"], KID);
    assert_eq!(header["licence_url"], "https://a/?b&c");
    let object = json(&["keys", "show", made[1]["pro"].as_str().unwrap()]);
    assert_eq!(&object["header"], header);
}

#[test]
fn data_of_no_system_and_versions_that_cannot_be_are_status_1() {
    for data in ["", "!", "AAAA", "0000000c70737368000000ff"] {
        assert_eq!(
            run(&["keys", "show", data]).status.code(),
            Some(1),
            "{data}"
        );
    }
    let old = ["--scheme", "cbcs", "--header-version", "4.0"];
    let output = run(&[&["keys", "pssh", "--kid", KID][..], &old].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cbcs"), "{}", stderr(&output));
    assert_eq!(run(&["keys", "pssh"]).status.code(), Some(2), "no key id");
}
