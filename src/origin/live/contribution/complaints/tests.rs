use super::*;

#[tokio::test]
async fn lines_are_cut_to_size() {
    let long = "x".repeat(3 * BUFFER_BYTES);
    let said = format!("first\r\n\n{long}\nlast");
    let mut heard = Vec::new();
    lines(said.as_bytes(), |line| heard.push(line.to_owned())).await;
    assert_eq!(
        heard,
        ["first".to_owned(), "x".repeat(MAX_BYTES), "last".to_owned()]
    );
}

#[test]
fn a_flood_of_lines_is_left_out_and_counted() {
    let start = Instant::now();
    let mut ration = Ration::new(start);
    let taken = (0..100).filter_map(|_| ration.take(start)).count();
    assert_eq!(taken, BURST as usize);
    assert_eq!(ration.take(start + REFILL), Some(100 - u64::from(BURST)));
    assert_eq!(ration.take(start + REFILL), None);
}
