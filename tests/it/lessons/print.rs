//! `/modules/{module}/print`, and the link to a lesson's file

use std::collections::BTreeSet;

use super::{harbour, spawn};
use crate::support::TestApp;

#[tokio::test]
async fn a_module_is_one_page_with_every_lesson_and_no_answer() {
    let app = spawn().await;
    let page = app.visitor().get("/modules/watch/print").await.expect(200);
    assert_eq!(page.texts("h1"), ["Keeping watch"]);
    assert_eq!(page.texts(".printed-lesson > h3"), ["Lamps", "The bell"]);
    assert!(page.texts(".prose h2, .prose h3").is_empty() && !page.texts(".prose h4").is_empty());
    let text = page.text("main");
    assert!(!text.contains("out of the dark"), "a model answer is shown");
    assert!(page.attributes("input, textarea, form", "name").is_empty());
    app.visitor().get("/modules/none/print").await.expect(404);
}

#[tokio::test]
async fn its_anchors_are_unique_and_its_links_stay_on_it() {
    for app in [spawn().await, TestApp::spawn().await] {
        let slug = app.app.lessons.library().modules()[0].slug.clone();
        let page = app.visitor().get(&format!("/modules/{slug}/print")).await.expect(200);
        // Diagrams that are alike share the parts of their drawing.
        let ids = page.attributes("main [id]:not(svg *)", "id");
        let known: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(known.len(), ids.len());
        let links = page.attributes("main a", "href");
        for link in links.iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(known.contains(&link.to_owned()), "#{link} leads nowhere");
        }
        let lesson = format!("/modules/{slug}/");
        let away = |link: &&String| link.starts_with(&lesson) && !link.starts_with(&format!("{lesson}glossary"));
        assert_eq!(links.iter().find(away), None);
    }
}

#[tokio::test]
async fn a_lesson_leads_to_its_file_where_the_installation_says_so() {
    let lamps = "/modules/watch/first-watch/lamps";
    let without = spawn().await;
    assert!(!without.visitor().get(lamps).await.text("main").contains("Edit this page"));
    let app = TestApp::spawn_with(|config| {
        config.content.folder = Some(harbour());
        config.content.edit_url = Some("https://git.example.org/edit/{path}".to_owned());
    })
    .await;
    let links = app.visitor().get(lamps).await.attributes("a", "href");
    assert!(links.contains(&"https://git.example.org/edit/watch/01-first-watch/01-lamps.md".to_owned()));
}

#[test]
fn an_address_for_edits_that_leads_nowhere_is_refused() {
    for (url, is_taken) in [
        ("https://git.example.org/{path}", true),
        ("https://git.example.org/course", false),
        ("javascript:alert({path})", false),
    ] {
        let settings =
            seaworthy::lessons::ContentSettings { folder: None, watch: false, edit_url: Some(url.to_owned()) };
        assert_eq!(settings.validate().is_empty(), is_taken, "{url}");
    }
}
