//! `edgepack serve · check · demo · prepare · inspect · token · keys`.
//!
//! Exit status: 0 done, 1 a fault that was told on stderr, 2 a command line that was not understood.
mod check;
mod inspect;
mod keys;
mod prepare;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigFault};
use crate::{demo, node};

/// Edge origin: packages MP4 into HLS and DASH on the request, encrypts, checks tokens, serves HTTP/1.1, 2 and 3.
#[derive(Debug, Parser)]
#[command(name = "edgepack", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve what a configuration describes, until SIGTERM (drains) or SIGINT
    Serve(ConfigFile),
    /// Check a configuration or asset descriptions and list every fault; only reads
    Check(check::Check),
    /// Make a small ladder with ffmpeg, serve it, print the player page's address
    Demo(Demo),
    /// Make an aligned ladder of a film with ffmpeg, and its asset description; goes on where it was interrupted
    Prepare(Box<prepare::Prepare>),
    /// Print a media file's tracks and segment timeline as JSON
    Inspect(inspect::Inspect),
    /// Mint and show viewer tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Make content keys
    #[command(subcommand)]
    Keys(keys::Keys),
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// The TOML file; relative paths in it are relative to its folder
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct Demo {
    /// Where ladder, certificate, keys and configuration are kept, and found again: a folder that is there keeps its
    /// configuration, ports included
    #[arg(long, value_name = "DIR", default_value = "edgepack-demo")]
    dir: PathBuf,
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    http_port: u16,
    /// HTTPS, and HTTP/3 on the same UDP port
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    https_port: u16,
    #[arg(long, value_name = "PORT", default_value_t = 9090)]
    admin_port: u16,
}

/// A command's failure, as the operator reads it.
type Failure = Box<dyn std::error::Error>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(file) => serve(&file),
        Command::Check(options) => return check::run(&options),
        Command::Demo(options) => demo(options),
        Command::Prepare(options) => prepare::run(*options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Token(command) => token::run(command),
        Command::Keys(command) => keys::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("edgepack: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(file: &ConfigFile) -> Result<(), Failure> {
    let config = Config::load(&file.config).map_err(listing)?;
    node::run(config).map_err(Failure::from)
}

fn demo(options: Demo) -> Result<(), Failure> {
    let Demo {
        dir,
        http_port,
        https_port,
        admin_port,
    } = options;
    demo::run(&demo::DemoOptions {
        dir,
        http_port,
        https_port,
        admin_port,
    })
    .map_err(Failure::from)
}

fn listing(faults: Vec<ConfigFault>) -> Failure {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n").into()
}
