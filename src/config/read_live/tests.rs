#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::Path;

use crate::config::{Config, ConfigFault, PushMethod, Transport};

/// One channel with these lines in it.
fn channel(lines: &str) -> Result<crate::config::Channel, Vec<ConfigFault>> {
    let text = format!(
        "[[mount]]\npath = \"/live\"\n[mount.live]\n[[mount.live.channel]]\nname = \"news\"\n{lines}"
    );
    let config = Config::parse(&text, Path::new("edgepack.toml"))?;
    let live = config.mounts[0].live.clone().unwrap();
    Ok(live.channels[0].clone())
}

fn faults(lines: &str) -> Vec<String> {
    let faults = channel(lines).unwrap_err();
    faults.into_iter().map(|fault| fault.key).collect()
}

#[test]
fn what_channels_tell_beside_media_has_its_limits() {
    use crate::config::LiveEvents;
    let events = |lines: &str| {
        let section = format!("[mount.live.events]\n{lines}");
        let text = format!(
            "[[mount]]\npath = \"/live\"\n[mount.live]\n{section}\n[[mount.live.channel]]\nname = \"news\"\n"
        );
        let config = Config::parse(&text, Path::new("edgepack.toml"))?;
        Ok::<_, Vec<ConfigFault>>(config.mounts[0].live.clone().unwrap().events)
    };
    assert_eq!(events(""), Ok(LiveEvents::default()));
    let read = events("date_ranges = false\nmax_events = 16\nmax_interstitials = 0");
    let expected = LiveEvents {
        date_ranges: false,
        max_events: 16,
        max_interstitials: 0,
    };
    assert_eq!(read, Ok(expected));
    let faults = events("max_events = 15\nmax_interstitials = 1025\nids = 1").unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "mount[0].live.events.max_events",
            "mount[0].live.events.max_interstitials",
            "mount[0].live.events.ids"
        ]
    );
}

#[test]
fn a_contribution_is_read_with_its_defaults_and_closes_the_channel_to_pushes() {
    let channel = channel(
        "[mount.live.channel.ingest]\nsrt = \"srt://0.0.0.0:9000?mode=listener&passphrase=0123456789\"\n",
    );
    let channel = channel.unwrap();
    assert!(channel.ingest.closed && !channel.ingest.is_open());
    let contribution = channel.contribution.unwrap();
    assert_eq!(contribution.transport, Transport::Srt);
    assert_eq!(contribution.program, Path::new("ffmpeg"));
    assert!(!format!("{contribution:?}").contains("0123456789"));
}

#[test]
fn a_contribution_is_by_srt_or_rtmp_with_a_url_that_says_so() {
    let section = "[mount.live.channel.ingest]\n";
    let key = |name: &str| format!("mount[0].live.channel[0].ingest.{name}");
    for (lines, wrong) in [
        ("", "srt"),
        ("srt = \"srt://a:1\"\nrtmp = \"rtmp://a/b/c\"", "srt"),
        ("srt = \"udp://a:1\"", "srt"),
        ("srt = \"srt://a\"", "srt"),
        ("srt = \"srt://[::1]\"", "srt"),
        ("srt = \"srt://a:1\"\nlisten = true", "listen"),
        ("rtmp = \"srt://a:1\"", "rtmp"),
        ("rtmp_file = \"nowhere\"", "rtmp_file"),
        ("srt = \"srt://a:1\"\nfirst_pause = \"1ms\"", "first_pause"),
    ] {
        assert_eq!(
            faults(&format!("{section}{lines}\n")),
            [key(wrong)],
            "{lines}"
        );
    }
    for good in [
        "srt = \"srt://[::1]:9000\"",
        "rtmp = \"rtmp://a/live/key\"\nlisten = false",
    ] {
        assert!(channel(&format!("{section}{good}\n")).is_ok(), "{good}");
    }
}

#[test]
fn a_destination_is_called_by_its_host_unless_it_has_a_name() {
    let channel = channel(
        "[[mount.live.channel.republish]]\nurl = \"https://two.example:8443/live/news/ingest\"\n\
         [[mount.live.channel.republish]]\nurl = \"https://two.example:8443/live/sports/ingest\"\n\
         name = \"other\"\nmethod = \"PUT\"\nuser = \"u\"\npassword = \"p\"\n",
    );
    let republish = channel.unwrap().republish;
    let [first, second] = &republish[..] else {
        panic!("{republish:?}")
    };
    assert_eq!(
        (first.name.as_str(), first.method),
        ("two.example:8443", PushMethod::Post)
    );
    assert_eq!(
        (second.name.as_str(), second.method),
        ("other", PushMethod::Put)
    );
    assert_eq!(
        second.authorization.as_ref().unwrap().expose(),
        "Basic dTpw"
    );
}

#[test]
fn a_destination_has_a_url_a_name_of_its_own_and_one_credential() {
    let section = "[[mount.live.channel.republish]]\n";
    let key = |name: &str| format!("mount[0].live.channel[0].republish[0].{name}");
    let url = "url = \"http://a/b\"\n";
    for (lines, wrong) in [
        (String::new(), "url"),
        ("url = \"ftp://a/b\"\n".to_owned(), "url"),
        ("url = \"http://user:pass@a/b\"\n".to_owned(), "url"),
        (
            format!("{url}bearer = \"t\"\nuser = \"u\"\npassword = \"p\"\n"),
            "user",
        ),
        (format!("{url}user = \"u\"\n"), "user"),
        (format!("{url}method = \"GET\"\n"), "method"),
        (format!("{url}queue_segments = 0\n"), "queue_segments"),
    ] {
        assert_eq!(
            faults(&format!("{section}{lines}")),
            [key(wrong)],
            "{lines}"
        );
    }
    let twice = format!("{section}{url}{section}{url}");
    assert_eq!(faults(&twice), ["mount[0].live.channel[0].republish"]);
}
