//! What sets say of themselves.
use edgepack_packager::{
    Accessibility, CaptionChannel, ChannelLayout, ClosedCaptions, Media, Rendition, Role, TextForm,
};

use super::*;
use crate::sample::{audio, ladder, presentation, text, video};

fn with(mut rendition: Rendition, change: impl Fn(&mut Rendition)) -> Rendition {
    change(&mut rendition);
    rendition
}

/// The only set of an asset of one rendition.
fn set_of(rendition: Rendition) -> String {
    let mpd = mpd_of(&presentation(vec![rendition]));
    elements(&mpd, "AdaptationSet")[0].to_owned()
}

/// (scheme, value) of the descriptors of one name.
fn described<'m>(set: &'m str, name: &str) -> Vec<(&'m str, &'m str)> {
    elements(set, name)
        .into_iter()
        .map(|element| {
            (
                attribute(element, "schemeIdUri").unwrap(),
                attribute(element, "value").unwrap(),
            )
        })
        .collect()
}

const ROLES: &str = "urn:mpeg:dash:role:2011";

#[test]
fn high_dynamic_range_is_essential_and_unspecified_colour_is_silent() {
    let with = |colour| {
        set_of(with(video(640, 360, 900_000, 1), |rung| {
            let Media::Video {
                colour: of_rung, ..
            } = &mut rung.media
            else {
                unreachable!()
            };
            *of_rung = colour;
        }))
    };
    let hdr = with(Some((9, 16, 9, true)));
    assert_eq!(hdr.matches("<EssentialProperty").count(), 4);
    assert!(hdr.contains("cicp:TransferCharacteristics\" value=\"16\""));
    assert!(!with(Some((2, 2, 2, false))).contains("cicp"));
    assert!(!with(None).contains("cicp"));
}

#[test]
fn dolby_vision_on_a_compatible_base_is_supplemental() {
    let rung = with(video(1920, 1080, 6_000_000, 3), |rung| {
        rung.codecs = "hvc1.2.4.L120.B0".to_owned();
        rung.supplemental_codecs = Some("dvh1.08.05/db1p".to_owned());
    });
    let mpd = mpd_of(&presentation(vec![rung, video(640, 360, 900_000, 3)]));
    assert!(mpd.contains("xmlns:scte214=\"urn:scte:dash:scte214-extensions\""));
    let representations = elements(&mpd, "Representation");
    assert_eq!(
        attribute(representations[0], "codecs"),
        Some("hvc1.2.4.L120.B0")
    );
    assert_eq!(
        attribute(representations[0], "scte214:supplementalCodecs"),
        Some("dvh1.08.05")
    );
    assert_eq!(
        attribute(representations[0], "scte214:supplementalProfiles"),
        Some("db1p")
    );
    assert_eq!(
        attribute(representations[1], "scte214:supplementalCodecs"),
        None
    );
}

#[test]
fn the_default_sound_is_main_and_preferred_in_every_codec() {
    let mpd = mpd_of(&presentation(vec![
        audio("en", 2, 131_000, 3),
        with(audio("en", 6, 384_000, 3), |r| {
            r.name = "a-en-ac3".to_owned();
            r.codecs = "ac-3".to_owned();
        }),
        audio("de", 2, 131_000, 3),
    ]));
    let said: Vec<_> = elements(&mpd, "AdaptationSet")
        .into_iter()
        .map(|set| (attribute(set, "selectionPriority"), described(set, "Role")))
        .collect();
    assert_eq!(
        said,
        [
            (Some("2"), vec![(ROLES, "main")]),
            (Some("2"), vec![(ROLES, "main")]),
            (None, vec![(ROLES, "alternate")])
        ]
    );
}

#[test]
fn the_assets_own_roles_and_names_are_passed_on() {
    let set = set_of(with(audio("en", 2, 131_000, 3), |r| {
        r.settings.roles = vec![Role::Dub, Role::Supplementary];
        r.settings.name = Some("Voice & over".to_owned());
    }));
    assert_eq!(
        described(&set, "Role"),
        [(ROLES, "dub"), (ROLES, "supplementary")]
    );
    assert_eq!(elements(&set, "Label"), ["<Label>Voice &amp; over</Label>"]);
}

#[test]
fn audio_description_is_an_audio_purpose() {
    let set = set_of(with(audio("en", 2, 131_000, 3), |r| {
        r.settings.accessibility = Some(Accessibility::AudioDescription);
    }));
    assert_eq!(
        described(&set, "Accessibility"),
        [("urn:tva:metadata:cs:AudioPurposeCS:2007", "1")]
    );
    assert_eq!(described(&set, "Role"), [(ROLES, "description")]);
}

#[test]
fn subtitles_for_the_hard_of_hearing_are_captions() {
    let set = set_of(with(text("en", TextForm::Imsc1, 3), |r| {
        r.settings.accessibility = Some(Accessibility::Sdh);
    }));
    assert_eq!(described(&set, "Accessibility"), [(ROLES, "caption")]);
    assert_eq!(described(&set, "Role"), [(ROLES, "caption")]);
}

