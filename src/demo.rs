//! `edgepack demo`: a real ladder, a channel with an encoder, a self-signed certificate, keys, and a configuration that
//! serves it all.
//!
//! Everything lands in one folder that can be looked at, edited and deleted; what is there is used again.
mod encoder;
mod ladder;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::{SecureRandom, SystemRandom};

use crate::config::{Config, ConfigFault};
use crate::delivery::tls;
use encoder::Encoder;

/// Of the mount that has the channel, and of the channel.
const LIVE: (&str, &str) = ("/live", "clock");

/// What the command line says.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    pub dir: PathBuf,
    pub http_port: u16,
    pub https_port: u16,
    pub admin_port: u16,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "ffmpeg cannot be started ({0}); install it (Debian: apt-get install ffmpeg) and try again"
    )]
    FfmpegMissing(std::io::Error),
    #[error("ffmpeg could not make the ladder: {0}")]
    FfmpegFailed(String),
    #[error("{path}: {source}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no random bytes from the system")]
    Random,
    #[error(transparent)]
    Certificate(#[from] tls::Error),
    #[error("the demo's configuration is not valid: {0:?}")]
    Config(Vec<ConfigFault>),
    #[error(transparent)]
    Node(#[from] crate::node::Error),
}

/// Prepares the folder, prints the addresses and serves until stopped.
pub fn run(options: &DemoOptions) -> Result<(), Error> {
    let media = options.dir.join("media");
    show_progress(&media.join("demo"))?;
    let (certificate, private_key) = (
        options.dir.join("certificate.pem"),
        options.dir.join("private-key.pem"),
    );
    if !(certificate.is_file() && private_key.is_file()) {
        let made = tls::SelfSigned::for_localhost()?;
        write(&certificate, made.certificate_pem.as_bytes())?;
        write(&private_key, made.key_pem.as_bytes())?;
    }
    let config_file = options.dir.join("edgepack.toml");
    if !config_file.is_file() {
        write(&config_file, configuration(options)?.as_bytes())?;
    }
    let config = Config::load(&config_file).map_err(Error::Config)?;
    let live = has_channel(&config);
    print_addresses(&config, &config_file, live);
    let encoder = Encoder::default();
    let started = encoder.clone();
    let outcome = crate::node::run_with(config, move |listening| {
        if let Some(address) = listening["http"][0].as_str().filter(|_| live) {
            let (mount, channel) = LIVE;
            started.start(format!("http://{address}{mount}/{channel}/ingest"));
        }
    });
    encoder.stop();
    outcome.map_err(Error::from)
}

/// A configuration of before, or one that was edited, may lack it.
fn has_channel(config: &Config) -> bool {
    let (path, name) = LIVE;
    let mut mounts = config.mounts.iter().filter(|mount| mount.path == path);
    mounts.any(|mount| {
        let live = mount.live.as_ref();
        live.is_some_and(|live| live.channels.iter().any(|channel| channel.name == name))
    })
}

/// What the configuration says, not the command line: a folder that was there keeps its ports.
fn print_addresses(config: &Config, file: &Path, live: bool) {
    let port = |addresses: &[SocketAddr]| addresses.first().map_or(0, SocketAddr::port);
    let (http, https) = (port(&config.listen.http), port(&config.listen.https));
    println!();
    println!("  player   https://localhost:{https}/player/");
    println!(
        "           http://localhost:{http}/player/  (no certificate to accept; HTTP/1.1 only)"
    );
    println!("  HLS      http://localhost:{http}/vod/demo/clear/index.m3u8");
    println!("  DASH     http://localhost:{http}/vod/demo/clear/manifest.mpd");
    if live {
        let (mount, channel) = LIVE;
        println!("  live     http://localhost:{http}{mount}/{channel}/clear/index.m3u8");
        println!("           http://localhost:{http}{mount}/{channel}/clear/manifest.mpd");
    }
    println!("  metrics  http://{}/metrics", config.admin.listen);
    println!("  config   {}", file.display());
    println!();
}

fn show_progress(dir: &Path) -> Result<(), Error> {
    let terminal = std::io::stdout().is_terminal();
    let mut shown = 0;
    ladder::make(dir, |share| {
        let percent = (share * 100.0) as u32;
        if percent == shown || (!terminal && percent < shown + 10) {
            return;
        }
        shown = percent;
        let (start, end) = if terminal { ("\r", "") } else { ("", "\n") };
        print!("{start}making the demo ladder: {percent:3} %{end}");
        // Progress is a courtesy: a closed stdout must not stop the work.
        let _ = std::io::stdout().flush();
    })?;
    if terminal && shown > 0 {
        println!();
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt;
    let in_file = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(in_file)?;
    file.write_all(content).map_err(in_file)
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Random)?;
    Ok(bytes)
}

fn configuration(options: &DemoOptions) -> Result<String, Error> {
    let key = |label: &str| -> Result<String, Error> {
        let (kid, key) = (hex::encode(random::<16>()?), hex::encode(random::<16>()?));
        Ok(format!(
            "# {label}\n[mount.key]\nkid = \"{kid}\"\nkey = \"{key}\"\n"
        ))
    };
    let secret = BASE64_STANDARD.encode(random::<32>()?);
    let DemoOptions {
        http_port,
        https_port,
        admin_port,
        ..
    } = options;
    Ok(format!(
        r#"# Written by `edgepack demo`, which uses it again as it stands. Paths are relative to this file.

[listen]
http = ["127.0.0.1:{http_port}", "[::1]:{http_port}"]
https = ["127.0.0.1:{https_port}", "[::1]:{https_port}"]
http3 = true

[tls]
certificate = "certificate.pem"
private_key = "private-key.pem"

[admin]
listen = "127.0.0.1:{admin_port}"

[log]
access = "off"

[player]
enabled = true
# Hands a token to everybody who opens the page: right for a demo, wrong anywhere else.
mint_tokens = true

[[mount]]
name = "Open"
path = "/vod"
root = "media"
protections = ["clear", "cenc", "cbcs"]
clearkey_licence_server = true
{open_key}
[[mount]]
name = "Members (token)"
path = "/members"
root = "media"
protections = ["clear", "cenc", "cbcs"]
clearkey_licence_server = true
{members_key}
[mount.token]
required = true
keys = [{{ id = "demo", algorithm = "HS256", secret = "{secret}" }}]

[[mount]]
name = "Live"
path = "{live_path}"
target_duration = "2s"
protections = ["clear", "cenc", "cbcs"]
clearkey_licence_server = true
{live_key}
[mount.live]
# `edgepack demo` pushes to it; whoever reaches the node may, too: give it `bearer` where that matters.
[[mount.live.channel]]
name = "{live_channel}"
"#,
        live_path = LIVE.0,
        live_channel = LIVE.1,
        live_key = key("One for every channel of the mount.")?,
        open_key = key("One content key for every asset of the mount.")?,
        members_key = key("Another mount, another key.")?,
    ))
}
