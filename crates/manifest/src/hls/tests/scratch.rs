use crate::sample::*;
use crate::*;
#[test]
fn show() {
    let p = bumper_and_film();
    let trick = trick_play(&p);
    let prot = protection(&p, edgepack_drm::Scheme::Cbcs);
    let view = View {
        trick_play: &trick,
        ..View::new(&p)
    };
    println!("{}", plain(view, &hls::multivariant(view).unwrap()));
    println!("{}", plain(view, &hls::multivariant_ts(view).unwrap()));
    println!(
        "{}",
        plain(view, &dash::mpd(view, dash::Template::Number).unwrap())
    );
    for r in &p.renditions[2..] {
        println!(
            "== {}\n{}",
            r.name,
            plain(view, &hls::media(view, r).unwrap())
        );
    }
    println!(
        "{}",
        plain(view, &hls::iframes(view, &p.renditions[2]).unwrap())
    );
    println!(
        "{}",
        plain(
            view,
            &hls::media_ts(view, &p.renditions[2], Some(&p.renditions[5])).unwrap()
        )
    );
    println!(
        "{}",
        plain(view, &hls::media_packed(view, &p.renditions[6]).unwrap())
    );
    println!(
        "{}",
        plain(
            view,
            &hls::thumbnails_vtt(view, p.renditions.last().unwrap()).unwrap()
        )
    );
    let view = View {
        protection: Some(&prot),
        ..view
    };
    println!(
        "{}",
        plain(view, &hls::media(view, &p.renditions[2]).unwrap())
    );
}
