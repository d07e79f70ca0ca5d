//! `/credentials`, `/credentials/{id}`, its file, and the issuer

use seaworthy::credentials::{SignedBadge, is_set};
use serde_json::Value;

use super::completed;
use crate::prizes::spawn;

#[actix_web::test]
async fn a_credentials_page_is_for_everybody_and_not_for_search_engines() {
    let (app, ada, credential) = completed().await;
    let path = format!("/credentials/{}", credential.id);
    let page = app.visitor().get(&path).await.expect(200);
    assert_eq!(page.text(".certificate-name"), "ada");
    assert_eq!(page.text("h1"), "Keeping watch");
    assert!(page.text(".verdicts").contains("accepted by a reviewer"));
    assert_eq!(page.text(".pill"), "Valid");
    assert_eq!(page.attribute("meta[name=robots]", "content").as_deref(), Some("noindex"));
    assert!(!page.text("main").contains("All your credentials"));
    assert!(ada.get(&path).await.expect(200).text("main").contains("All your credentials"));
    app.visitor().get("/credentials/nonsense").await.expect(404);
    app.visitor().get("/credentials/nonsense.json").await.expect(404);
}

#[actix_web::test]
async fn a_person_sees_their_own_credentials_alone() {
    let (app, ada, credential) = completed().await;
    let path = format!("/credentials/{}", credential.id);
    assert_eq!(ada.get("/credentials").await.expect(200).attribute(".rows a", "href"), Some(path));
    assert!(app.learner("bo").await.get("/credentials").await.expect(200).texts(".rows a").is_empty());
    assert!(app.visitor().get("/credentials").await.location().starts_with("/sign-in"));
}

#[actix_web::test]
async fn the_name_stays_that_of_the_day() {
    let (_app, ada, credential) = completed().await;
    ada.post("/account/name", &[("name", "Countess")]).await.location();
    let page = ada.get(&format!("/credentials/{}", credential.id)).await.expect(200);
    assert_eq!(page.text(".certificate-name"), "ada");
}

#[actix_web::test]
async fn the_file_names_a_key_that_the_issuers_document_lists_for_ever() {
    let (app, _ada, credential) = completed().await;
    let visitor = app.visitor();
    let file = visitor.get(&format!("/credentials/{}.json", credential.id)).await.expect(200);
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("attachment"));
    assert_eq!(file.headers["x-robots-tag"], "noindex");
    let signed = SignedBadge::read(&file.body).unwrap();
    let old = signed.signer.key.clone();
    let new = app.app.credentials.rotate_key().await.unwrap();
    assert_ne!(old, new);
    let document = visitor.get("/credentials/issuer/did.json").await.expect(200);
    assert_eq!(document.headers["access-control-allow-origin"], "*");
    let document: Value = serde_json::from_str(&document.body).unwrap();
    assert_eq!(document["id"], Value::from(signed.signer.controller.as_str()));
    for key in [&old, &new] {
        let name = Value::from(format!("{}#{key}", signed.signer.controller));
        assert!(document["assertionMethod"].as_array().unwrap().contains(&name));
        let methods = document["verificationMethod"].as_array().unwrap();
        assert!(methods.iter().any(|method| method["id"] == name && method["publicKeyMultibase"] == key.as_str()));
    }
    assert!(app.app.credentials.find_provenance(&signed).await.unwrap().is_ours);
    let page = visitor.get("/credentials/issuer").await.expect(200);
    assert_eq!(page.texts(".rows .pill"), ["Signs", "Retired"]);
}

