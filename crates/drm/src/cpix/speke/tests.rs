#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn check(status: u16, version: Option<&str>, content_type: Option<&str>) -> Result<(), Refusal> {
    check_answer(Version::V2_3, status, version, content_type)
}

#[test]
fn an_answer_of_the_version_asked_for_is_taken() {
    assert_eq!(check(200, Some("2.0"), Some("application/xml")), Ok(()));
    let parameters = Some("Application/XML; charset=utf-8");
    assert_eq!(check(200, Some(" 2.0 "), parameters), Ok(()));
    let asked = Version::V2_4;
    assert_eq!(
        check_answer(asked, 200, Some("2.1"), Some("text/xml")),
        Ok(())
    );
}

#[test]
fn an_answer_of_another_version_is_refused() {
    for version in [None, Some("1.0"), Some("2.1"), Some("")] {
        let refusal = check(200, version, Some("application/xml")).unwrap_err();
        assert_eq!(refusal, Refusal::OtherVersion("2.0"));
        assert!(!refusal.may_retry());
    }
}

#[test]
fn an_answer_that_is_not_xml_is_refused() {
    for content_type in [None, Some("application/json"), Some("")] {
        let refusal = check(200, Some("2.0"), content_type);
        assert_eq!(refusal, Err(Refusal::NotXml));
    }
}

#[test]
fn a_server_in_trouble_is_asked_again_and_one_that_refuses_is_not() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        assert!(
            check(status, None, None).unwrap_err().may_retry(),
            "{status}"
        );
    }
    for status in [204, 301, 400, 401, 403, 404, 422, 501, 505, 999] {
        assert_eq!(check(status, None, None), Err(Refusal::Refused(status)));
    }
}
