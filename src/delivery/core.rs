//! The one who answers: route → access → origin → preconditions, ranges and headers, for every protocol alike.
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, LOCATION, USER_AGENT, VARY,
};
use http::{HeaderValue, Method, StatusCode};

use super::request::BodyStream;
use super::response::decimal;
use super::route::{
    self, AssetRoute, IngestRoute, Leaf, MountId, PlayerFile, Route, Routed, Router,
};
use super::{
    Audience, Blame, Body, BodyError, Cors, Fault, Handler, Query, Representation, Request,
    RequestBody, Response, early, finish, redact,
};
use crate::player;
use crate::telemetry::{Exchange, Kind, Start, Telemetry};

/// Where bytes come from. Worker-local.
pub trait Origin: 'static {
    /// What a `GET` or `HEAD` of `route` would send.
    fn get(
        &self,
        routed: &Routed<'_>,
        route: &AssetRoute<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Representation, Fault>>;

    /// `POST`, on the routes that take one ([`Leaf::ClearKeyLicence`]). `body` is the request's.
    fn post(
        &self,
        route: &AssetRoute<'_>,
        request: &Request,
        body: RequestBody,
    ) -> impl Future<Output = Result<Response, Fault>>;

    /// What an encoder pushes, for as long as it does.
    fn ingest(
        &self,
        route: &IngestRoute<'_>,
        request: &Request,
        body: RequestBody,
    ) -> impl Future<Output = Result<Response, Fault>>;

    /// The player page, its bundle and its configuration.
    fn player(
        &self,
        file: &PlayerFile<'_>,
        request: &Request,
    ) -> impl Future<Output = Result<Representation, Fault>>;
}

/// Who may fetch what.
pub trait Gate: 'static {
    /// # Errors
    /// 401 or 403 with the reason.
    fn admit(
        &self,
        mount: MountId,
        routed: &Routed<'_>,
        request: &Request,
    ) -> Result<Audience, Fault>;

    /// The query parameter that carries a token: it is none of the origin's affair.
    fn token_parameter(&self, mount: MountId) -> Option<&str>;
}

/// What of the configuration the core goes by; the same for all workers.
#[derive(Debug)]
pub struct Settings {
    pub router: Router,
    /// In the router's order, for the log.
    pub mount_names: Vec<String>,
    pub cors: Cors,
    /// From a request's head to the head of its answer.
    pub request_timeout: Duration,
    /// Bytes.
    pub max_request_body: usize,
}

/// One per worker.
#[derive(Debug)]
pub struct Core<O, G> {
    settings: Arc<Settings>,
    telemetry: Arc<Telemetry>,
    origin: O,
    gate: G,
}

impl<O: Origin, G: Gate> Core<O, G> {
    pub fn new(settings: Arc<Settings>, telemetry: Arc<Telemetry>, origin: O, gate: G) -> Self {
        Self {
            settings,
            telemetry,
            origin,
            gate,
        }
    }

