//! nginx: one worker, sendfile, TLS 1.3 with AES-128-GCM, HTTP/2 on the TLS port.
use std::path::Path;

use super::{Site, first_line};
use crate::Result;
use crate::client::Transport;
use crate::server::{Running, on_core_0};

pub(super) fn start(site: &Site<'_>) -> Result<Running> {
    let config = site.dir.join("nginx.conf");
    std::fs::write(
        &config,
        format!(
            r"
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 10000000;
  open_file_cache max=1000;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  ssl_protocols TLSv1.3;
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  ssl_buffer_size 16k;
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{tls} ssl http2;
    ssl_certificate {certificate};
    ssl_certificate_key {private_key};
    root {root};
  }}
}}
",
            plain = site.ports.plain,
            tls = site.ports.tls,
            certificate = site.media.certificate.display(),
            private_key = site.media.private_key.display(),
            root = site.root.display(),
        ),
    )?;
    let mut command = on_core_0(Path::new("nginx"));
    command.arg("-p").arg(site.dir).arg("-c").arg(&config);
    Running::start(
        &mut command,
        site.ports,
        &[Transport::Http1, Transport::Http1Tls, Transport::Http2Tls],
        &site.dir.join("log"),
    )
}

pub(super) fn version() -> Result<String> {
    let line = first_line("nginx", "-v")?;
    Ok(line.replace("nginx version: ", "").replace('/', " "))
}
