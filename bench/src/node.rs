//! Our node, under configurations that differ in a few keys.
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::{Client, Transport};
use crate::media::Media;
use crate::server::{self, Ports, Process, START_TIMEOUT, Server, on_core_0};

pub(crate) struct Edgepack {
    process: Process,
    ports: Ports,
}

impl Edgepack {
    /// `keys`: what the configuration says beside the usual, `("cache.memory", "\"0B\"")`.
    pub(crate) async fn start(
        dir: &Path,
        name: &str,
        media: &Media,
        keys: &[(&str, &str)],
    ) -> Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("edgepack");
        let mut command = on_core_0(&binary);
        command.stdout(Stdio::null());
        Self::start_as(command, dir, name, media, keys).await
    }

    /// `command`: a program with edgepack's command line, its output not yet led anywhere.
    pub(crate) async fn start_as(
        mut command: Command,
        dir: &Path,
        name: &str,
        media: &Media,
        keys: &[(&str, &str)],
    ) -> Result<Self> {
        let ports = Ports::free()?;
        let [admin] = server::free()?;
        let config = dir.join(format!("edgepack-{name}.toml"));
        std::fs::write(&config, configuration(ports, admin, media, keys))?;
        let log = std::fs::File::create(dir.join(format!("edgepack-{name}.log")))?;
        command.args(["serve", "--config"]).arg(&config).stderr(log);
        let server = Self {
            process: Process(command.spawn()?),
            ports,
        };
        server.wait_until_answering(name).await?;
        Ok(server)
    }

    /// A client of this node, where it has one address for each transport.
    pub(crate) async fn client(&self, transport: Transport) -> Result<Client> {
        Client::connect(transport, self.ports.address(transport)).await
    }

    pub(crate) fn at(&self, transport: Transport) -> SocketAddr {
        self.ports.address(transport)
    }

    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        server::resident_bytes(self.process.id())
    }

    pub(crate) fn process_mut(&mut self) -> &mut Process {
        &mut self.process
    }

    async fn wait_until_answering(&self, name: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let error = match self.client(Transport::Http1).await {
                Ok(client) => match client.text("/vod/bench/clear/index.m3u8").await {
                    Ok(_) => return Ok(()),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if start.elapsed() > START_TIMEOUT {
                return Err(format!("the node {name} does not answer: {error}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Server for Edgepack {
    fn address(&self, transport: Transport) -> Option<SocketAddr> {
        Some(self.ports.address(transport))
    }

    fn process(&self) -> &Process {
        &self.process
    }
}

fn configuration(ports: Ports, admin: u16, media: &Media, keys: &[(&str, &str)]) -> String {
    let Ports { plain, tls } = ports;
    let mut lines = vec![
        ("node.workers", "1".to_owned()),
        ("listen.http", format!("[\"127.0.0.1:{plain}\"]")),
        ("listen.https", format!("[\"127.0.0.1:{tls}\"]")),
        ("listen.http3", "true".to_owned()),
        ("tls.certificate", quoted(&media.certificate)),
        ("tls.private_key", quoted(&media.private_key)),
        ("admin.listen", format!("\"127.0.0.1:{admin}\"")),
        ("log.access", "\"off\"".to_owned()),
    ];
    lines.extend(keys.iter().map(|(key, value)| (*key, (*value).to_owned())));
    let mut text: String = lines
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    text.push_str(&format!(
        r#"
[[mount]]
path = "/vod"
root = {root}
protections = ["clear", "cenc", "cbcs", "aes128"]
[mount.key]
kid = "101112131415161718191a1b1c1d1e1f"
key = "202122232425262728292a2b2c2d2e2f"
"#,
        root = quoted(&media.root),
    ));
    text
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}
