//! `/review` and `/review/{entry}`

use jiff::SignedDuration;

use super::{accept, enter, spawn};

#[tokio::test]
async fn the_pages_are_for_instructors() {
    let app = spawn().await;
    let ada = app.learner("ada").await;
    let review = enter(&ada).await.replace("/entries/", "/review/");
    for path in ["/review", review.as_str()] {
        assert!(app.visitor().get(path).await.location().starts_with("/sign-in"));
        ada.get(path).await.expect(403);
    }
    ada.post(&format!("{review}/claim"), &[]).await.expect(403);
    ada.post(&format!("{review}/decide"), &[("verdict", "accept")]).await.expect(403);
    let imre = app.instructor("imre").await;
    assert_eq!(imre.get("/review").await.expect(200).texts(".rows li").len(), 1);
    assert!(imre.get(&review).await.expect(200).body.contains("Red"));
    imre.get("/review/none").await.expect(404);
    imre.post("/review/none/claim", &[]).await.expect(404);
    app.admin("noor").await.get("/review").await.expect(200);
}

#[tokio::test]
async fn a_rejection_needs_a_reason_tells_it_and_frees_the_slot() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let page = enter(&ada).await;
    let review = page.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    let refused = imre.post(&format!("{review}/decide"), &[("verdict", "reject"), ("reason", " ")]).await.expect(422);
    assert!(refused.text(".error").contains("say why"));
    imre.post(&format!("{review}/decide"), &[("verdict", "reject"), ("reason", "Say <where>.")]).await.location();
    let shown = ada.get(&page).await;
    assert!(shown.text("main").contains("Say <where>.") && shown.text(".pill") == "Not accepted");
    let mails = app.mails().await;
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("ada@example.org", "Your entry was not accepted"));
    assert!(mails[0].html.contains("Say &lt;where&gt;."));
    enter(&ada).await;
}

#[tokio::test]
async fn one_reviewer_has_an_entry_until_the_hold_runs_out() {
    let app = spawn().await;
    let (imre, ines) = (app.instructor("imre").await, app.instructor("ines").await);
    let review = enter(&app.learner("ada").await).await.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    ines.post(&format!("{review}/claim"), &[]).await.location();
    assert!(ines.get(&review).await.text("aside [role=\"status\"]").contains("Another reviewer"));
    ines.post(&format!("{review}/decide"), &[("verdict", "accept")]).await.location();
    assert!(ines.get("/review").await.text(".rows").contains("With somebody else"));
    app.advance(SignedDuration::from_mins(31));
    ines.post(&format!("{review}/claim"), &[]).await.location();
    assert!(ines.get("/review").await.text(".rows").contains("Yours"));
}

#[tokio::test]
async fn of_two_decisions_the_first_stands() {
    let app = spawn().await;
    let (ada, imre, ines) = (app.learner("ada").await, app.instructor("imre").await, app.instructor("ines").await);
    let page = enter(&ada).await;
    let review = page.replace("/entries/", "/review/");
    accept(&imre, &page).await;
    let reject = [("verdict", "reject"), ("reason", "No.")];
    assert_eq!(ines.post(&format!("{review}/decide"), &reject).await.location(), review);
    assert_eq!(ada.get(&page).await.text(".pill"), "Accepted");
    let ledger = app.app.audit.list_of_subject(page.rsplit('/').next().unwrap()).await.unwrap();
    assert_eq!(ledger.iter().filter(|line| line.action.starts_with("entry.")).count(), 1);
    app.run_jobs().await;
}

#[tokio::test]
async fn nobody_reviews_their_own_entry() {
    let app = spawn().await;
    let imre = app.instructor("imre").await;
    let review = enter(&imre).await.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    assert!(imre.get(&review).await.text("aside [role=\"status\"]").contains("your own"));
    imre.post(&format!("{review}/decide"), &[("verdict", "accept")]).await.location();
    assert_eq!(imre.get(&review.replace("/review/", "/entries/")).await.text(".pill"), "Waiting for review");
}
