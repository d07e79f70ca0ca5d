//! From a checkpoint to a voucher: entries, their review, the line and the codes.

mod entries;
mod papers;
mod races;
mod reviews;
mod vouchers;

use seaworthy::checkpoints::Answers;

use crate::lessons::harbour;
use crate::support::{TestApp, Visitor};

const CHECKPOINT: &str = "/checkpoints/watch";
const ANSWERS: [(&str, &str); 2] = [("answer-lamp", "0"), ("answer-duty", "It raises the alarm, and says where.")];

/// A site with the harbour module, whose weeks have two vouchers.
pub(crate) async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await
}

/// Enters through the form; answers the entry's page.
pub(crate) async fn enter(visitor: &Visitor) -> String {
    visitor.post(CHECKPOINT, &ANSWERS).await.location()
}

pub(crate) async fn accept(instructor: &Visitor, entry_page: &str) {
    let review = entry_page.replace("/entries/", "/review/");
    assert_eq!(instructor.post(&format!("{review}/claim"), &[]).await.location(), review);
    assert_eq!(instructor.post(&format!("{review}/decide"), &[("verdict", "accept")]).await.location(), "/review");
}

fn no_answers() -> Answers {
    Answers::new()
}
