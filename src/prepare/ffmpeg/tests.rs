use super::*;

#[test]
fn command_lines_can_be_pasted() {
    assert_eq!(shown("-c:v"), "-c:v");
    assert_eq!(shown("a b"), "'a b'");
    assert_eq!(shown("it's"), "'it'\\''s'");
    assert_eq!(shown(""), "''");
}

#[tokio::test]
async fn the_last_complaints_are_kept() {
    let text = (0..100)
        .map(|line| format!("line {line}\r\n\n"))
        .collect::<String>();
    let kept = tail(text.as_bytes()).await;
    assert_eq!(kept.len(), KEPT_LINES);
    assert_eq!(kept.last().map(String::as_str), Some("line 99"));
    let endless = vec![b'x'; 1 << 20];
    assert!(
        tail(&endless[..])
            .await
            .iter()
            .all(|line| line.len() <= KEPT_CHARS)
    );
}
