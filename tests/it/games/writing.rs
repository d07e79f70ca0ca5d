//! The incident log, the runbook, the postmortem and its review.

use jiff::SignedDuration;
use scraper::{Html, Selector};
use seaworthy::games::GameState;

use super::{LAB, Setting, start_lab};
use crate::support::Page;

const RUNBOOK: &str = "/labs/day-2-game-day/runbook";
const WHOLE_RUNBOOK: &str = "## Symptoms\n- requests fail\n\n## Where to look\n`kubectl get pods`\n\n## Mitigation\n\
                             1. `kubectl rollout undo`\n2. scale\n\n## Escalation\nOwner: Ada\n";

/// What the field of a text holds, with its line breaks.
fn typed(page: &Page) -> String {
    let html = Html::parse_document(&page.body);
    html.select(&Selector::parse("#text").unwrap()).flat_map(|field| field.text()).collect()
}

/// A postmortem that lacks nothing.
fn whole(text: &str) -> String {
    let filled = [
        ("Two or three sentences for somebody who wasn't there.", "It was down for a while."),
        ("What made it possible, in the system: ask why until no person is the answer.", "A limit."),
        ("What shortened it: a graph, a line in the runbook, a guess that was right.", "The log."),
        ("What made it longer, or would have made it worse.", "An alert."),
        ("|        |       |     |", "| Add an alert | Ada | 2026-12-01 |"),
    ];
    filled.iter().fold(text.to_owned(), |text, (before, after)| {
        assert!(text.contains(before), "{text}");
        text.replace(before, after)
    })
}

#[actix_web::test]
async fn a_runbook_is_saved_as_it_is_and_told_what_it_lacks() {
    let setting = Setting::open().await;
    let page = setting.ada.get(RUNBOOK).await.expect(200);
    assert!(page.text("#text").contains("## Symptoms"), "it begins with its template");
    assert_eq!(setting.ada.post(RUNBOOK, &[("text", "## Symptoms\r\n- <b>it</b> fails")]).await.location(), RUNBOOK);
    let page = setting.ada.get(RUNBOOK).await.expect(200);
    assert!(page.text("#text").contains("<b>it</b> fails"));
    assert!(page.text(".callout").contains("There is no section \"Mitigation\""), "{}", page.text("body"));
    let long = "x".repeat(65 * 1024);
    let refused = setting.ada.post(RUNBOOK, &[("text", &long)]).await.expect(422);
    assert_eq!(refused.text("#text").trim().len(), long.len(), "nothing typed is lost");
    setting.ada.post(RUNBOOK, &[("text", WHOLE_RUNBOOK)]).await.location();
    setting.run().await;
    let page = setting.ada.get(&format!("/labs/{LAB}")).await.expect(200);
    assert_eq!(page.attribute("#task-runbook", "data-verdict").as_deref(), Some("pass"));
    // It is the platform that reports this, and nobody else can.
    setting.ada.post(&format!("/labs/{LAB}/tasks/detect/answers"), &[("detected", "1")]).await.expect(404);
    assert!(setting.app.visitor().get(RUNBOOK).await.location().starts_with("/sign-in"));
    setting.ada.get("/labs/service-annotations/runbook").await.expect(404);
}

#[actix_web::test]
async fn the_log_keeps_what_was_stated_of_times_and_counts_from_its_own() {
    let setting = Setting::open().await;
    let id = setting.begin().await;
    let page = format!("/games/{id}");
    let entries = format!("{page}/entries");
    setting.until_injected(&id).await;
    let empty = setting.ada.post(&entries, &[("kind", "action"), ("text", " "), ("time", "")]).await.expect(422);
    assert!(empty.text("#text-error").contains("Write what it is"));
    let time =
        setting.ada.post(&entries, &[("kind", "action"), ("text", "Tried <it>."), ("time", "25:00")]).await.expect(422);
    assert_eq!(time.text("#text"), "Tried <it>.");
    assert!(time.text("#time-error").contains("such as 14:05"));
    setting.ada.post(&entries, &[("kind", "action"), ("text", "x"), ("time", "03:00")]).await.expect(422);
    setting.ada.post(&entries, &[("kind", "nothing"), ("text", "x")]).await.expect(400);
    setting.pass(&id, 60, 0).await;
    // What was seen a minute ago counts from now on.
    let now = setting.app.clock.now();
    let zone = jiff::tz::TimeZone::get(&setting.app.app.site.zone).unwrap();
    let earlier = (now - SignedDuration::from_secs(50)).to_zoned(zone.clone());
    let stated = earlier.strftime("%H:%M:%S").to_string();
    setting.ada.post(&entries, &[("kind", "detected"), ("text", ""), ("time", &stated)]).await.location();
    let html = setting.ada.get(&page).await.expect(200);
    assert!(html.text(".log").contains("Written"), "{}", html.text(".log"));
    let action = html.attribute(".log form", "action").unwrap();
    let corrected = (now - SignedDuration::from_secs(40)).to_zoned(zone).strftime("%H:%M:%S").to_string();
    assert_eq!(setting.ada.post(&action, &[("time", &corrected)]).await.location(), format!("{page}#log"));
    assert!(setting.ada.get(&page).await.expect(200).text(".log").contains("stated before"));
    setting.ada.post(&action, &[("time", "nonsense")]).await.location();
    let bea = setting.app.learner("bea").await;
    bea.post(&entries, &[("kind", "note"), ("text", "x")]).await.expect(404);
    bea.post(&action, &[("time", "12:00")]).await.expect(404);
    setting.pass(&id, 22, 5).await;
    let game = setting.game(&id).await;
    let after = game.figures.unwrap().detected_after_ms.unwrap();
    let expected = super::milliseconds(game.injected_at.unwrap(), now);
    assert_eq!(after, expected, "by the server's time");
}

