//! Varnish: everything in memory after the first round, which nginx fills. It has no TLS.
use std::net::SocketAddr;
use std::path::Path;

use super::{Site, first_line};
use crate::Result;
use crate::client::Transport;
use crate::server::{Running, on_core_0};

pub(super) fn start(site: &Site<'_>, backend: SocketAddr) -> Result<Running> {
    let config = site.dir.join("bench.vcl");
    std::fs::write(
        &config,
        format!(
            r#"
vcl 4.1;
backend default {{ .host = "{host}"; .port = "{port}"; }}
sub vcl_backend_response {{ set beresp.ttl = 1d; }}
"#,
            host = backend.ip(),
            port = backend.port(),
        ),
    )?;
    let mut command = on_core_0(Path::new("varnishd"));
    command
        .arg("-F")
        .arg("-f")
        .arg(&config)
        .arg("-n")
        .arg(site.dir.join("work"))
        .args(["-a", &format!("127.0.0.1:{}", site.ports.plain)])
        .args(["-T", "none", "-s", "malloc,1G", "-j", "none"])
        // One core; and no thread ends, so that its time is not lost to whoever asks.
        .args(["-p", "thread_pools=1"])
        .args(["-p", "thread_pool_min=50"])
        .args(["-p", "thread_pool_max=50"]);
    Running::start(
        &mut command,
        site.ports,
        &[Transport::Http1],
        &site.dir.join("log"),
    )
}

pub(super) fn version() -> Result<String> {
    // `varnishd (varnish-7.1.1 revision …)`.
    let line = first_line("varnishd", "-V")?;
    let version = line.split("varnish-").nth(1).unwrap_or_default();
    let version = version.split([' ', ')']).next().unwrap_or_default();
    Ok(format!("Varnish {version}"))
}
