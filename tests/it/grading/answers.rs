//! What a learner reports, from the form to the verdict.

use jiff::SignedDuration;

use super::reads::{PAGE, Setting};
use super::{ask_hints, count, verdict};

/// Two values that are compared with what is known, and a choice in another task.
const TASKS: &str = "
- id: numbers
  title: Numbers
  text: Find them.
  read:
    time: { answer: { label: The median, unit: milliseconds } }
    rate: { answer: { label: The success rate, unit: percent } }
  checks:
  - id: both
    title: Both
    pass: rate != null && near(rate.value, 98.5, 0.01, 0.0) && near(time.value, 120, 0.1, 0.0) && time.age_seconds < 3600
    hints:
    - { when: rate == null, say: Nothing is reported. }
    - say: You reported {{ rate.value }} % and {{ time.value }} ms.
- id: way
  title: Way
  text: Choose it.
  read: { way: { answer: { label: The way, choices: { endpoints: By its endpoints, service: By its Service } } } }
  checks:
  - { id: chosen, title: Chosen, pass: way != null && way.value == 'service' }
";
const NUMBERS: &str = "/labs/reads/tasks/numbers/answers";
const WAY: &str = "/labs/reads/tasks/way/answers";

#[actix_web::test]
async fn a_reported_value_is_kept_and_judged_by_the_checks_of_its_task() {
    let setting = Setting::open(TASKS).await;
    let page = setting.ada.get(PAGE).await.expect(200);
    let form = page.text("#task-numbers form");
    let places = ["The median", "The success rate (%)"].map(|label| form.find(label).unwrap());
    assert!(places.is_sorted(), "the fields stand in the order of the file: {form}");
    let sent = setting.ada.post(NUMBERS, &[("rate", " 98,6 % "), ("time", "0.125 s")]).await;
    assert_eq!(sent.location(), format!("{PAGE}#task-numbers"));
    setting.app.run_jobs().await;
    let page = setting.ada.get(PAGE).await.expect(200);
    assert_eq!(verdict(&page, "numbers").as_deref(), Some("pass"), "{}", page.text("#tasks"));
    assert_eq!(verdict(&page, "way"), None, "nobody has worked on it");
    assert_eq!(page.attribute("#answer-numbers-rate", "value").as_deref(), Some("98,6 %"), "as it was typed");
    setting.app.advance(SignedDuration::from_secs(1));
    setting.ada.post(WAY, &[("way", "service")]).await.location();
    setting.app.run_jobs().await;
    let page = setting.ada.get(PAGE).await.expect(200);
    assert_eq!(verdict(&page, "way").as_deref(), Some("pass"));
    assert!(page.attribute("#answer-way-way-2", "checked").is_some(), "what was chosen stays chosen");
    // A new value takes the place of the one before, and a passed task stays passed.
    setting.app.advance(SignedDuration::from_secs(1));
    setting.ada.post(NUMBERS, &[("rate", "5"), ("time", "120")]).await.location();
    setting.app.run_jobs().await;
    let page = ask_hints(&setting.ada, PAGE).await;
    assert!(page.text("#task-numbers .verdict-hint").contains("You reported 5.0 % and 120.0 ms."));
    assert_eq!(verdict(&page, "numbers").as_deref(), Some("pass"));
    assert_eq!(count(&setting.app, "grading_answers").await, 3);
}

#[actix_web::test]
async fn a_value_that_cannot_be_read_is_shown_again_with_the_reason() {
    let setting = Setting::open(TASKS).await;
    let page = setting.ada.post(NUMBERS, &[("rate", "<lots>"), ("time", "120")]).await.expect(422);
    assert_eq!(page.attribute("#answer-numbers-rate", "value").as_deref(), Some("<lots>"));
    assert_eq!(page.attribute("#answer-numbers-time", "value").as_deref(), Some("120"));
    assert!(page.text("#answer-numbers-rate-error").contains("such as 98.5"));
    assert_eq!(page.attribute("#answer-numbers-time", "aria-invalid"), None);
    setting.ada.post(NUMBERS, &[("rate", "98.5")]).await.expect(422);
    setting.ada.post(WAY, &[("way", "elsewhere")]).await.expect(422);
    setting.ada.post(WAY, &[]).await.expect(422);
    assert_eq!(count(&setting.app, "grading_answers").await, 0, "nothing of it is kept");
    setting.ada.post("/labs/reads/tasks/none/answers", &[("a", "1")]).await.expect(404);
    setting.ada.post("/labs/none/tasks/numbers/answers", &[("a", "1")]).await.expect(404);
}

