//! The command line, as an operator meets it: the real binary, its output and its exit status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use edgepack_token::{Algorithm, KeySet, Rules, TokenError, Verifier, VerifyingKey};
use tempfile::TempDir;

#[path = "cli/keys.rs"]
mod keys;

const SECRET: &str = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn edgepack() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgepack"));
    command.stdin(Stdio::null()).env("TOKEN_SECRET", SECRET);
    command
}

fn run(arguments: &[&str]) -> Output {
    edgepack().args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with this configuration and an empty folder `media`.
fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("media")).unwrap();
    std::fs::write(folder.path().join("edgepack.toml"), config).unwrap();
    folder
}

fn check(folder: &Path) -> Output {
    run(&[
        "check",
        "--config",
        folder.join("edgepack.toml").to_str().unwrap(),
    ])
}

fn minted(arguments: &[&str]) -> String {
    let output = edgepack()
        .args(["token", "mint", "--secret-env", "TOKEN_SECRET"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

fn verifier(key: VerifyingKey) -> Verifier {
    let mut keys = KeySet::new();
    keys.add(key).unwrap();
    Verifier::new(keys, Rules::default())
}

fn hs256() -> Verifier {
    let secret: Vec<u8> = (0..32).collect();
    verifier(VerifyingKey::hs256(Some("k"), &secret).unwrap())
}

#[test]
fn a_command_line_that_is_not_understood_is_status_2() {
    for arguments in [
        &["bogus"][..],
        &["serve"],
        &["check", "--confg", "x"],
        &["token", "mint", "--alg", "none"],
        &["token", "mint", "--path", "vod"],
        &["demo", "--http-port", "99999"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stdout(&output).is_empty() && !stderr(&output).is_empty());
    }
}

#[test]
fn every_command_has_help() {
    for command in [
        &["--help"][..],
        &["serve", "--help"],
        &["check", "--help"],
        &["demo", "--help"],
        &["inspect", "--help"],
        &["token", "mint", "--help"],
        &["token", "show", "--help"],
        &["keys", "new", "--help"],
        &["keys", "pssh", "--help"],
        &["keys", "show", "--help"],
    ] {
        let output = run(command);
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        assert!(stdout(&output).contains("Usage: edgepack"), "{command:?}");
    }
}

#[test]
fn check_says_ok_to_a_good_configuration_and_leaves_no_trace() {
    let folder = folder("[[mount]]\npath = \"/vod\"\nroot = \"media\"\n");
    let output = check(folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("ok: "), "{}", stdout(&output));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_configuration_may_be_named_from_its_own_folder() {
    let folder =
        folder("[log]\naccess = \"access.log\"\n[[mount]]\npath = \"/vod\"\nroot = \"media\"\n");
    let output = edgepack()
        .args(["check", "--config", "edgepack.toml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn check_lists_every_fault_by_line() {
    let folder = folder(
        "[node]\nwokers = 4\n[listen]\nhttps = [\"127.0.0.1:8443\"]\n[tls]\ncertificate = \"no.pem\"\n\
         private_key = \"no.key\"\n[[mount]]\npath = \"/t\"\nroot = \"nowhere\"\n",
    );
    let output = check(folder.path());
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<_> = stdout(&output).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    for (line, words) in lines.iter().zip([
        "edgepack.toml:2: node.wokers: there is no key `wokers` in [node]; did you mean `workers`?",
        "edgepack.toml:6: tls.certificate: ",
        "edgepack.toml:7: tls.private_key: ",
        "edgepack.toml:9: mount[0].path: /t is the node's own",
        "edgepack.toml:10: mount[0].root: ",
    ]) {
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn serve_does_not_start_with_faults() {
    let folder = folder("[node]\nwokers = 4\n[[mount]]\npath = \"/vod\"\nroot = \"media\"\n");
    let config = folder.path().join("edgepack.toml");
    for command in ["serve", "check"] {
        let output = run(&[command, "--config", config.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let told = stdout(&output) + &stderr(&output);
        assert!(
            told.contains("did you mean `workers`?"),
            "{command}: {told}"
        );
    }
    let output = run(&["serve", "--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("nowhere.toml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_minted_token_verifies_and_says_what_was_asked() {
    let token = minted(&[
        "--key-id",
        "k",
        "--exp",
        "2h",
        "--path",
        "/vod/a",
        "--path",
        "/vod/b",
        "--issuer",
        "shop",
        "--audience",
        "edge",
        "--subject",
        "me",
    ]);
    let now = SystemTime::now();
    let claims = hs256()
        .verify(&token, "/vod/b/clear/index.m3u8", now)
        .unwrap();
    assert_eq!(claims.issuer.as_deref(), Some("shop"));
    assert_eq!(claims.subject.as_deref(), Some("me"));
    assert_eq!(claims.audience, ["edge"]);
    let left = claims.expires_at.unwrap().duration_since(now).unwrap();
    assert!(
        left > Duration::from_secs(7100) && left <= Duration::from_secs(7200),
        "{left:?}"
    );
    assert_eq!(hs256().verify(&token, "/vod/c", now), Err(TokenError::Path));
}

#[test]
fn tokens_can_be_minted_expired_and_not_yet_valid() {
    let now = SystemTime::now();
    let code = |token: &str| hs256().verify(token, "/", now).unwrap_err().code();
    assert_eq!(code(&minted(&["--exp", "-1h"])), "token-expired");
    assert_eq!(code(&minted(&["--nbf", "30m"])), "token-not-yet-valid");
}

#[test]
fn private_keys_that_openssl_makes_sign_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (algorithm, kind) in [
        (Algorithm::EdDsa, &["-algorithm", "ed25519"][..]),
        (
            Algorithm::Es256,
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ),
    ] {
        let (private, public) = (path("key.pem"), path("key.der"));
        let made = Command::new("openssl")
            .arg("genpkey")
            .args(kind)
            .args(["-out", &private])
            .output();
        if made.is_err() {
            assert!(
                std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
                "a tool is missing; run `make test`"
            );
            println!("skipped: no openssl");
            return;
        }
        let export = [
            "pkey", "-in", &private, "-pubout", "-outform", "DER", "-out", &public,
        ];
        assert!(
            Command::new("openssl")
                .args(export)
                .status()
                .unwrap()
                .success()
        );
        let output = run(&[
            "token",
            "mint",
            "--alg",
            algorithm.name(),
            "--key-file",
            &private,
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let spki = std::fs::read(public).unwrap();
        let verifier = verifier(VerifyingKey::from_spki(None, algorithm, &spki).unwrap());
        verifier
            .verify(stdout(&output).trim_end(), "/", SystemTime::now())
            .unwrap();
    }
}

#[test]
fn a_key_that_is_none_mints_nothing_and_is_not_repeated() {
    for secret in ["short-and-secret", "hex:zz"] {
        let output = edgepack()
            .args(["token", "mint", "--secret-env", "TOKEN_SECRET"])
            .env("TOKEN_SECRET", secret)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{secret}");
        assert!(stdout(&output).is_empty());
        assert!(!stderr(&output).contains(secret), "{}", stderr(&output));
    }
    assert_eq!(run(&["token", "mint"]).status.code(), Some(1));
    assert_eq!(
        run(&["token", "mint", "--secret-env", "NOT_THERE"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn a_shown_token_is_marked_as_unchecked() {
    let token = minted(&["--key-id", "k", "--path", "/vod"]);
    let output = run(&["token", "show", &token]);
    assert_eq!(output.status.code(), Some(0));
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["header"]["kid"], "k");
    assert_eq!(shown["claims"]["path"], "/vod");
    assert_eq!(shown["signature"], "not checked");
    assert_eq!(run(&["token", "show", "x.y"]).status.code(), Some(1));
}

#[test]
fn made_keys_fit_the_configuration_and_differ_each_time() {
    let keys = || {
        let output = run(&["keys", "new"]);
        assert_eq!(output.status.code(), Some(0));
        stdout(&output)
    };
    let (one, other) = (keys(), keys());
    assert_ne!(one, other);
    let folder = folder(&format!(
        "[[mount]]\npath = \"/vod\"\nroot = \"media\"\nprotections = [\"cenc\"]\n{one}"
    ));
    let output = check(folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn a_file_that_is_no_mp4_is_named() {
    let folder = folder("");
    let file = folder.path().join("edgepack.toml");
    std::fs::write(&file, "not a movie").unwrap();
    let output = run(&["inspect", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("edgepack.toml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn check_finds_the_faults_of_asset_descriptions() {
    let folder = folder("[[mount]]\npath = \"/vod\"\nroot = \"media\"\n");
    let film = folder.path().join("media/film");
    std::fs::create_dir(&film).unwrap();
    let description = film.join("asset.toml");
    std::fs::write(
        &description,
        "[[track]]\nfile = \"a.mp4\"\nlangauge = \"en\"\n",
    )
    .unwrap();
    let config = folder.path().join("edgepack.toml");
    let with_config = |more: &[&str]| {
        let arguments = ["check", "--config", config.to_str().unwrap()];
        run(&[&arguments[..], more].concat())
    };

    assert_eq!(with_config(&[]).status.code(), Some(0), "only on request");
    let output = with_config(&["--assets"]);
    assert_eq!(output.status.code(), Some(1));
    let line = format!("{}:3: track[0].langauge:", description.display());
    assert!(stdout(&output).starts_with(&line), "{}", stdout(&output));
    assert!(stdout(&output).contains("did you mean `language`?"));

    // The folder stands for the file in it, and the media are looked for.
    std::fs::write(&description, "[[track]]\nfile = \"a.mp4\"\n").unwrap();
    assert_eq!(with_config(&["--assets"]).status.code(), Some(0));
    let output = run(&["check", "--asset", film.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let line = format!("{}:2: track[0].file:", description.display());
    assert!(stdout(&output).starts_with(&line), "{}", stdout(&output));
    assert!(stdout(&output).contains("does not exist"));
    assert_eq!(run(&["check"]).status.code(), Some(2), "nothing to check");
}
