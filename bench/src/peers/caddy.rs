//! Caddy: its file server, the three protocols on the TLS port. The cipher is the client's only one.
use std::path::Path;

use super::{Site, first_line};
use crate::Result;
use crate::client::Transport;
use crate::server::{Running, on_core_0};

pub(super) fn start(site: &Site<'_>) -> Result<Running> {
    let config = site.dir.join("Caddyfile");
    std::fs::write(
        &config,
        format!(
            r#"
{{
  admin off
  auto_https off
  log {{
    level ERROR
  }}
}}
http://:{plain} {{
  bind 127.0.0.1
  root * "{root}"
  file_server
}}
https://:{tls} {{
  bind 127.0.0.1
  tls "{certificate}" "{private_key}" {{
    protocols tls1.3
  }}
  root * "{root}"
  file_server
}}
"#,
            plain = site.ports.plain,
            tls = site.ports.tls,
            certificate = site.media.certificate.display(),
            private_key = site.media.private_key.display(),
            root = site.root.display(),
        ),
    )?;
    let mut command = on_core_0(Path::new("caddy"));
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&config)
        // As many threads as it has cores; and nothing in anybody's home.
        .env("GOMAXPROCS", "1")
        .env("HOME", site.dir)
        .env("XDG_DATA_HOME", site.dir)
        .env("XDG_CONFIG_HOME", site.dir);
    Running::start(
        &mut command,
        site.ports,
        &[
            Transport::Http1,
            Transport::Http1Tls,
            Transport::Http2Tls,
            Transport::Http3,
        ],
        &site.dir.join("log"),
    )
}

pub(super) fn version() -> Result<String> {
    let line = first_line("caddy", "version")?;
    // The version, and a digest of it.
    let version = line.split_whitespace().next().unwrap_or_default();
    Ok(format!("Caddy {}", version.trim_start_matches('v')))
}
