//! Options of the encoders of HEVC and AV1.

pub const HEVC_WITHOUT_FILTERS: &str = "neither filter, scaling lists";

/// What makes each HEVC clip worth having, and how x265 makes it.
pub const HEVC: &[(&str, &[&str])] = &[
    (
        "b-frames, reordered and weighted",
        &["-x265-params", "bframes=3:ref=4:weightp=1:weightb=1"],
    ),
    ("four slices", &["-x265-params", "slices=4:ctu=16"]),
    (
        "wavefronts",
        &["-x265-params", "wpp=1:ctu=16:min-cu-size=8"],
    ),
    ("one thread, no entry points", &["-x265-params", "wpp=0"]),
    (
        "10 bit, open groups of pictures",
        &[
            "-pix_fmt",
            "yuv420p10le",
            "-x265-params",
            "open-gop=1:bframes=4:b-pyramid=1",
        ],
    ),
    ("4:2:2 10 bit", &["-pix_fmt", "yuv422p10le"]),
    (
        "4:4:4 12 bit with weights",
        &["-pix_fmt", "yuv444p12le", "-x265-params", "weightp=1"],
    ),
    ("no chroma", &["-pix_fmt", "gray"]),
    (
        "a fade, explicit weights",
        &[
            "-vf",
            "fade=out:0:25",
            "-preset",
            "fast",
            "-x265-params",
            "weightp=1:weightb=1:slices=2:ctu=16",
        ],
    ),
    (
        "parameter sets in the samples",
        &["-tag:v", "hev1", "-bsf:v", "dump_extra=freq=keyframe"],
    ),
    (
        HEVC_WITHOUT_FILTERS,
        &["-x265-params", "no-deblock=1:no-sao=1:scaling-list=default"],
    ),
    (
        "deblocking by slice",
        &[
            "-x265-params",
            "deblock=2,-1:opt-qp-pps=1:opt-ref-list-length-pps=1",
        ],
    ),
    (
        "temporal layers",
        &["-x265-params", "temporal-layers=3:bframes=3"],
    ),
    (
        "reference decoder's model, delimiters, hashes",
        &[
            "-x265-params",
            "vbv-maxrate=2000:vbv-bufsize=2000:hrd=1:aud=1:hash=1",
        ],
    ),
    ("lossless", &["-x265-params", "lossless=1"]),
    ("intra refresh", &["-x265-params", "intra-refresh=1"]),
];

/// What makes each AV1 clip worth having, its encoder, and how that makes it.
pub const AV1: &[(&str, &[&str])] = &[
    ("one tile", &["libsvtav1"]),
    (
        "four tiles",
        &["libsvtav1", "-svtav1-params", "tile-columns=1:tile-rows=1"],
    ),
    (
        "10 bit, film grain",
        &[
            "libsvtav1",
            "-pix_fmt",
            "yuv420p10le",
            "-svtav1-params",
            "film-grain=10",
        ],
    ),
    (
        "tiles of libaom",
        &["libaom-av1", "-tile-columns", "1", "-tile-rows", "1"],
    ),
    (
        "groups of tiles, error resilient",
        &[
            "libaom-av1",
            "-aom-params",
            "tile-columns=1:tile-rows=1:num-tile-groups=2:error-resilient=1",
        ],
    ),
    (
        "superres",
        &[
            "libsvtav1",
            "-svtav1-params",
            "superres-mode=1:superres-denom=12",
        ],
    ),
    (
        "sizes that change, switch frames",
        &[
            "libsvtav1",
            "-svtav1-params",
            "pred-struct=1:resize-mode=2:sframe-dist=4",
        ],
    ),
    (
        "overlays",
        &["libsvtav1", "-svtav1-params", "enable-overlays=1"],
    ),
    (
        "film grain by table, segments, quantizer matrices",
        &[
            "libaom-av1",
            "-aom-params",
            "film-grain-test=3:aq-mode=2:enable-qm=1:timing-info=model",
        ],
    ),
    (
        "lossless 4:4:4",
        &[
            "libaom-av1",
            "-pix_fmt",
            "yuv444p",
            "-aom-params",
            "lossless=1",
        ],
    ),
    (
        "no chroma, no order hints",
        &[
            "libaom-av1",
            "-pix_fmt",
            "gray",
            "-aom-params",
            "enable-order-hint=0",
        ],
    ),
    (
        "reduced reference set, deltas",
        &[
            "libaom-av1",
            "-aom-params",
            "reduced-reference-set=1:sb-size=64:delta-lf-mode=1:deltaq-mode=1",
        ],
    ),
    (
        "tiles of rav1e",
        &["librav1e", "-tile-columns", "2", "-tile-rows", "2"],
    ),
];
