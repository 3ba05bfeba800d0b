#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    let scenario = Scenario::parse(text, "test")?;
    scenario.check()?;
    Ok(scenario)
}

#[test]
fn the_samples_are_read_and_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "toml") {
            let scenario = Scenario::load(&path).unwrap_or_else(|error| panic!("{error}"));
            assert!(!scenario.name.is_empty());
            read += 1;
        }
    }
    assert!(read >= 4);
}

#[test]
fn a_key_that_does_not_exist_is_named() {
    let error = parse("[target]\nurl = \"http://localhost/\"\nviewres = 3").unwrap_err();
    assert!(error.to_string().contains("viewres"), "{error}");
}

#[test]
fn a_number_in_the_url_needs_to_know_how_many() {
    let text = "[target]\nurl = \"http://localhost/{n}.m3u8\"\n[load]\nviewers = 1";
    let error = parse(text).unwrap_err();
    assert!(error.to_string().starts_with("target.count"), "{error}");
}

#[test]
fn titles_have_urls_by_number_and_by_name() {
    let mut scenario = Scenario::of_manifest("http://localhost/{n}");
    scenario.target.manifest = "/index.m3u8".into();
    scenario.target.count = Some(3);
    assert_eq!(scenario.manifest_url(2).unwrap().path(), "/3/index.m3u8");
    let mut scenario = Scenario::of_manifest("http://localhost/{asset}/index.m3u8");
    scenario.target.assets = vec!["a".into(), "b".into()];
    assert_eq!(scenario.manifest_url(1).unwrap().path(), "/b/index.m3u8");
}

#[test]
fn http3_without_tls_is_refused() {
    let mut scenario = Scenario::of_manifest("http://localhost/index.m3u8");
    scenario.load.viewers = Some(1);
    scenario.target.protocol = Protocol::Http3;
    assert!(scenario.check().is_err());
}

#[test]
fn a_duration_says_how_it_is_written() {
    let text = "[target]\nurl = \"http://localhost/\"\n[load]\nduration = \"fast\"";
    assert!(parse(text).unwrap_err().to_string().contains("30s"));
}
