//! The blocks of lessons that are replayed.

use std::collections::BTreeMap;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const PROMPT: &str = "$ ";

/// A block that takes part in a replay.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The lesson, below the content folder.
    pub(super) file: String,
    /// The line on which its code begins, from 1.
    pub(super) first_line: usize,
    pub(super) language: String,
    pub(super) title: Option<String>,
    pub(super) code: String,
}

impl Block {
    /// The commands of a console block, each with its line in the block and what is shown below it.
    pub(super) fn commands(&self) -> Vec<(usize, String, String)> {
        let mut commands: Vec<(usize, String, String)> = Vec::new();
        if self.language != "console" || self.title.is_some() {
            return commands;
        }
        let mut goes_on = false;
        for (number, line) in self.code.lines().enumerate() {
            match (line.strip_prefix(PROMPT), commands.last_mut()) {
                (_, Some((_, command, _))) if goes_on => command.extend(["\n", line]),
                (Some(command), _) => commands.push((number, command.to_owned(), String::new())),
                (None, Some((_, _, shown))) => shown.extend([line, "\n"]),
                (None, None) => return commands,
            }
            goes_on = (goes_on || line.starts_with(PROMPT)) && line.ends_with('\\');
        }
        commands
    }
}

/// Every block that is to be replayed, by its name.
pub(super) fn list_blocks(folder: &Path) -> BTreeMap<String, Vec<Block>> {
    let mut by_name: BTreeMap<String, Vec<Block>> = BTreeMap::new();
    for file in list_lessons(folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        let file = file.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        for (name, block) in read_blocks(&file, &text) {
            let blocks = by_name.entry(name.clone()).or_default();
            assert!(blocks.iter().all(|other| other.file == block.file), "{name} is replayed by two lessons");
            blocks.push(block);
        }
    }
    by_name
}

fn list_lessons(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut lessons = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            lessons.extend(list_lessons(&path));
        } else if path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("README.md") {
            lessons.push(path);
        }
    }
    lessons.sort();
    lessons
}

fn read_blocks(file: &str, text: &str) -> Vec<(String, Block)> {
    let (mut found, mut open): (Vec<_>, Option<(String, Block)>) = (Vec::new(), None);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_DEFINITION_LIST).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let words = shlex::split(&info).unwrap_or_default();
                let option = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).map(str::to_owned);
                let first_line = text[..range.start].matches('\n').count() + 2;
                let language = words.first().cloned().unwrap_or_default();
                let block =
                    Block { file: file.to_owned(), first_line, language, title: option("title="), code: String::new() };
                open = option("replay=").map(|name| (name, block));
            }
            Event::Text(code) => {
                if let Some((_, block)) = &mut open {
                    block.code.push_str(&code);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

#[test]
fn a_session_is_divided_into_commands_and_what_they_print() {
    let text = "Text.\n\n```console own replay=a\n$ one \\\n    --more\n1\n2\n$ two\n```\n\n```console\n$ three\n```\n\n\
                ```console replay=a\n3\n```\n\n```yaml title=\"a b.yaml\" replay=b\nx: 1\n```\n";
    let found = read_blocks("a.md", text);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "a", "b"]);
    let owned = str::to_owned;
    let commands = found[0].1.commands();
    assert_eq!(commands, [(0, owned("one \\\n    --more"), owned("1\n2\n")), (4, owned("two"), owned(""))]);
    assert_eq!((found[0].1.first_line, found[2].1.title.as_deref()), (4, Some("a b.yaml")));
    assert!(found[1].1.commands().is_empty());
}
