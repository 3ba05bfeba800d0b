//! The policies of all mounts behind the core's [`Gate`].
use std::sync::Arc;

use edgepack_token::KeyError;

use super::Access;
use crate::config::Mount;
use crate::delivery::core::Gate;
use crate::delivery::route::{MountId, Routed};
use crate::delivery::{Audience, Fault, Request};

/// Who may fetch from which mount. Clones share what they remember: one for each worker.
#[derive(Debug, Clone)]
pub struct Gatekeeper {
    /// In the router's order; `None`: open to all.
    mounts: Arc<[Option<Access>]>,
}

impl Gatekeeper {
    /// `mounts`: in the order the router was given them.
    ///
    /// # Errors
    /// A token key that is none; a configuration that was loaded has no such key.
    pub fn new(mounts: &[Mount]) -> Result<Self, KeyError> {
        let mounts = mounts
            .iter()
            .map(|mount| mount.token.as_ref().map(Access::new).transpose())
            .collect::<Result<_, _>>()?;
        Ok(Self { mounts })
    }
}

impl Gate for Gatekeeper {
    fn admit(
        &self,
        mount: MountId,
        routed: &Routed<'_>,
        request: &Request,
    ) -> Result<Audience, Fault> {
        match self.mounts.get(mount.0) {
            Some(Some(access)) => {
                let grant = access.check(request, routed.token, routed.path)?;
                Ok(if grant.took_token() {
                    Audience::TokenBearer
                } else {
                    Audience::Everybody
                })
            }
            Some(None) => Ok(Audience::Everybody),
            // A mount nobody configured has no policy to let anybody in by.
            None => Err(Fault::not_found("no-such-mount", "there is no such mount")),
        }
    }

    fn token_parameter(&self, mount: MountId) -> Option<&str> {
        Some(self.mounts.get(mount.0)?.as_ref()?.query_name())
    }
}

#[cfg(test)]
mod tests;
