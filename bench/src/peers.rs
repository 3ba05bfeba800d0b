//! The servers that users would pick instead, from Debian's packages, and what no server can go below.
mod caddy;
mod floor;
mod h2o;
mod nginx;
mod varnish;

use std::path::Path;
use std::process::Command;

use clap::ValueEnum;

use crate::Result;
use crate::client::Transport;
use crate::media::Media;
use crate::server::{Ports, Running, Server};

pub(crate) use floor::{Floor, Way};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Varnish,
    H2o,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Nginx, Self::Caddy, Self::Varnish, Self::H2o];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "Caddy",
            Self::Varnish => "Varnish",
            Self::H2o => "h2o",
        }
    }
}

pub(crate) struct Peer {
    pub(crate) kind: Kind,
    pub(crate) server: Running,
    version: String,
}

/// What a peer is started with.
struct Site<'a> {
    /// For what the peer writes itself.
    dir: &'a Path,
    /// The segments as files, under the paths of their URLs.
    root: &'a Path,
    media: &'a Media,
    ports: Ports,
}

#[derive(Default)]
pub(crate) struct Peers {
    pub(crate) all: Vec<Peer>,
    pub(crate) floor: Option<Floor>,
}

impl Peers {
    /// All but those to `skip`. `root`: the segments as files.
    pub(crate) fn start(dir: &Path, media: &Media, root: &Path, skip: &[Kind]) -> Result<Self> {
        let mut all: Vec<Peer> = Vec::new();
        for kind in Kind::ALL {
            if skip.contains(&kind) {
                println!("{} is left out", kind.name());
                continue;
            }
            let dir = dir.canonicalize()?.join(kind.name());
            std::fs::create_dir_all(&dir)?;
            let site = Site {
                dir: &dir,
                root,
                media,
                ports: Ports::free()?,
            };
            let (server, version) = match kind {
                Kind::Nginx => (nginx::start(&site)?, nginx::version()?),
                Kind::Caddy => (caddy::start(&site)?, caddy::version()?),
                Kind::H2o => (h2o::start(&site)?, h2o::version()?),
                Kind::Varnish => {
                    let backend = all.iter().find_map(|peer| {
                        let server = (peer.kind == Kind::Nginx).then_some(&peer.server);
                        server?.address(Transport::Http1)
                    });
                    let backend =
                        backend.ok_or("Varnish fills its memory from nginx: skip both")?;
                    (varnish::start(&site, backend)?, varnish::version()?)
                }
            };
            all.push(Peer {
                kind,
                server,
                version,
            });
        }
        Ok(Self {
            all,
            floor: Some(Floor::start(dir, root)?),
        })
    }

    pub(crate) fn versions(&self) -> Vec<String> {
        self.all.iter().map(|peer| peer.version.clone()).collect()
    }
}

/// The first line that a program prints about itself.
fn first_line(program: &str, argument: &str) -> Result<String> {
    let output = Command::new(program)
        .arg(argument)
        .output()
        .map_err(|error| {
            format!("{program}: {error}; scripts/setup.sh bench installs it, --skip leaves it out")
        })?;
    // Some print it as if it were an error.
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
