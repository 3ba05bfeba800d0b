#![allow(clippy::unwrap_used)]
use super::*;

fn measured(integrated: f64, true_peak: f64) -> Measured {
    Measured {
        integrated: Some(integrated),
        true_peak: Some(true_peak),
    }
}

fn printed(input_i: &str, input_tp: &str) -> Vec<String> {
    [
        "Stream #0:0: Audio: pcm_s16le",
        "[Parsed_loudnorm_1 @ 0x55d989ba8440]",
        "{",
        &format!("\t\"input_i\" : \"{input_i}\","),
        &format!("\t\"input_tp\" : \"{input_tp}\","),
        "\t\"normalization_type\" : \"dynamic\"",
        "}",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn what_ffmpeg_prints_is_read() {
    assert_eq!(
        Measured::parse(&printed("-21.82", "-17.68")),
        Some(measured(-21.82, -17.68))
    );
    let silence = Measured {
        integrated: None,
        true_peak: None,
    };
    assert_eq!(Measured::parse(&printed("-inf", "-inf")), Some(silence));
    assert_eq!(Measured::parse(&printed("-70.00", "-inf")), Some(silence));
    assert_eq!(Measured::parse(&printed("loud", "-1")), None);
    assert_eq!(Measured::parse(&[]), None);
}

#[test]
fn a_quiet_track_is_raised_and_a_loud_one_lowered() {
    assert_eq!(measured(-23.0, -12.0).gain(-16.0), 7.0);
    assert_eq!(measured(-9.0, 0.5).gain(-16.0), -7.0);
}

#[test]
fn peaks_stop_the_gain_below_the_ceiling() {
    let dynamic = measured(-27.0, -3.0);
    assert_eq!(dynamic.gain(-16.0), 2.0);
    assert!(dynamic.is_held_down(-16.0));
    assert!(!measured(-23.0, -12.0).is_held_down(-16.0));
    // Over full scale already: lowered, though it is not too loud.
    assert_eq!(measured(-20.0, 1.5).gain(-16.0), -2.5);
}

#[test]
fn silence_and_noise_are_not_blown_up() {
    let silence = Measured {
        integrated: None,
        true_peak: None,
    };
    assert_eq!(silence.gain(-16.0), 0.0);
    assert_eq!(measured(-65.0, -50.0).gain(-16.0), 24.0);
}
