use super::*;

fn packed(code: [u8; 3]) -> u16 {
    code.iter()
        .fold(0, |packed, letter| packed << 5 | u16::from(letter - 0x60))
}

#[test]
fn packed_codes_become_the_shortest_tag() {
    assert_eq!(from_mdhd(packed(*b"eng")), "en");
    assert_eq!(from_mdhd(packed(*b"deu")), "de");
    assert_eq!(from_mdhd(packed(*b"ger")), "de");
    assert_eq!(from_mdhd(packed(*b"haw")), "haw");
    assert_eq!(from_mdhd(packed(*b"und")), "und");
}

#[test]
fn what_is_no_code_is_undetermined() {
    // English in QuickTime's Macintosh numbering; unset; 31 lies behind z.
    for wrong in [0, 0x7fff, 19, packed(*b"en`")] {
        assert_eq!(from_mdhd(wrong), "und");
    }
}

#[test]
fn extended_tags_are_taken_over() {
    for (content, tag) in [
        (&b"pt-BR\0"[..], "pt-BR"),
        (b"eng\0", "en"),
        (b"por-BR", "pt-BR"),
        (b"zh-Hant-TW\0", "zh-Hant-TW"),
        (b"haw\0\0\0", "haw"),
    ] {
        assert_eq!(from_elng(content).as_deref(), Some(tag));
    }
}

#[test]
fn extended_tags_that_are_none_are_passed_over() {
    for content in [
        &b""[..],
        b"\0",
        b"en_US\0",
        b"en--US\0",
        b"\"quoted\"\0",
        b"toolongsubtag\0",
        b"\xc3\xa9\0",
    ] {
        assert_eq!(from_elng(content), None);
    }
    assert_eq!(from_elng(&b"ab-".repeat(30)), None);
}

#[test]
fn the_table_is_sorted() {
    assert!(ISO_639_2_TO_1.is_sorted_by(|a, b| a.0 < b.0));
}
