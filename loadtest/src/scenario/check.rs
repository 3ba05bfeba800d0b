//! What a scenario's values have to be, beyond their kind.
use http::{HeaderName, HeaderValue};

use super::{Arrivals, Protocol, Scenario, ScenarioError};

/// A title is drawn from a table of their cumulated shares.
const MAX_TITLES: u64 = 1 << 20;
const MAX_DURATION_S: u64 = 7 * 86_400;

impl Scenario {
    /// # Errors
    /// The first value that cannot be, and what to write instead.
    pub fn check(&self) -> Result<(), ScenarioError> {
        self.check_target()?;
        self.check_load()?;
        self.check_viewers()?;
        self.check_limits()?;
        self.check_tokens()
    }

    fn check_target(&self) -> Result<(), ScenarioError> {
        let target = &self.target;
        let template = format!("{}{}", target.url, target.manifest);
        let (n, asset) = (template.contains("{n}"), template.contains("{asset}"));
        if asset && target.assets.is_empty() {
            return fault(
                "target.assets",
                "the URL has {asset} in it: name at least one",
            );
        }
        if !asset && !target.assets.is_empty() {
            return fault(
                "target.url",
                "there are assets, and no {asset} in the URL to put them",
            );
        }
        if n && target.count.is_none() {
            return fault(
                "target.count",
                "the URL has {n} in it: say how many numbers there are",
            );
        }
        if !n && target.count.is_some() {
            return fault(
                "target.url",
                "there is a count, and no {n} in the URL to put the number",
            );
        }
        if n && asset {
            return fault("target.url", "{n} and {asset} exclude each other");
        }
        if !(1..=MAX_TITLES).contains(&self.titles()) {
            return fault(
                "target.count",
                format!("titles are at least 1 and at most {MAX_TITLES}"),
            );
        }
        within("target.zipf", target.zipf, 0.0, 5.0)?;
        let url = self.manifest_url(0)?;
        if target.protocol == Protocol::Http3 && url.scheme() != "https" {
            return fault("target.url", "HTTP/3 needs an https:// URL");
        }
        for (name, value) in &target.headers {
            if HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err() {
                return fault("target.headers", format!("{name:?} is no header"));
            }
        }
        Ok(())
    }

    fn check_load(&self) -> Result<(), ScenarioError> {
        let load = &self.load;
        if load.duration.is_zero() || load.duration.as_secs() > MAX_DURATION_S {
            return fault("load.duration", "more than nothing, at most 7 days");
        }
        if load.grace.as_secs() > 600 {
            return fault("load.grace", "at most 10m");
        }
        match load.arrivals {
            Arrivals::Spread => {
                let viewers = load.viewers.unwrap_or(0);
                if viewers == 0 || viewers > self.limits.viewers {
                    return fault(
                        "load.viewers",
                        format!(
                            "say how many, from 1 to limits.viewers, which is {}",
                            self.limits.viewers
                        ),
                    );
                }
                if load.over > load.duration {
                    return fault("load.over", "not longer than load.duration");
                }
            }
            Arrivals::Poisson => {
                if load.viewers == Some(0) {
                    return fault("load.viewers", "at least 1, or leave it out");
                }
                within("load.rate", load.rate, 0.001, 100_000.0)?;
            }
        }
        if load.threads > 256 {
            return fault("load.threads", "at most 256; 0: one per processor");
        }
        Ok(())
    }

    fn check_viewers(&self) -> Result<(), ScenarioError> {
        let playback = &self.playback;
        within("playback.buffer", playback.buffer, 1.0, 600.0)?;
        within("playback.start", playback.start, 0.05, playback.buffer)?;
        within("playback.resume", playback.resume, 0.05, playback.buffer)?;
        let behaviour = &self.behaviour;
        within(
            "behaviour.seeks_per_minute",
            behaviour.seeks_per_minute,
            0.0,
            120.0,
        )?;
        within(
            "behaviour.pauses_per_minute",
            behaviour.pauses_per_minute,
            0.0,
            120.0,
        )?;
        within(
            "behaviour.leaves_per_minute",
            behaviour.leaves_per_minute,
            0.0,
            120.0,
        )?;
        within("abr.safety", self.abr.safety, 0.05, 2.0)?;
        if !self.verify.enabled && self.verify.checksums.is_some() {
            return fault(
                "verify.checksums",
                "needs verify.enabled = true, or leave it out",
            );
        }
        if self.tls.insecure && self.tls.trusted.is_some() {
            return fault(
                "tls.insecure",
                "takes any certificate: leave out tls.trusted, or this",
            );
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), ScenarioError> {
        let limits = &self.limits;
        if limits.connections == 0 || limits.connections > 1_000_000 {
            return fault("limits.connections", "from 1 to 1000000");
        }
        if !(1..=64).contains(&limits.connections_per_viewer) {
            return fault("limits.connections_per_viewer", "from 1 to 64");
        }
        if !(1..=1_000_000).contains(&limits.viewers) {
            return fault("limits.viewers", "from 1 to 1000000");
        }
        if !(1..=4096).contains(&limits.udp_sockets) {
            return fault("limits.udp_sockets", "from 1 to 4096");
        }
        for (key, value) in [
            ("limits.manifest_bytes", limits.manifest_bytes),
            ("limits.segment_bytes", limits.segment_bytes),
            ("limits.verify_bytes", limits.verify_bytes),
        ] {
            if !(1024..=1 << 40).contains(&value) {
                return fault(key, "from 1024 bytes to 1 TiB");
            }
        }
        if limits.failures == 0 {
            return fault("limits.failures", "at least 1");
        }
        for (key, value) in [
            ("timeouts.connect", self.timeouts.connect),
            ("timeouts.answer", self.timeouts.answer),
            ("timeouts.stall", self.timeouts.stall),
        ] {
            if value.is_zero() || value.as_secs() > 600 {
                return fault(key, "more than nothing, at most 10m");
            }
        }
        Ok(())
    }

    fn check_tokens(&self) -> Result<(), ScenarioError> {
        let Some(tokens) = &self.tokens else {
            return Ok(());
        };
        if tokens.secret.is_some() == tokens.secret_file.is_some() {
            return fault("tokens.secret", "either this or tokens.secret_file");
        }
        if !tokens.prefix.contains("{token}") || !tokens.prefix.starts_with('/') {
            return fault("tokens.prefix", "begins with / and has {token} in it");
        }
        Ok(())
    }
}

fn within(key: &'static str, value: f64, low: f64, high: f64) -> Result<(), ScenarioError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        fault(key, format!("{value}: from {low} to {high}"))
    }
}

fn fault(key: &'static str, what: impl Into<String>) -> Result<(), ScenarioError> {
    Err(ScenarioError::value(key, what))
}
