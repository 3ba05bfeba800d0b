use proptest::prelude::*;

use super::*;

fn shown(width: u32, height: u32, rungs: &[Rung]) -> Vec<(u32, u32, u32)> {
    sizes(width, height, rungs)
        .iter()
        .map(|size| (size.class, size.width, size.height))
        .collect()
}

#[test]
fn full_hd_has_the_rungs_from_1080p_down() {
    assert_eq!(
        shown(1920, 1080, &Rung::ALL),
        [
            (1080, 1920, 1080),
            (720, 1280, 720),
            (480, 854, 480),
            (360, 640, 360)
        ]
    );
    assert_eq!(
        shown(1920, 1080, &[Rung::P360, Rung::P720]),
        [(720, 1280, 720), (360, 640, 360)]
    );
}

#[test]
fn wide_and_standing_pictures_fit_the_frame_of_their_rung() {
    assert_eq!(
        shown(1920, 800, &[Rung::P1080, Rung::P720]),
        [(1080, 1920, 800), (720, 1280, 534)]
    );
    assert_eq!(
        shown(1080, 1920, &[Rung::P1080, Rung::P360]),
        [(1080, 1080, 1920), (360, 360, 640)]
    );
    assert_eq!(
        shown(1440, 1080, &[Rung::P1080, Rung::P720]),
        [(1080, 1440, 1080), (720, 960, 720)]
    );
}

#[test]
fn a_picture_between_rungs_keeps_its_own_size() {
    assert_eq!(shown(1600, 900, &Rung::ALL)[0], (900, 1600, 900));
    assert_eq!(shown(1600, 900, &Rung::ALL)[1], (720, 1280, 720));
    // Hardly larger than 720p: not worth a rung.
    assert_eq!(shown(1366, 768, &Rung::ALL)[0], (720, 1280, 720));
    // What the largest wanted rung leaves away is left away on purpose.
    assert_eq!(
        shown(1600, 900, &[Rung::P720, Rung::P360])[0],
        (720, 1280, 720)
    );
}

#[test]
fn a_picture_below_all_rungs_is_the_only_one() {
    assert_eq!(shown(320, 180, &Rung::ALL), [(180, 320, 180)]);
    assert_eq!(shown(321, 181, &Rung::ALL), [(181, 322, 182)]);
}

#[test]
fn nearly_a_rung_is_the_rung_in_its_own_size() {
    assert_eq!(shown(1916, 1076, &[Rung::P1080]), [(1080, 1916, 1076)]);
}

proptest! {
    #[test]
    fn nothing_is_enlarged(width in 2u32..8000, height in 2u32..8000) {
        let all = sizes(width, height, &Rung::ALL);
        prop_assert!(!all.is_empty());
        for size in &all {
            // One more pixel at most, to an even number.
            prop_assert!(size.width <= width + 1 && size.height <= height + 1);
            prop_assert!(size.width % 2 == 0 && size.height % 2 == 0);
        }
        prop_assert!(all.windows(2).all(|pair| pair[0].class > pair[1].class));
    }
}
