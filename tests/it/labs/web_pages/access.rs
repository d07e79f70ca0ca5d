//! Who is let in at a page, and until when.

use http::Method;
use jiff::SignedDuration;

use super::{Browser, PAGE, Setting};
use crate::labs::stop;

#[tokio::test]
async fn one_click_leads_a_learner_to_the_page_on_an_origin_of_its_own() {
    let setting = Setting::open().await;
    let browser = Browser::of(&setting.app.url, &setting.ada);
    let host = setting.host("quote");
    let (entry_host, entry) = browser.step(browser.platform(), PAGE).await;
    assert_eq!(entry_host, host);
    assert!(entry.starts_with("/.seaworthy/enter?path=%2F"), "{entry}");
    let (platform, admit) = browser.step(&host, &entry).await;
    assert_eq!(platform, browser.platform(), "back to the name by which the platform was reached");
    let (ticket_host, ticket) = browser.step(&platform, &admit).await;
    assert_eq!(ticket_host, host);
    let redeemed = browser.get(&host, &ticket).await;
    let set = redeemed.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("lab-access=") && set.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{set}");
    assert!(!set.contains("Domain") && !set.contains(setting.ada.person().id.as_str()), "{set}");
    assert_eq!(redeemed.headers["referrer-policy"], "no-referrer");
    assert_eq!(redeemed.location(), "/");
    let page = browser.get(&host, "/").await;
    assert_eq!((page.status.as_u16(), &page.headers["x-served-by"]), (200, &"the learner".parse().unwrap()));
    assert_eq!(browser.cookie(browser.platform(), "lab-access"), None);
}

