//! `/credentials/verify`

use super::completed;
use crate::prizes::spawn;

const PATH: &str = "/credentials/verify";

#[actix_web::test]
async fn a_file_and_its_text_are_checked_for_everybody() {
    let (app, _ada, credential) = completed().await;
    let visitor = app.visitor();
    assert!(visitor.get(PATH).await.expect(200).texts("#outcome-heading").is_empty());
    let page = visitor.upload(PATH, super::file_of(&app, &credential).await.as_bytes()).await.expect(200);
    assert_eq!(page.text("#outcome-heading"), "Valid");
    assert_eq!(page.attribute(".notice a", "href"), Some(format!("/credentials/{}", credential.id)));
    let page = visitor.upload_nothing(PATH, &[("text", super::file_of(&app, &credential).await)]).await.expect(200);
    assert_eq!(page.text("#outcome-heading"), "Valid");
    assert_eq!(page.text("textarea"), super::file_of(&app, &credential).await);
    // As some editors save it.
    let marked = format!("\u{feff}{}\r\n", super::file_of(&app, &credential).await);
    let page = visitor.upload(PATH, marked.as_bytes()).await.expect(200);
    assert_eq!(page.text("#outcome-heading"), "Valid");
}

#[actix_web::test]
async fn a_tampered_file_does_not_hold() {
    let (app, _ada, credential) = completed().await;
    let tampered = super::file_of(&app, &credential).await.replace("Keeping watch", "Sleeping on watch");
    let page = app.visitor().upload_nothing(PATH, &[("text", tampered.clone())]).await.expect(422);
    assert_eq!(page.text("#outcome-heading"), "Not valid");
    assert_eq!(page.text("textarea"), tampered, "what was typed stays");
    assert!(page.texts(".certificate").is_empty());
}

#[actix_web::test]
async fn a_file_of_another_site_is_told_from_ours() {
    let (there, _ada, credential) = completed().await;
    let here = crate::support::TestApp::spawn_with(|config| {
        config.content.folder = Some(crate::lessons::harbour());
        config.server.secret = Some("77".repeat(32).into());
    })
    .await;
    let page = here.visitor().upload(PATH, super::file_of(&there, &credential).await.as_bytes()).await.expect(200);
    assert_eq!(page.text("#outcome-heading"), "Signed by somebody else");
}

#[actix_web::test]
async fn what_is_no_credential_is_told_so() {
    let app = spawn().await;
    let visitor = app.visitor();
    for (text, expected) in [
        ("", "choose a file"),
        ("{", "not the whole"),
        ("{}", "no proof"),
        ("{\"@context\":\"https://example.org\",\"proof\":{}}", "no proof"),
    ] {
        let page = visitor.upload_nothing(PATH, &[("text", text.to_owned())]).await.expect(422);
        assert!(page.text(".error").contains(expected), "{text}: {}", page.text(".error"));
    }
    let large = visitor.upload(PATH, " ".repeat(70_000).as_bytes()).await.expect(422);
    assert!(large.text(".error").contains("larger than a credential can be"));
    visitor.upload_with_token(PATH, "foreign", b"{}").await.expect(403);
}

#[actix_web::test]
async fn checking_too_often_is_slowed_down() {
    let app = spawn().await;
    let visitor = app.visitor();
    let token = visitor.csrf_token().await;
    for _ in 0..60 {
        visitor.upload_with_token(PATH, &token, b"{").await.expect(422);
    }
    visitor.upload_with_token(PATH, &token, b"{").await.expect(429);
}
