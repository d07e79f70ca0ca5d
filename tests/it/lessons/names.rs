//! Files and folders by whatever name a system takes.

use std::collections::BTreeSet;
use std::path::Path;

use tempfile::TempDir;

use super::harbour;
use crate::support::{PASSWORD, TestApp, Visitor};

/// As macOS stores them: letters and their marks apart.
const MODULE: &str = "Gro\u{308}\u{df}e & Co #1? 100%";
const SECTION: &str = "02-Zweite Wache #2?";
const LESSON: &str = "01-U\u{308}bung; a+b? 50% #3.md";
const PICTURE: &str = "Bild u\u{308}ber \u{41d}\u{435}\u{432}\u{443} 100%.svg";

fn copy(from: &Path, to: &Path, rename: &dyn Fn(&str) -> String) {
    std::fs::create_dir_all(to).unwrap();
    for path in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(rename(path.file_name().unwrap().to_str().unwrap()));
        if path.is_dir() {
            copy(&path, &target, rename);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text
                // As an author types them, in composed letters.
                .replace("modules = [\"watch\"]", "modules = [\"Gr\u{f6}\u{df}e & Co #1? 100%\"]")
                .replace("\"02-second-watch\"", &format!("{SECTION:?}"))
                .replace(
                    "](../02-second-watch/01-bell.md#four-strokes)",
                    "](<../02-Zweite Wache #2?/01-\u{dc}bung; a+b? 50% #3.md#four-strokes>)",
                );
            std::fs::write(target, text).unwrap();
        }
    }
}

fn harbour_with_odd_names() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&harbour(), folder.path(), &|name| match name {
        "watch" => MODULE.to_owned(),
        "02-second-watch" => SECTION.to_owned(),
        "01-bell.md" => LESSON.to_owned(),
        other => other.to_owned(),
    });
    let section = folder.path().join(MODULE).join(SECTION);
    let lesson = std::fs::read_to_string(section.join(LESSON)).unwrap();
    let more = "\n![A bell](<Bild u\u{308}ber \u{41d}\u{435}\u{432}\u{443} 100%.svg>) \
                ![Again](Bild%20%C3%BCber%20%D0%9D%D0%B5%D0%B2%D1%83%20100%25.svg)\n\n\
                [The lamps](../01-first-watch/01-lamps.md) and [these](#four-strokes), [again](01-%C3%9Cbung%3B%20a%2Bb%3F%2050%25%20%233.md)\n";
    std::fs::write(section.join(LESSON), lesson + more).unwrap();
    std::fs::write(section.join(PICTURE), "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"/>").unwrap();
    folder
}

async fn spawn(folder: &TempDir) -> TestApp {
    TestApp::spawn_with(|config| {
        config.content.folder = Some(folder.path().to_owned());
        config.content.edit_url = Some("https://git.example.org/edit/{path}".to_owned());
    })
    .await
}

/// Follows every link, and answers the addresses of this site that were met.
async fn crawl(visitor: &Visitor) -> BTreeSet<String> {
    let (mut met, mut open) = (BTreeSet::new(), vec!["/".to_owned()]);
    while let Some(address) = open.pop() {
        if !met.insert(address.clone()) {
            continue;
        }
        let mut page = visitor.get(&address).await;
        for _ in 0..5 {
            if page.status != 303 {
                break;
            }
            page = visitor.get(&page.location()).await;
        }
        assert!(page.status.is_success(), "{address}: {}", page.status);
        let links = [page.attributes("a", "href"), page.attributes("main img", "src")].concat();
        for link in links {
            let link = link.split('#').next().unwrap().to_owned();
            if link.starts_with('/') && !link.starts_with("//") {
                assert!(link.is_ascii() && !link.contains([' ', '"']), "{address} leads to {link:?}");
                open.push(link);
            }
        }
    }
    met
}

