//! Who the server is, and who we are.
use edgepack::config::{KeyProvider, KeyServer};
use edgepack::keys::{KeyError, KeySet};

use crate::support::{SERVER, get, request, server, store};

fn ask(port: u16, change: impl FnOnce(&mut KeyServer)) -> Result<std::sync::Arc<KeySet>, KeyError> {
    let url = format!("https://127.0.0.1:{port}/json/valid/{{content}}?labels={{labels}}");
    let mut server = KeyServer {
        ca_file: Some(SERVER.file("ca.pem")),
        max_attempts: 1,
        ..server(url)
    };
    change(&mut server);
    let store = store(KeyProvider::Http {
        server,
        post: false,
    });
    get(&store, &request("film"))
}

fn refused(result: Result<std::sync::Arc<KeySet>, KeyError>) -> String {
    match result.unwrap_err() {
        KeyError::Unreachable(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_certified_by_our_ca_is_asked() {
    ask(SERVER.tls, |_| {}).unwrap();
    ask(SERVER.tls, |server| {
        server.url = server.url.replace("127.0.0.1", "localhost");
    })
    .unwrap();
}

#[test]
fn a_server_of_an_unknown_ca_is_not() {
    let why = refused(ask(SERVER.tls, |server| {
        server.ca_file = Some(SERVER.file("other-ca.pem"));
    }));
    assert!(why.contains("invalid peer certificate"), "{why}");
}

#[test]
fn a_server_by_another_name_is_not() {
    // The whole of 127/8 is this machine; the certificate names one address.
    let why = refused(ask(SERVER.tls, |server| {
        server.url = server.url.replace("127.0.0.1", "127.0.0.2");
    }));
    assert!(
        why.contains("certificate") || why.contains("refused"),
        "{why}"
    );
}

#[test]
fn plain_http_is_not_taken_for_tls() {
    let why = refused(ask(SERVER.plain, |_| {}));
    assert!(why.contains("TLS"), "{why}");
}

#[test]
fn a_server_that_asks_who_we_are_is_shown_our_certificate() {
    let client = |name: &'static str| {
        move |server: &mut KeyServer| {
            server.client_certificate = Some(SERVER.file(&format!("{name}-client.pem")));
            server.client_key = Some(SERVER.file(&format!("{name}-client.key")));
        }
    };
    ask(SERVER.mutual, client("ca")).unwrap();
    refused(ask(SERVER.mutual, |_| {}));
    refused(ask(SERVER.mutual, client("other-ca")));
}
