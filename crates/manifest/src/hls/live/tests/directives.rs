//! What `_HLS_msn`, `_HLS_part` and `_HLS_skip` ask for.
use super::*;

fn parse(query: &str) -> std::result::Result<Directives, Refused> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Directives::parse(pairs)
}

fn against(query: &str, window: &Window) -> Wait {
    parse(query).unwrap().against(window, Some(500))
}

fn until(msn: u64, part: Option<u64>) -> Wait {
    Wait::Until { msn, part }
}

fn is_refused(wait: Wait) -> bool {
    matches!(wait, Wait::Refuse(_))
}

#[test]
fn directives_are_read() {
    let expected = Directives {
        msn: Some(12),
        part: Some(3),
        skip: Some(Skip::Segments),
    };
    assert_eq!(
        parse("token=x&_HLS_msn=12&_HLS_part=3&_HLS_skip=YES"),
        Ok(expected)
    );
    assert_eq!(parse("_HLS_skip=v2").unwrap().skip, Some(Skip::DateRanges));
    assert_eq!(
        parse("_HLS_skip=no&_HLS_other=1"),
        Ok(Directives::default())
    );
    assert_eq!(parse(""), Ok(Directives::default()));
}

#[test]
fn a_part_without_a_segment_and_what_is_no_number_are_refused() {
    assert_eq!(parse("_HLS_part=0"), Err(Refused::PartWithoutMsn));
    for value in ["", "-1", "+1", "1.0", "0x1", "18446744073709551616", "x"] {
        assert_eq!(
            parse(&format!("_HLS_msn={value}")),
            Err(Refused::NoNumber { name: "_HLS_msn" }),
            "{value}"
        );
        assert_eq!(
            parse(&format!("_HLS_msn=1&_HLS_part={value}")),
            Err(Refused::NoNumber { name: "_HLS_part" }),
            "{value}"
        );
    }
    for twice in [
        "_HLS_msn=1&_HLS_msn=1",
        "_HLS_msn=1&_HLS_part=1&_HLS_part=2",
        "_HLS_skip=YES&_HLS_skip=v2",
    ] {
        assert!(matches!(parse(twice), Err(Refused::Twice { .. })));
    }
    assert!(parse(&format!("_HLS_msn={}", u64::MAX)).is_ok());
}

#[test]
fn without_directives_nothing_is_waited_for() {
    assert_eq!(against("_HLS_skip=YES", &window(10, 3, 1)), Wait::Answer);
}

#[test]
fn a_segment_alone_is_waited_for_until_it_is_whole() {
    let window = window(10, 3, 2);
    assert_eq!(against("_HLS_msn=12", &window), Wait::Answer);
    assert_eq!(against("_HLS_msn=13", &window), until(13, None));
    assert_eq!(against("_HLS_msn=14", &window), until(14, None));
    assert!(is_refused(against("_HLS_msn=15", &window)));
}

#[test]
fn two_segments_behind_the_last_can_be_waited_for_and_no_more() {
    let window = window(10, 3, 0);
    assert_eq!(against("_HLS_msn=14", &window), until(14, None));
    assert_eq!(
        against("_HLS_msn=15", &window),
        Wait::Refuse(Refused::TooFarAhead { msn: 15, most: 14 })
    );
    assert!(is_refused(against(
        "_HLS_msn=18446744073709551615",
        &window
    )));
}

#[test]
fn a_part_is_waited_for() {
    let window = window(10, 3, 2);
    assert_eq!(against("_HLS_msn=13&_HLS_part=1", &window), Wait::Answer);
    assert_eq!(
        against("_HLS_msn=13&_HLS_part=2", &window),
        until(13, Some(2))
    );
    assert_eq!(
        against("_HLS_msn=14&_HLS_part=0", &window),
        until(14, Some(0))
    );
    assert_eq!(against("_HLS_msn=12&_HLS_part=3", &window), Wait::Answer);
}

#[test]
fn parts_beyond_the_advance_limit_are_refused() {
    let window = window(10, 3, 2);
    let part = |part: u64, target| {
        let directives = parse(&format!("_HLS_msn=13&_HLS_part={part}")).unwrap();
        directives.against(&window, Some(target))
    };
    // 3 ÷ 0.5 s: six parts behind the last, which is part 1.
    assert_eq!(part(7, 500), until(13, Some(7)));
    assert!(is_refused(part(8, 500)));
    // 3 ÷ 0.4 s: 7.5.
    assert_eq!(part(8, 400), until(13, Some(8)));
    assert!(is_refused(part(9, 400)));
    assert_eq!(part(4, 1000), until(13, Some(4)));
    assert!(is_refused(part(5, 1000)));
    assert!(is_refused(part(u64::MAX, 500)));
    // Nothing is there of the segment after.
    assert_eq!(
        against("_HLS_msn=14&_HLS_part=5", &window),
        until(14, Some(5))
    );
    assert!(is_refused(against("_HLS_msn=14&_HLS_part=6", &window)));
}

#[test]
fn a_part_behind_the_last_of_its_segment_is_the_first_of_the_next() {
    let mut window = window(10, 3, 0);
    assert_eq!(
        against("_HLS_msn=12&_HLS_part=4", &window),
        until(13, Some(0))
    );
    assert_eq!(
        against("_HLS_msn=12&_HLS_part=99", &window),
        until(13, Some(0))
    );
    assert_eq!(against("_HLS_msn=11&_HLS_part=4", &window), Wait::Answer);
    window.segments.push(Arc::new(segment(13, 0, false)));
    assert_eq!(
        against("_HLS_msn=12&_HLS_part=4", &window),
        until(13, Some(0))
    );
    window.segments.pop();
    window.segments.push(Arc::new(segment(13, 1, false)));
    assert_eq!(against("_HLS_msn=12&_HLS_part=4", &window), Wait::Answer);
}

#[test]
fn a_gap_has_no_part_to_wait_for() {
    let mut window = window(10, 3, 0);
    change(&mut window, 12, gap);
    assert_eq!(
        against("_HLS_msn=12&_HLS_part=0", &window),
        until(13, Some(0))
    );
    assert_eq!(against("_HLS_msn=12", &window), Wait::Answer);
}

#[test]
fn a_segment_that_left_gets_the_whole_playlist() {
    let window = window(10, 3, 1);
    assert_eq!(against("_HLS_msn=2", &window), Wait::Answer);
    assert_eq!(against("_HLS_msn=9&_HLS_part=77", &window), Wait::Answer);
    let growing = super::window(10, 0, 1);
    assert_eq!(against("_HLS_msn=9&_HLS_part=4", &growing), Wait::Answer);
}

#[test]
fn directives_are_ignored_at_the_end() {
    let mut window = window(10, 3, 0);
    window.ended = true;
    for query in ["_HLS_msn=13", "_HLS_msn=99", "_HLS_msn=13&_HLS_part=50"] {
        assert_eq!(against(query, &window), Wait::Answer);
    }
    let skip = media(&view(&window));
    assert_eq!(delta(&view(&window), Skip::Segments), skip);
}

#[test]
fn without_parts_only_the_segment_counts() {
    let window = window(10, 3, 2);
    let wait = |query: &str| parse(query).unwrap().against(&window, None);
    assert_eq!(wait("_HLS_msn=13&_HLS_part=0"), until(13, None));
    assert_eq!(wait("_HLS_msn=12&_HLS_part=9"), Wait::Answer);
}

#[test]
fn a_request_waits_for_three_target_durations() {
    assert_eq!(longest_wait_ms(2000), 6000);
    assert_eq!(longest_wait_ms(1920), 6000);
}
