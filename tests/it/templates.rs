//! Every sample of every view and mail renders, strictly, for every kind of reader.

use std::collections::BTreeSet;

use scraper::{Html, Selector};
use seaworthy::app::{MAILS, VIEWS};
use seaworthy::view::{Shell, Strictness, Templates};
use seaworthy::web::{is_secret_field, is_unseen_field};

#[test]
fn every_view_renders_for_every_kind_of_reader() {
    let templates = Templates::load(Strictness::Tests).unwrap();
    for view in VIEWS {
        let samples = (view.samples)();
        assert!(!samples.is_empty(), "{} has no samples", view.template);
        for sample in samples {
            for shell in Shell::samples() {
                let html = templates
                    .render_value(view.template, &shell, sample.clone())
                    .unwrap_or_else(|fault| panic!("{}: {fault:?}", view.template));
                check_page(view.template, &html);
            }
        }
    }
}

#[test]
fn every_mail_renders() {
    let templates = Templates::load(Strictness::Tests).unwrap();
    for mail in MAILS {
        for sample in (mail.samples)() {
            for file in ["subject.txt", "body.txt", "body.html"] {
                let text = templates
                    .render_mail_value((mail.name, file), "Harbour school", sample.clone())
                    .unwrap_or_else(|fault| panic!("{}/{file}: {fault:?}", mail.name));
                assert!(!text.trim().is_empty(), "{}/{file} is empty", mail.name);
            }
        }
    }
}

#[test]
fn every_view_and_mail_has_its_templates() {
    Templates::load(Strictness::Tests).unwrap().require(VIEWS, MAILS).unwrap();
}

/// Far from UTC, under a name that no other zone has.
const ZONE: &str = "Asia/Kathmandu";

#[test]
fn every_time_is_told_in_the_programmes_zone() {
    for_every_page(|template, page| {
        for time in page.select(&Selector::parse("time").unwrap()) {
            let text: String = time.text().collect();
            assert!(text.contains(" +05"), "{template}: {text}");
        }
    });
}

#[test]
fn every_fault_of_a_form_is_listed_before_the_page_with_a_link_to_its_control() {
    let select = |selector: &str| Selector::parse(selector).unwrap();
    let mut refused = BTreeSet::new();
    for_every_page(|template, page| {
        let listed: Vec<String> = page.select(&select(".error-summary li")).map(|item| item.text().collect()).collect();
        for fault in page.select(&select(".error")) {
            let text: String = fault.text().collect();
            assert!(listed.iter().any(|one| one.ends_with(&text)), "{template} does not list {text:?} of {listed:?}");
        }
        for link in page.select(&select(".error-summary a")) {
            let control = format!("[id='{}']", link.attr("href").unwrap().trim_start_matches('#'));
            let control = page.select(&select(&control)).next();
            let name = control.map(|control| control.value().name());
            assert!(
                matches!(name, Some("input" | "textarea" | "select")),
                "{template}: {:?} is {name:?}",
                link.attr("href")
            );
        }
        let title: String = page.select(&select("title")).next().unwrap().text().collect();
        assert_eq!(title.starts_with("Error: "), !listed.is_empty(), "{template}: {title}");
        assert!(
            page.select(&select(".notice-error[role=alert]")).next().is_none(),
            "{template} has a fault of its own"
        );
        if !listed.is_empty() {
            refused.insert(template.to_owned());
        }
    });
    assert!(refused.len() > 15, "only {refused:?} have faults");
}

/// Every sample of every view, as everybody sees it.
fn for_every_page(mut look: impl FnMut(&str, &Html)) {
    let templates = Templates::load(Strictness::Tests).unwrap();
    for view in VIEWS {
        for sample in (view.samples)() {
            for shell in Shell::samples() {
                let shell = Shell { zone: ZONE.to_owned(), ..shell };
                let html = templates.render_value(view.template, &shell, sample.clone()).unwrap();
                look(view.template, &Html::parse_document(&html));
            }
        }
    }
}

fn check_page(template: &str, html: &str) {
    let page = Html::parse_document(html);
    let select = |selector: &str| Selector::parse(selector).unwrap();
    let mut ids = BTreeSet::new();
    for element in page.select(&select("[id]")) {
        let id = element.attr("id").unwrap();
        assert!(ids.insert(id.to_owned()), "{template} has two elements with the id {id}");
    }
    for label in page.select(&select("label[for]")) {
        let target = label.attr("for").unwrap();
        assert!(ids.contains(target), "{template} has a label for {target}, which is not there");
    }
    assert_eq!(page.select(&select("h1")).count(), 1, "{template} has other than one h1");
    for form in page.select(&select("form[method=post]")) {
        assert!(form.select(&select("input[name=csrf]")).next().is_some(), "{template} has a form without a token");
    }
    for input in page.select(&select("input[type=password]")) {
        let name = input.attr("name").unwrap();
        assert!(is_secret_field(name), "{template} has a password called {name}: a refused form would give it back");
    }
    // An address that a link is sent to again was typed on the page before.
    for input in
        page.select(&select("form:not(.preserved-form form) input[type=hidden]:not([name=csrf], [name=email])"))
    {
        let name = input.attr("name").unwrap();
        assert!(
            is_unseen_field(name),
            "{template} sends {name} unseen: a refused form would show it as if it was typed"
        );
    }
    for form in page.select(&select("form[enctype='multipart/form-data']")) {
        let first = form.select(&select("input, textarea, select")).next().unwrap();
        assert_eq!(first.attr("name"), Some("csrf"), "{template}: a file before the token is let go");
    }
    assert!(
        page.select(&select("[style], [onclick], script:not([src])")).next().is_none(),
        "{template} is not CSP-clean"
    );
}