#[actix_web::test]
async fn the_status_that_a_file_names_is_a_signed_list() {
    let (app, _ada, credential) = completed().await;
    let signed = SignedBadge::read(&super::file_of(&app, &credential).await).unwrap();
    let address = &signed.badge.credential_status.status_list_credential;
    let path = format!("/credentials{}", address.split_once("/credentials").unwrap().1);
    let list = app.visitor().get(&path).await.expect(200);
    let list: Value = serde_json::from_str(&list.body).unwrap();
    assert_eq!(list["id"], Value::from(address.as_str()));
    let packed = list["credentialSubject"]["encodedList"].as_str().unwrap();
    let place = signed.badge.credential_status.status_list_index.parse().unwrap();
    assert_eq!(is_set(packed, place), Some(false));
    for none in ["/credentials/status/1", "/credentials/status/-1", "/credentials/status/x"] {
        app.visitor().get(none).await.expect(404);
    }
    for none in ["/credentials/status/9223372036854775807"] {
        app.visitor().get(none).await.expect(404);
    }
}

#[actix_web::test]
async fn before_the_first_credential_there_is_no_key_and_no_list() {
    let app = spawn().await;
    assert!(app.visitor().get("/credentials/issuer").await.expect(200).text("main").contains("No key yet"));
    app.visitor().get("/credentials/status/0").await.expect(404);
}

#[actix_web::test]
async fn a_status_list_is_signed_once_for_each_change_and_shows_a_revocation_at_once() {
    let (app, _ada, credential) = completed().await;
    let ask = async || app.visitor().get("/credentials/status/0").await.expect(200).body;
    let first = ask().await;
    app.advance(jiff::SignedDuration::from_mins(5));
    assert_eq!(ask().await, first, "nothing has changed, so the time of signing stays");
    let admin = app.admin("noor").await;
    let form = format!("/admin/credentials/{}/revoke", credential.id);
    admin.post(&form, &[("reason", "The name was wrong.")]).await.location();
    let revoked = ask().await;
    assert_ne!(revoked, first);
    app.app.credentials.rotate_key().await.unwrap();
    let rotated = ask().await;
    assert_ne!(rotated, revoked, "the key in use signs");
    assert_eq!(ask().await, rotated);
}

#[actix_web::test]
async fn many_who_ask_for_lists_and_check_files_at_once_are_all_answered() {
    let (app, _ada, credential) = completed().await;
    let (visitor, file) = (app.visitor(), super::file_of(&app, &credential).await);
    let asking = (0..20).map(async |_| {
        visitor.get("/credentials/status/0").await.expect(200);
        visitor.get("/credentials/issuer/did.json").await.expect(200);
        assert!(app.app.credentials.read_file(file.clone()).await.unwrap().is_ok());
    });
    futures_util::future::join_all(asking).await;
    let large = " ".repeat(seaworthy::credentials::MAX_FILE_BYTES + 1);
    let fault = app.app.credentials.read_file(large).await.unwrap().unwrap_err();
    assert_eq!(fault, seaworthy::credentials::FileFault::TooLarge);
}

#[actix_web::test]
async fn credentials_are_found_by_a_name_in_any_spelling() {
    let app = spawn().await;
    let (zoe, imre) = (app.learner("zoe").await, app.instructor("imre").await);
    app.app.accounts.rename(&zoe.person().id, "Zoë Müller").await.unwrap();
    crate::prizes::accept(&imre, &crate::prizes::enter(&zoe).await).await;
    app.run_jobs().await;
    let admin = app.admin("noor").await;
    // Decomposed, in capitals, with a no-break space.
    for search in ["ZOE%CC%88", "zo%C3%AB%C2%A0m%C3%BCller", "M%C3%9CLLER"] {
        let page = admin.get(&format!("/admin/credentials?search={search}")).await.expect(200);
        assert_eq!(page.texts("tbody th"), ["Zoë Müller"], "{search}");
    }
}

#[actix_web::test]
async fn lists_of_credentials_read_no_files() {
    let (app, ada, credential) = completed().await;
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query("UPDATE credentials SET file = 'not JSON'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ada.get("/credentials").await.expect(200).texts(".rows a").len(), 1);
    ada.get("/").await.expect(200);
    assert_eq!(app.admin("noor").await.get("/admin/credentials").await.expect(200).texts("tbody th"), ["ada"]);
    ada.get(&format!("/credentials/{}", credential.id)).await.expect(500);
}
