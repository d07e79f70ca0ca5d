//! Headings, terms and footnotes against the ids that a page has of its own.

use std::collections::BTreeSet;

use super::content::{faults_of, html_of};
use super::with_file;
use crate::support::{Page, TestApp};

const BELL: &str = "watch/02-second-watch/01-bell.md";
const BELL_PAGE: &str = "/modules/watch/second-watch/bell";

/// Every id of a page, with the element that has it; drawings share the parts of theirs.
fn ids(page: &Page) -> Vec<(String, String)> {
    let html = scraper::Html::parse_document(&page.body);
    let selector = scraper::Selector::parse("[id]:not(svg *)").unwrap();
    let found = html.select(&selector);
    found.map(|element| (element.attr("id").unwrap().to_owned(), element.value().name().to_owned())).collect()
}

/// Fails when two elements have one id, or a link within the page leads nowhere.
fn assert_sound(page: &Page, what: &str) {
    let all = ids(page);
    let names: BTreeSet<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    let twice: Vec<_> = names.iter().filter(|name| all.iter().filter(|(id, _)| id == *name).count() > 1).collect();
    assert!(twice.is_empty(), "{what}: twice there: {twice:?}");
    for link in page.attributes("a", "href").iter().filter_map(|link| link.strip_prefix('#')) {
        let plain = percent_encoding::percent_decode_str(link).decode_utf8().unwrap();
        assert!(names.contains(link) || names.contains(&*plain), "{what}: #{link} leads nowhere among {names:?}");
    }
}

fn as_heading(id: &str) -> String {
    format!("## {}\n\nText.\n", id.replace(['-', '_'], " "))
}

#[tokio::test]
async fn a_heading_may_be_called_as_anything_on_its_page() {
    let bell = std::fs::read_to_string(super::harbour().join(BELL)).unwrap();
    let own = "Linux\n: `a`\n\nmacOS\n: `b`\n\nA[^main] and b[^2].\n\n[^main]: One.\n\n[^2]: Two.\n";
    let before = with_file(BELL, &format!("{bell}\n{own}"));
    let app = TestApp::spawn_with(|config| config.content.folder = Some(before.path().to_owned())).await;
    let ada = app.learner("ada").await;
    let mut pages_ids = ids(&ada.get(BELL_PAGE).await.expect(200));
    for path in ["/modules/watch/print", "/modules/watch/glossary", "/search?q=bell"] {
        pages_ids.extend(ids(&ada.get(path).await.expect(200)));
    }
    let headings: String = pages_ids.iter().map(|(id, _)| as_heading(id)).collect();
    let after = with_file(BELL, &format!("{bell}\n{own}\n{headings}\n## 1\n\n## Main\n\n## note 1\n\n## tabs 1 1\n"));
    let names: BTreeSet<String> =
        pages_ids.iter().map(|(id, _)| id.replace(['-', '_'], " ").trim().to_lowercase()).collect();
    let term = |name: &String| format!("\n[[terms]]\nname = \"{name}\"\nmeans = \"m\"\n");
    let terms: Vec<String> = names.iter().filter(|name| !["bell", "port"].contains(&name.as_str())).map(term).collect();
    let glossary = std::fs::read_to_string(super::harbour().join("watch/glossary.toml")).unwrap();
    std::fs::write(after.path().join("watch/glossary.toml"), glossary + &terms.concat()).unwrap();

    let app = TestApp::spawn_with(|config| config.content.folder = Some(after.path().to_owned())).await;
    let ada = app.learner("ada").await;
    for path in [BELL_PAGE, "/modules/watch/print", "/modules/watch/glossary", "/search?q=main"] {
        assert_sound(&ada.get(path).await.expect(200), path);
    }
    let page = ada.get(BELL_PAGE).await;
    for (id, element) in
        pages_ids.iter().filter(|(id, _)| ["main", "keyboard", "keyboard-title"].contains(&id.as_str()))
    {
        assert!(ids(&page).contains(&(id.clone(), element.clone())), "#{id} is no {element} any more");
    }
}

/// What the texts of authors are given; a test of every template holds them to leaving it alone.
#[test]
fn no_template_has_an_id_that_a_text_may_have() {
    fn list(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true if entry.ends_with("node_modules") => {}
                true => list(&entry, found),
                false => found.push(entry),
            }
        }
    }
    let mut templates = Vec::new();
    list(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut templates);
    templates.retain(|path| path.extension().is_some_and(|ending| ending == "html"));
    assert!(templates.len() > 40);
    for path in templates {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("id=\"_"), "{}", path.display());
    }
}

#[test]
fn a_guide_of_a_lab_takes_no_id_of_the_labs_page() {
    let html = html_of("## Tasks\n\n## Terminal\n\n## Session\n");
    for id in ["tasks", "terminal", "session"] {
        assert!(html.contains(&format!("id=\"_{id}\"")) && !html.contains(&format!("id=\"{id}\"")), "{html}");
    }
}

#[test]
fn links_find_headings_of_every_script_however_they_are_written() {
    let text = "## हिन्दी में\n\n## U\u{308}bung\n\n## บริการนี้\n\n\
                [a](#हिन्दी-में) [b](#%C3%BCbung) [c](#u\u{308}bung) [d](#บริการนี้) \
                [e](/modules/watch/second-watch/bell#\u{fc}bung)";
    let html = html_of(text);
    for id in ["हिन्दी-में", "\u{fc}bung", "บริการนี้"] {
        assert!(html.contains(&format!("id=\"_{id}\"")), "{html}");
    }
    assert_eq!(html.matches("href=\"#_%C3%BCbung\"").count(), 2, "{html}");
    assert!(html.contains("href=\"/modules/watch/second-watch/bell#_%C3%BCbung\""), "{html}");
    assert!(faults_of("## Here\n\n[x](/modules/watch/second-watch/bell#there)").contains("has no heading #there"));
}

#[test]
fn a_heading_keeps_its_links_and_its_lines_apart() {
    let html = html_of("## See [the lamps](../01-first-watch/01-lamps.md)\n\nTwo\nlines\n-----\n");
    assert!(html.contains("href=\"/modules/watch/first-watch/lamps\""), "{html}");
    assert!(html.contains("id=\"_two-lines\""), "{html}");
    assert!(faults_of("## See [it](none.md)").contains("none.md leads to no lesson"));
}

#[test]
fn footnotes_are_numbered_through_the_text_whatever_cuts_it() {
    let question = "```question\nid = \"q\"\nkind = \"short\"\nprompt = \"?\"\naccept = [\"a\"]\nwhy = \"b\"\n```";
    let html = html_of(&format!("One[^a].\n\n{question}\n\nTwo[^main], one again[^a].\n\n[^a]: A.\n\n[^main]: B."));
    assert_eq!(html.matches("href=\"#_note_1\"").count(), 2, "{html}");
    assert!(html.contains("href=\"#_note_2\""), "{html}");
    assert!(faults_of("A[^a].\n\n[^a]: A.\n\n[^a]: B.").contains("01-bell.md:10: the footnote [^a] stands here twice"));
    assert!(html.contains("id=\"_note_1\"") && html.contains("id=\"_note_2\""), "{html}");
}
