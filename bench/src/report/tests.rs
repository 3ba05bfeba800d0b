use super::*;

#[test]
fn a_ratio_is_the_median_of_pairs_and_not_the_ratio_of_medians() {
    // A machine that slows down threefold in the middle of the run slows both sides.
    let ratio = ratio(&[1.0, 3.0, 6.0], &[2.0, 6.0, 2.0]);
    assert_eq!(ratio, Some(0.5));
}

#[test]
fn nothing_measured_has_no_ratio() {
    assert_eq!(ratio(&[1.0], &[]), None);
}

#[test]
fn between_two_figures_in_the_middle_lies_the_median() {
    assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
}

#[test]
fn a_table_has_a_rule_under_its_columns() {
    let mut table = Table::new("Title", &["path", "met"], "Notes.");
    table.line(vec!["ready".to_owned(), verdict(Some(true))]);
    assert_eq!(
        table.render(),
        "### Title\n\nNotes.\n\n| path | met |\n| --- | --- |\n| ready | yes |\n"
    );
}
