//! Keys that stand in the configuration.
use async_trait::async_trait;
use edgepack_drm::{ContentKey, KeyId, KeyRecord};

use super::{Given, KeyError, KeyRequest, Provider};
use crate::config::Mount;

/// `[mount.key]` and `[[mount.asset]]`.
#[derive(Debug)]
pub(super) struct Fixed {
    mount: Mount,
}

impl Fixed {
    pub(super) fn new(mount: &Mount) -> Self {
        Self {
            mount: mount.clone(),
        }
    }
}

#[async_trait]
impl Provider for Fixed {
    fn name(&self) -> &'static str {
        "static"
    }

    fn is_remote(&self) -> bool {
        false
    }

    async fn fetch(&self, request: &KeyRequest) -> Result<Vec<Given>, KeyError> {
        let key = |label: &str, period| {
            let key = self.mount.configured_key(
                &request.content_id,
                label,
                request.protection,
                period,
            )?;
            Some(ContentKey::new(KeyId(key.kid), *key.key.expose()))
        };
        request
            .wanted()
            .map(|(label, period)| {
                let label = &label.label;
                key(label, period)
                    .map(|key| Given {
                        label: label.clone(),
                        period,
                        record: KeyRecord::from(key),
                    })
                    .ok_or_else(|| KeyError::NotConfigured {
                        label: label.clone(),
                        period,
                    })
            })
            .collect()
    }
}
