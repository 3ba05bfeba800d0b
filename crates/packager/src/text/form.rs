/// How text is carried in CMAF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextForm {
    /// IMSC1 text profile, `stpp`.
    Imsc1,
    /// WebVTT, `wvtt`.
    WebVtt,
}
