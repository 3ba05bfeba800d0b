#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use rustix::process::{Signal as Sent, getpid, kill_process};

use super::*;
use crate::delivery::tls::SelfSigned;

struct Node {
    folder: tempfile::TempDir,
    renewal: Renewal,
}

impl Node {
    fn new(interval: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut tls = Tls::new(path("cert.pem"), path("key.pem"));
        tls.reload_interval = interval;
        put(&tls.certificate, &tls.private_key);
        let certificates = Certificates::load(&tls.certificate, &tls.private_key).unwrap();
        let telemetry = Telemetry::new(None).unwrap();
        Self {
            renewal: Renewal::new(certificates, &tls, &telemetry).unwrap(),
            folder,
        }
    }

    fn start(&self) -> tokio::task::JoinHandle<()> {
        let service = CertificateService::new(Some(self.renewal.clone()));
        let mut hangup = signal(SignalKind::hangup()).unwrap();
        tokio::spawn(async move { service.watch(&mut hangup).await })
    }

    fn count(&self, outcome: &str) -> u64 {
        self.renewal.reloads.with_label_values(&[outcome]).get()
    }

    async fn until(&self, outcome: &str, count: u64) {
        let reached = async {
            while self.count(outcome) < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached)
            .await
            .unwrap();
    }
}

fn put(certificate: &Path, private_key: &Path) {
    let made = SelfSigned::for_localhost().unwrap();
    std::fs::write(certificate, made.certificate_pem).unwrap();
    std::fs::write(private_key, made.key_pem).unwrap();
}

#[tokio::test]
async fn sighup_has_the_files_read_at_once() {
    let node = Node::new(Duration::ZERO);
    let task = node.start();
    put(&node.renewal.certificate, &node.renewal.private_key);
    kill_process(getpid(), Sent::HUP).unwrap();
    node.until("replaced", 1).await;
    kill_process(getpid(), Sent::HUP).unwrap();
    node.until("unchanged", 1).await;
    task.abort();
}

#[tokio::test]
async fn a_changed_file_is_noticed_and_one_without_its_key_is_not_used() {
    let node = Node::new(Duration::from_millis(20));
    let task = node.start();
    let other = node.folder.path().join("other.key");
    put(&node.renewal.certificate, &other);
    node.until("failed", 2).await;
    assert_eq!(node.count("replaced"), 0);
    std::fs::rename(other, &node.renewal.private_key).unwrap();
    node.until("replaced", 1).await;
    task.abort();
}
