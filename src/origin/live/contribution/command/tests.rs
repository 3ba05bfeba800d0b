use super::*;
use crate::config::Secret;

fn arguments(contribution: &Contribution) -> Vec<String> {
    let command = command(contribution, Duration::from_millis(500));
    let arguments = command.as_std().get_args();
    arguments
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn the_form_of_the_input_is_stated_and_what_the_operator_adds_comes_last() {
    let url = "srt://127.0.0.1:9000?mode=listener";
    let mut srt = Contribution::new(Transport::Srt, Secret::new(url.into()));
    srt.input_arguments = vec!["-probesize".into(), "1000000".into()];
    srt.arguments = vec!["-bsf:a".into(), "null".into()];
    let line = arguments(&srt).join(" ");
    assert!(
        line.contains("-f mpegts -analyzeduration 1000000 -probesize 1000000 -i srt://"),
        "{line}"
    );
    assert!(line.contains("-frag_duration 250000 "), "{line}");
    assert!(line.ends_with(" -bsf:a null pipe:1"), "{line}");
}

#[test]
fn rtmp_listens_unless_it_is_told_to_call() {
    let url = || Secret::new("rtmp://127.0.0.1/live/key".to_owned());
    let listens = |listen| {
        let rtmp = Contribution::new(Transport::Rtmp { listen }, url());
        arguments(&rtmp).join(" ").contains("-f flv -listen 1 ")
    };
    assert!(listens(true));
    assert!(!listens(false));
}
