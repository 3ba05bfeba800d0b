//! Names and the order of a period's renditions.
use std::cmp::Reverse;

use super::{Kind, Media, Rendition, TextForm};

/// Sorts by kind and names those that have no name yet; returns each rendition's name in the order given.
pub(crate) fn name_and_sort(renditions: &mut [Rendition], period: usize) -> Vec<String> {
    let mut order: Vec<usize> = (0..renditions.len()).collect();
    // Stable: equal bandwidths stay in the order of the sources, all but video in that of its first appearance.
    order.sort_by_key(|index| renditions.get(*index).map(rank));
    let prefix = match period {
        0 => String::new(),
        _ => format!("p{}-", period + 1),
    };
    let mut names = vec![String::new(); order.len()];
    let given = renditions.iter().filter(|r| !r.name.is_empty());
    let mut taken: Vec<String> = given.map(|r| r.name.clone()).collect();
    for index in &order {
        let Some(rendition) = renditions.get_mut(*index) else {
            continue;
        };
        if !rendition.name.is_empty() {
            names[*index].clone_from(&rendition.name);
            continue;
        }
        let stem = format!("{prefix}{}", rendition.media.stem(&rendition.language));
        let suffix = match rendition.media {
            Media::Text {
                form: TextForm::WebVtt,
            } => "-vtt",
            _ => "",
        };
        let mut name = format!("{stem}{suffix}");
        let mut number = 1;
        while taken.contains(&name) {
            number += 1;
            name = format!("{stem}-{number}{suffix}");
        }
        taken.push(name.clone());
        names[*index].clone_from(&name);
        rendition.name = name;
    }
    renditions.sort_by_key(rank);
    names
}

/// Video by falling bandwidth, then audio, text, images.
fn rank(rendition: &Rendition) -> (Kind, Option<Reverse<(u64, u64)>>) {
    let kind = rendition.kind();
    let weight = Reverse((rendition.peak_bandwidth, rendition.average_bandwidth));
    (kind, (kind == Kind::Video).then_some(weight))
}
