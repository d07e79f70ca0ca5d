//! What was typed into a form that is refused: it comes back, and goes on to where it was going.

use crate::lessons::harbour;
use crate::support::{PASSWORD, Page, TestApp, Visitor};

const CHECKPOINT: &str = "/checkpoints/watch";
const DUTY: &str = "It raises the alarm,\r\nand says <where>.";
const ANSWERS: [(&str, &str); 2] = [("answer-lamp", "0"), ("answer-duty", DUTY)];

async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await
}

async fn end_session(app: &TestApp, visitor: &Visitor) {
    app.app.accounts.sign_out(&visitor.cookie("session").unwrap()).await.unwrap();
}

async fn sign_in(visitor: &Visitor, name: &str) {
    let email = format!("{name}@example.org");
    visitor.post("/sign-in", &[("email", &email), ("password", PASSWORD)]).await.location();
}

fn preserved_texts(page: &Page) -> Vec<String> {
    [page.attributes(".preserved-form input[type=text]", "value"), page.texts(".preserved-form textarea")].concat()
}

#[tokio::test]
async fn an_entry_whose_session_ended_is_sent_after_signing_in_on_the_page_that_holds_it() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let token = ada.csrf_token().await;
    end_session(&app, &ada).await;

    let page = ada.post_with_token(CHECKPOINT, &token, &ANSWERS).await.expect(401);
    assert_eq!(page.text("h1"), "You were signed out meanwhile");
    assert_eq!(page.text("#preserved-heading"), "Your entry to the checkpoint");
    assert_eq!(preserved_texts(&page), ["It raises the alarm, and says <where>."]);
    assert!(page.text(".preserved-form details").contains("Answer lamp: 0"));

    let wrong = [("email", "ada@example.org"), ("password", "not the password at all")];
    let page = ada.press(&page, "Sign in", &wrong).await.expect(422);
    assert!(page.text("#sign-in-email-error").contains("do not belong together"));
    assert_eq!(page.attribute("#sign-in-email", "value").unwrap(), "ada@example.org");
    assert_eq!(preserved_texts(&page), ["It raises the alarm, and says <where>."]);
    assert!(!page.body.contains("not the password at all"));

    let right = [("email", "ada@example.org"), ("password", PASSWORD)];
    let page = ada.press(&page, "Sign in", &right).await.expect(200);
    assert!(page.text(".preserved-form").contains("You are signed in as ada."));
    assert_eq!(page.text("#preserved-heading"), "Your entry to the checkpoint");
    let entry = ada.press(&page, "Send it again", &[]).await.location();
    assert!(entry.starts_with("/entries/"));

    let imre = app.instructor("imre").await;
    let review = imre.get(&entry.replace("/entries/", "/review/")).await.expect(200);
    let given = review.texts(".given");
    assert!(given.iter().any(|text| text == "It raises the alarm, and says <where>."), "{given:?}");
    assert_eq!(given.len(), 2, "the choice came along");
}

#[tokio::test]
async fn a_form_of_another_page_is_kept_too_whatever_it_is() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let forms = [
        ("/account/name", "name", "Your new name"),
        ("/modules/watch/first-watch/lamps/questions/colour", "answer", "Your answer to a question"),
        ("/labs/service-annotations/start", "note", "The start of your lab"),
        ("/review/none/decide", "reason", "Your decision on an entry"),
        ("/admin/people/none/role", "role", "The role of a person"),
    ];
    let token = ada.csrf_token().await;
    end_session(&app, &ada).await;
    for (path, field, what) in forms {
        let page = ada.post_with_token(path, &token, &[(field, "as I wrote it")]).await.expect(401);
        assert_eq!(
            (page.text("#preserved-heading").as_str(), preserved_texts(&page)),
            (what, vec!["as I wrote it".to_owned()])
        );
    }
}

#[tokio::test]
async fn the_same_person_signed_in_again_in_another_tab_goes_on_as_if_nothing_had_been() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let token = ada.csrf_token().await;
    ada.post("/sign-out", &[]).await.location();
    sign_in(&ada, "ada").await;
    assert_eq!(ada.post_with_token("/account/name", &token, &[("name", "Ada")]).await.location(), "/account");
}

/// Ada's browser with Ben signed in, and the token of a form that she opened before.
async fn spawn_with_ben_signed_in_after_ada() -> (TestApp, Visitor, String) {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    app.learner("ben").await;
    let token = ada.csrf_token().await;
    ada.post("/sign-out", &[]).await.location();
    sign_in(&ada, "ben").await;
    (app, ada, token)
}

