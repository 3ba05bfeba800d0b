//! A description as types. File names are relative to the description's folder, `/` between their parts.
pub use edgepack_packager::{
    Accessibility, CaptionChannel, Clip, ClosedCaptions, Kind, Role, Tiles,
};

/// What an asset is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub title: Option<String>,
    /// In order of play; never empty.
    pub periods: Vec<PeriodDescription>,
    pub captions: Vec<ClosedCaptions>,
}

impl Description {
    /// Every file that is named, once, in order.
    pub fn files(&self) -> Vec<&str> {
        let mut files = Vec::new();
        for track in self.periods.iter().flat_map(|period| &period.tracks) {
            if !files.contains(&track.file.as_str()) {
                files.push(track.file.as_str());
            }
        }
        files
    }

    /// Whether a period takes all media files of the description's folder.
    pub fn takes_folder(&self) -> bool {
        self.periods.iter().any(|period| period.tracks.is_empty())
    }
}

/// One piece of the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodDescription {
    pub clip: Clip,
    /// Empty: every track of all media files in the description's folder, as without a description.
    pub tracks: Vec<TrackDescription>,
}

/// A track of a file, or all of them, and what manifests say of it. What is absent is left to the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackDescription {
    pub file: String,
    /// `track_id`. Without it: every track of `kind`, or every track.
    pub id: Option<u32>,
    pub kind: Option<Kind>,
    /// BCP 47, in its canonical form.
    pub language: Option<String>,
    pub name: Option<String>,
    pub roles: Vec<Role>,
    pub default: Option<bool>,
    pub autoselect: Option<bool>,
    pub forced: bool,
    pub group: Option<String>,
    /// As written, or as it follows from `roles`.
    pub accessibility: Option<Accessibility>,
    /// HLS CHARACTERISTICS beyond those that follow from `accessibility`.
    pub characteristics: Vec<String>,
    /// DRM label.
    pub label: Option<String>,
    pub tiles: Option<Tiles>,
}
