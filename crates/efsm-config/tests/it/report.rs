//! The report that the binary prints, drawn by miette.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::read;

fn report(error: &dyn Diagnostic) -> String {
    let mut drawn = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut drawn, error)
        .expect("a string takes everything");
    drawn
}

#[test]
fn one_error_is_a_report_of_its_own() {
    let errors = read("name: shop\nlimits:\n  bdy: 1MiB\n", &[]).unwrap_err();
    insta::assert_snapshot!(report(&errors));
}

#[test]
fn several_errors_are_reports_under_one_heading() {
    let errors = read(
        "name: größe\nport: x\nstubs: a.json\n",
        &[("a.json", "[1]")],
    )
    .unwrap_err();
    insta::assert_snapshot!(report(&errors));
}

#[test]
fn unreadable_file_is_a_heading_alone() {
    let errors = efsm_config::load("nowhere/efsm.yaml").unwrap_err();
    assert!(report(&errors).contains("nowhere/efsm.yaml: cannot read the configuration"));
}
