//! `/review` and `/review/{entry}`

use jiff::SignedDuration;
use seaworthy::accounts::Role;
use seaworthy::reviews::{ClaimStatus, ReviewError};

use super::{CHECKPOINT, accept, enter, spawn};

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
    ada.post(&format!("{review}/decide"), &[("decision", "accept")]).await.expect(403);
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
    let refused = imre.post(&format!("{review}/decide"), &[("decision", "reject"), ("reason", " ")]).await.expect(422);
    assert!(refused.text(".error").contains("say why"));
    imre.post(&format!("{review}/decide"), &[("decision", "reject"), ("reason", "Say <where>.")]).await.location();
    let shown = ada.get(&page).await;
    assert!(shown.text("main").contains("Say <where>.") && shown.text(".pill") == "Not accepted");
    let mails = app.mails().await;
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("ada@example.org", "Your entry was not accepted"));
    assert!(mails[0].html.contains("Say &lt;where&gt;."));
    enter(&ada).await;
}

#[tokio::test]
async fn one_reviewer_has_an_entry_until_the_claim_runs_out() {
    let app = spawn().await;
    let (imre, ines) = (app.instructor("imre").await, app.instructor("ines").await);
    let review = enter(&app.learner("ada").await).await.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    ines.post(&format!("{review}/claim"), &[]).await.location();
    assert!(ines.get(&review).await.text("aside [role=\"status\"]").contains("Another reviewer"));
    ines.post(&format!("{review}/decide"), &[("decision", "accept")]).await.expect(422);
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
    let reject = [("decision", "reject"), ("reason", "No.")];
    ines.post(&format!("{review}/decide"), &reject).await.expect(422);
    assert_eq!(ada.get(&page).await.text(".pill"), "Accepted");
    let events = app.app.core.audit.list_of_subject(page.rsplit('/').next().unwrap()).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.action.starts_with("entry.")).count(), 1);
    app.run_jobs().await;
}

#[tokio::test]
async fn nobody_reviews_their_own_entry() {
    let app = spawn().await;
    let imre = app.learner("imre").await;
    let review = enter(&imre).await.replace("/entries/", "/review/");
    app.app.accounts.set_role("system", &imre.person().id, Role::Instructor).await.unwrap();
    imre.post(&format!("{review}/claim"), &[]).await.location();
    assert!(imre.get(&review).await.text("aside [role=\"status\"]").contains("your own"));
    imre.post(&format!("{review}/decide"), &[("decision", "accept")]).await.expect(422);
    assert_eq!(imre.get(&review.replace("/review/", "/entries/")).await.text(".pill"), "Waiting for review");
}

#[tokio::test]
async fn a_claim_that_ran_out_gives_the_right_to_withdraw_back() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let page = enter(&ada).await;
    let review = page.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    let held = ada.get(&page).await.expect(200);
    assert!(
        held.text(".pill").contains("In review") && !held.body.contains("Withdraw this entry"),
        "{}",
        held.text("main")
    );
    assert_eq!(ada.post(&format!("{page}/withdraw"), &[]).await.location(), page);
    app.advance(SignedDuration::from_mins(30));
    let free = ada.get(&page).await.expect(200);
    assert_eq!(free.text(".pill"), "Waiting for review");
    let (asked, done) = ada.confirm(&free, "Withdraw this entry", "Withdraw it").await;
    assert!(asked.text(".confirmation").contains("it is entry 1 of its week. A new one would be entry 2"));
    assert_eq!(done.location(), "/entries");
    ada.get(&format!("{page}/withdraw")).await.location();
    let again = ada.get(CHECKPOINT).await.expect(200);
    assert!(again.text("textarea").contains("It raises the alarm"), "what was answered is there to be sent anew");
    assert!(!again.attributes(".questions input[checked]", "id").is_empty());

    // The reviewer comes back too late, and loses nothing of what was written.
    let reject = [("decision", "reject"), ("reason", "Say where.")];
    let late = imre.post(&format!("{review}/decide"), &reject).await.expect(422);
    assert!(late.text(".error-summary").contains("withdrawn in the meantime"));
    assert_eq!(late.text("#preserved-reason"), "Say where.");
    app.run_jobs().await;
}