#[tokio::test]
async fn where_the_site_has_tls_the_cookies_are_of_the_host_alone() {
    let setting = Setting::open_with(|config| {
        config.server.public_url = Some("https://learn.example.org".to_owned());
        config.cluster.lab_domain = "labs.example.net".to_owned();
    })
    .await;
    let browser = Browser::new(&setting.app.url);
    let session = setting.ada.cookie("__Host-session").unwrap();
    browser.set_cookie("learn.example.org", "__Host-session", &session);
    let first = browser.get("learn.example.org", PAGE).await.location();
    let host = format!("quote--{}.labs.example.net", setting.session.namespace);
    let entry = first.strip_prefix(&format!("https://{host}")).unwrap();
    let to_platform = browser.get(&host, entry).await.location();
    let to_page =
        browser.get("learn.example.org", to_platform.strip_prefix("https://learn.example.org").unwrap()).await;
    let to_page = to_page.location();
    let redeemed = browser.get(&host, to_page.strip_prefix(&format!("https://{host}")).unwrap()).await;
    let set = redeemed.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-lab-access=") && set.contains("Secure") && set.contains("Path=/"), "{set}");
    let page = browser.get(&host, "/").await.expect(200);
    assert!(page.body.contains(r#""x-forwarded-proto":["https"]"#), "{}", page.body);
}

#[tokio::test]
async fn another_learner_an_instructor_and_an_admin_are_refused() {
    let setting = Setting::open().await;
    let host = setting.host("quote");
    let others =
        [setting.app.learner("ben").await, setting.app.instructor("imre").await, setting.app.admin("noor").await];
    for other in &others {
        let browser = Browser::of(&setting.app.url, other);
        assert_eq!(browser.open(PAGE).await.status, 409, "they have no session of this lab");
        let page = browser.get(&host, "/").await.expect(403);
        assert_eq!(page.text("h1"), "This page is not open for you");
        let refused = browser.open_at(&host, &page.attribute("a.go", "href").unwrap()).await;
        assert_eq!(refused.status, 404, "{}", refused.body);
        assert_eq!(browser.get(&host, "/").await.status, 403);
    }
    let stranger = Browser::new(&setting.app.url);
    let page = stranger.get(&host, "/secret?a=b").await.expect(403);
    assert!(!page.body.contains("quote") && !page.body.contains("service-annotations"), "{}", page.body);
    let elsewhere = stranger.get(&setting.host("none"), "/secret?a=b").await.expect(403);
    assert_eq!(page.text("main"), elsewhere.text("main"), "it does not say whether there is such a session");
    assert_eq!(setting.kube.forwards(), 0, "nobody reached a pod");
}

#[tokio::test]
async fn who_is_signed_in_on_the_platform_is_let_in_by_one_click_on_the_page_itself() {
    let setting = Setting::open().await;
    let (browser, host) = (Browser::of(&setting.app.url, &setting.ada), setting.host("quote"));
    let page = browser.get(&host, "/deep?a=b").await.expect(403);
    let link = page.attribute("a.go", "href").unwrap();
    let (platform, path) = browser.step(&host, &link).await;
    assert!(platform.starts_with("localhost:"), "{platform}");
    let page = browser.open_at(&platform, &path).await.expect(200);
    assert!(page.body.contains(r#""uri":"/deep?a=b""#), "{}", page.body);
}

#[tokio::test]
async fn who_is_signed_out_signs_in_on_the_platform_first() {
    let setting = Setting::open().await;
    let (stranger, host) = (Browser::new(&setting.app.url), setting.host("quote"));
    let location = stranger.get(stranger.platform(), PAGE).await.location();
    assert!(location.starts_with("/sign-in?next=%2Flabs%2Fservice%2Dannotations%2Fweb%2Fquote"), "{location}");
    let (platform, path) = stranger.step(&host, "/.seaworthy/enter?path=%2F&from=127.0.0.1").await;
    let location = stranger.get(&platform, &path).await.location();
    assert!(location.starts_with("/sign-in?next=%2Flabs%2Fweb%2Fquote"), "{location}");
}

/// The path of a ticket that was made for a browser and not used yet.
async fn ticket(setting: &Setting, browser: &Browser) -> String {
    let (host, entry) = browser.step(browser.platform(), PAGE).await;
    let (platform, admit) = browser.step(&host, &entry).await;
    let (host, ticket) = browser.step(&platform, &admit).await;
    assert_eq!(host, setting.host("quote"));
    ticket
}

#[tokio::test]
async fn a_ticket_works_once_for_a_minute_in_the_browser_and_at_the_host_that_it_was_made_for() {
    let setting = Setting::open().await;
    let host = setting.host("quote");
    let ada = || Browser::of(&setting.app.url, &setting.ada);
    let browser = ada();
    let used = ticket(&setting, &browser).await;
    browser.get(&host, &used).await.location();
    let again = Browser::new(&setting.app.url);
    again.set_cookie(&host, "lab-entry", &browser.cookie(&host, "lab-entry").unwrap());
    assert_eq!(again.get(&host, &used).await.expect(403).text("h1"), "This link works no more");
    assert_eq!(browser.get(&host, &used).await.location(), "/", "who is in already goes on");

    let for_another = ada();
    let sent = ticket(&setting, &for_another).await;
    let victim = Browser::of(&setting.app.url, &setting.app.learner("ben").await);
    assert_eq!(victim.get(&host, &sent).await.status, 403, "nobody is let in by a ticket that was sent to them");
    assert_eq!(for_another.get(&host, &sent).await.status, 403, "and it is used by that");

    let elsewhere = ada();
    let path = ticket(&setting, &elsewhere).await;
    let other = setting.host("other");
    elsewhere.set_cookie(&other, "lab-entry", &elsewhere.cookie(&host, "lab-entry").unwrap());
    assert_eq!(elsewhere.get(&other, &path).await.status, 403);

    let late = ada();
    let path = ticket(&setting, &late).await;
    setting.app.advance(SignedDuration::from_secs(61));
    assert_eq!(late.get(&host, &path).await.status, 403);
    for nonsense in ["", "?ticket=", "?ticket=x&path=//evil.example"] {
        assert_eq!(late.get(&host, &format!("/.seaworthy/ticket{nonsense}")).await.status, 403, "{nonsense}");
    }
}

#[tokio::test]
async fn access_is_bound_to_its_host_and_cannot_be_made_up() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let access = browser.cookie(&host, "lab-access").unwrap();
    let thief = Browser::new(&setting.app.url);
    let other = setting.host("other");
    thief.set_cookie(&other, "lab-access", &access);
    assert_eq!(thief.get(&other, "/").await.status, 403);
    for (place, letter) in [(0, 'x'), (40, 'x'), (access.len() - 1, 'x')] {
        let mut forged: Vec<char> = access.chars().collect();
        forged[place] = letter;
        thief.set_cookie(&host, "lab-access", &forged.into_iter().collect::<String>());
        assert_eq!(thief.get(&host, "/").await.status, 403, "{place}");
    }
    thief.set_cookie(&host, "lab-access", "a.b");
    assert_eq!(thief.get(&host, "/").await.status, 403);
    // A page of a sibling host can add a cookie of the same name, which does not lock the learner out.
    let tossed =
        browser.request(Method::GET, &host, "/").header("cookie", format!("lab-access=tossed; lab-access={access}"));
    assert_eq!(browser.send(&host, tossed).await.status, 200);
}

#[tokio::test]
async fn access_ends_with_signing_out_and_with_no_other_session() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let accounts = &setting.app.app.accounts;
    let elsewhere = accounts.sign_in("ada@example.org", crate::support::PASSWORD, None).await.unwrap();
    accounts.sign_out(&elsewhere).await.unwrap();
    assert_eq!(browser.get(&host, "/").await.status, 200);
    accounts.sign_out(&setting.ada.cookie("session").unwrap()).await.unwrap();
    assert_eq!(browser.get(&host, "/").await.status, 403);
}

#[tokio::test]
async fn access_ends_with_the_lab_and_does_not_come_back_with_the_next_one() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    stop(&setting.ada).await;
    assert_eq!(browser.get(&host, "/").await.status, 403);
    assert_eq!(browser.open(PAGE).await.status, 409);
    setting.app.run_jobs().await;
    super::start_until_ready(&setting.app, &setting.ada).await;
    assert_eq!(browser.get(&host, "/").await.status, 403);
    setting.app.leave_jobs();
}

#[tokio::test]
async fn access_ends_when_the_time_of_the_lab_is_up_and_when_the_account_is_closed() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    setting.ada.post("/account/close", &[("password", crate::support::PASSWORD), ("confirm", "ada@example.org")]).await;
    assert_eq!(browser.get(&host, "/").await.status, 403);
    setting.app.leave_jobs();

    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    setting.app.advance(SignedDuration::from_mins(121));
    assert_eq!(browser.get(&host, "/").await.status, 403, "before any job has ended it");
    setting.app.leave_jobs();
}

#[tokio::test]
async fn only_pages_that_the_lab_names_are_there_unless_it_shows_every_service() {
    let folder = super::labs_with("web:\n  - { name: quote, title: Quote, service: qotm }\n");
    let setting = Setting::open_with(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    let browser = setting.browser().await;
    assert_eq!(browser.open("/labs/service-annotations/web/qotm").await.status, 404);
    assert_eq!(browser.open("/labs/none/web/quote").await.status, 404);
    assert_eq!(browser.open("/labs/service-annotations/web/xn--a").await.status, 404);

    let folder = super::labs_with("web_services: true\n");
    let setting = Setting::open_with(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    let browser = Browser::of(&setting.app.url, &setting.ada);
    let page = browser.open("/labs/service-annotations/web/qotm").await.expect(200);
    assert!(page.body.contains(&format!("qotm--{}", setting.session.namespace)), "{}", page.body);
}
