//! The servers under measurement: real processes on core 0, asked for their CPU time.
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::{Client, Transport};
use crate::media::Media;

/// How long a server may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) trait Server {
    fn address(&self, transport: Transport) -> SocketAddr;
    /// User and system time of every thread of every process of the server.
    fn cpu_seconds(&self) -> Result<f64>;
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    plain: u16,
    tls: u16,
}

impl Ports {
    fn free() -> Result<Self> {
        let (plain, tls) = (
            TcpListener::bind("127.0.0.1:0")?,
            TcpListener::bind("127.0.0.1:0")?,
        );
        Ok(Self {
            plain: plain.local_addr()?.port(),
            tls: tls.local_addr()?.port(),
        })
    }

    fn address(self, transport: Transport) -> SocketAddr {
        let port = if transport == Transport::Http1 {
            self.plain
        } else {
            self.tls
        };
        SocketAddr::from(([127, 0, 0, 1], port))
    }
}

fn on_core_0(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program).stdin(Stdio::null());
    command
}

/// Ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) struct Edgepack {
    process: Process,
    ports: Ports,
}

impl Edgepack {
    /// `cache`: the memory budget, as the configuration spells it.
    pub(crate) async fn start(dir: &Path, name: &str, media: &Media, cache: &str) -> Result<Self> {
        let (ports, admin) = (Ports::free()?, Ports::free()?.plain);
        let config = dir.join(format!("edgepack-{name}.toml"));
        std::fs::write(
            &config,
            format!(
                r#"
[node]
workers = 1
[listen]
http = ["127.0.0.1:{plain}"]
https = ["127.0.0.1:{tls}"]
http3 = true
[tls]
certificate = "{certificate}"
private_key = "{private_key}"
[admin]
listen = "127.0.0.1:{admin}"
[cache]
memory = "{cache}"
[log]
access = "off"
[[mount]]
path = "/vod"
root = "{root}"
protections = ["clear", "cenc", "cbcs", "aes128"]
[mount.key]
kid = "101112131415161718191a1b1c1d1e1f"
key = "202122232425262728292a2b2c2d2e2f"
"#,
                plain = ports.plain,
                tls = ports.tls,
                certificate = media.certificate.display(),
                private_key = media.private_key.display(),
                root = media.root.display(),
            ),
        )?;
        let binary = std::env::current_exe()?.with_file_name("edgepack");
        let log = std::fs::File::create(dir.join(format!("edgepack-{name}.log")))?;
        let child = on_core_0(&binary)
            .args(["serve", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let server = Self {
            process: Process(child),
            ports,
        };
        wait_until_answering(&server).await?;
        Ok(server)
    }
}

impl Server for Edgepack {
    fn address(&self, transport: Transport) -> SocketAddr {
        self.ports.address(transport)
    }

    fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds_of(self.process.0.id())
    }
}

impl Edgepack {
    /// `VmRSS`.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap_or("").trim().trim_end_matches(" kB").trim();
        Ok(kilobytes.parse::<u64>()? * 1024)
    }
}

pub(crate) struct Nginx {
    process: Process,
    ports: Ports,
}

impl Nginx {
    /// One worker, sendfile, TLS 1.3 with AES-128-GCM, HTTP/2 on the TLS port.
    pub(crate) fn start(dir: &Path, media: &Media) -> Result<Self> {
        let ports = Ports::free()?;
        let prefix = dir.canonicalize()?.join("nginx");
        std::fs::create_dir_all(prefix.join("html"))?;
        let config = prefix.join("nginx.conf");
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
    root html;
  }}
}}
",
                plain = ports.plain,
                tls = ports.tls,
                certificate = media.certificate.display(),
                private_key = media.private_key.display(),
            ),
        )?;
        let child = on_core_0(Path::new("nginx"))
            .arg("-p")
            .arg(&prefix)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self {
            process: Process(child),
            ports,
        };
        let start = Instant::now();
        while std::net::TcpStream::connect(server.address(Transport::Http1)).is_err() {
            if start.elapsed() > START_TIMEOUT {
                return Err(format!(
                    "nginx does not answer; see {}",
                    prefix.join("error.log").display()
                )
                .into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(crate) fn version(&self) -> Result<String> {
        let output = Command::new("nginx").arg("-v").output()?;
        let line = BufReader::new(output.stderr.as_slice())
            .lines()
            .next()
            .transpose()?;
        Ok(line
            .unwrap_or_default()
            .trim_start_matches("nginx version: ")
            .replace('/', " "))
    }
}

impl Server for Nginx {
    fn address(&self, transport: Transport) -> SocketAddr {
        self.ports.address(transport)
    }

    fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds_of(self.process.0.id())
    }
}

/// `/proc/{pid}/task/*/schedstat`, nanoseconds on the CPU: finer than the ticks of `/proc/{pid}/stat`.
fn cpu_seconds_of(pid: u32) -> Result<f64> {
    let mut nanos = 0.0;
    for task in std::fs::read_dir(PathBuf::from(format!("/proc/{pid}/task")))? {
        let schedstat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanos += schedstat.split(' ').next().unwrap_or("0").parse::<f64>()?;
    }
    Ok(nanos / 1e9)
}

async fn wait_until_answering(server: &Edgepack) -> Result<()> {
    let start = Instant::now();
    loop {
        let error = match Client::connect(Transport::Http1, server.address(Transport::Http1)).await
        {
            Ok(client) => match client.text("/vod/bench/clear/index.m3u8").await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => error,
        };
        if start.elapsed() > START_TIMEOUT {
            return Err(format!("edgepack does not answer: {error}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