#[tokio::test]
async fn what_one_person_wrote_is_not_sent_as_anothers_without_a_word() {
    let (_app, ada, token) = spawn_with_ben_signed_in_after_ada().await;

    let page = ada.post_with_token("/account/name", &token, &[("name", "Ada Quist")]).await.expect(403);
    assert_eq!(page.text("h1"), "This form has expired");
    let warning = page.text(".callout-warning");
    assert!(warning.contains("written while another person was signed in") && warning.contains("sent as ben"));
    assert_eq!(preserved_texts(&page), ["Ada Quist"]);
    ada.press(&page, "Send it again", &[]).await.location();
    assert_eq!(ada.get("/account").await.attribute("#name", "value").unwrap(), "Ada Quist");
}

#[tokio::test]
async fn whoever_signs_in_in_place_is_told_when_somebody_else_wrote_it() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    app.learner("ben").await;
    let token = ada.csrf_token().await;
    end_session(&app, &ada).await;
    let page = ada.post_with_token("/account/name", &token, &[("name", "Ada Quist")]).await.expect(401);
    let ben = [("email", "ben@example.org"), ("password", PASSWORD)];
    let page = ada.press(&page, "Sign in", &ben).await.expect(200);
    assert!(page.text(".callout-warning").contains("sent as ben"));
}

#[tokio::test]
async fn whoever_wrote_it_is_known_to_have_after_somebody_else_had_it_on_their_screen() {
    let (app, ada, token) = spawn_with_ben_signed_in_after_ada().await;
    let seen_by_ben = ada.post_with_token("/account/name", &token, &[("name", "Ada Quist")]).await.expect(403);
    end_session(&app, &ada).await;
    let page = ada.press(&seen_by_ben, "Send it again", &[]).await.expect(401);
    let right = [("email", "ada@example.org"), ("password", PASSWORD)];
    let page = ada.press(&page, "Sign in", &right).await.expect(200);
    assert!(page.texts(".callout-warning").is_empty());
    ada.press(&page, "Send it again", &[]).await.location();
    assert_eq!(ada.get("/account").await.attribute("#name", "value").unwrap(), "Ada Quist");
}

#[tokio::test]
async fn what_a_form_sends_unseen_is_carried_along_unseen() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let page = ada.get(CHECKPOINT).await.expect(200);
    end_session(&app, &ada).await;
    let page = ada.press(&page, "Send", &[("answer-duty", "It raises the alarm, and says where.")]).await.expect(401);
    assert_eq!(preserved_texts(&page), ["It raises the alarm, and says where."]);
    assert!(
        page.texts(".preserved-form details").iter().all(|text| !text.contains("Week") && !text.contains("Question"))
    );
}

#[tokio::test]
async fn a_form_outlives_the_cookies_of_the_browsers_session() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let page = ada.get("/account").await;
    let set = page.headers.get_all("set-cookie").iter().find(|set| set.as_bytes().starts_with(b"csrf=")).unwrap();
    assert!(set.to_str().unwrap().contains("Max-Age=31536000"), "{set:?}");
    assert!(!ada.get("/account").await.headers.contains_key("set-cookie"), "it is not replaced");
    let token = ada.csrf_token().await;
    ada.lose_cookie("csrf");
    assert_eq!(ada.post_with_token("/account/name", &token, &[("name", "Ada")]).await.location(), "/account");
}

#[tokio::test]
async fn the_cookie_of_a_session_outlives_it_for_each_visit_moves_its_end() {
    let app = spawn().await;
    app.learner("ada").await;
    let browser = app.visitor();
    let signed_in = browser.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    assert!(signed_in.headers["set-cookie"].to_str().unwrap().contains("Max-Age=31536000"));
    for _ in 0..3 {
        app.advance(jiff::SignedDuration::from_hours(13 * 24));
        browser.get("/account").await.expect(200);
    }
}

#[tokio::test]
async fn a_form_at_its_limit_is_carried_through_signing_in() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let token = ada.csrf_token().await;
    end_session(&app, &ada).await;
    let text = "\u{e9} \r\n".repeat(250 * 1024 / 13);
    let page = ada.post_with_token("/account/name", &token, &[("name", &text)]).await.expect(401);
    let right = [("email", "ada@example.org"), ("password", PASSWORD)];
    let page = ada.press(&page, "Sign in", &right).await.expect(200);
    assert!(preserved_texts(&page)[0].len() > 30_000);
    ada.press(&page, "Send it again", &[]).await.expect(422);
}

