//! The names of the rules, each with the text that it comes from.
//!
//! HLS: draft-pantos-hls-rfc8216bis. ISOBMFF: ISO/IEC 14496-12. CMAF: ISO/IEC 23000-19. DASH: ISO/IEC 23009-1. CENC:
//! ISO/IEC 23001-7. TS: ISO/IEC 13818-1.

// Media.

/// A byte range brings as many bytes as were asked for (RFC 9110, 14.4).
pub const LENGTH: &str = "length";
/// Boxes tile what contains them, each at least as long as its header (ISOBMFF 4.2).
pub const BOX_STRUCTURE: &str = "box-structure";
/// A header is `ftyp` and `moov` (CMAF 7.3.1; HLS 3.1.2: the Media Initialization Section).
pub const HEADER_BOXES: &str = "header-boxes";
/// A header's tracks are described, and announce fragments by `mvex` (ISOBMFF 8.8.1; HLS 3.1.2).
pub const HEADER_TRACKS: &str = "header-tracks";
/// The sample entries are of the codecs announced (RFC 6381, 3; HLS 4.4.6.2; DASH 5.3.7.2).
pub const CODECS: &str = "codecs";
/// A segment is one or more `moof`, each with its `mdat` right behind it, and no `moov` (CMAF 7.3.2.3; HLS 3.1.2).
pub const FRAGMENT_ORDER: &str = "fragment-order";
/// `mfhd` counts fragments in rising order (ISOBMFF 8.8.5).
pub const FRAGMENT_SEQUENCE: &str = "fragment-sequence";
/// `tfhd` names a track of the header (ISOBMFF 8.8.7).
pub const TRACK: &str = "track";
/// Addresses are relative to the fragment (HLS 3.1.2; CMAF 7.5.16).
pub const ABSOLUTE_ADDRESS: &str = "absolute-address";
/// `trun` tells offset and sizes of samples that lie in the fragment's `mdat` (ISOBMFF 8.8.8).
pub const SAMPLE_DATA: &str = "sample-data";
/// Every `traf` has a `tfdt` (HLS 3.1.2; CMAF 7.5.16).
pub const DECODE_TIME_MISSING: &str = "decode-time-missing";
/// Decode times go on where the samples before them ended (ISOBMFF 8.8.12; CMAF 7.3.2.3; HLS 6.2.1, 4.4.4.3).
pub const DECODE_TIME: &str = "decode-time";
/// A segment lasts as long as announced (HLS 4.4.4.1; DASH 7.2.1: `@duration` is exact to half of it).
pub const DURATION: &str = "duration";
/// A segment's earliest presentation time is that of the time line (DASH 5.3.9.6).
pub const MEDIA_TIME: &str = "media-time";
/// `senc` has an entry for each sample, whose subsamples add up to its size (CENC 7.2; ISOBMFF 8.7.8).
pub const SAMPLE_ENCRYPTION: &str = "sample-encryption";
/// What is announced as protected has protected sample entries, and the reverse (CENC 4; HLS 4.4.4.4; DASH 5.8.4.1).
pub const PROTECTION: &str = "protection";
/// A key file is the key, 16 octets, or 32 with AES-256 (HLS 5).
pub const KEY_LENGTH: &str = "key-length";
/// AES-128 with PKCS7 padding makes whole blocks, at least one (HLS 4.4.4.4, 5.2).
pub const BLOCKS: &str = "blocks";
/// Packets of 188 bytes that begin with 0x47, not scrambled (TS 2.4.3.2).
pub const TS_PACKETS: &str = "ts-packets";
/// A segment has a PAT and a PMT with right checksums before its media (HLS 3.1.1; TS 2.4.4).
pub const TS_TABLES: &str = "ts-tables";
/// Continuity counters count the packets with payload of a PID (TS 2.4.3.3).
pub const TS_CONTINUITY: &str = "ts-continuity";
/// Payload begins with PES packets that are well formed and timed (TS 2.4.3.7).
pub const TS_PES: &str = "ts-pes";
/// Packed audio begins with an ID3 tag of its timestamp (HLS 3.1.3).
pub const AUDIO_TIMESTAMP: &str = "audio-timestamp";
/// ADTS frames follow each other without bytes between them (ISO/IEC 14496-3, 1.A.3.2).
pub const AUDIO_FRAMES: &str = "audio-frames";
/// A WebVTT file has its signature, and cues that end after they begin (WebVTT 4.1; HLS 3.1.4).
pub const WEBVTT: &str = "webvtt";
/// The bytes are of no container that is known.
pub const CONTAINER: &str = "container";
/// The body has the digest that is expected of it.
pub const CHECKSUM: &str = "checksum";

