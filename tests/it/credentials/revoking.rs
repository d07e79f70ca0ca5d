//! `/admin/credentials`, and what becomes of a revoked credential

use seaworthy::credentials::is_set;
use serde_json::Value;

use super::completed;
use crate::prizes::{accept, enter};

#[actix_web::test]
async fn a_revoked_credential_says_so_wherever_it_is_checked() {
    let (app, _ada, credential) = completed().await;
    let admin = app.admin("noor").await;
    let form = format!("/admin/credentials/{}/revoke", credential.id);
    assert_eq!(admin.post(&form, &[("reason", "It was <somebody else>.")]).await.location(), "/admin/credentials");
    let list = admin.get("/admin/credentials").await.expect(200);
    assert!(list.text("tbody tr").contains("Revoked It was <somebody else>."), "{}", list.text("tbody tr"));

    let visitor = app.visitor();
    let page = visitor.get(&format!("/credentials/{}", credential.id)).await.expect(200);
    assert_eq!(page.text("#state-heading"), "This credential was revoked");
    assert!(page.text(".notice").contains("It was <somebody else>."));
    let checked =
        visitor.upload("/credentials/verify", super::file_of(&app, &credential).await.as_bytes()).await.expect(200);
    assert_eq!(checked.text("#outcome-heading"), "Real, but revoked");
    let list: Value = serde_json::from_str(&visitor.get("/credentials/status/0").await.expect(200).body).unwrap();
    let packed = list["credentialSubject"]["encodedList"].as_str().unwrap();
    let place = usize::try_from(credential.status_index).unwrap();
    assert_eq!((is_set(packed, place), is_set(packed, place + 1)), (Some(true), Some(false)));

    let events = app.app.core.audit.list_of_subject(credential.id.as_str()).await.unwrap();
    let event = events.last().unwrap();
    assert_eq!((event.action.as_str(), event.actor.as_str()), ("credential.revoke", admin.person().id.as_str()));
}

#[actix_web::test]
async fn a_revoked_credential_does_not_come_back_by_itself() {
    let (app, ada, credential) = completed().await;
    let (admin, imre) = (app.admin("noor").await, app.instructor("ines").await);
    let form = format!("/admin/credentials/{}/revoke", credential.id);
    admin.post(&form, &[("reason", "No.")]).await.location();
    app.advance(jiff::SignedDuration::from_hours(7 * 24));
    accept(&imre, &enter(&ada).await).await;
    app.run_jobs().await;
    assert!(super::only_credential(&app, &ada).await.revocation.is_some());
    // The first reason stays.
    admin.post(&form, &[("reason", "Again.")]).await.location();
    let page = admin.get("/admin/credentials").await.expect(200);
    assert!(page.text("body").contains("was revoked before") && !page.text("tbody").contains("Again."));
}

#[actix_web::test]
async fn revoking_needs_an_admin_and_a_reason() {
    let (app, ada, credential) = completed().await;
    let form = format!("/admin/credentials/{}/revoke", credential.id);
    ada.post(&form, &[("reason", "x")]).await.expect(403);
    app.instructor("ines").await.post(&form, &[("reason", "x")]).await.expect(403);
    app.visitor().post(&form, &[("reason", "x")]).await.expect(401);
    let admin = app.admin("noor").await;
    let refused = admin.post(&form, &[("reason", "  ")]).await.expect(422);
    assert!(refused.text(".error").contains("say why"));
    admin.post_with_token(&form, "foreign", &[("reason", "x")]).await.expect(403);
    admin.post("/admin/credentials/nonsense/revoke", &[("reason", "x")]).await.expect(404);
    assert!(super::only_credential(&app, &ada).await.revocation.is_none());
}

#[actix_web::test]
async fn credentials_are_found_by_name() {
    let (app, _ada, _credential) = completed().await;
    let admin = app.admin("noor").await;
    assert_eq!(admin.get("/admin/credentials?search=AD").await.expect(200).texts("tbody th"), ["ada"]);
    assert!(admin.get("/admin/credentials?search=%25x").await.expect(200).text("main").contains("No one matches"));
    assert!(admin.get("/admin/credentials?before=0").await.expect(200).texts("tbody th").is_empty());
}
