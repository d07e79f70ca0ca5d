//! The points of tasks, as authors write them.

use super::fixtures::read;

#[test]
fn points_and_what_hints_cost_are_read_within_their_bounds() {
    let lab = |more: &str| {
        read(&format!(
            "tasks:\n- id: one\n  title: One\n  text: Do.\n  {more}\n  checks: [{{ id: a, title: A, pass: 'true' }}]\n"
        ))
    };
    let points = |more: &str| lab(more).unwrap().list()[0].points;
    assert_eq!((points("").possible, points("").hint_cost), (10, 2));
    assert_eq!((points("points: 21").possible, points("points: 21").hint_cost), (21, 5));
    assert_eq!(points("hint_cost: 0").hint_cost, 0);
    for (more, told) in [
        ("points: 0", "labs/demo/lab.yaml:11: task one: points is 0; write a number from 1 to 100"),
        ("points: 101", "points is 101"),
        ("hint_cost: 11", "hint_cost is 11, and the task has 10 points"),
        ("hint_cost: -1", "labs/demo/lab.yaml:"),
    ] {
        let fault = lab(more).unwrap_err();
        assert!(fault.contains(told), "{more}: {fault}");
    }
}