#[tokio::test]
async fn of_two_first_pages_opened_at_once_both_sign_in() {
    let app = spawn().await;
    app.learner("ada").await;
    let browser = app.visitor().in_browser();
    let first = browser.get("/sign-in").await.expect(200);
    // The answer to a request that was sent before the first one's cookie came.
    browser.lose_cookie("csrf");
    let second = browser.get("/sign-in?next=/labs").await.expect(200);
    let ada = [("email", "ada@example.org"), ("password", PASSWORD)];
    assert_eq!(browser.press(&first, "Sign in", &ada).await.location(), "/");
    assert_eq!(browser.press(&second, "Sign in", &ada).await.location(), "/labs", "the second tab leads on");
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_and_nothing_of_it_kept() {
    let app = spawn().await;
    let ada = app.learner("ada").await.on_site("https://evil.example");
    let token = ada.csrf_token().await;
    let page = ada.post_with_token("/account/name", &token, &[("name", "Planted words")]).await.expect(403);
    assert_eq!(page.text("h1"), "This came from another address");
    assert!(!page.body.contains("Planted words"));
    for (words, text) in [("came", "https://evil.example"), ("expected", "127.0.0.1"), ("setting", "public_url")] {
        assert!(page.text(".lead").contains(text), "{words}");
    }
    end_session(&app, &ada).await;
    let page = ada.post_with_token("/account/name", &token, &[("name", "Planted words")]).await.expect(401);
    assert!(!page.body.contains("Planted words"));
    let unknown = app.visitor().post_with_token("/account/name", "none", &[("name", "Planted words")]).await;
    assert!(!unknown.expect(401).body.contains("Planted words"), "no browser says where it came from");
}

#[tokio::test]
async fn passwords_are_never_given_back_and_asked_for_again() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let token = ada.csrf_token().await;
    end_session(&app, &ada).await;
    let fields = [("current_password", PASSWORD), ("new_password", "a boat of my own making")];
    let page = ada.post_with_token("/account/password", &token, &fields).await.expect(401);
    assert!(!page.body.contains(PASSWORD) && !page.body.contains("a boat of my own making"));
    let page = ada.press(&page, "Sign in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.expect(200);
    assert!(!page.body.contains(PASSWORD) && !page.body.contains("a boat of my own making"));
    assert_eq!(page.attributes("input[type=password]", "name"), ["current_password", "new_password"]);
    assert_eq!(ada.press(&page, "Send it again", &fields).await.location(), "/account");
    app.run_jobs().await;
}

#[tokio::test]
async fn of_a_form_with_a_file_the_fields_are_kept_and_the_file_is_chosen_again() {
    let (_app, ada, token) = spawn_with_ben_signed_in_after_ada().await;
    let page = ada.upload_text("/credentials/verify", &token, &[("text", "{ \"as\": \"pasted\" }")]).await.expect(403);
    assert_eq!(preserved_texts(&page), ["{ \"as\": \"pasted\" }"]);
    assert_eq!(page.attribute(".preserved-form form", "enctype").unwrap(), "multipart/form-data");
    assert_eq!(page.attribute(".preserved-form input[type=file]", "name").unwrap(), "file");
    assert!(page.text("#file-0-hint").contains("choose it again"));
}

#[tokio::test]
async fn what_was_typed_comes_back_when_the_site_cannot_take_it_right_now() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ups_per_hour = 0).await;
    let visitor = app.visitor().in_browser();
    let fields = [("name", "Ada Quist"), ("email", "ada@example.org"), ("password", PASSWORD)];
    let page = visitor.post("/sign-up", &fields).await.expect(429);
    assert_eq!(page.text("h1"), "Too many attempts");
    assert_eq!(preserved_texts(&page), ["Ada Quist", "ada@example.org"]);
    assert!(!page.body.contains(PASSWORD));
    let page = visitor.press(&page, "Send it again", &[("password", PASSWORD)]).await.expect(429);
    assert_eq!(preserved_texts(&page), ["Ada Quist", "ada@example.org"]);
}

#[tokio::test]
async fn a_nul_character_is_taken_out_before_any_database_sees_it() {
    let app = spawn().await;
    let ada = app.learner("ada").await.in_browser();
    let page = ada.post("/account/name", &[("name", "Ada\0 Quist")]).await.expect(422);
    assert_eq!(preserved_texts(&page), ["Ada Quist"]);
    assert_eq!(ada.press(&page, "Send it again", &[]).await.location(), "/account");
    let page = ada.upload_text("/credentials/verify", &ada.csrf_token().await, &[("text", "a\0b")]).await.expect(422);
    assert_eq!(preserved_texts(&page), ["ab"]);
    let imre = app.instructor("imre").await;
    imre.post("/review/none/decide", &[("decision", "reject"), ("reason", "a\0b")]).await.expect(422);
}

#[tokio::test]
async fn a_refused_form_without_anything_typed_leads_to_signing_in_and_back_to_its_page() {
    let app = spawn().await;
    let page = app.visitor().post("/review/some-entry/claim", &[]).await.expect(401);
    assert_eq!(page.attribute(".problem a.button", "href").unwrap(), "/sign-in?next=%2Freview%2Fsome%2Dentry");
}