#[test]
fn subtitles_come_as_imsc1_in_cmaf_or_as_wvtt() {
    for (form, codecs) in [
        (TextForm::Imsc1, "stpp.ttml.im1t"),
        (TextForm::WebVtt, "wvtt"),
    ] {
        let asset = presentation(vec![text("en", form, 3)]);
        let name = if form == TextForm::Imsc1 {
            "imsc1"
        } else {
            "webvtt"
        };
        let mpd = filtered(&asset, &[("text", name)]);
        let set = elements(&mpd, "AdaptationSet")[0];
        assert_eq!(attribute(set, "contentType"), Some("text"));
        assert_eq!(attribute(set, "mimeType"), Some("application/mp4"));
        assert_eq!(attribute(set, "lang"), Some("en"));
        assert_eq!(described(set, "Role"), [(ROLES, "subtitle")]);
        let representation = elements(set, "Representation")[0];
        assert_eq!(attribute(representation, "codecs"), Some(codecs));
    }
}

#[test]
fn forced_subtitles_are_a_role_of_their_own() {
    let set = set_of(with(text("en", TextForm::Imsc1, 3), |r| {
        r.settings.forced = true;
    }));
    assert_eq!(described(&set, "Role"), [(ROLES, "forced-subtitle")]);
}

#[test]
fn captions_in_the_video_are_declared_by_standard() {
    let mut asset = ladder();
    let captions = |channel, language: Option<&str>| ClosedCaptions {
        channel,
        language: language.map(str::to_owned),
        name: None,
    };
    asset.closed_captions = vec![
        captions(CaptionChannel::Cc(1), Some("en")),
        captions(CaptionChannel::Cc(3), Some("es-MX")),
        captions(CaptionChannel::Service(1), Some("en")),
        captions(CaptionChannel::Service(2), None),
    ];
    let mpd = mpd_of(&asset);
    let sets = elements(&mpd, "AdaptationSet");
    assert_eq!(
        described(sets[0], "Accessibility"),
        [
            ("urn:scte:dash:cc:cea-608:2015", "CC1=eng;CC3=spa"),
            ("urn:scte:dash:cc:cea-708:2015", "1=lang:eng;2=lang:und")
        ]
    );
    assert_eq!(described(sets[1], "Accessibility"), []);
}

#[test]
fn mono_and_stereo_have_their_code_without_a_known_layout() {
    for (channels, scheme) in [
        (1, "urn:mpeg:mpegB:cicp:ChannelConfiguration"),
        (2, "urn:mpeg:mpegB:cicp:ChannelConfiguration"),
        (5, "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"),
    ] {
        let set = set_of(audio("en", channels, 131_000, 1));
        let value = channels.to_string();
        assert_eq!(
            described(&set, "AudioChannelConfiguration"),
            [(scheme, value.as_str())]
        );
    }
}

#[test]
fn channels_are_told_in_the_scheme_of_the_codec() {
    let cicp = "urn:mpeg:mpegB:cicp:ChannelConfiguration";
    let dolby = "tag:dolby.com,2014:dash:audio_channel_configuration:2011";
    let ac4 = "tag:dolby.com,2015:dash:audio_channel_configuration:2015";
    let dts = "tag:dts.com,2018:uhd:audio_channel_configuration";
    let known = ChannelLayout {
        cicp: Some(6),
        dolby_map: Some(0xf801),
        ac4_mask: Some(0x47),
        dts_uhd_mask: Some(0x3f),
        joc_complexity: None,
    };
    for (codecs, expected) in [
        ("mp4a.40.2", (cicp, "6")),
        ("fLaC", (cicp, "6")),
        ("ac-3", (dolby, "F801")),
        ("ec-3", (dolby, "F801")),
        ("ac-4.02.01.03", (ac4, "000047")),
        ("dtsx", (dts, "0000003F")),
    ] {
        let set = set_of(with(audio("en", 6, 384_000, 3), |r| {
            r.codecs = codecs.to_owned();
            let Media::Audio { layout, .. } = &mut r.media else {
                unreachable!()
            };
            *layout = known;
        }));
        assert_eq!(described(&set, "AudioChannelConfiguration"), [expected]);
    }
}

#[test]
fn atmos_is_told_by_its_objects() {
    let set = set_of(with(audio("en", 6, 768_000, 3), |r| {
        r.codecs = "ec-3".to_owned();
        let Media::Audio { layout, .. } = &mut r.media else {
            unreachable!()
        };
        layout.joc_complexity = Some(16);
    }));
    assert_eq!(
        described(&set, "SupplementalProperty"),
        [
            ("tag:dolby.com,2018:dash:EC3_ExtensionType:2018", "JOC"),
            (
                "tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018",
                "16"
            )
        ]
    );
}
