//! What a peer can do wrong, and what it is told.
use std::fmt;

use http::StatusCode;

use crate::qpack::DecodeError;

/// An error code for RESET_STREAM, STOP_SENDING or CONNECTION_CLOSE (RFC 9114, 8.1; RFC 9204, 6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(u64);

macro_rules! codes {
    ($($name:ident = $value:literal, $wire:literal;)*) => {
        impl Code {
            $(#[doc = $wire] pub const $name: Code = Code($value);)*

            /// The name of the RFCs; `None` for a code they do not define.
            pub fn name(self) -> Option<&'static str> {
                match self { $(Self::$name => Some($wire),)* _ => None }
            }
        }
    };
}

codes! {
    NO_ERROR = 0x100, "H3_NO_ERROR";
    GENERAL_PROTOCOL_ERROR = 0x101, "H3_GENERAL_PROTOCOL_ERROR";
    INTERNAL_ERROR = 0x102, "H3_INTERNAL_ERROR";
    STREAM_CREATION_ERROR = 0x103, "H3_STREAM_CREATION_ERROR";
    CLOSED_CRITICAL_STREAM = 0x104, "H3_CLOSED_CRITICAL_STREAM";
    FRAME_UNEXPECTED = 0x105, "H3_FRAME_UNEXPECTED";
    FRAME_ERROR = 0x106, "H3_FRAME_ERROR";
    EXCESSIVE_LOAD = 0x107, "H3_EXCESSIVE_LOAD";
    ID_ERROR = 0x108, "H3_ID_ERROR";
    SETTINGS_ERROR = 0x109, "H3_SETTINGS_ERROR";
    MISSING_SETTINGS = 0x10a, "H3_MISSING_SETTINGS";
    REQUEST_REJECTED = 0x10b, "H3_REQUEST_REJECTED";
    REQUEST_CANCELLED = 0x10c, "H3_REQUEST_CANCELLED";
    REQUEST_INCOMPLETE = 0x10d, "H3_REQUEST_INCOMPLETE";
    MESSAGE_ERROR = 0x10e, "H3_MESSAGE_ERROR";
    CONNECT_ERROR = 0x10f, "H3_CONNECT_ERROR";
    VERSION_FALLBACK = 0x110, "H3_VERSION_FALLBACK";
    QPACK_DECOMPRESSION_FAILED = 0x200, "QPACK_DECOMPRESSION_FAILED";
    QPACK_ENCODER_STREAM_ERROR = 0x201, "QPACK_ENCODER_STREAM_ERROR";
    QPACK_DECODER_STREAM_ERROR = 0x202, "QPACK_DECODER_STREAM_ERROR";
}

impl Code {
    /// The number on the wire.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl From<u64> for Code {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How far an error reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The one stream is reset; its neighbours go on.
    Stream,
    /// The connection is closed.
    Connection,
}

/// A peer's violation. Always the client's fault; `code` and `scope` say what to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("frame type {frame:#x} is not allowed there")]
    FrameUnexpected { frame: u64 },
    #[error("malformed frame: {0}")]
    Frame(&'static str),
    #[error("the control stream does not begin with SETTINGS")]
    MissingSettings,
    #[error("bad SETTINGS: {0}")]
    Settings(&'static str),
    #[error("bad identifier: {0}")]
    Id(&'static str),
    #[error("stream not allowed: {0}")]
    StreamCreation(&'static str),
    #[error("the {0} stream was closed")]
    ClosedCriticalStream(&'static str),
    #[error("excessive load: {0}")]
    ExcessiveLoad(&'static str),
    #[error("QPACK: {0}")]
    Decompression(DecodeError),
    #[error("QPACK encoder stream: {0}")]
    EncoderStream(&'static str),
    #[error("QPACK decoder stream: {0}")]
    DecoderStream(&'static str),
    #[error("malformed message: {0}")]
    Malformed(#[from] Malformed),
    #[error("the request ended before its head")]
    RequestIncomplete,
    #[error("field section larger than {limit} bytes")]
    FieldSectionTooLarge { limit: u64 },
    #[error("more than {limit} fields")]
    TooManyFields { limit: usize },
    #[error("CONNECT is not offered")]
    Connect,
}

impl Error {
    pub fn code(&self) -> Code {
        match self {
            Self::FrameUnexpected { .. } => Code::FRAME_UNEXPECTED,
            Self::Frame(_) => Code::FRAME_ERROR,
            Self::MissingSettings => Code::MISSING_SETTINGS,
            Self::Settings(_) => Code::SETTINGS_ERROR,
            Self::Id(_) => Code::ID_ERROR,
            Self::StreamCreation(_) => Code::STREAM_CREATION_ERROR,
            Self::ClosedCriticalStream(_) => Code::CLOSED_CRITICAL_STREAM,
            Self::Decompression(_) => Code::QPACK_DECOMPRESSION_FAILED,
            Self::EncoderStream(_) => Code::QPACK_ENCODER_STREAM_ERROR,
            Self::DecoderStream(_) => Code::QPACK_DECODER_STREAM_ERROR,
            Self::Malformed(_) | Self::Connect => Code::MESSAGE_ERROR,
            Self::RequestIncomplete => Code::REQUEST_INCOMPLETE,
            Self::ExcessiveLoad(_)
            | Self::FieldSectionTooLarge { .. }
            | Self::TooManyFields { .. } => Code::EXCESSIVE_LOAD,
        }
    }

    pub fn scope(&self) -> Scope {
        match self {
            Self::Malformed(_)
            | Self::RequestIncomplete
            | Self::FieldSectionTooLarge { .. }
            | Self::TooManyFields { .. }
            | Self::Connect => Scope::Stream,
            _ => Scope::Connection,
        }
    }

    /// The HTTP status that tells the client more than a reset would, where there is one
    /// (RFC 9114, 4.2.2: 431; RFC 9110, 15.6.2: 501).
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::FieldSectionTooLarge { .. } | Self::TooManyFields { .. } => {
                Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
            }
            Self::Connect => Some(StatusCode::NOT_IMPLEMENTED),
            _ => None,
        }
    }
}

/// Why a message is malformed (RFC 9114, 4.1.2 to 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("a field name has an upper-case or forbidden character")]
    FieldName,
    #[error("a field value has a forbidden character, or space at an end")]
    FieldValue,
    #[error("undefined pseudo-header field")]
    UndefinedPseudoHeader,
    #[error("pseudo-header field after a regular one")]
    PseudoHeaderOrder,
    #[error("pseudo-header field given twice")]
    DuplicatePseudoHeader,
    #[error("pseudo-header field in trailers")]
    PseudoHeaderInTrailers,
    #[error("missing {0}")]
    MissingPseudoHeader(&'static str),
    #[error("invalid {0}")]
    InvalidPseudoHeader(&'static str),
    #[error("{0} not allowed in CONNECT")]
    ConnectWith(&'static str),
    #[error("connection-specific field")]
    ConnectionSpecific,
    #[error("te other than trailers")]
    Te,
    #[error("no authority: neither :authority nor host")]
    MissingAuthority,
    #[error("invalid or repeated host")]
    Host,
    #[error("host and :authority differ")]
    HostMismatch,
    #[error("invalid or contradictory content-length")]
    ContentLength,
    #[error("the body's length is not its content-length")]
    BodyLength,
}
