//! The parameter sets in force, by identifier.
use super::pps::Pps;
use super::sps::{PictureFormat, RepFormat, Sps};
use super::vps::{Layer, Vps};
use super::{UnitHeader, nal};
use crate::sample::{Parse, Reason};

/// Few, so that a scan finds them; identifiers and layers bound their number.
#[derive(Debug, Default)]
pub(super) struct ParameterSets {
    vps: Vec<(u32, Parse<Vps>)>,
    sps: Vec<Set<Sps>>,
    pps: Vec<Set<Pps>>,
}

/// A parameter set and the nuh_layer_id of its NAL unit.
#[derive(Debug)]
struct Set<T> {
    layer: u8,
    set: T,
}

/// What the header of one slice depends on.
#[derive(Debug)]
pub(super) struct SliceContext<'a> {
    pub(super) pps: &'a Pps,
    pub(super) sps: &'a Sps,
    pub(super) format: RepFormat,
    pub(super) inter_layer: Option<InterLayer<'a>>,
}

/// Of a slice whose layer is not the base.
#[derive(Debug)]
pub(super) struct InterLayer<'a> {
    pub(super) vps: &'a Vps,
    pub(super) layer: &'a Layer,
    /// NumDirectRefLayers.
    pub(super) direct_ref_layers: u32,
    /// numRefLayerPics.
    pub(super) ref_layer_pics: u32,
}

impl ParameterSets {
    /// Takes in a parameter set, in place of one with the same identifier and layer. Other NAL units are passed over.
    pub(super) fn learn(&mut self, header: UnitHeader, unit: &[u8]) -> Parse<()> {
        let layer = header.layer;
        match header.kind {
            // Decoders of the base layer do not read its extension, so a fault there matters to further layers only.
            nal::VPS => {
                let id = u32::from(*unit.get(super::HEADER).ok_or("NAL unit ends too early")? >> 4);
                self.vps.retain(|(other, _)| *other != id);
                self.vps.push((id, Vps::parse(unit)));
            }
            nal::SPS => {
                let set = Sps::parse(unit, layer)?;
                replace(&mut self.sps, Set { layer, set }, |set| set.id);
            }
            nal::PPS => {
                let set = Pps::parse(unit)?;
                replace(&mut self.pps, Set { layer, set }, |set| set.id);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn context(&self, header: UnitHeader, pps_id: u32) -> Parse<SliceContext<'_>> {
        let pps = find(&self.pps, header.layer, |set| set.id == pps_id)
            .ok_or_else(|| unknown("PPS", pps_id))?;
        let sps = find(&self.sps, header.layer, |set| set.id == pps.sps_id)
            .ok_or_else(|| unknown("SPS", pps.sps_id))?;
        let mut inter_layer = None;
        if header.layer > 0 {
            inter_layer = Some(self.inter_layer(header, sps.vps_id)?);
        }
        let format = match (sps.format, &inter_layer) {
            (PictureFormat::Said(format), _) => format,
            (PictureFormat::OfVps(index), Some(inter)) => inter.vps.format(inter.layer, index)?,
            (PictureFormat::OfVps(_), None) => {
                return Err("a base layer's SPS without picture format".into());
            }
        };
        Ok(SliceContext {
            pps,
            sps,
            format,
            inter_layer,
        })
    }

    fn inter_layer(&self, header: UnitHeader, vps_id: u32) -> Parse<InterLayer<'_>> {
        let (_, vps) = self
            .vps
            .iter()
            .find(|(id, _)| *id == vps_id)
            .ok_or_else(|| unknown("VPS", vps_id))?;
        let vps = vps
            .as_ref()
            .map_err(|Reason(why)| Reason::from(format!("VPS {vps_id}: {why}")))?;
        let (index, layer) = vps.layer(header.layer)?;
        if layer.depth {
            return Err("depth layers of 3D-HEVC are not supported".into());
        }
        let (direct_ref_layers, ref_layer_pics) = vps.ref_layers(index, layer, header.temporal_id);
        Ok(InterLayer {
            vps,
            layer,
            direct_ref_layers,
            ref_layer_pics,
        })
    }
}

/// The latest that a slice of this layer may use: those of layers above it are not its own (F.7.4.1.4.1).
fn find<T>(sets: &[Set<T>], layer: u8, wanted: impl Fn(&T) -> bool) -> Option<&T> {
    sets.iter()
        .rev()
        .find(|set| set.layer <= layer && wanted(&set.set))
        .map(|set| &set.set)
}

fn replace<T>(sets: &mut Vec<Set<T>>, set: Set<T>, id: impl Fn(&T) -> u32) {
    sets.retain(|other| other.layer != set.layer || id(&other.set) != id(&set.set));
    sets.push(set);
}

fn unknown(kind: &str, id: u32) -> Reason {
    format!("{kind} {id} is unknown").into()
}
