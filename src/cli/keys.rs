//! `edgepack keys`: content keys from the system's random source, and what DRM systems are told of keys.
use clap::Subcommand;
use ring::rand::{SecureRandom, SystemRandom};

use super::Failure;

mod pssh;
mod show;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Print a random key id and key, as TOML to paste into a mount
    New,
    /// Print what DRM systems are told of key ids: `pssh` boxes and PlayReady objects in base64
    ///
    /// Example: edgepack keys pssh --kid 00010203-0405-0607-0809-0a0b0c0d0e0f --scheme cbcs --system widevine
    Pssh(Box<pssh::Pssh>),
    /// Print what a `pssh` box, a PlayReady object or Widevine data says
    Show {
        /// Base64, hexadecimal digits, or a data: URI of a playlist; `-` reads it from standard input
        data: String,
    },
}

pub(super) fn run(command: &Keys) -> Result<(), Failure> {
    match command {
        Keys::New => {
            let random = SystemRandom::new();
            let (mut kid, mut key) = ([0; 16], [0; 16]);
            random
                .fill(&mut kid)
                .and_then(|()| random.fill(&mut key))
                .map_err(|_| "the system gives no random bytes")?;
            let kid = edgepack_drm::KeyId(kid);
            println!(
                "[mount.key]\nkid = \"{kid}\"\nkey = \"{}\"",
                hex::encode(key)
            );
            Ok(())
        }
        Keys::Pssh(options) => pssh::run(options),
        Keys::Show { data } => show::run(data),
    }
}
