//! People's names, addresses and passwords in the many ways that keyboards write them.

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_password_is_the_same_composed_decomposed_and_with_other_spaces() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let fields = [("current_password", PASSWORD), ("new_password", "cafe\u{301} \u{fc}ber dem\u{a0}Hafen")];
    ada.post("/account/password", &fields).await.location();
    let typed = [("email", "ada@example.org"), ("password", "caf\u{e9} u\u{308}ber dem Hafen")];
    app.visitor().post("/sign-in", &typed).await.location();
    let other = [("email", "ada@example.org"), ("password", "CAF\u{c9} u\u{308}ber dem Hafen")];
    app.visitor().post("/sign-in", &other).await.expect(422);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_domain_in_letters_and_in_punycode_signs_in_to_one_account() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    let new = seaworthy::accounts::NewPerson::parse("Ada", "ada@bücher.example", PASSWORD, "").unwrap();
    let role = seaworthy::accounts::Role::Learner;
    let accounts = &app.app.accounts;
    accounts.create_person(&new, role, "system").await.unwrap().unwrap();
    let again = seaworthy::accounts::NewPerson::parse("Ada", "Ada@xn--bcher-kva.example", PASSWORD, "").unwrap();
    assert!(accounts.create_person(&again, role, "system").await.unwrap().is_none());
    let fields = [("email", "ada@XN--BCHER-KVA.example"), ("password", PASSWORD)];
    app.visitor().post("/sign-in", &fields).await.location();
    assert_eq!(admin.get("/admin/people?search=BUCHER").await.expect(200).texts("tbody th"), ["Ada"]);
}

#[tokio::test]
async fn people_are_found_by_names_of_every_script() {
    let app = TestApp::spawn().await;
    let admin = app.admin("noor").await;
    let names =
        ["Zo\u{eb} B\u{fc}rger", "\u{41c}\u{430}\u{440}\u{438}\u{44f}", "\u{141}ukasz", "\u{130}lker", "100% Ada_"];
    for (number, name) in names.iter().enumerate() {
        let learner = app.learner(&format!("learner{number}")).await;
        learner.post("/account/name", &[("name", name)]).await.location();
    }
    for (search, name) in [
        ("ZOE\u{308}", names[0]),
        ("zo\u{eb}", names[0]),
        ("zoe burger", names[0]),
        ("\u{41c}\u{410}\u{420}\u{418}", names[1]),
        ("\u{142}uk", names[2]),
        ("\u{141}UK", names[2]),
        ("lukasz", names[2]),
        ("\u{130}LKER", names[3]),
        ("ilker", names[3]),
        ("0% ada_", names[4]),
        ("LEARNER4@", names[4]),
    ] {
        let query = percent_encoding::utf8_percent_encode(search, percent_encoding::NON_ALPHANUMERIC);
        let page = admin.get(&format!("/admin/people?search={query}")).await.expect(200);
        assert_eq!(page.texts("tbody th"), [name], "{search}");
    }
}

#[tokio::test]
async fn known_passwords_are_refused_wherever_one_is_chosen() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    for password in
        ["password1234", "123456789012", "letmeinletme", "administrator", "passwordpassword", "Seaworthy1234"]
    {
        let fields = [("name", "Bo"), ("email", "bo@example.org"), ("password", password)];
        let page = app.visitor().post("/sign-up", &fields).await.expect(422);
        assert!(!page.text("#password-error").is_empty(), "{password}");
        let page = ada
            .post("/account/password", &[("current_password", PASSWORD), ("new_password", password)])
            .await
            .expect(422);
        assert!(!page.text("#new_password-error").is_empty(), "{password}");
    }
    let programme = "RunWhatYouBuild";
    let fields = [("name", "Bo"), ("email", "bo@example.org"), ("password", programme)];
    let page = app.visitor().post("/sign-up", &fields).await.expect(422);
    assert!(page.text("#password-error").contains("what this site is called"), "{}", page.text("#password-error"));
}

#[tokio::test]
async fn a_password_rests_on_neither_the_persons_words_nor_the_sites_wherever_it_is_chosen() {
    let app = TestApp::spawn_with(|config| config.server.public_url = Some("http://lighthouse.example".into())).await;
    let ada = app.learner("ada-quistson").await;
    app.visitor().post("/recover", &[("email", "ada-quistson@example.org")]).await.expect(200);
    let mail = app.mails().await.remove(0).text;
    let link =
        mail.split_whitespace().find_map(|word| word.strip_prefix("http://lighthouse.example")).unwrap().to_owned();
    for password in ["ada-quistson", "Quistson Quistson", "Quistson2026!", "lighthouse.example", "Lighthouse-2026"] {
        let fields = [("name", "Ada Quistson"), ("email", "quistson@example.org"), ("password", password)];
        app.visitor().post("/sign-up", &fields).await.expect(422).text("#password-error");
        let fields = [("current_password", PASSWORD), ("new_password", password)];
        ada.post("/account/password", &fields).await.expect(422).text("#new_password-error");
        app.visitor().post(&link, &[("password", password)]).await.expect(422).text("#password-error");
    }
    app.visitor().post(&link, &[("password", "a harbour light at dusk")]).await.location();
    app.run_jobs().await;
}

#[tokio::test]
async fn a_name_that_is_a_web_address_or_hidden_is_refused_wherever_it_is_typed() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    for name in ["Hello WIN at http://evil.example", "\u{200b}\u{200b}", "Ada \u{202e}tsiuQ", "www.evil.example"] {
        let fields = [("name", name), ("email", "bo@example.org"), ("password", PASSWORD)];
        app.visitor().post("/sign-up", &fields).await.expect(422).text("#name-error");
        ada.post("/account/name", &[("name", name)]).await.expect(422).text("#name-error");
    }
    assert!(app.mails().await.is_empty());
}