// HLS, one playlist.

/// Tags and attribute lists are well formed (HLS 4.1, 4.2).
pub const HLS_SYNTAX: &str = "hls-syntax";
/// Tags that may stand once stand once (HLS 4.4.1.2, 4.4.3).
pub const HLS_ONCE: &str = "hls-once";
/// EXT-X-VERSION is high enough for every feature that is used (HLS 4.4.1.2, 8).
pub const HLS_VERSION: &str = "hls-version";
/// EXT-X-TARGETDURATION is there (HLS 4.4.3.1) and no segment, rounded to seconds, is longer (HLS 6.2.1).
pub const HLS_TARGET_DURATION: &str = "hls-target-duration";
/// Every segment has its EXTINF (HLS 4.4.4.1).
pub const HLS_EXTINF: &str = "hls-extinf";
/// Sequence numbers stand before what they count (HLS 4.4.3.2, 4.4.3.3).
pub const HLS_SEQUENCE_PLACE: &str = "hls-sequence-place";
/// Byte ranges say where they are (HLS 4.4.4.2, 4.4.4.5).
pub const HLS_BYTE_RANGE: &str = "hls-byte-range";
/// EXT-X-KEY has the attributes that its METHOD asks for (HLS 4.4.4.4).
pub const HLS_KEY: &str = "hls-key";
/// Segments of fragmented MP4 have an EXT-X-MAP (HLS 3.1.2).
pub const HLS_MAP: &str = "hls-map";
/// Within a discontinuity the dates of EXT-X-PROGRAM-DATE-TIME overlap by less than a second, and no segment wholly
/// (HLS 6.2.1).
pub const HLS_DATE: &str = "hls-date";
/// Parts need EXT-X-PART-INF, last no longer than PART-TARGET, and at least 85 % of it (HLS 4.4.3.7, 4.4.4.9).
pub const HLS_PART: &str = "hls-part";
/// Tags of a segment stand before its first part (HLS 4.4.4.9).
pub const HLS_PART_ORDER: &str = "hls-part-order";
/// The parts of a segment last no longer than the segment (HLS 4.4.4.9).
pub const HLS_PART_SUM: &str = "hls-part-sum";
/// Parts stand within three target durations of the end, no less and one segment more at most, and not in playlists of
/// I-frames; they leave in their order (HLS 4.4.4.9, 6.2.1, 6.2.2).
pub const HLS_PART_PLACE: &str = "hls-part-place";
/// HOLD-BACK is three target durations or more, PART-HOLD-BACK is there with parts and is two PART-TARGETs or more,
/// CAN-SKIP-UNTIL is six target durations or more (HLS 4.4.3.8).
pub const HLS_CONTROL: &str = "hls-server-control";
/// One EXT-X-PRELOAD-HINT of a TYPE, none when nothing comes any more, and what was hinted at is the next part unless a
/// discontinuity changed the plan (HLS 4.4.5.3, 6.2.6).
pub const HLS_HINT: &str = "hls-preload-hint";
/// EXT-X-STREAM-INF has BANDWIDTH and a URI (HLS 4.4.6.2).
pub const HLS_VARIANT: &str = "hls-variant";
/// EXT-X-MEDIA has what its TYPE asks for (HLS 4.4.6.1).
pub const HLS_RENDITION: &str = "hls-rendition";
/// Groups have members, of different names, one default at most (HLS 4.4.6.1.1).
pub const HLS_GROUP: &str = "hls-group";

