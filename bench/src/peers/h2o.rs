//! h2o: one thread, its file handler, HTTP/1.1 and HTTP/2 on the TLS port.
use std::path::Path;

use super::{Site, first_line};
use crate::Result;
use crate::client::Transport;
use crate::server::{Running, on_core_0};

pub(super) fn start(site: &Site<'_>) -> Result<Running> {
    let config = site.dir.join("h2o.yaml");
    // It would become another user, who may not read the files.
    let user = if rustix::process::geteuid().is_root() {
        "user: root\n"
    } else {
        ""
    };
    std::fs::write(
        &config,
        format!(
            r#"
{user}num-threads: 1
error-log: "{dir}/error.log"
pid-file: "{dir}/pid"
listen:
  host: 127.0.0.1
  port: {plain}
listen:
  host: 127.0.0.1
  port: {tls}
  ssl:
    certificate-file: "{certificate}"
    key-file: "{private_key}"
    minimum-version: TLSv1.2
hosts:
  default:
    paths:
      "/":
        file.dir: "{root}"
"#,
            dir = site.dir.display(),
            plain = site.ports.plain,
            tls = site.ports.tls,
            certificate = site.media.certificate.display(),
            private_key = site.media.private_key.display(),
            root = site.root.display(),
        ),
    )?;
    let mut command = on_core_0(Path::new("h2o"));
    command.args(["-m", "worker", "-c"]).arg(&config);
    Running::start(
        &mut command,
        site.ports,
        &[Transport::Http1, Transport::Http1Tls, Transport::Http2Tls],
        &site.dir.join("log"),
    )
}

pub(super) fn version() -> Result<String> {
    let line = first_line("h2o", "-v")?;
    Ok(line.replace("version ", ""))
}
