//! `/search`: words, beginnings and slips, on the module of these tests and on the shipped one.

use super::spawn;
use crate::support::{Page, TestApp};

async fn search_for(app: &TestApp, text: &str) -> Page {
    let url = reqwest::Url::parse_with_params("http://site/search", [("q", text)]).unwrap();
    app.visitor().get(&format!("/search?{}", url.query().unwrap())).await.expect(200)
}

#[tokio::test]
async fn a_word_leads_to_its_place_in_its_lesson() {
    let app = spawn().await;
    let page = search_for(&app, "starboard port").await;
    assert_eq!(page.texts(".hit h2"), ["Lamps"]);
    assert_eq!(page.attribute(".hit-heading", "href").unwrap(), "/modules/watch/first-watch/lamps#_red-green");
    assert!(page.texts(".hit mark").contains(&"port".to_owned()));
    assert_eq!(page.attribute("#q", "value").unwrap(), "starboard port");
}

#[tokio::test]
async fn code_is_found_and_answers_are_not() {
    let app = spawn().await;
    assert_eq!(search_for(&app, "kubectl").await.texts(".hit h2"), ["Lamps"]);
    for secret in ["plaid", "midnight", "dark"] {
        let page = search_for(&app, secret).await;
        assert!(page.texts(".hit").is_empty() && page.text("main").contains("Nothing found"), "{secret}");
    }
}

#[tokio::test]
async fn another_form_a_beginning_and_a_slip_find_the_word() {
    let app = spawn().await;
    for text in ["colours", "COLOUR", "colo", "starboard lamp", "strokes", "stroek", "kubeclt"] {
        assert!(!search_for(&app, text).await.texts(".hit").is_empty(), "{text}");
    }
    assert!(search_for(&app, "kubeclt").await.text(".search-summary").contains("close spellings"));
    assert!(!search_for(&app, "kubectl").await.text(".search-summary").contains("close spellings"));
    assert!(search_for(&app, "lamp bell").await.texts(".hit").len() == 1, "the one that names the other");
    assert!(search_for(&app, "pods hour").await.text(".search-summary").contains("some"));
}

#[tokio::test]
async fn a_word_is_found_from_every_keyboard() {
    let app = spawn().await;
    for text in ["ＫＵＢＥＣＴＬ", "kube\u{200b}ctl", "kubectl\u{a0}pods", "“kubectl”", "\u{feff}kubectl"] {
        let page = search_for(&app, text).await;
        assert!(page.texts(".hit h2").contains(&"Lamps".to_owned()), "{text:?}: {}", page.text("main"));
    }
}

#[tokio::test]
async fn whatever_is_typed_is_answered_with_a_page() {
    let app = spawn().await;
    assert!(app.visitor().get("/search").await.expect(200).texts(".hit").is_empty());
    let long = "lamp ".repeat(1000);
    for text in ["", "   ", "the of a", "\"", "+-*/()[]{}~^:\\", "title:lamp AND", "<script>x</script>", "灯 ☂", &long]
    {
        let page = search_for(&app, text).await;
        assert_eq!(page.text("h1"), "Search the lessons", "{text:?}");
        assert!(!page.body.contains("<script>x"), "{text:?}");
    }
    app.visitor().get("/search?q=%ff").await;
}

#[tokio::test]
async fn the_lesson_about_a_thing_comes_before_those_that_mention_it() {
    let app = TestApp::spawn().await;
    for (text, title) in [
        ("version 0", "Version 0"),
        ("anotations labels", "Annotations and labels"),
        ("blameless postmortem", "Blameless postmortems"),
        ("game day", "Game days"),
    ] {
        let titles = search_for(&app, text).await.texts(".hit h2");
        assert!(titles.iter().take(3).any(|found| found == title), "{text}: {titles:?}");
    }
}

#[tokio::test]
async fn slips_anywhere_in_a_word_are_forgiven_and_the_page_says_what_it_looked_for() {
    let app = TestApp::spawn().await;
    for (text, meant) in [
        ("annotaions", "annotations"),
        ("annotatons", "annotations"),
        ("anotations", "annotations"),
        ("observabilty", "observability"),
        ("runbok", "runbook"),
        ("promethues", "prometheus"),
        ("kuberntes", "kubernetes"),
        ("latecny", "latency"),
    ] {
        let page = search_for(&app, text).await;
        let summary = page.text(".search-summary");
        let expected = format!("No exact match for {text}; showing close spellings: {meant}.");
        assert!(summary.starts_with(&expected), "{text}: {summary}");
        let marked = page.texts(".hit mark").iter().all(|word| word.to_lowercase().starts_with(&meant[..4]));
        assert!(marked && !page.texts(".hit").is_empty(), "{text}: {:?}", page.texts(".hit mark"));
    }
    let exact = search_for(&app, "annotations").await.text(".search-summary");
    assert!(!exact.contains("close spellings"), "{exact}");
}

#[tokio::test]
async fn every_hit_shows_why_it_is_one() {
    let app = TestApp::spawn().await;
    for text in ["mesh", "canary", "owner", "kubectl describe", "observabilty", "who answers", "hands-on"] {
        let page = search_for(&app, text).await;
        let (hits, marked) = (page.texts(".hit").len(), page.texts(".hit:has(mark)").len());
        assert!(hits > 0 && hits == marked, "{text}: {marked} of {hits} show why");
    }
}

#[tokio::test]
async fn a_short_word_stands_for_itself_alone() {
    let app = TestApp::spawn().await;
    for text in ["SLO", "slo", "qua", "SRF"] {
        let page = search_for(&app, text).await;
        assert_eq!(page.texts(".hit"), Vec::<String>::new(), "{text}");
        assert!(page.text("main").contains("Nothing found"), "{text}");
    }
    for text in ["pod", "DNS", "TLS", "slow", "quan"] {
        assert!(!search_for(&app, text).await.texts(".hit").is_empty(), "{text}");
    }
}

#[tokio::test]
async fn terms_of_the_glossary_are_found_by_their_names() {
    let app = TestApp::spawn().await;
    let page = search_for(&app, "canary").await;
    assert_eq!(page.texts(".hit-terms dt"), ["Canary"]);
    assert_eq!(page.attribute(".hit-terms a", "href").unwrap(), "/modules/full-service-ownership/glossary#_canary");
    assert!(search_for(&app, "kubectl").await.texts(".hit-terms").is_empty());
}
