//! What slice headers of further layers need of video parameter sets (ITU-T H.265, 7.3.2.1 and F.7.3.2.1).
use super::HEADER;
use super::sps::RepFormat;
use super::syntax::{
    HrdCommon, four_offsets, hrd_parameters, index_bits, profile_tier_level,
    sub_layer_ordering_info,
};
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

/// nuh_layer_id has 6 bits, and 63 is reserved.
const MAX_LAYERS: usize = 63;
/// vps_num_layer_sets_minus1 and num_add_layer_sets are at most 1023 each.
const MAX_LAYER_SETS: u32 = 1023;
/// Scalability dimensions (table F.1).
const DIMENSIONS: usize = 16;
const DEPTH: usize = 0;
const VIEW: usize = 1;

/// A set of layers, bit i for the layer with index i.
type LayerSet = u64;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Vps {
    pub(super) id: u32,
    layers: Vec<Layer>,
    formats: Vec<RepFormat>,
    /// default_ref_layers_active_flag.
    pub(super) all_ref_layers_active: bool,
    pub(super) max_one_active_ref_layer: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layer {
    /// nuh_layer_id.
    id: u8,
    view: u32,
    pub(super) depth: bool,
    direct_ref_layers: LayerSet,
    /// Direct and indirect.
    ref_layers: LayerSet,
    sub_layers_max_minus1: u32,
    format: usize,
    pub(super) poc_lsb_not_present: bool,
    /// Of this layer, for the layer with index i.
    max_tid_il_ref_pics_plus1: Vec<u8>,
}

impl Vps {
    pub(super) fn parse(unit: &[u8]) -> Parse<Self> {
        let r = &mut BitReader::new(unit, HEADER);
        let id = r.u(4)?;
        let base_layer_internal = r.flag()?;
        let _base_layer_available = r.flag()?;
        let max_layers_minus1 = (r.u(6)? as usize).min(MAX_LAYERS - 1);
        let max_sub_layers_minus1 = r.u(3)?;
        let _temporal_id_nesting = r.flag()?;
        let _reserved_0xffff = r.u(16)?;
        profile_tier_level(r, true, max_sub_layers_minus1)?;
        sub_layer_ordering_info(r, max_sub_layers_minus1)?;
        let max_layer_id = r.u(6)?;
        let num_layer_sets_minus1 = r.ue_max(MAX_LAYER_SETS, "vps_num_layer_sets_minus1")?;
        // By nuh_layer_id; the first holds the base layer alone.
        let mut layer_sets: Vec<u64> = vec![1];
        for _ in 0..num_layer_sets_minus1 {
            let mut set = 0;
            for layer in 0..=max_layer_id {
                set |= u64::from(r.flag()?) << layer;
            }
            layer_sets.push(set);
        }
        if r.flag()? {
            skip_timing(r, max_sub_layers_minus1)?;
        }
        let mut vps = Self {
            id,
            layers: vec![Layer::default(); 1 + max_layers_minus1],
            ..Self::default()
        };
        for layer in &mut vps.layers {
            layer.sub_layers_max_minus1 = max_sub_layers_minus1;
        }
        if r.flag()? {
            r.align();
            if max_layers_minus1 > 0 && base_layer_internal {
                profile_tier_level(r, false, max_sub_layers_minus1)?;
            }
            vps.parse_extension(r, base_layer_internal, max_sub_layers_minus1, layer_sets)?;
        } else {
            vps.layers.truncate(1);
        }
        Ok(vps)
    }

    /// The layer with this nuh_layer_id, and its index.
    pub(super) fn layer(&self, id: u8) -> Parse<(usize, &Layer)> {
        self.layers
            .iter()
            .enumerate()
            .find(|(_, layer)| layer.id == id)
            .ok_or_else(|| format!("VPS {} has no layer {id}", self.id).into())
    }

    /// rep_format with this index, or the layer's own.
    pub(super) fn format(&self, layer: &Layer, index: Option<u32>) -> Parse<RepFormat> {
        let index = index.map_or(layer.format, |index| index as usize);
        self.formats
            .get(index)
            .copied()
            .ok_or_else(|| format!("VPS {} has no format {index}", self.id).into())
    }

    /// NumDirectRefLayers, and numRefLayerPics: how many of them have a picture that one with this TemporalId may refer to.
    pub(super) fn ref_layers(&self, index: usize, layer: &Layer, temporal_id: u8) -> (u32, u32) {
        let usable = indices(layer.direct_ref_layers).filter(|&reference| {
            let Some(reference) = self.layers.get(reference) else {
                return false;
            };
            let limit = reference.max_tid_il_ref_pics_plus1.get(index);
            reference.sub_layers_max_minus1 >= u32::from(temporal_id)
                && (temporal_id == 0 || limit.is_none_or(|&limit| limit > temporal_id))
        });
        let usable = u32::try_from(usable.count()).unwrap_or(0);
        (layer.direct_ref_layers.count_ones(), usable)
    }

    /// vps_extension() up to poc_lsb_not_present_flag, without its first profile.
    fn parse_extension(
        &mut self,
        r: &mut BitReader<'_>,
        base_layer_internal: bool,
        max_sub_layers_minus1: u32,
        layer_sets: Vec<u64>,
    ) -> Parse<()> {
        self.parse_layers(r)?;
        self.parse_dependencies(r)?;
        let layer_sets = self.parse_layer_sets(r, layer_sets)?;
        if r.flag()? {
            for layer in &mut self.layers {
                layer.sub_layers_max_minus1 = r.u(3)?;
            }
        }
        self.parse_max_tid(r)?;
        self.all_ref_layers_active = r.flag()?;
        let profiles_minus1 = r.ue_max(63, "vps_num_profile_tier_level_minus1")?;
        for _ in if base_layer_internal { 2 } else { 1 }..=profiles_minus1 {
            let profile_present = r.flag()?;
            profile_tier_level(r, profile_present, max_sub_layers_minus1)?;
        }
        self.skip_output_layer_sets(r, &layer_sets, profiles_minus1)?;
        self.parse_formats(r, base_layer_internal)?;
        self.max_one_active_ref_layer = r.flag()?;
        let _poc_lsb_aligned = r.flag()?;
        for layer in &mut self.layers[1..] {
            if layer.direct_ref_layers == 0 {
                layer.poc_lsb_not_present = r.flag()?;
            }
        }
        Ok(())
    }

    /// Identifiers and scalability dimensions.
    fn parse_layers(&mut self, r: &mut BitReader<'_>) -> Parse<()> {
        let splitting = r.flag()?;
        let mut present = [false; DIMENSIONS];
        for present in &mut present {
            *present = r.flag()?;
        }
        let types = || (0..DIMENSIONS).filter(|&kind| present[kind]);
        let coded = types().count().saturating_sub(usize::from(splitting));
        let mut bits = [0; DIMENSIONS];
        for bits in &mut bits[..coded] {
            *bits = 1 + r.u(3)?;
        }
        let ids_present = r.flag()?;
        for index in 1..self.layers.len() {
            let mut id = index as u32;
            if ids_present {
                id = r.u(6)?;
            }
            let layer = &mut self.layers[index];
            layer.id = u8::try_from(id).unwrap_or(u8::MAX);
            let mut offset = 0;
            for (kind, &bits) in types().zip(&bits) {
                let value = if !splitting {
                    r.u(bits)?
                } else if bits == 0 || offset + bits > 6 {
                    // The last takes the bits that are left.
                    id >> offset.min(6)
                } else {
                    id >> offset & ((1 << bits) - 1)
                };
                offset += bits;
                match kind {
                    DEPTH => layer.depth = value != 0,
                    VIEW => layer.view = value,
                    _ => {}
                }
            }
        }
        let view_id_bits = r.u(4)?;
        if view_id_bits > 0 {
            for index in 0..self.layers.len() {
                let view = self.layers[index].view;
                if self.layers[..index].iter().all(|other| other.view != view) {
                    let _view_id_val = r.u(view_id_bits)?;
                }
            }
        }
        Ok(())
    }

    fn parse_dependencies(&mut self, r: &mut BitReader<'_>) -> Parse<()> {
        for index in 1..self.layers.len() {
            let mut direct: LayerSet = 0;
            for other in 0..index {
                direct |= u64::from(r.flag()?) << other;
            }
            let through = indices(direct).fold(0, |set, other| set | self.layers[other].ref_layers);
            self.layers[index].direct_ref_layers = direct;
            self.layers[index].ref_layers = direct | through;
        }
        Ok(())
    }

    /// All layer sets, those added in the extension too, each by layer index.
    fn parse_layer_sets(&self, r: &mut BitReader<'_>, by_id: Vec<u64>) -> Parse<Vec<LayerSet>> {
        let mut sets: Vec<LayerSet> = by_id
            .into_iter()
            .map(|ids| self.set_of(|layer| ids >> layer.id & 1 == 1))
            .collect();
        // Each independent layer and those that depend on it and on no independent one before, in order.
        let mut taken: LayerSet = 0;
        let mut trees = Vec::new();
        for (root, layer) in self.layers.iter().enumerate() {
            if layer.direct_ref_layers == 0 {
                let predicted: LayerSet = (0..self.layers.len())
                    .filter(|&other| self.layers[other].ref_layers >> root & 1 == 1)
                    .fold(0, |set, other| set | 1 << other);
                let tree = 1 << root | predicted & !taken;
                taken |= tree;
                trees.push(tree);
            }
        }
        if trees.len() > 1 {
            for _ in 0..r.ue_max(MAX_LAYER_SETS, "num_add_layer_sets")? {
                let mut set = 0;
                for &tree in &trees[1..] {
                    let size = u64::from(tree.count_ones());
                    let take = r.u(index_bits(size + 1))? as usize;
                    set |= indices(tree).take(take).fold(0, |set, i| set | 1 << i);
                }
                sets.push(set);
            }
        }
        Ok(sets)
    }

    fn parse_max_tid(&mut self, r: &mut BitReader<'_>) -> Parse<()> {
        let count = self.layers.len();
        for layer in &mut self.layers {
            layer.max_tid_il_ref_pics_plus1 = vec![7; count];
        }
        if r.flag()? {
            for reference in 0..self.layers.len() - 1 {
                for index in reference + 1..self.layers.len() {
                    if self.layers[index].direct_ref_layers >> reference & 1 == 1 {
                        let limit = u8::try_from(r.u(3)?).unwrap_or(7);
                        self.layers[reference].max_tid_il_ref_pics_plus1[index] = limit;
                    }
                }
            }
        }
        Ok(())
    }

    fn skip_output_layer_sets(
        &self,
        r: &mut BitReader<'_>,
        layer_sets: &[LayerSet],
        profiles_minus1: u32,
    ) -> Parse<()> {
        let count = layer_sets.len();
        let (mut added, mut default_output) = (0, 0);
        if count > 1 {
            added = r.ue_max(MAX_LAYER_SETS, "num_add_olss")? as usize;
            default_output = r.u(2)?;
        }
        // NumLayerSets − 1 sets can be chosen.
        let choice_bits = index_bits(count as u64 - 1);
        for index in 1..count + added {
            let mut chosen = index;
            if index >= count {
                chosen = 1;
                if count > 2 {
                    chosen += r.u(choice_bits)? as usize;
                }
            }
            let set = *layer_sets
                .get(chosen)
                .ok_or("output layer set of an unknown layer set")?;
            let said = default_output >= 2 || index >= count;
            let mut output: LayerSet = 0;
            for layer in indices(set) {
                let is_output = if said {
                    r.flag()?
                } else {
                    // All, or the highest alone.
                    default_output == 0 || set >> layer == 1
                };
                output |= u64::from(is_output) << layer;
            }
            let necessary = indices(output).fold(output, |necessary, layer| {
                necessary | self.layers[layer].ref_layers
            });
            if profiles_minus1 > 0 {
                for _ in indices(set & necessary) {
                    let _profile_tier_level_idx =
                        r.u(index_bits(u64::from(profiles_minus1) + 1))?;
                }
            }
            let single = indices(output).next().filter(|_| output.count_ones() == 1);
            if single.is_some_and(|layer| self.layers[layer].direct_ref_layers != 0) {
                let _alt_output_layer = r.flag()?;
            }
        }
        Ok(())
    }

    fn parse_formats(&mut self, r: &mut BitReader<'_>, base_layer_internal: bool) -> Parse<()> {
        let formats_minus1 = r.ue_max(255, "vps_num_rep_formats_minus1")?;
        let mut format = RepFormat::default();
        for _ in 0..=formats_minus1 {
            format.width = r.u(16)?;
            format.height = r.u(16)?;
            if r.flag()? {
                format.chroma_format_idc = r.u(2)?;
                format.separate_colour_plane = format.chroma_format_idc == 3 && r.flag()?;
                let _bit_depths = r.u(8)?;
            }
            if r.flag()? {
                four_offsets(r)?;
            }
            self.formats.push(format);
        }
        let said = formats_minus1 > 0 && r.flag()?;
        let bits = index_bits(u64::from(formats_minus1) + 1);
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.format = index.min(formats_minus1 as usize);
            if said && (index > 0 || !base_layer_internal) {
                layer.format = r.u(bits)? as usize;
            }
        }
        Ok(())
    }

    fn set_of(&self, wanted: impl Fn(&Layer) -> bool) -> LayerSet {
        let layers = self.layers.iter().enumerate();
        layers
            .filter(|(_, layer)| wanted(layer))
            .fold(0, |set, (index, _)| set | 1 << index)
    }
}

fn indices(set: LayerSet) -> impl Iterator<Item = usize> {
    (0..MAX_LAYERS).filter(move |&index| set >> index & 1 == 1)
}

fn skip_timing(r: &mut BitReader<'_>, max_sub_layers_minus1: u32) -> Parse<()> {
    let _num_units_in_tick = r.u(32)?;
    let _time_scale = r.u(32)?;
    if r.flag()? {
        let _num_ticks_poc_diff_one_minus1 = r.ue()?;
    }
    let mut common = HrdCommon::default();
    for i in 0..r.ue_max(MAX_LAYER_SETS + 1, "vps_num_hrd_parameters")? {
        let _hrd_layer_set_idx = r.ue()?;
        let common_present = i == 0 || r.flag()?;
        hrd_parameters(r, common_present, &mut common, max_sub_layers_minus1)?;
    }
    Ok(())
}
