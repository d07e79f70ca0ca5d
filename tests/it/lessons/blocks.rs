//! Tabs, diagrams, and what is said of a block of code

use super::content::{BELL, FRONT, faults_of, html_of, load, search_text_of, with_file};

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

#[test]
fn commands_say_on_the_page_for_which_cluster_they_are() {
    let html = html_of("```console lab\n$ ls\nbell\n```\n\n```sh own\nrm bell\n```\n\n```sh\nls\n```");
    assert!(html.contains("<div class=\"code\" data-language=\"console\" data-cluster=\"lab\"><pre"), "{html}");
    assert!(html.contains("data-cluster=\"own\"><p class=\"code-cluster\">For a cluster of your own</p><pre"));
    assert!(html.contains("<div class=\"code\" data-language=\"sh\"><pre"), "without a lab no mark is needed");
}

#[test]
fn commands_of_a_section_with_a_lab_that_do_not_say_for_which_cluster_they_are_stop_the_start() {
    let section = "title = \"Second watch\"\nsummary = \"S.\"\nlab = \"knots\"\n";
    let faults = |text: &str| {
        let folder = with_file("watch/02-second-watch/section.toml", section);
        std::fs::write(folder.path().join(BELL), format!("{FRONT}{text}\n\n## Four strokes\n")).unwrap();
        load(folder.path()).err().unwrap_or_default()
    };
    let forgotten = faults("```sh\nls\n```\n\n```console\n$ ls\n```\n\n- In a list:\n\n  ```bash\n  ls\n  ```");
    for line in [6, 10, 16] {
        let expected = format!("{BELL}:{line}: these commands do not say for which cluster they are; write `lab`");
        assert!(forgotten.contains(&expected), "{forgotten}");
    }
    for text in [
        "```sh lab\nls\n```\n\n```console own\n$ ls\n```",
        "```console\n14:02 200\n```\n\n```sh title=\"a.sh\"\nls\n```\n\n```yaml\na: 1\n```",
    ] {
        assert_eq!(faults(text), "", "{text}");
    }
    assert!(faults("```yaml lab\na: 1\n```").contains("no command to type stands here; leave out `lab`"));
    assert!(faults("```sh lab own\nls\n```").contains("commands are for `lab` or for `own`"));
}
