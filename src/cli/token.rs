//! `edgepack token`: tokens for tests and for sharing by hand, and what is in one.
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use edgepack_token::{
    Algorithm, Claims, DEFAULT_MAX_BYTES, PathPrefix, SigningKey, Token as Parsed, mint,
};
use ring::rand::SystemRandom;

use super::Failure;
use crate::config;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Print a signed token
    ///
    /// Example: SECRET=$(cat secret) edgepack token mint --secret-env SECRET --exp 1h --path /vod/film
    Mint(Mint),
    /// Print what a token says, without checking its signature
    Show {
        /// The token; `-` reads it from standard input
        token: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Mint {
    /// HS256, ES256 or EdDSA
    #[arg(long, default_value = "HS256", value_parser = algorithm)]
    alg: Algorithm,
    /// Names the key (`kid`), where a mount has several
    #[arg(long)]
    key_id: Option<String>,
    /// File with the HS256 secret as the configuration writes it, or a PKCS #8 private key (PEM)
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    key_file: Option<PathBuf>,
    /// Environment variable with the HS256 secret; never on the command line, where others see it
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
    /// Valid for so long; negative: expired so long ago
    #[arg(long, default_value = "1h", allow_hyphen_values = true, value_parser = offset)]
    exp: Offset,
    /// Not valid before so long from now
    #[arg(long, allow_hyphen_values = true, value_parser = offset)]
    nbf: Option<Offset>,
    /// Path prefix that the token covers; may be given several times. None: all of the mount
    #[arg(long)]
    path: Vec<PathPrefix>,
    #[arg(long)]
    issuer: Option<String>,
    #[arg(long)]
    audience: Vec<String>,
    #[arg(long)]
    subject: Option<String>,
}

/// Time from now.
#[derive(Debug, Clone, Copy)]
struct Offset {
    past: bool,
    length: Duration,
}

impl Offset {
    fn from(self, now: SystemTime) -> Result<SystemTime, Failure> {
        let moment = if self.past {
            now.checked_sub(self.length)
        } else {
            now.checked_add(self.length)
        };
        moment.ok_or_else(|| "the moment lies outside what clocks can say".into())
    }
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    Algorithm::from_name(text).ok_or_else(|| "one of HS256, ES256, EdDSA".to_owned())
}

fn offset(text: &str) -> Result<Offset, String> {
    let (past, text) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let length = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    Ok(Offset { past, length })
}

pub(super) fn run(command: Token) -> Result<(), Failure> {
    match command {
        Token::Mint(options) => {
            println!("{}", minted(&options)?);
            Ok(())
        }
        Token::Show { token } => show(&token),
    }
}

fn minted(options: &Mint) -> Result<String, Failure> {
    let now = SystemTime::now();
    let claims = Claims {
        issuer: options.issuer.clone(),
        subject: options.subject.clone(),
        audience: options.audience.clone(),
        expires_at: Some(options.exp.from(now)?),
        not_before: options.nbf.map(|offset| offset.from(now)).transpose()?,
        issued_at: Some(now),
        paths: (!options.path.is_empty()).then(|| options.path.clone()),
        ..Claims::default()
    };
    Ok(mint(&signing_key(options)?, &claims, &SystemRandom::new())?)
}

fn signing_key(options: &Mint) -> Result<SigningKey, Failure> {
    let written = match (&options.key_file, &options.secret_env) {
        (Some(file), _) => {
            std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        (None, Some(name)) => std::env::var(name)
            .map_err(|_| format!("the environment has no variable {name}"))?
            .into_bytes(),
        (None, None) => return Err("a token needs a key: give --key-file or --secret-env".into()),
    };
    let id = options.key_id.as_deref();
    Ok(match options.alg {
        Algorithm::Hs256 => {
            let secret = config::token_secret(written.trim_ascii_end())
                .ok_or("the secret is not what the configuration takes")?;
            SigningKey::hs256(id, secret.expose())?
        }
        algorithm => {
            let der = config::private_key_from_pem(&written)
                .ok_or("the key file holds no PKCS #8 private key (PEM)")?;
            SigningKey::from_pkcs8(id, algorithm, der.expose(), &SystemRandom::new())?
        }
    })
}

fn show(token: &str) -> Result<(), Failure> {
    let text = if token == "-" {
        std::io::read_to_string(std::io::stdin())?
    } else {
        token.to_owned()
    };
    let unverified = Parsed::parse(text.trim(), DEFAULT_MAX_BYTES)?.show_unverified()?;
    let report = serde_json::json!({
        "signature": "not checked",
        "header": unverified.header,
        "claims": unverified.claims,
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
