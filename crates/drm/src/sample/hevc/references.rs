//! What slice headers say of reference pictures (ITU-T H.265, 7.3.6.1 to 7.3.6.3 and F.7.3.6.1).
use super::params::{InterLayer, SliceContext};
use super::ref_pic_set::RefPicSet;
use super::syntax::index_bits;
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

/// num_ref_idx_active.
const MAX_REFERENCES: u32 = 15;
/// More than the decoded picture buffer holds.
const MAX_LONG_TERM: u32 = 33;

/// The reference pictures of one slice.
#[derive(Debug, Default)]
pub(super) struct References {
    /// NumPicTotalCurr.
    pub(super) total: u32,
    pub(super) temporal_mvp: bool,
    /// Lengths of the lists; only as many as the slice type has.
    pub(super) active: [u32; 2],
    /// Bit i of a list: entry i is the current picture itself.
    current: [u32; 2],
}

impl References {
    /// The pictures that an IDR picture does not have: from slice_pic_order_cnt_lsb's successor on.
    pub(super) fn parse_sets(&mut self, r: &mut BitReader<'_>, c: &SliceContext<'_>) -> Parse<()> {
        let known = &c.sps.short_term_ref_pic_sets;
        let set = if !r.flag()? {
            RefPicSet::parse(r, known, true)?
        } else {
            let index = r.u(index_bits(known.len() as u64))?;
            *known
                .get(index as usize)
                .ok_or_else(|| format!("the SPS has no reference picture set {index}"))?
        };
        self.total += set.used();
        if c.sps.long_term_ref_pics_present {
            self.parse_long_term(r, c)?;
        }
        self.temporal_mvp = c.sps.temporal_mvp_enabled && r.flag()?;
        Ok(())
    }

    /// Further layers: which pictures of others they refer to.
    pub(super) fn parse_inter_layer(
        &mut self,
        r: &mut BitReader<'_>,
        inter: &InterLayer<'_>,
    ) -> Parse<()> {
        if inter.vps.all_ref_layers_active {
            self.total += inter.ref_layer_pics;
            return Ok(());
        }
        if inter.direct_ref_layers == 0 || !r.flag()? {
            return Ok(());
        }
        let mut active = 1;
        if inter.direct_ref_layers > 1 {
            let bits = index_bits(u64::from(inter.direct_ref_layers));
            if !inter.vps.max_one_active_ref_layer {
                active = 1 + r.u(bits)?;
            }
            if inter.ref_layer_pics == 0 {
                active = 0;
            }
            if active != inter.direct_ref_layers {
                for _ in 0..active {
                    let _inter_layer_pred_layer_idc = r.u(bits)?;
                }
            }
        } else if inter.ref_layer_pics == 0 {
            active = 0;
        }
        self.total += active;
        Ok(())
    }

    /// Lengths and modifications of the lists of a slice with this many.
    pub(super) fn parse_lists(
        &mut self,
        r: &mut BitReader<'_>,
        c: &SliceContext<'_>,
        lists: usize,
    ) -> Parse<()> {
        self.total += u32::from(c.pps.curr_pic_ref_enabled);
        let said = r.flag()?;
        for (active, default) in self.active[..lists]
            .iter_mut()
            .zip(c.pps.num_ref_idx_default)
        {
            *active = if said {
                1 + r.ue_max(MAX_REFERENCES - 1, "num_ref_idx_active_minus1")?
            } else {
                default
            };
        }
        let may_modify = c.pps.lists_modification_present && self.total > 1;
        for list in 0..lists {
            let modified = may_modify && r.flag()?;
            let active = self.active[list];
            for i in 0..active {
                let entry = if modified {
                    r.u(index_bits(u64::from(self.total)))?
                } else {
                    i
                };
                // 8.3.4: the current picture ends each round through the pictures; the list, when that is shorter.
                let ends_round = entry % self.total.max(1) == self.total.saturating_sub(1);
                let ends_list = !modified && self.total > active && i + 1 == active;
                let is_current = c.pps.curr_pic_ref_enabled && (ends_round || ends_list);
                self.current[list] |= u32::from(is_current) << i;
            }
        }
        Ok(())
    }

    /// pred_weight_table (7.3.6.3). The current picture has no weights: its picture order count is its own.
    pub(super) fn skip_weights(
        &self,
        r: &mut BitReader<'_>,
        has_chroma: bool,
        lists: usize,
    ) -> Parse<()> {
        let _luma_log2_weight_denom = r.ue_max(7, "luma_log2_weight_denom")?;
        if has_chroma {
            let _delta_chroma_log2_weight_denom = r.se()?;
        }
        for list in 0..lists {
            let mut weighted = [[false; MAX_REFERENCES as usize]; 2];
            for flags in &mut weighted[..if has_chroma { 2 } else { 1 }] {
                for (i, flag) in (0..self.active[list]).zip(flags) {
                    *flag = self.current[list] >> i & 1 == 0 && r.flag()?;
                }
            }
            let [luma, chroma] = weighted;
            for (luma, chroma) in luma.into_iter().zip(chroma) {
                for _ in 0..usize::from(luma) * 2 + usize::from(chroma) * 4 {
                    let _weight_or_offset = r.se()?;
                }
            }
        }
        Ok(())
    }

    fn parse_long_term(&mut self, r: &mut BitReader<'_>, c: &SliceContext<'_>) -> Parse<()> {
        let known = &c.sps.long_term_used_by_curr;
        let from_sps = if known.is_empty() {
            0
        } else {
            r.ue_max(MAX_LONG_TERM, "num_long_term_sps")?
        };
        let own = r.ue_max(MAX_LONG_TERM, "num_long_term_pics")?;
        for i in 0..from_sps + own {
            let used = if i < from_sps {
                let index = r.u(index_bits(known.len() as u64))?;
                *known
                    .get(index as usize)
                    .ok_or_else(|| format!("the SPS has no long-term picture {index}"))?
            } else {
                let _poc_lsb_lt = r.u(c.sps.pic_order_cnt_lsb_bits)?;
                r.flag()?
            };
            self.total += u32::from(used);
            if r.flag()? {
                let _delta_poc_msb_cycle_lt = r.ue()?;
            }
        }
        Ok(())
    }
}
