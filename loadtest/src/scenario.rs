//! What a run does, as its file says. A fault names the key and the remedy.
//!
//! A scenario and its `seed` decide who comes when, what they watch and when they seek, pause and leave. What a
//! server answers, and how fast, decides the rest.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

mod check;
mod sections;

pub use sections::{
    Abr, Arrivals, Behaviour, Carrier, Cmcd, Limits, Playback, Resumption, StartRung, Timeouts,
    Tls, Tokens, Verify,
};

/// Larger files are no scenarios.
const MAX_FILE_BYTES: u64 = 1 << 20;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(default)]
    pub name: String,
    #[serde(default = "default_seed")]
    pub seed: u64,
    pub target: Target,
    #[serde(default)]
    pub load: Load,
    #[serde(default)]
    pub playback: Playback,
    #[serde(default)]
    pub behaviour: Behaviour,
    #[serde(default)]
    pub abr: Abr,
    pub tokens: Option<Tokens>,
    #[serde(default)]
    pub cmcd: Cmcd,
    #[serde(default)]
    pub verify: Verify,
    #[serde(default)]
    pub tls: Tls,
    #[serde(default)]
    pub timeouts: Timeouts,
    #[serde(default)]
    pub limits: Limits,
    /// Lets connections leave this machine. Said on the command line, never by a file that may be another's.
    #[serde(skip)]
    pub any_address: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    #[serde(rename = "h1")]
    Http1,
    #[serde(rename = "h2")]
    Http2,
    #[serde(rename = "h3")]
    Http3,
}

impl Protocol {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http1 => "h1",
            Self::Http2 => "h2",
            Self::Http3 => "h3",
        }
    }
}

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "h1" => Ok(Self::Http1),
            "h2" => Ok(Self::Http2),
            "h3" => Ok(Self::Http3),
            other => Err(format!("{other:?} is not h1, h2 or h3")),
        }
    }
}

/// Which titles there are, and how they are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What comes before [`Target::manifest`]; `{n}` and `{asset}` stand for the title drawn.
    pub url: String,
    /// Appended to `url`.
    #[serde(default)]
    pub manifest: String,
    #[serde(default = "default_protocol")]
    pub protocol: Protocol,
    /// Names for `{asset}`, the most popular first.
    #[serde(default)]
    pub assets: Vec<String>,
    /// How many numbers `{n}` stands for: 1 to this, the most popular first.
    pub count: Option<u64>,
    /// Exponent of the popularity law; 0: all alike.
    #[serde(default = "default_zipf")]
    pub zipf: f64,
    /// Sent with every request to the target's own origins.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// `spread`: so many at once. `poisson`: so many in all at most, none meaning without end.
    pub viewers: Option<u64>,
    pub arrivals: Arrivals,
    /// `spread`: they come within this time.
    #[serde(with = "humantime_text")]
    pub over: Duration,
    /// `poisson`: arrivals per second.
    pub rate: f64,
    /// `spread`: who leaves or has seen it all is followed by another.
    pub replace: bool,
    #[serde(with = "humantime_text")]
    pub duration: Duration,
    /// After `duration`, for requests under way.
    #[serde(with = "humantime_text")]
    pub grace: Duration,
    /// Threads that viewers are spread over; 0: one per processor.
    pub threads: usize,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            viewers: None,
            arrivals: Arrivals::Spread,
            over: Duration::from_secs(10),
            rate: 10.0,
            replace: true,
            duration: Duration::from_secs(60),
            grace: Duration::from_secs(5),
            threads: 0,
        }
    }
}

/// Why a scenario cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("{path}: cannot be read: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: {length} bytes; a scenario has at most {MAX_FILE_BYTES}")]
    TooLong { path: PathBuf, length: u64 },
    #[error("{origin}: {source}")]
    Syntax {
        origin: String,
        source: Box<toml::de::Error>,
    },
    #[error("{key}: {what}")]
    Value { key: &'static str, what: String },
}

