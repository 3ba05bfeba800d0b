//! Paths of interstitials.
use super::document::Clock;

const CHANNELS: &str = "/channels";
const ASSETS: &str = "/assets";
const NAME: &str = "/interstitials";

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::admin) struct Target<'a> {
    pub(super) of: Of,
    /// `/{mount}/{channel}` or `/{mount}/{asset}`, as it was sent.
    pub(super) path: &'a str,
    pub(super) id: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::admin) enum Of {
    Channel,
    Asset,
}

impl<'a> Target<'a> {
    /// None: something else.
    pub(in crate::admin) fn of(path: &'a str) -> Option<Self> {
        let (of, path) = match path.strip_prefix(CHANNELS) {
            Some(path) => (Of::Channel, path),
            None => (Of::Asset, path.strip_prefix(ASSETS)?),
        };
        let (path, id) = match path.strip_suffix(NAME) {
            Some(path) => (path, None),
            None => {
                let (list, id) = path.rsplit_once('/')?;
                (list.strip_suffix(NAME)?, Some(id))
            }
        };
        path.starts_with('/').then_some(Self { of, path, id })
    }

    pub(super) fn clock(&self) -> Clock {
        match self.of {
            Of::Channel => Clock::Dates,
            Of::Asset => Clock::Offsets,
        }
    }

    /// Of one of its interstitials.
    pub(super) fn address(&self, id: &str) -> String {
        let prefix = match self.of {
            Of::Channel => CHANNELS,
            Of::Asset => ASSETS,
        };
        format!("{prefix}{}{NAME}/{id}", self.path)
    }
}
