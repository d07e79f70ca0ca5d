//! Terms: their links in lessons, and `/modules/{module}/glossary`

use super::content::{faults_in, faults_of, html_of};
use super::spawn;
use crate::support::TestApp;

#[test]
fn a_term_leads_to_the_glossary_and_carries_what_it_means() {
    let html = html_of("Look to [larboard](term:port).");
    assert!(html.contains("<a class=\"term\" href=\"/modules/watch/glossary#_port\""), "{html}");
    assert!(
        html.contains(
            "data-means=\"The left side of a ship, for somebody who looks ahead; &quot;red&quot; at night.\""
        )
    );
    assert!(html.contains(">larboard</a>"));
}

#[test]
fn an_unknown_term_is_reported_with_the_one_that_is_meant() {
    let faults = faults_of("one\n\n[x](term:prot)");
    assert!(faults.contains("01-bell.md:8: the glossary has no term \"prot\"; do you mean term:port?"), "{faults}");
    assert!(faults_of("[x](term:zeppelin)").contains("add it to watch/glossary.toml"));
}

#[test]
fn a_glossary_with_faults_tells_them_with_their_lines() {
    let glossary = |text: &str| faults_in("watch/glossary.toml", text);
    let twice = "[[terms]]\nname = \"Port\"\nmeans = \"a\"\n\n[[terms]]\nname = \"port\"\nmeans = \"b\"\n";
    assert!(glossary(twice).contains("watch/glossary.toml:5: the term \"port\" stands here twice"));
    assert!(glossary("[[terms]]\nname = \"Port\"\nmeans = \" \"\n").contains("glossary.toml:1: a term needs"));
    let lost = "[[terms]]\nname = \"Port\"\nmeans = \"a\"\nlesson = \"01-none/x.md\"\n";
    assert!(glossary(lost).contains("there is no lesson content/watch/01-none/x.md"));
    assert!(glossary("[[terms]]\nname = 3\n").contains("watch/glossary.toml:2: "));
}

#[tokio::test]
async fn the_page_lists_terms_by_letter_with_where_they_are_taught_and_used() {
    let app = spawn().await;
    let page = app.visitor().get("/modules/watch/glossary").await.expect(200);
    assert_eq!(page.texts("main h2"), ["B", "P"]);
    assert!(page.text("#_port").contains("also larboard"));
    let text = page.text(".glossary");
    assert!(text.contains("Taught in Lamps") && text.contains("Used in The bell"), "{text}");
    let module = app.visitor().get("/modules/watch").await;
    assert!(module.attributes("a", "href").contains(&"/modules/watch/glossary".to_owned()));
    app.visitor().get("/modules/none/glossary").await.expect(404);
}

#[tokio::test]
async fn a_module_without_terms_has_no_glossary() {
    let folder = super::with_file("watch/glossary.toml", "terms = []");
    let bell = "watch/02-second-watch/01-bell.md";
    let text = std::fs::read_to_string(folder.path().join(bell)).unwrap().replace("(term:bell)", "(#four-strokes)");
    std::fs::write(folder.path().join(bell), text).unwrap();
    let app = TestApp::spawn_with(|config| config.content.folder = Some(folder.path().to_owned())).await;
    app.visitor().get("/modules/watch/glossary").await.expect(404);
    let module = app.visitor().get("/modules/watch").await;
    assert!(!module.attributes("a", "href").contains(&"/modules/watch/glossary".to_owned()));
}
