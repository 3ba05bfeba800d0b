//! Headers and segments that are on disk alone: of earlier lives of the channel, and before its window.
use edgepack_packager::HeaderProtection;

use super::{of_header, of_media};
use crate::delivery::route::{AssetRoute, Epoch, Leaf};
use crate::delivery::{Fault, Representation, Sending};
use crate::origin::live::faults;
use crate::origin::live::protection::Cover;
use crate::origin::live::viewers::Asked;

/// # Errors
/// 404 for what is not recorded, and for parts: who comes later gets whole segments.
pub(super) async fn get(
    asked: &Asked<'_>,
    route: &AssetRoute<'_>,
    track: &str,
    epoch: Epoch,
) -> Result<Representation, Fault> {
    let channel = asked.channel;
    let archive = channel.archive.as_ref();
    let archive = archive.ok_or_else(faults::no_such_segment)?;
    let protection = route.protection;
    // Of the crypto period that a segment lies in.
    let keyed = async |number: u64| {
        let keyed = channel.keyed_for(protection, asked.keys, epoch, number..=number);
        let keyed = keyed.await?;
        let index = keyed.is_some().then(|| channel.track(track)).transpose()?;
        Ok::<_, Fault>(keyed.zip(index.map(|(index, _)| index)))
    };
    match &route.leaf {
        Leaf::LiveInit {
            header: number,
            crypto,
            ..
        } => {
            let of = archive.header(track, epoch.0, *number);
            let of = of.ok_or_else(faults::no_such_segment)?;
            let numbers = channel.numbers_of_header(epoch, *crypto);
            // Keys that nothing is under are nobody's to ask for.
            if protection.needs_key() && !archive.has(track, (epoch.0, *number), &numbers) {
                return Err(faults::no_such_segment());
            }
            let keyed = keyed(numbers.start).await?;
            let protection = match &keyed {
                Some((keyed, index)) => keyed.track(*index)?.header(*crypto),
                None => (*crypto == 0).then_some(HeaderProtection::Clear),
            };
            let protection = protection.ok_or_else(faults::no_such_segment)?;
            let bytes = of.header.cmaf(of.timescale, protection, &[]);
            let bytes = bytes.map_err(|error| faults::bad_header(&error))?;
            Ok(of_header(bytes, of.header.kind()))
        }
        Leaf::LiveSegment { number, .. } => {
            let of = archive.header_of(track, epoch.0, *number);
            let of = of.ok_or_else(faults::no_such_segment)?;
            let cover = match keyed(*number).await? {
                None => Cover::Clear,
                Some((keyed, index)) => {
                    let track = keyed.track(index)?;
                    track.cover(channel, *number, of.header.codec())?
                }
            };
            let entry = archive.segment(track, protection, (epoch.0, *number), cover);
            let name = format!("recorded/{track}/{number}");
            let of_name = (epoch, protection, name.as_str());
            Ok(of_media(
                channel,
                of_name,
                of.header.kind(),
                entry,
                Sending::AsItGrows,
            ))
        }
        _ => Err(faults::no_such_segment()),
    }
}
