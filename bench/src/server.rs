//! The servers under measurement: real processes on core 0, asked for their CPU time.
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;
use crate::client::Transport;

/// How long a server may take until it answers.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a server may take to end when it is asked to.
const END_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) trait Server {
    /// None: not offered.
    fn address(&self, transport: Transport) -> Option<SocketAddr>;

    fn process(&self) -> &Process;

    /// User and system time of every thread of every process of the server.
    fn cpu_seconds(&self) -> Result<f64> {
        let mut seconds = 0.0;
        for pid in family(self.process().id())? {
            seconds += cpu_seconds_of(pid)?;
        }
        Ok(seconds)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) plain: u16,
    pub(crate) tls: u16,
}

impl Ports {
    pub(crate) fn free() -> Result<Self> {
        let [plain, tls] = free()?;
        Ok(Self { plain, tls })
    }

    pub(crate) fn address(self, transport: Transport) -> SocketAddr {
        loopback(match transport {
            Transport::Http1 => self.plain,
            _ => self.tls,
        })
    }
}

/// Ports that nobody listens on.
pub(crate) fn free<const COUNT: usize>() -> Result<[u16; COUNT]> {
    let mut held = Vec::new();
    let mut ports = [0; COUNT];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

pub(crate) fn on_core_0(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program).stdin(Stdio::null());
    command
}

/// Ends with its owner.
#[derive(Debug)]
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked first, for the sake of those with processes of their own; then made to.
        if let Some(pid) = Pid::from_raw(self.0.id().cast_signed()) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let asked = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && asked.elapsed() < END_TIMEOUT {
            std::thread::sleep(Duration::from_millis(10));
        }
        // It may have ended already; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Someone else's server under a configuration of ours.
#[derive(Debug)]
pub(crate) struct Running {
    process: Process,
    ports: Ports,
    speaks: &'static [Transport],
}

impl Running {
    /// Starts the command and waits until its plain port takes connections. `log`: where it says why not.
    pub(crate) fn start(
        command: &mut Command,
        ports: Ports,
        speaks: &'static [Transport],
        log: &Path,
    ) -> Result<Self> {
        let name = format!("{:?}", command.get_args().nth(2).unwrap_or_default());
        let output = std::fs::File::create(log)?;
        let mut child = command.stdout(output.try_clone()?).stderr(output).spawn()?;
        let start = Instant::now();
        while TcpStream::connect(loopback(ports.plain)).is_err() {
            if start.elapsed() > START_TIMEOUT || child.try_wait()?.is_some() {
                drop(Process(child));
                return Err(format!("{name} does not answer; see {}", log.display()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self {
            process: Process(child),
            ports,
            speaks,
        })
    }
}

impl Server for Running {
    fn address(&self, transport: Transport) -> Option<SocketAddr> {
        let speaks = self.speaks.contains(&transport);
        speaks.then(|| self.ports.address(transport))
    }

    fn process(&self) -> &Process {
        &self.process
    }
}

/// `VmRSS` of one process.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap_or("").trim().trim_end_matches(" kB").trim();
    Ok(kilobytes.parse::<u64>()? * 1024)
}

/// A process, its children, theirs.
fn family(pid: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        if let Some(child) = name.to_str().and_then(|name| name.parse::<u32>().ok())
            && let Some(parent) = parent_of(child)
        {
            parents.push((child, parent));
        }
    }
    let mut family = vec![pid];
    let mut looked_at = 0;
    while let Some(parent) = family.get(looked_at).copied() {
        looked_at += 1;
        let children = parents.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(child, _)| *child));
    }
    Ok(family)
}

/// The field behind the state in `/proc/{pid}/stat`; None: the process has ended.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold anything, parentheses included.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
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
