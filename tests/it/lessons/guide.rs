//! The page on writing a module: what it shows is what the program takes.

use std::collections::BTreeSet;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use seaworthy::lessons::{Block, ContentSettings, Highlighter, Library, Question, Rule};
use tempfile::TempDir;

const FRONT: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\n+++\n";

fn guide() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("content/README.md")).unwrap()
}

/// The language and title of each block of code, and what it holds.
fn list_examples(text: &str) -> Vec<(String, String)> {
    let (mut examples, mut info) = (Vec::<(String, String)>::new(), None);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(found))) => {
                info = Some((found.to_string(), String::new()));
            }
            Event::Text(words) => {
                if let Some((_, code)) = &mut info {
                    code.push_str(&words);
                }
            }
            Event::End(TagEnd::CodeBlock) => examples.extend(info.take()),
            _ => {}
        }
    }
    examples
}

/// The module that the examples make: those with a title are files, and each other block of Markdown is a lesson.
fn build(examples: &[(String, String)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (number, (info, code)) in examples.iter().enumerate() {
        if let Some((_, name)) = info.split_once("title=") {
            write(name, code);
        } else if info == "markdown" {
            write(&format!("watch/01-lamps/{:02}-example-{number}.md", number + 10), &format!("{FRONT}{code}"));
        }
    }
    folder
}

#[test]
fn every_example_is_taken_by_the_program() {
    let examples = list_examples(&guide());
    let folder = build(&examples);
    let settings = ContentSettings { folder: Some(folder.path().to_owned()), watch: false, edit_url: None };
    let library = Library::load(&settings, &["service-annotations".to_owned()], &Highlighter::load()).unwrap();
    let module = library.find_module("watch").unwrap();
    assert_eq!((module.checkpoint.question_count, module.checkpoint.pool.len()), (2, 2));
    let markdown = examples.iter().filter(|(info, _)| info.starts_with("markdown")).count();
    assert_eq!(module.lessons().count(), markdown);
    let kinds: BTreeSet<&str> =
        module.lessons().flat_map(|(_, lesson)| lesson.questions()).map(Question::kind_name).collect();
    assert_eq!(kinds, BTreeSet::from(["single", "multiple", "order", "short", "text"]));
    let blocks: Vec<&Block> = module.lessons().flat_map(|(_, lesson)| &lesson.blocks).collect();
    assert!(blocks.iter().any(|block| matches!(block, Block::Lab(_))));
    let html =
        |text: &str| blocks.iter().any(|block| matches!(block, Block::Html(html) if html.as_str().contains(text)));
    assert!(
        html("callout-tip")
            && html("class=\"tabs\"")
            && html("<svg class=\"diagram-picture")
            && html("class=\"code-title\"")
    );
    assert!(library.find_media("watch/01-lamps/lamp.svg").is_some());
}

#[test]
fn an_example_that_has_gone_stale_is_noticed() {
    let stale = guide().replace("kind = \"order\"", "kind = \"sequence\"");
    let folder = build(&list_examples(&stale));
    let settings = ContentSettings { folder: Some(folder.path().to_owned()), watch: false, edit_url: None };
    let fault = Library::load(&settings, &["service-annotations".to_owned()], &Highlighter::load()).unwrap_err();
    assert!(fault.to_string().contains("sequence"), "{fault}");
}

#[test]
fn every_rule_of_the_check_is_explained() {
    let guide = guide();
    for rule in Rule::ALL {
        assert!(guide.contains(&format!("`{}`", rule.as_str())), "{} is not explained", rule.as_str());
    }
}
