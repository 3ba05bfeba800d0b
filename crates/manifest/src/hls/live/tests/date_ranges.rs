//! EXT-X-DATERANGE, and which of them delta updates leave out.
use super::*;

fn range(id: &str, added_ms: i64) -> DateRange {
    DateRange {
        id: id.to_owned(),
        class: None,
        start_ms: NOW_MS,
        end_ms: None,
        duration_ms: None,
        planned_duration_ms: None,
        end_on_next: false,
        attributes: Vec::new(),
        added_ms,
    }
}

fn removed(id: &str, removed_ms: i64) -> RemovedDateRange {
    RemovedDateRange {
        id: id.to_owned(),
        removed_ms,
    }
}

#[test]
fn date_ranges_have_their_attributes() {
    let window = window(0, 3, 0);
    let listed = [
        DateRange {
            class: Some("com.example.ad".to_owned()),
            end_ms: Some(NOW_MS + 30_500),
            duration_ms: Some(30_500),
            planned_duration_ms: Some(30_000),
            attributes: vec![
                (
                    "SCTE35-OUT".to_owned(),
                    Value::Bytes(vec![0xfc, 0x30, 0x0a]),
                ),
                (
                    "X-ASSET-URI".to_owned(),
                    Value::Text("https://a.test/\"x\n".to_owned()),
                ),
                ("X-RESUME-OFFSET".to_owned(), Value::Seconds(-250)),
                ("x-odd name".to_owned(), Value::Seconds(1)),
            ],
            // It has an end.
            end_on_next: true,
            ..range("splice-1", NOW_MS)
        },
        DateRange {
            class: Some("programme".to_owned()),
            end_on_next: true,
            ..range("p7", NOW_MS)
        },
        DateRange {
            end_on_next: true,
            ..range("without \"class\"", NOW_MS)
        },
    ];
    let playlist = media(&LiveView {
        date_ranges: DateRanges {
            listed: &listed,
            removed: &[],
            now_ms: NOW_MS,
        },
        ..view(&window)
    });
    assert_eq!(
        lines(&playlist, "#EXT-X-DATERANGE:"),
        [
            "#EXT-X-DATERANGE:ID=\"splice-1\",CLASS=\"com.example.ad\",START-DATE=\"2026-11-23T05:47:46.000Z\",END-DATE=\"2026-11-23T05:48:16.500Z\",DURATION=30.500,PLANNED-DURATION=30.000,SCTE35-OUT=0xfc300a,X-ASSET-URI=\"https://a.test/'x \",X-RESUME-OFFSET=-0.250,X-ODD-NAME=0.001",
            "#EXT-X-DATERANGE:ID=\"p7\",CLASS=\"programme\",START-DATE=\"2026-11-23T05:47:46.000Z\",END-ON-NEXT=YES",
            "#EXT-X-DATERANGE:ID=\"without 'class'\",START-DATE=\"2026-11-23T05:47:46.000Z\"",
        ]
    );
}

#[test]
fn delta_updates_leave_out_old_date_ranges_where_asked_to() {
    let window = window(0, 30, 1);
    let boundary = NOW_MS - 12_000;
    let listed = [range("old", boundary - 1), range("young", boundary)];
    let gone = [
        removed("long-gone", boundary - 1),
        removed("gone", boundary),
        removed("just-gone", NOW_MS),
    ];
    let with = |removed| LiveView {
        date_ranges: DateRanges {
            listed: &listed,
            removed,
            now_ms: NOW_MS,
        },
        ..view(&window)
    };
    let ids = |playlist: &str| {
        let ranges = lines(playlist, "#EXT-X-DATERANGE:");
        let id = |line: &&str| line.split('"').nth(1).unwrap().to_owned();
        ranges.iter().map(id).collect::<Vec<_>>()
    };
    let skip = |playlist: &str| lines(playlist, "#EXT-X-SKIP:")[0].to_owned();

    let segments = delta(&with(&gone), Skip::Segments);
    assert!(segments.contains("#EXT-X-VERSION:9\n"));
    assert_eq!(ids(&segments), ["old", "young"]);
    assert_eq!(skip(&segments), "#EXT-X-SKIP:SKIPPED-SEGMENTS=23");

    let both = delta(&with(&gone), Skip::DateRanges);
    assert!(both.contains("#EXT-X-VERSION:10\n"));
    assert_eq!(ids(&both), ["young"]);
    assert_eq!(
        skip(&both),
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=23,RECENTLY-REMOVED-DATERANGES=\"gone\tjust-gone\""
    );
    assert_eq!(
        skip(&delta(&with(&[]), Skip::DateRanges)),
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=23,RECENTLY-REMOVED-DATERANGES=\"\""
    );
}