    async fn answer(
        &self,
        routed: Result<Routed<'_>, Fault>,
        request: &Request,
        body: RequestBody,
        exchange: &mut Exchange,
    ) -> Result<Response, Fault> {
        exchange.describe(request.method.as_str(), user_agent(request), || {
            redact::path_and_query(&request.uri, routed.as_ref().ok())
        });
        let mut routed = routed?;
        early::check(request)?;
        if request.method == Method::OPTIONS {
            return Ok(self.settings.cors.options());
        }
        let query = self.take_query(&mut routed, request);
        match &routed.route {
            Route::Home => {
                if !readable(&request.method) {
                    return Ok(method_not_allowed("GET, HEAD, OPTIONS"));
                }
                Ok(Response::new(StatusCode::FOUND)
                    .header(LOCATION, HeaderValue::from_static("/player/"))
                    .header(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
            }
            Route::Player(file) => {
                exchange.kind = Kind::Player;
                if !readable(&request.method) {
                    return Ok(method_not_allowed("GET, HEAD, OPTIONS"));
                }
                let player = Box::pin(self.origin.player(file, request));
                let representation = player.await?;
                let response = finish(request, representation, Audience::Everybody).await?;
                Ok(response
                    .header(VARY, HeaderValue::from_static("accept-encoding"))
                    .header(
                        CONTENT_SECURITY_POLICY,
                        HeaderValue::from_static(player::CONTENT_SECURITY_POLICY),
                    ))
            }
            Route::Asset(route) => {
                exchange.kind = route.leaf.kind();
                exchange.asset(self.mount_name(route.mount), route.asset);
                query?;
                self.answer_asset(route, &routed, request, body).await
            }
            Route::Ingest(route) => {
                exchange.kind = Kind::Ingest;
                exchange.asset(self.mount_name(route.mount), route.channel);
                if !matches!(request.method, Method::POST | Method::PUT | Method::DELETE) {
                    return Ok(method_not_allowed("POST, PUT, DELETE"));
                }
                // Rare, and apart from what every other request's task has to have room for.
                Box::pin(self.origin.ingest(route, request, body)).await
            }
        }
    }

    fn mount_name(&self, mount: MountId) -> &str {
        let names = &self.settings.mount_names;
        names.get(mount.0).map_or("", String::as_str)
    }

    fn take_query(&self, routed: &mut Routed<'_>, request: &Request) -> Result<(), Fault> {
        if let Route::Asset(route) = &mut routed.route
            && route.leaf.has_query()
        {
            let token_name = self.gate.token_parameter(route.mount);
            route.query = Query::parse(request.uri.query(), token_name)?;
        }
        Ok(())
    }

    async fn answer_asset(
        &self,
        route: &AssetRoute<'_>,
        routed: &Routed<'_>,
        request: &Request,
        body: RequestBody,
    ) -> Result<Response, Fault> {
        let posted = matches!(route.leaf, Leaf::ClearKeyLicence);
        if posted && request.method != Method::POST {
            return Ok(method_not_allowed("POST, OPTIONS"));
        }
        if !posted && !readable(&request.method) {
            return Ok(method_not_allowed("GET, HEAD, OPTIONS"));
        }
        let audience = self
            .gate
            .admit(route.mount, routed, request)
            .inspect_err(|fault| self.telemetry.requests.token_refused(fault.code))?;
        if posted {
            let body = self.limit_body(request, body)?;
            // Rare, and apart from what every other request's task has to have room for.
            return Box::pin(self.origin.post(route, request, body)).await;
        }
        let representation = self.origin.get(routed, route, request).await?;
        finish(request, representation, audience).await
    }

    /// Refuses what says that it is too large, and breaks off what turns out to be.
    fn limit_body(&self, request: &Request, body: RequestBody) -> Result<RequestBody, Fault> {
        let limit = self.settings.max_request_body;
        let announced = request
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: u64| length > limit as u64) {
            return Err(BodyError::TooLarge { limit }.into());
        }
        let mut left = limit;
        let limited = body.0.map(|stream| -> BodyStream {
            Box::pin(stream.map(move |chunk| {
                let chunk = chunk?;
                left = left
                    .checked_sub(chunk.len())
                    .ok_or(BodyError::TooLarge { limit })?;
                Ok(chunk)
            }))
        });
        Ok(RequestBody(limited))
    }
}

impl<O: Origin, G: Gate> Handler for Core<O, G> {
    async fn handle(&self, mut request: Request) -> Response {
        let mut exchange = self.telemetry.begin(Start {
            now: request.now,
            peer: request.peer,
            protocol: request.protocol,
            secure: request.secure,
        });
        let body = std::mem::replace(&mut request.body, RequestBody(None));
        let path = route::decode(request.uri.path());
        let routed = match &path {
            Ok(path) => self.settings.router.route(path),
            Err(fault) => Err(fault.clone()),
        };
        // Encoders push for as long as a channel lasts; how long they may be silent, the origin says.
        let limit = match &routed {
            Ok(routed) if matches!(routed.route, Route::Ingest(_)) => None,
            _ => Some(self.settings.request_timeout),
        };
        let answer = self.answer(routed, &request, body, &mut exchange);
        let answer = match limit {
            Some(limit) => tokio::time::timeout(limit, answer).await,
            None => Ok(answer.await),
        };
        let mut response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(fault)) => fault.into(),
            Err(_) => timed_out(self.settings.request_timeout).into(),
        };
        self.settings
            .cors
            .decorate(&request.headers, &mut response.headers);
        if request.method == Method::HEAD {
            if let (Some(length), false) = (
                response.body.len(),
                response.headers.contains_key(CONTENT_LENGTH),
            ) && length > 0
            {
                response.headers.insert(CONTENT_LENGTH, decimal(length));
            }
            response.body = Body::Empty;
        }
        exchange.cache = response.cache;
        exchange.answered(response.status, response.fault.as_ref());
        response.exchange = Some(exchange);
        response
    }
}

fn user_agent(request: &Request) -> &str {
    request
        .headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn readable(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// 405 names what is allowed (RFC 9110, 15.5.6).
fn method_not_allowed(allow: &'static str) -> Response {
    let fault = Fault::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Blame::Viewer,
        "method-not-allowed",
        format!("This resource takes {allow}."),
    );
    Response::from(fault).header(ALLOW, HeaderValue::from_static(allow))
}

fn timed_out(after: Duration) -> Fault {
    Fault::unavailable(
        "timed-out",
        format!("No answer could be had within {after:?}."),
        1,
    )
}

#[cfg(test)]
mod tests;
