//! What the tables of a fragmented movie take in memory.
use super::*;

const SAMPLES: u32 = 100_000;

/// Pictures of no common size, in fragments of `per_fragment`.
fn pictures(per_fragment: usize, variable_rate: bool) -> Sparse {
    let mut all = samples(SAMPLES, 1600, 0);
    let mut decode_time = 0;
    for sample in &mut all {
        sample.size = 200 + sample.index * 7919 % 65_000;
        sample.composition_offset = [3200, 8000, 3200, 0, 1600][sample.index as usize % 5];
        sample.is_sync = sample.index % 48 == 0;
        sample.duration += u32::from(variable_rate) * (sample.index % 2);
        sample.decode_time = decode_time;
        decode_time += u64::from(sample.duration);
    }
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    for (sequence, part) in (1..).zip(all.chunks(per_fragment)) {
        append(
            &mut file,
            sequence,
            &[Traf::new(1, part[0].decode_time, part)],
            0,
        );
    }
    file
}

#[test]
fn tables_of_fragments_cost_no_more_than_24_bytes_a_sample() {
    for (per_fragment, variable_rate, most) in [
        (48, false, 13),
        (48, true, 21),
        (1, false, 20),
        (1, true, 24),
    ] {
        let movie = read(&pictures(per_fragment, variable_rate)).unwrap();
        let held = movie.moov.len() as u64 + movie.tracks[0].samples.held();
        let header = 1000;
        assert!(
            held <= most * u64::from(SAMPLES) + header,
            "{per_fragment} a fragment: {held} bytes"
        );
    }
}

#[test]
fn sound_costs_less() {
    let mut all = samples(SAMPLES, 1024, 0);
    all.iter_mut()
        .for_each(|sample| sample.size = 100 + sample.index * 7919 % 600);
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    for (sequence, part) in (1..).zip(all.chunks(46)) {
        append(
            &mut file,
            sequence,
            &[Traf::new(1, part[0].decode_time, part)],
            0,
        );
    }
    let movie = read(&file).unwrap();
    let held = movie.moov.len() as u64 + movie.tracks[0].samples.held();
    assert!(held < 3 * u64::from(SAMPLES), "{held} bytes");
}
