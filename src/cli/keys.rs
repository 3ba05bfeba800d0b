//! `edgepack keys`: content keys from the system's random source.
use clap::Subcommand;
use ring::rand::{SecureRandom, SystemRandom};

use super::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Print a random key id and key, as TOML to paste into a mount
    New,
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
    }
}