// HLS, from one load to the next.

/// EXT-X-MEDIA-SEQUENCE never goes back, nor does the end of the list (HLS 4.4.3.2, 6.2.1, 6.2.2).
pub const HLS_BACKWARDS: &str = "hls-backwards";
/// Segments that were announced stay what they are (HLS 6.2.1).
pub const HLS_CHANGED: &str = "hls-changed";
/// EXT-X-TARGETDURATION never changes (HLS 4.4.3.1).
pub const HLS_TARGET_CHANGED: &str = "hls-target-changed";
/// EXT-X-DISCONTINUITY-SEQUENCE counts discontinuities that left the list (HLS 6.2.2).
pub const HLS_DISCONTINUITY: &str = "hls-discontinuity-sequence";
/// Nothing is taken from a VOD or EVENT playlist, nothing added to one that ended (HLS 4.4.3.4, 4.4.3.5, 6.2.1).
pub const HLS_TYPE: &str = "hls-playlist-type";
/// Segments leave only as long as three target durations remain (HLS 6.2.2).
pub const HLS_WINDOW: &str = "hls-window";
/// A delta update comes where one was asked for, and stands for the whole playlist (HLS 6.2.5.1).
pub const HLS_DELTA: &str = "hls-delta";
/// A delta update skips only what lies before the skip boundary (HLS 4.4.5.2, 6.2.5.1).
pub const HLS_SKIP: &str = "hls-skip";
/// A blocking reload brings what was asked for (HLS 6.2.5.2).
pub const HLS_BLOCKING: &str = "hls-blocking-reload";
/// A segment is added within 1.5 target durations of the one before, a part within a PART-TARGET, for which half of one
/// more is granted (HLS 6.2.1).
pub const HLS_LATE: &str = "hls-late";
/// There is an EXT-X-RENDITION-REPORT of every other rendition, relative, and up to date (HLS 4.4.5.4, appendix B).
pub const HLS_REPORT: &str = "hls-rendition-report";
/// Renditions agree in target duration, EXT-X-SERVER-CONTROL, EXT-X-PLAYLIST-TYPE and in having dates (HLS 6.2.4).
pub const HLS_RENDITIONS: &str = "hls-renditions";

// DASH.

/// Attributes are of their types, and those that must be there are (DASH 5.3).
pub const DASH_SYNTAX: &str = "dash-syntax";
/// `S` elements follow each other without overlap, with a `@d` above 0 and without `@n` (DASH 5.3.9.6; DASH-IF timing
/// model).
pub const DASH_TIMELINE: &str = "dash-timeline";
/// A dynamic MPD says when it begins to be available and when it was published (DASH 5.3.1.2).
pub const DASH_DYNAMIC: &str = "dash-dynamic";
/// What is available is listed, by the next update at the latest (DASH 5.3.9.5.3, 5.4).
pub const DASH_LATE: &str = "dash-late";
/// Segments stay listed for MPD@timeShiftBufferDepth (DASH 5.3.1.2).
pub const DASH_TIME_SHIFT: &str = "dash-time-shift";
/// Representations have an id, unique in their Period, and a bandwidth (DASH 5.3.5.2).
pub const DASH_REPRESENTATION: &str = "dash-representation";
/// A segment lasts no longer than MPD@maxSegmentDuration (DASH 5.3.1.2).
pub const DASH_MAX_DURATION: &str = "dash-max-segment-duration";
/// A static MPD says how long it is (DASH 5.3.1.2).
pub const DASH_DURATION: &str = "dash-duration";
/// Segments that were announced stay what they are (DASH 5.4).
pub const DASH_CHANGED: &str = "dash-changed";
/// `@publishTime` rises with each change, and what it is does not go back (DASH 5.3.1.2, 5.4).
pub const DASH_PUBLISH: &str = "dash-publish-time";
/// `@availabilityStartTime` and `@type` from dynamic to static only (DASH 5.4).
pub const DASH_START: &str = "dash-start";
