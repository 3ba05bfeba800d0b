//! Where tracks are pushed to.
use std::fmt;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;

use crate::config::{PushMethod, Republish};
use crate::keys::client_config;

/// A destination's URL, taken apart.
pub(super) struct PublishingPoint {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Without a slash at its end.
    path: String,
    query: Option<String>,
    authority: HeaderValue,
    authorization: Option<HeaderValue>,
    method: Method,
}

impl PublishingPoint {
    /// # Errors
    /// What of the configuration cannot be used, in words.
    pub(super) fn new(config: &Republish) -> Result<Self, String> {
        // Nothing of the URL is quoted: it may hold a token.
        let uri: Uri = config
            .url
            .expose()
            .parse()
            .map_err(|error| format!("url: {error}"))?;
        let authority = uri.authority().ok_or("url: no host")?;
        let is_tls = uri.scheme_str() == Some("https");
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let tls = match is_tls {
            false => None,
            true => Some((
                TlsConnector::from(client_config(config.ca_file.as_deref(), None)?),
                ServerName::try_from(host.clone()).map_err(|error| format!("url: {error}"))?,
            )),
        };
        let mut authorization = config
            .authorization
            .as_ref()
            .map(|value| HeaderValue::from_str(value.expose()))
            .transpose()
            .map_err(|_| "authorization: no value of a header".to_owned())?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Ok(Self {
            port: authority
                .port_u16()
                .unwrap_or(if is_tls { 443 } else { 80 }),
            authority: HeaderValue::from_str(authority.as_str())
                .map_err(|error| format!("url: {error}"))?,
            host,
            tls,
            path: uri.path().trim_end_matches('/').to_owned(),
            query: uri.query().map(str::to_owned),
            authorization,
            method: match config.method {
                PushMethod::Post => Method::POST,
                PushMethod::Put => Method::PUT,
            },
        })
    }

    /// A request for a track (DASH-IF Live Media Ingest, 6.2: `Streams(name)`).
    ///
    /// # Errors
    /// Names that cannot stand in a URL.
    pub(super) fn request<B>(
        &self,
        stream: &str,
        content_type: &'static str,
        body: B,
    ) -> Result<Request<B>, http::Error> {
        let query = self.query.as_ref().map(|query| format!("?{query}"));
        let target = format!(
            "{}/Streams({stream}){}",
            self.path,
            query.unwrap_or_default()
        );
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(target)
            .header(HOST, self.authority.clone())
            .header(USER_AGENT, concat!("edgepack/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, content_type);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        request.body(body)
    }
}

impl fmt::Debug for PublishingPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublishingPoint({}:{})", self.host, self.port)
    }
}

#[cfg(test)]
mod tests;
