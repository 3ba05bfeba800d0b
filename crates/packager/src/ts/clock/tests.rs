use super::*;

#[test]
fn a_time_is_rounded_to_the_nearest_tick() {
    assert_eq!(ticks(1001, 30_000), 3003);
    assert_eq!(ticks(1024, 44_100), 2090, "2089.796");
    assert_eq!(ticks(-1024, 44_100), -2090);
    assert_eq!(ticks(1, 180_000), 1, "halves go up");
    assert_eq!(ticks(-1, 180_000), 0);
    assert_eq!(ticks(7, 0), 630_000, "no timescale is 0");
}

#[test]
fn rounding_does_not_add_up_over_ten_hours() {
    let frames = 10 * 3600 * 44_100 / 1024;
    let exact = i128::from(frames) * 1024 * 90_000 / 44_100;
    assert!((i128::from(ticks(frames * 1024, 44_100)) - exact).abs() <= 1);
}

#[test]
fn presentation_time_0_is_ten_seconds_and_times_before_it_are_not_negative() {
    assert_eq!(timestamp(0), 900_000);
    assert_eq!(timestamp(-1920), 898_080);
}

#[test]
fn timestamps_wrap_after_33_bits() {
    let last = (1i64 << 33) - 1 - 900_000;
    assert_eq!(timestamp(last), (1 << 33) - 1);
    assert_eq!(timestamp(last + 1), 0);
    assert_eq!(timestamp(-900_001), (1 << 33) - 1);
    for ticks in [i64::MIN, i64::MAX] {
        assert!(timestamp(ticks) < 1 << 33);
    }
}

#[test]
fn all_33_bits_of_a_timestamp_are_written_between_marker_bits() {
    let all = (1i64 << 33) - 1 - 900_000;
    assert_eq!(pes_timestamp(0b0010, all), [0x2f, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(pes_timestamp(0b0011, -900_000), [0x31, 0, 1, 0, 1]);
    assert_eq!(pes_timestamp(0b0010, 0), [0x21, 0x00, 0x37, 0x77, 0x41]);
}

#[test]
fn a_clock_reference_has_its_reserved_bits_set_and_no_extension() {
    assert_eq!(program_clock_reference(-900_000), [0, 0, 0, 0, 0x7e, 0]);
    assert_eq!(
        program_clock_reference((1 << 33) - 1 - 900_000),
        [255, 255, 255, 255, 0xfe, 0]
    );
}
