#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn identity() -> Identity {
    Identity {
        session: "6e2fb550-c457-11e9-bb97-0800200c9a66".into(),
        content: "film".into(),
        dash: Some(false),
    }
}

fn report() -> Report {
    Report {
        object: Some(Object::Media(Kind::Video)),
        bandwidth: Some(3_200_001),
        duration: Some(4.004),
        buffered: Some(21.34),
        throughput: Some(25_440_000.0),
        starting: true,
        starved: true,
        live: Some(false),
    }
}

#[test]
fn headers_carry_each_key_where_it_belongs() {
    let mut headers = HeaderMap::new();
    let mut url: Url = "http://localhost/1.m4s".parse().unwrap();
    report().put(Cmcd::Header, &identity(), &mut url, &mut headers);
    assert_eq!(headers["cmcd-request"], "bl=21300,mtp=25400,su");
    assert_eq!(headers["cmcd-object"], "br=3201,d=4004,ot=v");
    assert_eq!(headers["cmcd-status"], "bs");
    assert_eq!(
        headers["cmcd-session"],
        "cid=\"film\",sf=h,sid=\"6e2fb550-c457-11e9-bb97-0800200c9a66\",st=v"
    );
    assert_eq!(url.query(), None);
}

#[test]
fn the_query_has_all_keys_in_the_order_of_the_alphabet() {
    let mut url: Url = "http://localhost/1.m4s?a=1".parse().unwrap();
    report().put(Cmcd::Query, &identity(), &mut url, &mut HeaderMap::new());
    let (name, value) = url.query_pairs().nth(1).unwrap();
    assert_eq!(name, "CMCD");
    let keys: Vec<_> = value
        .split(',')
        .map(|key| key.split('=').next().unwrap())
        .collect();
    let expected = [
        "bl", "br", "bs", "cid", "d", "mtp", "ot", "sf", "sid", "st", "su",
    ];
    assert_eq!(keys, expected);
}
