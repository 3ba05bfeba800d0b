//! placeholder
#[derive(Debug)]
pub(in super::super) struct Harvest;
#[derive(Debug)]
pub(in super::super) struct HarvestError;
