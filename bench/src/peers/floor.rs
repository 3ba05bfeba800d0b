//! What no server goes below: this program, doing nothing but the work that cannot be left out.
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use clap::ValueEnum;

use crate::Result;
use crate::client::Transport;
use crate::server::{self, Ports, Process, Running, Server, loopback, on_core_0};

/// Which work. Each way listens on a port of its own, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// write(2) from memory.
    Write,
    /// sendfile(2) from a memfd.
    Sendfile,
    /// AES-128-GCM over records of 16 KiB, and write(2).
    Seal,
    /// pread(2) from a warm page cache, and write(2).
    Read,
    /// The same, and AES-128-CTR over every byte.
    ReadCtr,
    /// AES-128-GCM over packets of 1200 bytes, and sendmsg(2) of 44 of them (UDP_SEGMENT).
    Datagrams,
}

impl Way {
    pub(crate) const OVER_TCP: [Self; 5] = [
        Self::Write,
        Self::Sendfile,
        Self::Seal,
        Self::Read,
        Self::ReadCtr,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Sendfile => "sendfile",
            Self::Seal => "AES, write",
            Self::Read => "read, write",
            Self::ReadCtr => "read, AES, write",
            Self::Datagrams => "AES, sendmsg",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Floor {
    process: Rc<Running>,
    ports: [u16; 6],
}

/// The floor, one way.
pub(crate) struct Going<'a> {
    floor: &'a Floor,
    way: Way,
}

impl Floor {
    pub(super) fn start(dir: &Path, root: &Path) -> Result<Self> {
        let ports: [u16; 6] = server::free()?;
        let mut command = on_core_0(&std::env::current_exe()?);
        command.args(["floor", "--root"]).arg(root);
        for port in ports {
            command.args(["--listen", &loopback(port).to_string()]);
        }
        let plain = Ports {
            plain: ports[0],
            tls: ports[0],
        };
        let log = dir.join("floor.log");
        Ok(Self {
            process: Rc::new(Running::start(&mut command, plain, &[], &log)?),
            ports,
        })
    }

    pub(crate) fn going(&self, way: Way) -> Going<'_> {
        Going { floor: self, way }
    }
}

impl Going<'_> {
    /// What a client speaks to it, whatever the row's transport is.
    pub(crate) fn transport(&self) -> Transport {
        match self.way {
            Way::Datagrams => Transport::Datagrams,
            _ => Transport::Http1,
        }
    }
}

impl Server for Going<'_> {
    fn address(&self, transport: Transport) -> Option<SocketAddr> {
        let place = Way::value_variants()
            .iter()
            .position(|way| *way == self.way)?;
        (transport == self.transport()).then(|| loopback(self.floor.ports[place]))
    }

    fn process(&self) -> &Process {
        self.floor.process.process()
    }
}