#[actix_web::test]
async fn a_postmortem_goes_to_review_and_back_and_is_accepted() {
    let setting = Setting::open().await;
    let game = setting.play().await;
    let page = format!("/games/{}/postmortem", game.id);
    let begun = typed(&setting.ada.get(&page).await.expect(200));
    assert!(begun.contains("Detected: Requests fail.") && begun.contains("The fault came"), "{begun}");
    assert!(begun.contains("Time to mitigate") && begun.contains("Availability over the game"), "{begun}");
    let send = |text: String, then: &'static str| {
        let (ada, page) = (&setting.ada, &page);
        async move { ada.post(page, &[("text", &text), ("then", then)]).await }
    };
    // A draft is kept, and read by nobody else.
    send(begun.clone(), "").await.location();
    let ina = setting.app.instructor("ina").await;
    ina.get(&page).await.expect(404);
    let refused = send(begun.clone(), "submit").await.expect(422);
    assert!(refused.text(".error-summary").contains("\"Actions\" still has the words of the template alone"));
    assert_eq!(send(whole(&begun), "submit").await.location(), page);
    setting.run().await;
    let lab = setting.ada.get(&format!("/labs/{LAB}")).await.expect(200);
    for task in ["detect", "mitigate", "postmortem"] {
        assert_eq!(lab.attribute(&format!("#task-{task}"), "data-verdict").as_deref(), Some("pass"), "{task}");
    }
    // The review.
    assert!(setting.app.visitor().get("/review/postmortems").await.location().starts_with("/sign-in"));
    setting.ada.get("/review/postmortems").await.expect(403);
    setting.ada.get(&format!("/review/postmortems/{}", game.id)).await.expect(403);
    let list = ina.get("/review/postmortems").await.expect(200);
    assert!(list.text("main").contains("ada"), "{}", list.text("main"));
    let review = format!("/review/postmortems/{}", game.id);
    let read = ina.get(&review).await.expect(200);
    assert!(
        read.text(".game-text").contains("It was down for a while.") && read.text("aside").contains("Availability")
    );
    let at = read.attribute("[name=submitted_at]", "value").unwrap();
    let decide = |decision: &'static str, comment: &'static str, at: String| {
        let (ina, review) = (&ina, &review);
        async move { ina.post(review, &[("decision", decision), ("comment", comment), ("submitted_at", &at)]).await }
    };
    decide("return", " ", at.clone()).await.expect(422);
    assert_eq!(decide("return", "Who checks <it>?", at.clone()).await.location(), "/review/postmortems");
    let mail = setting.app.mails().await.pop().unwrap();
    assert!(mail.to == "ada@example.org" && mail.text.contains("Who checks <it>?"), "{mail:?}");
    let returned = setting.ada.get(&page).await.expect(200);
    assert!(returned.text(".callout").contains("Who checks <it>?"));
    setting.app.advance(SignedDuration::from_secs(1));
    send(whole(&begun), "submit").await.location();
    // What was read before it was submitted anew is not what would be accepted.
    let stale = decide("accept", "Fine.", at).await.expect(422);
    assert!(stale.text("body").contains("submitted anew"), "{}", stale.text("body"));
    let at = ina.get(&review).await.expect(200).attribute("[name=submitted_at]", "value").unwrap();
    decide("accept", "", at.clone()).await.location();
    decide("accept", "", at).await.expect(422);
    assert!(setting.app.mails().await.pop().unwrap().subject.contains("accepted"));
    send("gone".to_owned(), "").await.location();
    assert!(setting.ada.get(&page).await.expect(200).text(".game-text").contains("It was down for a while."));
}

#[actix_web::test]
async fn a_reviewer_decides_no_game_of_their_own() {
    let setting = Setting::open().await;
    let ina = setting.app.instructor("ina").await;
    let session = start_lab(&setting.app, &ina).await;
    let setting = Setting { ada: ina, session, ..setting };
    let game = setting.play().await;
    assert_eq!(game.state, GameState::Over);
    let page = format!("/games/{}/postmortem", game.id);
    let begun = typed(&setting.ada.get(&page).await.expect(200));
    setting.ada.post(&page, &[("text", &whole(&begun)), ("then", "submit")]).await.location();
    let review = format!("/review/postmortems/{}", game.id);
    let read = setting.ada.get(&review).await.expect(200);
    assert!(read.text("aside").contains("You played this game"));
    let at = "2026-03-04T12:00:00Z";
    let refused = setting.ada.post(&review, &[("decision", "accept"), ("submitted_at", at)]).await.expect(422);
    assert!(refused.text("body").contains("somebody else reads"));
    setting.ada.post(&review, &[("decision", "accept"), ("submitted_at", "x")]).await.expect(400);
}
