//! What no form of the site's own would send.

use reqwest::multipart::{Form, Part};

use crate::support::TestApp;

const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_file_of_10_mb_is_refused_with_a_page() {
    let app = TestApp::spawn().await;
    let noor = app.admin("noor").await;
    let page = noor.upload("/admin/vouchers", &vec![b'A'; 10 * MEBIBYTE]).await.expect(413);
    assert!(page.text(".lead").contains("At most 4096 KiB are taken. Go back and send less: nothing was changed."));
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().imported, 0);
}

#[tokio::test]
async fn a_file_without_its_forms_token_or_with_another_visitors_changes_nothing() {
    let app = TestApp::spawn().await;
    let noor = app.admin("noor").await;
    let foreign = app.visitor().csrf_token().await;
    noor.csrf_token().await;
    for token in ["", foreign.as_str()] {
        let page = noor.upload_with_token("/admin/vouchers", token, b"A-1\n").await.expect(403);
        assert!(page.text(".lead").contains("reload the page, and send it again"));
    }
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().imported, 0);
}

#[tokio::test]
async fn a_file_before_the_forms_token_is_let_go() {
    let app = TestApp::spawn().await;
    let noor = app.admin("noor").await;
    let file = || Part::bytes(b"A-1\n".to_vec()).file_name("codes.csv");
    let late = Form::new().part("file", file()).text("csrf", noor.csrf_token().await);
    let page = noor.post_multipart("/admin/vouchers", late).await.expect(422);
    assert!(page.text(".error").contains("choose a file"));
    let page = noor.post_multipart("/admin/vouchers", Form::new().part("file", file())).await.expect(403);
    assert_eq!(page.text("h1"), "This form has expired");
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().imported, 0);
}

#[tokio::test]
async fn a_form_of_countless_empty_fields_is_refused_with_a_page() {
    let app = TestApp::spawn().await;
    let visitor = app.visitor();
    let token = visitor.csrf_token().await;
    let many = (0..2000).fold(Form::new().text("csrf", token.clone()), |form, _| form.text("", ""));
    let page = visitor.post_multipart("/credentials/verify", many).await.expect(400);
    assert!(page.text(".lead").contains("more fields"));
    let body = format!("csrf={token}{}", "&a".repeat(2000));
    let page = visitor.post_bytes("/recover", body.into_bytes()).await.expect(400);
    assert!(page.text(".lead").contains("more fields"));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_with_a_page_wherever_they_stand() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    for path in ["/modules/%ff", "/labs/%c3%28", "/verify/%fe%ff", "/entries/%80", "/media/%ff.svg"] {
        let page = ada.get(path).await;
        assert!(page.status.is_client_error(), "{path}: {}", page.status);
        assert!(!page.text("h1").is_empty() && !page.text(".lead").is_empty(), "{path}");
    }
    let noor = app.admin("noor").await;
    for path in ["/admin/people?search=%ff%fe", "/admin/audit?about=%ff"] {
        let page = noor.get(path).await;
        assert!(!page.status.is_server_error() && !page.text("h1").is_empty(), "{path}: {}", page.status);
    }
    let token = ada.csrf_token().await;
    let body = [b"csrf=", token.as_bytes(), b"&name=\xff\xfe"].concat();
    let page = ada.post_bytes("/account/name", body).await.expect(400);
    assert!(page.text(".lead").contains("not valid UTF-8"));
    assert_eq!(ada.get("/account").await.attribute("#name", "value").unwrap(), "ada");
}
