//! Segments, ready and made on the request, beside the peers and the floor.
mod rows;

use crate::Result;
use crate::client::{Client, Transport};
use crate::node::Edgepack;
use crate::options::Options;
use crate::paths::Paths;
use crate::peers::{Kind, Peers};
use crate::report::{NOTHING, Table, Unit, median, ratio, spread, verdict};
use crate::server::Server;
use rows::{Media, Node, Row, Target};

/// Ours: one with every segment in memory, one that makes each anew.
pub(crate) struct Nodes<'a> {
    pub(crate) ready: &'a Edgepack,
    pub(crate) jit: &'a Edgepack,
}

/// A server in a row, with the figure of each round.
struct Contender<'a> {
    column: usize,
    transport: Transport,
    server: &'a dyn Server,
    figures: Vec<f64>,
}

/// Columns of ours and the floor's, around those of the peers.
const OURS: usize = 0;
const FLOOR: usize = 1 + Kind::ALL.len();

pub(crate) async fn measure(
    nodes: &Nodes<'_>,
    peers: &Peers,
    paths: &Paths,
    options: &Options,
) -> Result<Table> {
    let mut columns = vec!["path", "unit", "edgepack"];
    columns.extend(Kind::ALL.map(Kind::name));
    columns.extend(["floor", "ratio", "target", "met"]);
    let mut table = Table::new(
        "Segments",
        &columns,
        format!(
            "Server CPU only; median (least to most) of {} rounds; 3 MB video and 64 KB audio segments; 4 requests at a \
             time. The ratio is the median of the ratios pair by pair, to nginx, over HTTP/3 to Caddy.",
            options.rounds
        ),
    );
    let wanted = options.row.as_deref().unwrap_or_default();
    for row in rows::all().iter().filter(|row| row.name.contains(wanted)) {
        eprintln!("{} …", row.name);
        table.line(measure_row(row, nodes, peers, paths, options.rounds).await?);
    }
    Ok(table)
}

async fn measure_row(
    row: &Row,
    nodes: &Nodes<'_>,
    peers: &Peers,
    paths: &Paths,
    rounds: u16,
) -> Result<Vec<String>> {
    let asked = match row.media {
        Media::Video(protection) => paths.video(protection),
        Media::Audio => paths.audio.clone(),
    };
    // The floors and the peers have files of clear segments.
    let clear = match row.media {
        Media::Video(_) => paths.video("clear"),
        Media::Audio => paths.audio.clone(),
    };
    let going = match &peers.floor {
        Some(floor) => row.floor.map(|way| floor.going(way)),
        None => None,
    };
    let node = match row.node {
        Node::Ready => nodes.ready,
        Node::Jit => nodes.jit,
    };
    let mut contenders = vec![contender(OURS, row.transport, node)];
    if row.node == Node::Ready {
        let places = Kind::ALL.iter().zip(1..);
        for (kind, column) in places {
            let peer = peers.all.iter().find(|peer| peer.kind == *kind);
            if let Some(peer) = peer.filter(|peer| peer.server.address(row.transport).is_some()) {
                contenders.push(contender(column, row.transport, &peer.server));
            }
        }
    }
    if let Some(going) = &going {
        contenders.push(contender(FLOOR, going.transport(), going));
    }
    for round in 0..=usize::from(rounds) {
        // Nobody is always the first after somebody else.
        let start = round % contenders.len();
        for place in 0..contenders.len() {
            let at = (start + place) % contenders.len();
            let contender = &mut contenders[at];
            let paths = if contender.column == OURS {
                &asked
            } else {
                &clear
            };
            let figure = figure(row, contender, paths).await?;
            // The first round fills caches and is not counted.
            if round > 0 {
                contender.figures.push(figure);
            }
        }
    }
    Ok(cells(row, &contenders))
}

fn contender(column: usize, transport: Transport, server: &dyn Server) -> Contender<'_> {
    Contender {
        column,
        transport,
        server,
        figures: Vec::new(),
    }
}

async fn figure(row: &Row, contender: &Contender<'_>, paths: &[String]) -> Result<f64> {
    let server = contender.server;
    let address = server.address(contender.transport);
    let address = address.ok_or("a server without an address was asked")?;
    let client = Client::connect(contender.transport, address).await?;
    let before = server.cpu_seconds()?;
    let bytes = client.fetch_all(paths, row.requests).await?;
    let seconds = server.cpu_seconds()? - before;
    Ok(match row.unit {
        Unit::SecondsPerGb => seconds / (bytes as f64 / 1e9),
        _ => seconds * 1e6 / row.requests as f64,
    })
}

fn cells(row: &Row, contenders: &[Contender<'_>]) -> Vec<String> {
    let figures = |column: usize| -> &[f64] {
        let mut found = contenders.iter().filter(|one| one.column == column);
        found.next().map_or(&[], |one| &one.figures)
    };
    let base = match row.transport {
        Transport::Http3 => Kind::Caddy,
        _ => Kind::Nginx,
    };
    let place = Kind::ALL.iter().position(|kind| *kind == base);
    let ratio = ratio(figures(OURS), place.map_or(&[], |place| figures(1 + place)));
    let ours = median(figures(OURS).iter().copied());
    let met = row.targets.iter().map(|target| match target {
        Target::Absolute(most) => Some(ours <= *most),
        Target::OfBase(most) => ratio.map(|ratio| ratio <= *most),
    });
    // None where one of them could not be judged.
    let met: Option<Vec<bool>> = met.collect();
    let met = met.filter(|met| !met.is_empty());
    let met = met.map(|met| met.into_iter().all(|met| met));
    let targets = row.targets.iter().map(|target| match target {
        Target::Absolute(most) => format!("≤ {most}"),
        Target::OfBase(most) => format!("≤ {most} × {}", base.name()),
    });
    let targets: Vec<String> = targets.collect();

    let mut cells = vec![row.name.to_owned(), row.unit.name().to_owned()];
    cells.extend((OURS..FLOOR).map(|column| spread(figures(column), row.unit)));
    cells.push(match row.floor {
        Some(way) if !figures(FLOOR).is_empty() => {
            format!("{} · {}", spread(figures(FLOOR), row.unit), way.name())
        }
        _ => NOTHING.to_owned(),
    });
    cells.push(ratio.map_or(NOTHING.to_owned(), |ratio| format!("{ratio:.2}")));
    cells.push(match targets.as_slice() {
        [] => NOTHING.to_owned(),
        targets => targets.join(", "),
    });
    cells.push(verdict(met));
    cells
}
