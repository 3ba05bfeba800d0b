//! The binary under test: started on free ports, awaited by what it prints, ended with its owner.
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rcgen::PublicKeyData;
use tempfile::TempDir;

/// How long the node may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const KID_HEX: &str = "101112131415161718191a1b1c1d1e1f";
pub(crate) const KEY_HEX: &str = "202122232425262728292a2b2c2d2e2f";

/// A configuration to start a node with.
pub(crate) struct Serve {
    /// None: `/live`, with channels.
    root: Option<PathBuf>,
    /// Further lines of `[tls]`.
    tls: String,
    /// Lines before the first table of a mount.
    sections: String,
    /// Lines of the mount `/vod`, tables last.
    mount: String,
    /// Of plain HTTP; 0 is the system's choice.
    port: u16,
    /// Words of a command before the node's own.
    starter: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Serve {
    /// One mount `/vod` over `root`: clear, cenc and cbcs with a key, a ClearKey server.
    pub(crate) fn all(root: &Path) -> Self {
        Self {
            root: Some(root.to_owned()),
            tls: String::new(),
            sections: String::new(),
            port: 0,
            starter: Vec::new(),
            environment: Vec::new(),
            mount: format!(
                "protections = [\"clear\", \"cenc\", \"cbcs\"]\nclearkey_licence_server = true\n\
                 [mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n"
            ),
        }
    }

    /// One mount `/live` of segments of 2 s with a channel `news`; `lines` stand in `[mount.live]`, `channel` in
    /// `[[mount.live.channel]]`.
    pub(crate) fn live(lines: &str, channel: &str) -> Self {
        Self {
            root: None,
            tls: String::new(),
            sections: String::new(),
            port: 0,
            starter: Vec::new(),
            environment: Vec::new(),
            mount: format!(
                "target_duration = \"2s\"\n[mount.live]\n{lines}\n\
                 [[mount.live.channel]]\nname = \"news\"\n{channel}\n"
            ),
        }
    }

    /// Plain HTTP on this port, for a node that comes back.
    pub(crate) fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Started by another program, which becomes the node: these words, and the node's command behind them.
    pub(crate) fn started_by(mut self, words: &[&str]) -> Self {
        self.starter = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// A variable of its environment.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Replaces what stands below `path` and `root` in the mount.
    pub(crate) fn mount(mut self, lines: &str) -> Self {
        self.mount = lines.to_owned();
        self
    }

    /// Further lines of `[tls]`.
    pub(crate) fn tls(mut self, lines: &str) -> Self {
        self.tls = lines.to_owned();
        self
    }

    /// Further top-level tables.
    pub(crate) fn section(mut self, lines: &str) -> Self {
        self.sections.push_str(lines);
        self.sections.push('\n');
        self
    }

    fn toml(&self) -> String {
        let port = self.port;
        let mut toml = format!(
            "[listen]\nhttp = [\"127.0.0.1:{port}\"]\nhttps = [\"127.0.0.1:0\"]\nhttp3 = true\n\
             [tls]\ncertificate = \"certificate.pem\"\nprivate_key = \"private-key.pem\"\n{}\n\
             [admin]\nlisten = \"127.0.0.1:0\"\n",
            self.tls
        );
        toml.push_str(&self.sections);
        let mount = &self.mount;
        match &self.root {
            Some(root) => {
                let root = root.display();
                write!(
                    toml,
                    "\n[[mount]]\npath = \"/vod\"\nroot = \"{root}\"\n{mount}"
                )
            }
            None => write!(toml, "\n[[mount]]\npath = \"/live\"\n{mount}"),
        }
        .unwrap();
        toml
    }

    pub(crate) fn start(self) -> Node {
        let dir = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(dir.path().join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(
            dir.path().join("private-key.pem"),
            made.signing_key.serialize_pem(),
        )
        .unwrap();
        let config = dir.path().join("edgepack.toml");
        std::fs::write(&config, self.toml()).unwrap();
        let binary = env!("CARGO_BIN_EXE_edgepack").to_owned();
        let mut words = self.starter.into_iter().chain([binary]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).envs(self.environment);
        command.args(["serve", "--config"]).arg(&config);
        Node::start(dir, command, made.signing_key.subject_public_key_info())
    }
}

pub(crate) struct Node {
    child: Child,
    pub(crate) http: String,
    pub(crate) https: String,
    pub(crate) admin: String,
    /// The certificate's SubjectPublicKeyInfo, DER.
    pub(crate) spki: Vec<u8>,
    output: Mutex<mpsc::Receiver<String>>,
    log: Arc<Mutex<String>>,
    _dir: TempDir,
}

impl Node {
    fn start(dir: TempDir, mut command: Command, spki: Vec<u8>) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = Arc::new(Mutex::new(String::new()));
        let lines = log.clone();
        std::thread::spawn(move || {
            BufReader::new(stderr)
                .lines()
                .map_while(Result::ok)
                .for_each(|line| {
                    eprintln!("node: {line}");
                    let mut log = lines.lock().unwrap();
                    log.push_str(&line);
                    log.push('\n');
                });
        });
        let stdout = child.stdout.take().expect("stdout is piped");
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .for_each(|line| {
                    // Once the test is over nobody listens.
                    let _ = sender.send(line);
                });
        });
        let mut node = Self {
            child,
            http: String::new(),
            https: String::new(),
            admin: String::new(),
            spki,
            output: Mutex::new(output),
            log,
            _dir: dir,
        };
        let ready = node.wait_for_event("listening");
        let address = |name: &str| {
            ready[name]
                .as_array()
                .and_then(|list| list[0].as_str())
                .unwrap_or_default()
                .to_owned()
        };
        node.http = format!("http://{}", address("http"));
        let https = address("https");
        node.https = format!(
            "https://localhost:{}",
            https.rsplit(':').next().unwrap_or_default()
        );
        let admin = ready["admin"]
            .as_str()
            .map_or_else(|| address("admin"), str::to_owned);
        node.admin = format!("http://{admin}");
        node
    }

    /// The next JSON line on stdout whose `event` is this.
    pub(crate) fn wait_for_event(&self, event: &str) -> serde_json::Value {
        loop {
            let line = self
                .output
                .lock()
                .unwrap()
                .recv_timeout(PATIENCE)
                .expect("the node says what it does");
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&line)
                && value["event"] == event
            {
                return value;
            }
        }
    }

    /// The next line on stdout (the access log, when it goes there).
    pub(crate) fn next_line(&self) -> String {
        self.output
            .lock()
            .unwrap()
            .recv_timeout(PATIENCE)
            .expect("a line on stdout")
    }

    /// What it has written so far, to its log and to stdout; the latter is gone with it.
    pub(crate) fn written(&self) -> String {
        let printed: Vec<String> = self.output.lock().unwrap().try_iter().collect();
        format!("{}\n{}", self.log.lock().unwrap(), printed.join("\n"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .arg(signal)
            .arg(self.pid().to_string())
            .status()
            .unwrap();
        assert!(status.success());
    }

    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        let start = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the node does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// One sample of `/metrics`, summed over its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = super::Curl::get(&format!("{}/metrics", self.admin))
            .run()
            .text();
        let samples: Vec<f64> = text
            .lines()
            .filter(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['{', ' ']))
            })
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        assert!(!samples.is_empty(), "no metric {name} in:\n{text}");
        samples.iter().sum()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end: exit code, stdout, stderr.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgepack"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    (child.wait().unwrap().code().unwrap_or(-1), stdout, stderr)
}
