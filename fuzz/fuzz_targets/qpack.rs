//! Arbitrary bytes as a field section: fields or an error, within the limits; what was read can be
//! written and read again.
#![no_main]
use edgepack_h3::Limits;
use edgepack_h3::qpack::{FieldSection, write_field, write_prefix};
use libfuzzer_sys::fuzz_target;

fn read(section: &[u8], limits: &Limits) -> Option<Vec<(Vec<u8>, Vec<u8>, bool)>> {
    let mut section = FieldSection::new(section, limits).ok()?;
    let mut fields = Vec::new();
    while let Some(line) = section.next_line().ok()? {
        fields.push((line.name.to_vec(), line.value.to_vec(), line.never_indexed));
    }
    Some(fields)
}

fuzz_target!(|section: &[u8]| {
    let limits = Limits::default();
    let Some(fields) = read(section, &limits) else {
        return;
    };
    let size: usize = fields
        .iter()
        .map(|(name, value, _)| name.len() + value.len() + 32)
        .sum();
    assert!(size as u64 <= limits.max_field_section_size);

    let mut written = Vec::new();
    write_prefix(&mut written);
    for (name, value, never_indexed) in &fields {
        let Ok(name) = std::str::from_utf8(name) else {
            return;
        };
        write_field(name, value, *never_indexed, &mut written);
    }
    assert_eq!(read(&written, &limits).as_ref(), Some(&fields));
});