#[tokio::test]
async fn every_link_of_a_module_with_odd_names_leads_somewhere() {
    let folder = harbour_with_odd_names();
    let app = spawn(&folder).await;
    let ada = app.learner("ada").await;
    let met = crawl(&ada).await;
    let module = "Gr%C3%B6%C3%9Fe%20%26%20Co%20%231%3F%20100%25";
    let lesson = format!("/modules/{module}/Zweite%20Wache%20%232%3F/%C3%9Cbung%3B%20a%2Bb%3F%2050%25%20%233");
    let picture =
        format!("/media/{module}/02-Zweite%20Wache%20%232%3F/Bild%20%C3%BCber%20%D0%9D%D0%B5%D0%B2%D1%83%20100%25.svg");
    for address in [&lesson, &picture, &format!("/checkpoints/{module}"), &format!("/modules/{module}/print")] {
        assert!(met.contains(address), "{address} is not among {met:#?}");
    }
    let page = ada.get(&lesson).await.expect(200);
    assert_eq!(page.attributes(".prose img", "src"), [picture.clone(), picture]);
    let edit = page.attributes("a", "href").into_iter().find(|link| link.starts_with("https://git")).unwrap();
    assert!(edit.ends_with("01-%C3%9Cbung%3B%20a%2Bb%3F%2050%25%20%233.md"), "{edit}");
    let apart = lesson.replace("%C3%9C", "U%CC%88");
    ada.get(&apart).await.expect(200);
}

#[tokio::test]
async fn forms_of_a_module_with_odd_names_lead_back_to_its_pages() {
    let folder = harbour_with_odd_names();
    let app = spawn(&folder).await;
    let ada = app.learner("ada").await;
    let module = "/modules/Gr%C3%B6%C3%9Fe%20%26%20Co%20%231%3F%20100%25";
    let lamps = format!("{module}/first-watch/lamps");
    let next = ada.post(&format!("{lamps}/read"), &[]).await.location();
    assert!(ada.get(&next).await.expect(200).text("h1").contains("The bell"), "{next}");
    let answered = ada.post(&format!("{lamps}/questions/colour"), &[("answer", "2")]).await.location();
    assert_eq!(answered, format!("{lamps}#question-colour"));
    let page_of_form = ada.get(&format!("{lamps}/read")).await.location();
    assert_eq!(page_of_form.replace('&', "%26"), lamps, "the address of a form opens its page");
    ada.get(&page_of_form).await.expect(200);
    app.advance(jiff::SignedDuration::from_hours(30));
    let card = ada.get("/practice").await.expect(200).attribute("main a[href^='/practice/']", "href").unwrap();
    let card = ada.get(&card).await.expect(200);
    assert!(card.attribute("form[action^='/practice/']", "action").is_some());
    for path in [module, &lamps] {
        let slashed = ada.get(&format!("{path}/")).await.expect(308);
        assert_eq!(slashed.headers["location"], path);
    }
    let signed_out = app.visitor();
    let location = signed_out.get("/checkpoints/Gr%C3%B6%C3%9Fe%20%26%20Co%20%231%3F%20100%25").await.location();
    let page = signed_out.get(&location).await.expect(200);
    let typed = [("email", "ada@example.org"), ("password", PASSWORD)];
    let back = signed_out.press(&page, "Sign in", &typed).await.location();
    assert_eq!(back, "/checkpoints/Gr%C3%B6%C3%9Fe%20%26%20Co%20%231%3F%20100%25");
    signed_out.get(&back).await.expect(200);
}

#[test]
fn two_files_whose_names_differ_in_nothing_that_can_be_seen_are_reported() {
    let folder = super::with_file(
        "watch/01-first-watch/02-u\u{308}.md",
        "+++\ntitle = \"A\"\nsummary = \"S\"\nminutes = 1\n+++\n",
    );
    let other = folder.path().join("watch/01-first-watch/02-\u{fc}.md");
    std::fs::write(other, "+++\ntitle = \"B\"\nsummary = \"S\"\nminutes = 1\n+++\n").unwrap();
    let settings =
        seaworthy::lessons::ContentSettings { folder: Some(folder.path().to_owned()), watch: false, edit_url: None };
    let report = seaworthy::lessons::Report::make(&settings, &[], &seaworthy::lessons::Highlighter::load()).unwrap();
    let told = report.faults.iter().any(|fault| fault.text.contains("another file has this name too"));
    assert!(told, "{:?}", report.faults);
}
