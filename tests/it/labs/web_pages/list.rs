//! The pages as the page of the lab lists them.

use super::{Browser, PAGE, Setting, labs_with};
use crate::labs::{PAGE as LAB_PAGE, assert_says};

#[tokio::test]
async fn a_lab_lists_its_pages_with_their_state() {
    let setting = Setting::open().await;
    let page = setting.ada.get(LAB_PAGE).await.expect(200);
    assert_eq!(page.text("[data-page=quote] .pill"), "Ready");
    let link = "[data-page=quote] a";
    assert_eq!(page.attribute(link, "href").as_deref(), Some(PAGE));
    assert_eq!(page.attribute(link, "target").as_deref(), Some("_blank"));
    assert_eq!(page.attribute(link, "rel").as_deref(), Some("noopener"));

    setting.put_slice("qotm", &[("qotm-1", false)]);
    let page = setting.ada.get(LAB_PAGE).await.expect(200);
    assert_eq!(page.text("[data-page=quote] .pill"), "Not there yet");
    assert_says(&page, "The pod behind the Service qotm is not ready.");

    setting.put_slice_at("qotm", &[("qotm-1", true)], 9999);
    Browser::of(&setting.app.url, &setting.ada).open(PAGE).await.expect(502);
    let page = setting.ada.get(LAB_PAGE).await.expect(200);
    assert_eq!(page.text("[data-page=quote] .pill"), "Not answering");
    assert_says(&page, "Nothing listens on port 9999 of the pod qotm-1");

    setting.put_slice("qotm", &[("qotm-1", true)]);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    setting.browser().await;
    assert_eq!(setting.ada.get(LAB_PAGE).await.text("[data-page=quote] .pill"), "Ready");
}

#[tokio::test]
async fn a_cluster_that_does_not_say_holds_the_lab_up_for_a_second_at_the_most() {
    let setting = Setting::open().await;
    setting.kube.switches(|switches| switches.forbid_lists = Some("endpointslices"));
    let page = setting.ada.get(LAB_PAGE).await.expect(200);
    assert_eq!(page.text("[data-page=quote] .pill"), "Not known");
    assert_says(&page, "The cluster refused it");
}

#[tokio::test]
async fn a_lab_that_allows_it_lists_every_service() {
    let folder = labs_with("web_services: true\n");
    let setting = Setting::open_with(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    let page = setting.ada.get(LAB_PAGE).await.expect(200);
    assert_eq!(page.texts("[data-page]").len(), 1, "{}", page.body);
    assert_eq!(page.text("[data-page=qotm] .pill"), "Ready");
}

#[tokio::test]
async fn no_pages_are_listed_before_the_lab_runs_and_after_it() {
    let setting = Setting::open().await;
    crate::labs::stop(&setting.ada).await;
    assert_eq!(setting.ada.get(LAB_PAGE).await.texts("[data-page]"), Vec::<String>::new());
    setting.app.leave_jobs();
}

#[tokio::test]
async fn another_machines_browser_is_told_what_to_do() {
    let setting = Setting::open().await;
    assert_says(&setting.ada.get(LAB_PAGE).await, "Safari");
    let setting =
        Setting::open_with(|config| config.server.public_url = Some("http://learn.lan:8080".to_owned())).await;
    let page = setting.ada.get(LAB_PAGE).await;
    assert_says(&page, "These pages open on the server's own machine alone");
    assert_says(&page, "cluster.lab_domain");
    let setting = Setting::open_with(|config| config.cluster.lab_domain = "labs.example.net".to_owned()).await;
    assert_says(&setting.ada.get(LAB_PAGE).await, "*.labs.example.net");
}
