//! Questions that ask for an order, answered by numbers.

use super::spawn;
use crate::support::{Page, Visitor};

const BELL: &str = "/modules/watch/second-watch/bell";
const WATCHES: &str = "/modules/watch/second-watch/bell/questions/watches";
const RIGHT: [&str; 3] = ["First watch", "Middle watch", "Morning watch"];

/// The value that gives `number` to the item which says `text`.
fn value(page: &Page, text: &str, number: usize) -> String {
    let place = (0..3).find(|place| page.text(&format!("#watches-{place}-text")) == text).unwrap();
    format!("{place}.{number}")
}

async fn answer(visitor: &Visitor, numbers: [usize; 3]) -> Page {
    let page = visitor.get(BELL).await;
    let values: Vec<String> = RIGHT.iter().zip(numbers).map(|(text, number)| value(&page, text, number)).collect();
    let fields: Vec<(&str, &str)> = values.iter().map(|value| ("answer", value.as_str())).collect();
    visitor.post(WATCHES, &fields).await
}

#[tokio::test]
async fn an_order_is_asked_shuffled_and_the_same_again() {
    let app = spawn().await;
    let page = app.visitor().get(BELL).await.expect(200);
    let texts = page.texts(".order-text");
    assert_eq!(texts.len(), 3);
    assert_ne!(texts, RIGHT);
    assert_eq!(page.attributes(".order select", "disabled").len(), 3);
    assert_eq!(app.visitor().get(BELL).await.texts(".order-text"), texts);
    assert!(!page.body.contains("begins at"), "an explanation shows before the answer");
    let ada = app.learner("ada").await;
    assert_ne!(ada.get(BELL).await.texts(".order-text"), RIGHT);
    app.visitor().post(WATCHES, &[("answer", "0.1")]).await.expect(401);
}

#[tokio::test]
async fn each_line_needs_a_number_of_its_own() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    for numbers in [[1, 1, 2], [0, 0, 0], [1, 2, 4]] {
        let page = answer(&ada, numbers).await.expect(422);
        assert!(page.text("#question-watches .error").contains("a number of its own"), "{numbers:?}");
    }
    let page = answer(&ada, [1, 1, 0]).await.expect(422);
    let kept = value(&page, "Middle watch", 1);
    assert!(page.attribute(&format!(".order option[value='{kept}']"), "selected").is_some());
    ada.post(WATCHES, &[]).await.expect(422);
    assert!(!ada.get(BELL).await.body.contains("begins at"));
}

#[tokio::test]
async fn a_wrong_order_is_told_how_much_of_it_stands_and_a_right_one_that_it_is() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    assert_eq!(answer(&ada, [1, 3, 2]).await.location(), format!("{BELL}#question-watches"));
    let page = ada.get(BELL).await;
    assert!(page.text("#question-watches .judgement").contains("1 of 3 stands where it belongs"));
    assert_eq!(page.texts(".order-text"), ["First watch", "Morning watch", "Middle watch"]);
    assert_eq!((page.texts(".order .choice-right").len(), page.texts(".order .choice-wrong").len()), (1, 2));
    let whys = page.texts(".order .why");
    assert_eq!(
        (whys[0].contains("In its place. "), &*whys[1], &*whys[2]),
        (true, "Not here.", "Not here."),
        "{whys:?}"
    );
    assert!(page.texts("#question-watches .judgement ol").is_empty());
    assert_eq!(page.text(".order-text code"), "watch");
    answer(&ada, [3, 2, 1]).await.location();
    let page = ada.get(BELL).await;
    assert_eq!(page.texts("#question-watches .judgement ol li"), RIGHT, "the second miss shows the order");
    assert!(page.texts(".order .why").iter().all(|why| why.len() > "In its place.".len()));
    answer(&ada, [1, 2, 3]).await.location();
    let page = ada.get(BELL).await;
    assert!(page.text("#question-watches .judgement").contains("That is right"));
    assert!(page.texts("#question-watches .judgement ol").is_empty());
    assert_eq!(page.texts(".order-text"), RIGHT);
}