#[tokio::test]
async fn a_reviewer_has_five_entries_at_once_and_no_more() {
    let app = spawn().await;
    let imre = app.instructor("imre").await;
    let mut reviews = Vec::new();
    for number in 0..6 {
        let page = enter(&app.learner(&format!("learner{number}")).await).await;
        reviews.push(page.replace("/entries/", "/review/"));
    }
    for review in &reviews {
        imre.post(&format!("{review}/claim"), &[]).await.location();
    }
    let queue = imre.get("/review").await.expect(200).text(".rows");
    assert_eq!(queue.matches("Yours").count(), 5);
    assert!(imre.get(&reviews[5]).await.text("aside").contains("Take it"), "the sixth is free");
    let told = imre.post(&format!("{}/claim", reviews[5]), &[]).await.location();
    assert!(imre.get(&told).await.body.contains("You have 5 entries already"));
    // One that is decided, or has run out, makes room.
    imre.post(&format!("{}/decide", reviews[0]), &[("decision", "accept")]).await.location();
    imre.post(&format!("{}/claim", reviews[5]), &[]).await.location();
    assert!(imre.get(&reviews[5]).await.text("aside").contains("Accept"));
    app.advance(SignedDuration::from_mins(31));
    for review in &reviews[1..] {
        imre.post(&format!("{review}/claim"), &[]).await.location();
    }
    assert_eq!(imre.get("/review").await.text(".rows").matches("Yours").count(), 5);
    app.run_jobs().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_at_once_leave_a_reviewer_exactly_five() {
    let app = std::sync::Arc::new(spawn().await);
    let imre = super::person(&app, "imre", Role::Instructor).await;
    let mut entries = Vec::new();
    for number in 0..12 {
        let learner = super::person(&app, &format!("learner{number}"), Role::Learner).await;
        entries.push(super::enter_as(&app.app, &learner.id, "watch").await.unwrap().id);
    }
    let claiming = entries.into_iter().map(|entry| {
        let (app, imre) = (std::sync::Arc::clone(&app), imre.clone());
        tokio::spawn(async move { app.app.reviews.claim(&imre, &entry).await })
    });
    let mut taken = 0;
    for claimed in claiming.collect::<Vec<_>>() {
        match claimed.await.unwrap() {
            Ok(()) => taken += 1,
            Err(ReviewError::TooManyClaims) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let queue = app.app.reviews.list_queue(&imre.id, 100).await.unwrap();
    let held = queue.iter().filter(|(_, claim)| *claim == ClaimStatus::Mine).count();
    assert_eq!((taken, held), (5, 5));
}

#[tokio::test]
async fn a_reason_typed_to_an_entry_that_another_reviewer_took_comes_back() {
    let app = spawn().await;
    let (imre, ines) = (app.instructor("imre").await, app.instructor("ines").await);
    let review = enter(&app.learner("ada").await).await.replace("/entries/", "/review/");
    imre.post(&format!("{review}/claim"), &[]).await.location();
    app.advance(SignedDuration::from_mins(31));
    ines.post(&format!("{review}/claim"), &[]).await.location();
    let reject = [("decision", "reject"), ("reason", "Say where.")];
    let late = imre.post(&format!("{review}/decide"), &reject).await.expect(422);
    assert!(late.text(".error-summary").contains("Another reviewer has this entry"));
    assert_eq!(late.text("#preserved-reason"), "Say where.");
}

#[tokio::test]
async fn an_entry_to_a_module_that_left_the_content_can_be_decided() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let page = enter(&ada).await;
    super::replace_file(&app, "programme.toml", &super::programme(3, 2, 3).replace("[\"watch\"]", "[]"));
    let review = imre.get(&page.replace("/entries/", "/review/")).await.expect(200);
    assert!(review.text(".questions").contains("It raises the alarm"));
    accept(&imre, &page).await;
    assert_eq!(ada.get(&page).await.expect(200).text(".pill"), "Accepted");
    app.run_jobs().await;
}
