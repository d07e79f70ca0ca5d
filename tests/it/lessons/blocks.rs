//! Tabs, diagrams, and what is said of a block of code

use super::content::{faults_of, html_of, search_text_of};

const DIAGRAM: &str = "```mermaid\nflowchart LR\n  accTitle: The watch\n  accDescr: A lamp is lit, and a bell answers.\n  A[Lamp] --> B[Bell]\n```";

#[test]
fn a_definition_list_becomes_tabs_that_need_no_script() {
    let html = html_of("Linux\n: Do this:\n\n  ```sh\n  apt install bell\n  ```\n\nmacOS\n: Do *that*.\n");
    assert_eq!(html.matches("type=\"radio\"").count(), 2, "{html}");
    assert_eq!(html.matches(" checked").count(), 1);
    assert!(
        html.contains("<label for=\"tabs_1_1\">Linux</label>")
            && html.contains("<label for=\"tabs_1_2\">macOS</label>")
    );
    assert!(html.contains("bell") && html.contains("<em>that</em>"));
    let two = html_of("a\n: 1\n\nb\n: 2\n\nText.\n\na\n: 3\n\nb\n: 4\n");
    assert!(two.contains("name=\"tabs-1\"") && two.contains("name=\"tabs-2\""));
}

#[test]
fn tabs_that_are_no_choice_are_refused() {
    for (text, expected) in [
        ("a\n: 1\n", "one tab alone"),
        ("a\n: 1\n\na\n: 2\n", "two tabs are called \"a\""),
        ("a\n: 1\n: 2\n\nb\n: 3\n", "a tab has one text"),
        ("a\n: ```lab\n  name = \"knots\"\n  ```\n\nb\n: 2\n", "cannot stand in a tab"),
        ("a\n: b\n  : 1\n\n  c\n  : 2\n\nd\n: 3\n", "tabs cannot stand in a tab"),
    ] {
        let faults = faults_of(text);
        assert!(faults.contains(expected), "{text}:\n{faults}");
    }
}

#[test]
fn a_diagram_is_drawn_in_the_colours_of_the_page_and_told_in_words() {
    let html = html_of(DIAGRAM);
    assert!(html.contains("<svg class=\"diagram-picture\" role=\"img\" aria-label=\"The watch\""), "{html}");
    assert!(html.contains("var(--text)") && html.contains("<figcaption>The watch</figcaption>"));
    assert!(html.contains("<p>A lamp is lit, and a bell answers.</p>"));
    assert!(!html.contains("style=") && !html.contains("data-diagram"));
    assert!(search_text_of(DIAGRAM).contains("a bell answers"));
    let within = html_of(&format!("- In a list:\n\n  {}\n", DIAGRAM.replace('\n', "\n  ")));
    assert!(within.contains("<svg") && within.trim_start().starts_with("<ul>"), "{within}");
}

#[test]
fn a_diagram_that_is_wrong_or_without_words_is_refused() {
    for (text, expected) in [
        ("```mermaid\nflowchart LR\n  A --> B\n```", "accTitle"),
        ("```mermaid\nflowchart LR\n  accTitle: x\n  A --> B\n```", "accDescr"),
        ("```mermaid\nflowhcart LR\n  A --> B\n```", "cannot be read"),
    ] {
        let faults = faults_of(text);
        assert!(faults.contains(expected) && faults.contains(".md:6: "), "{text}:\n{faults}");
    }
}

#[test]
fn code_has_a_title_and_marked_lines_that_are_told_too() {
    let html = html_of("```yaml title='a \"b\".yaml' mark=\"2\"\na: |\n  one\n  two\nb: 1\n```");
    assert!(html.contains("<p class=\"code-title\" aria-hidden=\"true\">a \"b\".yaml</p>"), "{html}");
    assert!(html.contains("aria-label=\"a &quot;b&quot;.yaml; marked line 2\""));
    let (_, marked) = html.split_once("<mark>").unwrap();
    let (marked, _) = marked.split_once("</mark>").unwrap();
    assert!(marked.contains("one") && !marked.contains("two"), "{marked}");
    assert_eq!(marked.matches("<span").count(), marked.matches("</span>").count(), "{marked}");
}

#[test]
fn what_is_said_wrongly_of_code_is_refused() {
    for (text, expected) in [
        ("```yaml mark=\"3\"\na: 1\n```", "the block has 1"),
        ("```yaml mark=\"0\"\na: 1\n```", "names no lines"),
        ("```yaml caption=x\na: 1\n```", "is not known here"),
        ("```yaml title=\"x\na: 1\n```", "quotation mark"),
    ] {
        let faults = faults_of(text);
        assert!(faults.contains(expected) && faults.contains(".md:6: "), "{text}:\n{faults}");
    }
}
