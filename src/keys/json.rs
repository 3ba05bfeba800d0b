//! Keys from a plain HTTP server that answers in JSON.
//!
//! GET, or POST with a JSON body that says the same as the URL. In the URL, `{mount}`, `{content}`, `{protection}` and
//! `{labels}` (with commas) stand for what is asked; with `{label}` or `{period}` there is a request for each.
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::try_join_all;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::json;

use super::client::{Ask, Client, fill, target};
use super::{Given, KeyError, KeyRequest, LabelUse, Provider};
use crate::config::KeyServer;

mod answer;

/// Requests of one key request, where the URL names label or period.
const MAX_REQUESTS: usize = 1024;

pub(super) struct HttpJson {
    mount: String,
    template: String,
    post: bool,
    client: Arc<Client>,
}

impl HttpJson {
    /// # Errors
    /// What of the configuration cannot be used, in words.
    pub(super) fn new(mount: &str, server: &KeyServer, post: bool) -> Result<Self, String> {
        Ok(Self {
            mount: mount.to_owned(),
            template: target(&server.url).to_owned(),
            post,
            client: Arc::new(Client::new(server)?),
        })
    }

    /// One request to the server.
    async fn ask(
        &self,
        request: &KeyRequest,
        labels: &[LabelUse],
        periods: std::ops::Range<u32>,
    ) -> Result<Vec<Given>, KeyError> {
        let names: Vec<&str> = labels.iter().map(|label| label.label.as_str()).collect();
        let joined = names.join(",");
        let period = periods.start.to_string();
        let target = fill(
            &self.template,
            &[
                ("mount", &self.mount),
                ("content", &request.content_id),
                ("protection", request.protection.as_str()),
                ("labels", &joined),
                ("label", names.first().copied().unwrap_or_default()),
                ("period", &period),
            ],
        )?;
        let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
        let body = match self.post {
            false => Bytes::new(),
            true => {
                headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
                let body = json!({
                    "mount": self.mount,
                    "content": request.content_id,
                    "protection": request.protection.as_str(),
                    "labels": names,
                    "periods": periods.clone().collect::<Vec<_>>(),
                });
                Bytes::from(body.to_string())
            }
        };
        let ask = Ask {
            method: if self.post { Method::POST } else { Method::GET },
            target,
            headers,
            body,
        };
        let answer = self.client.ask(&ask).await?;
        answer::read(&answer.body, &names, periods)
    }
}

#[async_trait]
impl Provider for HttpJson {
    fn name(&self) -> &'static str {
        "http"
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn fetch(&self, request: &KeyRequest) -> Result<Vec<Given>, KeyError> {
        let labels: Vec<&[LabelUse]> = match self.template.contains("{label}") {
            true => request.labels.chunks(1).collect(),
            false => vec![&request.labels],
        };
        let periods: Vec<_> = match self.template.contains("{period}") {
            true => request
                .periods
                .clone()
                .map(|period| period..period.saturating_add(1))
                .collect(),
            false => vec![request.periods.clone()],
        };
        if labels.len() * periods.len() > MAX_REQUESTS {
            return Err(KeyError::Unreasonable("labels times crypto periods"));
        }
        let asks = periods.iter().flat_map(|periods| {
            labels
                .iter()
                .map(move |labels| self.ask(request, labels, periods.clone()))
        });
        Ok(try_join_all(asks).await?.into_iter().flatten().collect())
    }
}

impl std::fmt::Debug for HttpJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpJson")
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}