#[actix_web::test]
async fn a_report_leaves_the_tasks_that_nobody_touched_open_and_the_button_does_not() {
    let setting = Setting::open(TASKS).await;
    setting.ada.post(NUMBERS, &[("rate", "5"), ("time", "120")]).await.location();
    setting.app.run_jobs().await;
    let page = setting.ada.get(PAGE).await.expect(200);
    assert_eq!([verdict(&page, "numbers").as_deref(), verdict(&page, "way").as_deref()], [Some("fail"), None]);
    // Whichever comes first, one request is graded for both.
    for is_report_first in [true, false] {
        let setting = Setting::open(TASKS).await;
        let report = || setting.ada.post(NUMBERS, &[("rate", "5"), ("time", "120")]);
        let button = || setting.ada.post("/labs/reads/check", &[]);
        if is_report_first {
            report().await.location();
            button().await.location();
        } else {
            button().await.location();
            report().await.location();
        }
        setting.app.run_jobs().await;
        let page = setting.ada.get(PAGE).await.expect(200);
        assert_eq!([verdict(&page, "numbers").as_deref(), verdict(&page, "way").as_deref()], [Some("fail"); 2]);
        assert_eq!(count(&setting.app, "grading_requests").await, 1);
    }
}

const TEXT: &str = "
- id: output
  title: Output
  text: Paste it.
  read: { output: { answer: { label: What it printed, text: true } } }
  checks:
  - id: named
    title: Named
    pass: output != null && 'Name' in output.value && output.value.Name == ['qotm']
    hints:
    - say: You pasted {{ output.text }}
";
const OUTPUT: &str = "/labs/reads/tasks/output/answers";

#[actix_web::test]
async fn a_text_of_several_lines_is_kept_as_typed_and_judged_by_its_fields() {
    let setting = Setting::open(TEXT).await;
    let printed = "$ kubectl describe svc qotm\r\nName:        qotm\r\nAnnotations: a8r.io/owner: Ada <3\r\n             b: c\r\n";
    setting.ada.post(OUTPUT, &[("output", printed)]).await.location();
    setting.app.run_jobs().await;
    let page = setting.ada.get(PAGE).await.expect(200);
    assert_eq!(verdict(&page, "output").as_deref(), Some("pass"), "{}", page.text("#tasks"));
    let kept = printed.replace("\r\n", "\n").replace('<', "&lt;").replace('/', "&#x2f;");
    assert!(page.body.contains(&format!(">\n{kept}</textarea>")), "{}", page.body);
    let long = "é".repeat(10_001);
    let page = setting.ada.post(OUTPUT, &[("output", &long)]).await.expect(422);
    assert!(page.text("#answer-output-output-error").contains("10000 characters") && page.body.contains(&long));
    let page = setting.ada.post(OUTPUT, &[("output", " \r\n ")]).await.expect(422);
    assert!(page.text("#answer-output-output-error").contains("Paste the text here."));
}

#[actix_web::test]
async fn what_is_reported_after_the_end_of_a_lab_is_not_lost() {
    let setting = Setting::open(TASKS).await;
    setting.ada.post(&format!("{PAGE}/stop"), &[]).await.location();
    let page = setting.ada.post(NUMBERS, &[("rate", "98.5"), ("time", "120")]).await.expect(422);
    assert_eq!(page.attribute("#answer-numbers-rate", "value").as_deref(), Some("98.5"));
    assert!(page.text("#answer-numbers-rate-error").contains("The lab is not running"));
    setting.app.run_jobs().await;
}

#[actix_web::test]
async fn more_reports_than_checks_are_kept_and_told_so() {
    let setting = Setting::open(TASKS).await;
    for _ in 0..60 {
        setting.app.advance(SignedDuration::from_secs(1));
        setting.ada.post(WAY, &[("way", "endpoints")]).await.location();
        setting.app.run_jobs().await;
    }
    assert_eq!(setting.ada.post(WAY, &[("way", "service")]).await.location(), format!("{PAGE}#task-way"));
    let page = setting.ada.get(PAGE).await.expect(200);
    assert!(page.text("body").contains("Your answer is kept."), "{}", page.text("body"));
    assert!(page.attribute("#answer-way-way-2", "checked").is_some());
}

#[actix_web::test]
async fn old_answers_are_pruned() {
    let setting = Setting::open(TASKS).await;
    setting.ada.post(WAY, &[("way", "service")]).await.location();
    setting.app.run_jobs().await;
    setting.app.advance(SignedDuration::from_hours(31 * 24));
    setting.app.app.grading.prune().await.unwrap();
    assert_eq!(count(&setting.app, "grading_answers").await, 0);
    setting.app.leave_jobs();
}
