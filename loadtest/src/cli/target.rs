//! What is played, and how its server is reached: options that `run` and `plan` have in common.
use std::path::PathBuf;

use super::CliError;
use crate::scenario::{Protocol, Scenario};

#[derive(Debug, clap::Args)]
pub(super) struct Target {
    /// What is played, how, and by how many, which `plan` decides itself: a TOML file
    #[arg(value_name = "SCENARIO", required_unless_present = "target")]
    scenario: Option<PathBuf>,
    /// URL of a playlist or MPD, instead of or over the scenario's
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// h1, h2 or h3
    #[arg(long)]
    protocol: Option<Protocol>,
    /// Do not look at what comes
    #[arg(long)]
    no_verify: bool,
    /// PEM file of a certificate that is trusted besides the system's
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    trust: Option<PathBuf>,
    /// Take any certificate
    #[arg(long)]
    insecure: bool,
    /// Lets requests leave this machine: the target is yours, or its owner knows
    #[arg(long)]
    i_own_this_target: bool,
}

impl Target {
    /// There is no file of a scenario: `--target` is all that is said.
    pub(super) fn is_bare(&self) -> bool {
        self.scenario.is_none()
    }

    /// The scenario with these options over it; the command's own are still to come, and the check.
    pub(super) fn scenario(&self) -> Result<Scenario, CliError> {
        let mut scenario = match (&self.scenario, &self.target) {
            (Some(path), _) => Scenario::load(path)?,
            (None, Some(target)) => Scenario::of_manifest(target),
            (None, None) => return Err(CliError::Usage("SCENARIO or --target".into())),
        };
        if let (Some(_), Some(target)) = (&self.scenario, &self.target) {
            scenario.target.url.clone_from(target);
            scenario.target.manifest.clear();
            scenario.target.assets.clear();
            scenario.target.count = None;
        }
        if let Some(protocol) = self.protocol {
            scenario.target.protocol = protocol;
        }
        if self.no_verify {
            scenario.verify.enabled = false;
            scenario.verify.checksums = None;
        }
        if self.trust.is_some() {
            scenario.tls.trusted.clone_from(&self.trust);
        }
        if self.insecure {
            scenario.tls.insecure = true;
            scenario.tls.trusted = None;
        }
        scenario.any_address = self.i_own_this_target;
        Ok(scenario)
    }
}
