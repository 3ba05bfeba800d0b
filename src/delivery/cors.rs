//! Cross-origin access (Fetch, 3.2), so that a player page of any site may use the node.
use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Response;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Lets a page read how a fetch went (Resource Timing, 4.5): protocol in use, time to first byte.
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

const METHODS: &str = "GET, HEAD, OPTIONS, POST";
/// Request headers beyond the safelisted ones that players send, CMCD (CTA-5004) included.
const ASKED: &str = "authorization, content-type, range, if-match, if-none-match, if-modified-since, \
     if-unmodified-since, if-range, cache-control, pragma, cta-common-access-token, \
     cmcd-object, cmcd-request, cmcd-session, cmcd-status";
const EXPOSED: &str = "accept-ranges, age, alt-svc, content-encoding, content-length, content-range, date, \
     edgepack-reason, etag, last-modified, retry-after, server-timing";
const ANY: HeaderValue = HeaderValue::from_static("*");

/// Which pages may read the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    origins: Origins,
    credentials: bool,
    max_age: HeaderValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Origins {
    Any,
    Listed(Vec<String>),
}

impl Cors {
    /// `origins`: `https://player.example` and the like, compared as they are; `*` among them: all.
    /// None: no page of another origin. `credentials`: whether pages may send cookies along.
    pub fn new<S: Into<String>>(
        origins: impl IntoIterator<Item = S>,
        credentials: bool,
        max_age: Duration,
    ) -> Self {
        let origins: Vec<String> = origins.into_iter().map(Into::into).collect();
        let any = origins.iter().any(|origin| origin == "*");
        Self {
            origins: if any {
                Origins::Any
            } else {
                Origins::Listed(origins)
            },
            credentials,
            max_age: HeaderValue::from(max_age.as_secs()),
        }
    }

    /// The headers that every answer carries.
    pub fn decorate(&self, request: &HeaderMap, response: &mut HeaderMap) {
        match &self.origins {
            // With credentials, the origin has to be named (Fetch, 3.2.5).
            Origins::Any if !self.credentials => {
                response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
                response.insert(TIMING_ALLOW_ORIGIN, ANY);
            }
            origins => {
                // The answer differs by origin, whether or not this one is let in.
                response.append(VARY, HeaderValue::from_static("origin"));
                let Some(origin) = request.get(ORIGIN).filter(|origin| origins.allow(origin))
                else {
                    return;
                };
                response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                response.insert(TIMING_ALLOW_ORIGIN, origin.clone());
                if self.credentials {
                    response.insert(
                        ACCESS_CONTROL_ALLOW_CREDENTIALS,
                        HeaderValue::from_static("true"),
                    );
                }
            }
        }
        response.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        response.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }

    /// `OPTIONS`, preflight or not. [`Cors::decorate`] adds the rest.
    pub fn options(&self) -> Response {
        Response::new(StatusCode::NO_CONTENT)
            .header(ALLOW, HeaderValue::from_static(METHODS))
            .header(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static(METHODS),
            )
            .header(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static(ASKED),
            )
            .header(ACCESS_CONTROL_MAX_AGE, self.max_age.clone())
    }
}

impl Origins {
    fn allow(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(origins) => origins
                .iter()
                .any(|allowed| allowed.as_bytes() == origin.as_bytes()),
        }
    }
}

impl Default for Cors {
    /// Any page, without cookies.
    fn default() -> Self {
        Self::new(["*"], false, Duration::from_secs(24 * 3600))
    }
}

#[cfg(test)]
mod tests;