impl ScenarioError {
    pub(crate) fn value(key: &'static str, what: impl Into<String>) -> Self {
        Self::Value {
            key,
            what: what.into(),
        }
    }
}

impl Scenario {
    /// Reads and checks. Files the scenario names are looked for beside it.
    ///
    /// # Errors
    /// [`ScenarioError`], saying what to change.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let failed = |source| ScenarioError::Read {
            path: path.to_owned(),
            source,
        };
        let length = std::fs::metadata(path).map_err(failed)?.len();
        if length > MAX_FILE_BYTES {
            return Err(ScenarioError::TooLong {
                path: path.to_owned(),
                length,
            });
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let mut scenario = Self::parse(&text, &path.display().to_string())?;
        if scenario.name.is_empty() {
            scenario.name = path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
        }
        scenario.resolve_files(path.parent().unwrap_or(Path::new(".")));
        scenario.check()?;
        Ok(scenario)
    }

    /// `origin`: what faults call the text. Not checked yet: see [`Scenario::check`].
    ///
    /// # Errors
    /// A key that does not exist, or a value of the wrong kind.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text).map_err(|source| ScenarioError::Syntax {
            origin: origin.to_owned(),
            source: Box::new(source),
        })
    }

    /// The defaults, against one manifest.
    pub fn of_manifest(url: &str) -> Self {
        Self {
            name: "target".into(),
            seed: default_seed(),
            target: Target {
                url: url.to_owned(),
                manifest: String::new(),
                protocol: default_protocol(),
                assets: Vec::new(),
                count: None,
                zipf: default_zipf(),
                headers: BTreeMap::new(),
            },
            load: Load::default(),
            playback: Playback::default(),
            behaviour: Behaviour::default(),
            abr: Abr::default(),
            tokens: None,
            cmcd: Cmcd::default(),
            verify: Verify::default(),
            tls: Tls::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            any_address: false,
        }
    }

    /// How many titles there are.
    pub fn titles(&self) -> u64 {
        match self.target.count {
            Some(count) => count,
            None => (self.target.assets.len() as u64).max(1),
        }
    }

    /// The manifest of a title, 0 the most popular.
    ///
    /// # Errors
    /// When what comes out is no URL.
    pub fn manifest_url(&self, title: u64) -> Result<Url, ScenarioError> {
        let mut text = format!("{}{}", self.target.url, self.target.manifest);
        text = text.replace("{n}", &(title + 1).to_string());
        if let Some(asset) = usize::try_from(title)
            .ok()
            .and_then(|title| self.target.assets.get(title))
        {
            text = text.replace("{asset}", asset);
        }
        let url = Url::parse(&text).map_err(|error| {
            ScenarioError::value("target.url", format!("{text:?} is no URL: {error}"))
        })?;
        if matches!(url.scheme(), "http" | "https") && url.host().is_some() {
            Ok(url)
        } else {
            Err(ScenarioError::value(
                "target.url",
                format!("{text:?} is neither an http:// nor an https:// URL"),
            ))
        }
    }

    fn resolve_files(&mut self, folder: &Path) {
        let tokens = self.tokens.as_mut().and_then(|it| it.secret_file.as_mut());
        let files = [
            self.tls.trusted.as_mut(),
            self.verify.checksums.as_mut(),
            tokens,
        ];
        for path in files.into_iter().flatten() {
            if path.is_relative() {
                *path = folder.join(&path);
            }
        }
    }
}

fn default_seed() -> u64 {
    1
}

fn default_protocol() -> Protocol {
    Protocol::Http1
}

fn default_zipf() -> f64 {
    0.8
}

/// Durations as people write them: `30s`, `1m 30s`.
pub(crate) mod humantime_text {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(value: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&humantime::format_duration(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(input)?;
        humantime::parse_duration(&text).map_err(|error| {
            D::Error::custom(format!(
                "{text:?} is no duration ({error}); write \"30s\" or \"1m 30s\""
            ))
        })
    }
}

#[cfg(test)]
mod tests;
