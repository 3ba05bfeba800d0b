//! Allocations of a ready segment's request, counted by the node's own allocator.
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};

use crate::Result;
use crate::client::Transport;
use crate::media::Media;
use crate::node::Edgepack;
use crate::paths::Paths;
use crate::report::{Table, Unit, spread, verdict};
use crate::server::on_core_0;

const REQUESTS: usize = 2_000;
const ROUNDS: usize = 3;
const TARGET: f64 = 15.0;
/// A count above these is a regression: what was counted, and a little.
const BOUNDS: [(Transport, f64); 4] = [
    (Transport::Http1, 6.0),
    (Transport::Http1Tls, 14.0),
    (Transport::Http2Tls, 12.0),
    (Transport::Http3, 30.0),
];

/// What the node says of itself.
struct Counter {
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The table, and the protocols that take more than their bound.
pub(crate) async fn measure(
    dir: &Path,
    media: &Media,
    paths: &Paths,
) -> Result<(Table, Vec<String>)> {
    let binary = std::env::current_exe()?.with_file_name("edgepack-counted");
    let mut command = on_core_0(&binary);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = Edgepack::start_as(command, dir, "counted", media, &[]).await?;
    let child = &mut node.process_mut().0;
    let mut counter = Counter {
        ask: child.stdin.take().ok_or("the node has no stdin")?,
        answers: BufReader::new(child.stdout.take().ok_or("the node has no stdout")?),
    };
    let mut table = Table::new(
        "Allocations",
        &["path", "allocations", "bytes", "target", "met"],
        "Calls of the allocator per request of a ready 64 KB segment, over connections that are open; median (least to \
         most).",
    );
    let mut grown = Vec::new();
    for (transport, bound) in BOUNDS {
        eprintln!("allocations, {} …", transport.name());
        let client = node.client(transport).await?;
        let (mut calls, mut bytes) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let before = counter.read()?;
            client.fetch_all(&paths.audio, REQUESTS).await?;
            let after = counter.read()?;
            // The first round makes the segments and fills what is filled once.
            if round > 0 {
                calls.push((after.0 - before.0) / REQUESTS as f64);
                bytes.push((after.1 - before.1) / REQUESTS as f64);
            }
        }
        let median = crate::report::median(calls.iter().copied());
        if median > bound {
            let name = transport.name();
            grown.push(format!(
                "{name}: {median:.1} allocations per request, {bound} at most"
            ));
        }
        table.line(vec![
            transport.name().to_owned(),
            spread(&calls, Unit::Count),
            spread(&bytes, Unit::MicrosPerRequest),
            format!("≤ {TARGET}"),
            verdict(Some(median <= TARGET)),
        ]);
    }
    Ok((table, grown))
}

impl Counter {
    /// Calls and bytes since the node began.
    fn read(&mut self) -> Result<(f64, f64)> {
        self.ask.write_all(b"\n")?;
        self.ask.flush()?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.answers.read_line(&mut line)? == 0 {
                return Err("the node has ended".into());
            }
            // Other lines are the node's own.
            if let Some(numbers) = line.strip_prefix("allocations ") {
                let mut numbers = numbers.split_whitespace().map(str::parse::<f64>);
                let mut next = || numbers.next().ok_or("a count is missing");
                return Ok((next()??, next()??));
            }
        }
    }
}
