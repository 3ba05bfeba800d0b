//! A refusal or failure: whose fault, what the viewer reads, what the log gets.
use http::StatusCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    Viewer,
    Asset,
    Upstream,
    Node,
}

impl Blame {
    /// The word for log and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Asset => "asset",
            Self::Upstream => "upstream",
            Self::Node => "node",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Fault {
    pub status: StatusCode,
    pub blame: Blame,
    /// Short and stable, kebab-case: `token-expired`, `no-such-asset`. Header `edgepack-reason`, first word of the body, metric label.
    pub code: &'static str,
    /// One sentence for the viewer. No path of the node, no key, no token.
    pub message: String,
    /// For the log: the rest.
    pub detail: String,
    pub retry_after_s: Option<u32>,
}

impl Fault {
    pub fn new(
        status: StatusCode,
        blame: Blame,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            blame,
            code,
            message: message.into(),
            detail: String::new(),
            retry_after_s: None,
        }
    }

    /// 400, the viewer's.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Blame::Viewer, code, message)
    }

    /// 404, the viewer's.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, Blame::Viewer, code, message)
    }

    /// 503 with `Retry-After`, the node's.
    pub fn unavailable(code: &'static str, message: impl Into<String>, retry_after_s: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Blame::Node, code, message)
            .retry_after(retry_after_s)
    }

    /// What only the log gets.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}
