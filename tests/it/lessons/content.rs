//! Content as it is read: safe HTML, or every fault with its place.

use std::path::Path;

use seaworthy::lessons::{Block, ContentSettings, Highlighter, Lesson, Library};
use tempfile::TempDir;

use super::harbour;

pub(super) fn load(folder: &Path) -> Result<Library, String> {
    let settings = ContentSettings { folder: Some(folder.to_owned()), watch: false, edit_url: None };
    Library::load(&settings, &["knots".to_owned()], &Highlighter::load()).map_err(|fault| format!("{fault:#}"))
}

/// A copy of the harbour module in which `file` holds `text`.
pub(crate) fn with_file(file: &str, text: &str) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &target);
            } else {
                std::fs::copy(&path, &target).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&harbour(), folder.path());
    std::fs::write(folder.path().join(file), text).unwrap();
    folder
}

pub(super) const BELL: &str = "watch/02-second-watch/01-bell.md";
pub(super) const FRONT: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\n+++\n";

/// The faults of a lesson whose text begins on line 6.
pub(super) fn faults_of(text: &str) -> String {
    faults_in(BELL, &format!("{FRONT}{text}"))
}

/// The faults of a module in which `file` holds `text`.
pub(super) fn faults_in(file: &str, text: &str) -> String {
    load(with_file(file, text).path()).unwrap_err()
}

pub(super) fn html_of(text: &str) -> String {
    let html = |block: &Block| match block {
        Block::Html(html) => html.as_str().to_owned(),
        Block::Question(_) | Block::Lab(_) => String::new(),
    };
    lesson_of(text).blocks.iter().map(html).collect()
}

/// What is found by search.
pub(super) fn search_text_of(text: &str) -> String {
    lesson_of(text).text_sections.into_iter().map(|section| section.text).collect()
}

fn lesson_of(text: &str) -> Lesson {
    // The other lesson links to this heading.
    let text = format!("{FRONT}{text}\n\n## Four strokes\n");
    let library = load(with_file(BELL, &text).path()).unwrap();
    let module = library.find_module("watch").unwrap();
    let (_, _, lesson) = module.find_lesson("second-watch", "bell").unwrap();
    lesson.clone()
}

#[test]
fn the_shipped_content_has_no_fault() {
    let labs: Vec<String> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("labs"))
        .map(|folders| folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    let library = Library::load(&ContentSettings::default(), &labs, &Highlighter::load()).unwrap();
    assert!(!library.modules().is_empty());
    assert!(library.modules().iter().all(|module| !module.checkpoint.is_empty()));
}

fn expect_fault(text: &str, line: usize, expected: &str) {
    let faults = faults_of(text);
    assert!(faults.contains(expected), "{text}:\n{faults}");
    let place = format!("{BELL}:{line}: ");
    assert!(
        line == 0 || faults.lines().any(|fault| fault.starts_with(&place) && fault.contains(expected)),
        "{text}:\n{faults}"
    );
}

#[test]
fn a_question_that_cannot_be_answered_is_reported_with_file_line_and_fix() {
    let short = |accept: &str| {
        format!("```question\nid = \"q\"\nkind = \"short\"\nprompt = \"?\"\naccept = {accept}\nwhy = \"b\"\n```")
    };
    let single = |one: &str, other: &str| {
        let choice = |text, correct| format!("\n[[choices]]\ntext = \"{text}\"\ncorrect = {correct}\nwhy = \"y\"\n");
        let choices = choice(one, true) + &choice(other, false);
        format!("```question\nid = \"q\"\nkind = \"single\"\nprompt = \"?\"\n{choices}```")
    };
    let cases = [
        (short("[\"\"]"), "accepts an answer without a character, which nobody can give"),
        (short("[\"a\", \"\u{200b}\u{3164}\"]"), "accepts an answer without a character"),
        (short("[\"Team\u{2019}s\", \"team's \"]"), "which are the same answer; take one out"),
        (
            "```question\nid = \"q\"\nkind = \"text\"\nprompt = \"?\"\nrubric = [\" \"]\nmodel = \"m\"\n```".to_owned(),
            "has a point in its `rubric` that says nothing",
        ),
        (single("a", "\u{200b}"), "says nothing in its line 2"),
        (single("a", "a "), "has the line \"a \" twice"),
    ];
    for (text, expected) in &cases {
        expect_fault(text, 7, expected);
    }
}

#[test]
fn each_fault_is_reported_with_file_line_and_fix() {
    let cases = [
        ("one\n\n[x](02-none.md)", 8, "leads to no lesson"),
        ("[x](#nowhere)", 6, "has no heading #nowhere"),
        ("[x](../01-first-watch/01-lamps.md#none)", 6, "has no heading #none"),
        ("a\n\n<b>x</b>", 8, "raw HTML"),
        ("<script>alert(1)</script>", 6, "raw HTML"),
        ("![](x.svg)", 6, "no text for those who cannot see it"),
        ("![A bell](bell.svg)", 6, "there is no image"),
        ("[x](javascript:alert(1))", 6, "links of the kind javascript:"),
        ("# Title", 6, "begin the text's headings with ##"),
        ("```lab\nname = \"none\"\n```", 6, "there is no lab \"none\"; there are: knots"),
        ("```question\nid = \"q\"\nkind = \"single\"\nprompt = \"?\"\n```", 7, "0 of its choices are right"),
        ("```question\nid = \"q\"\nkind = \"text\"\nprompt = \"?\"\n```", 7, "needs a `rubric`"),
        ("```question\nid = \"q\"\nkind = \"order\"\nprompt = \"?\"\n```", 7, "needs three `items`"),
        (
            "```question\nid = \"q\"\nkind = \"short\"\nprompt = \"?\"\naccept = [\"a\"]\n```",
            7,
            "explains nothing; write `why`",
        ),
        (
            "```question\nid = \"q\"\nkind = \"short\"\nprompt = \" \"\naccept = [\"a\"]\nwhy = \"b\"\n```",
            7,
            "asks nothing; write a `prompt`",
        ),
        (
            "```question\nid = \"q\"\nkind = \"text\"\nprompt = \"?\"\nrubric = [\"a\"]\n```",
            7,
            "needs a `rubric` and a `model`",
        ),
        ("```question\nid = \"q\"\nkind = \"guess\"\n```", 8, "unknown variant"),
        (
            "```question\nid = \"q\"\nkind = \"short\"\nprompt = \"[x](#none)\"\naccept = [\"a\"]\nwhy = \"b\"\n```",
            7,
            "has no heading #none",
        ),
        (
            "```question\nid = \"colour\"\nkind = \"short\"\nprompt = \"?\"\naccept = [\"a\"]\nwhy = \"b\"\n```",
            7,
            "the question \"colour\" has the id of one in watch/01-first-watch/01-lamps.md:22; rename one",
        ),
    ];
    for (text, line, expected) in cases {
        expect_fault(text, line, expected);
    }
}

#[test]
fn all_faults_are_reported_at_once() {
    let faults = faults_of("[x](02-none.md)\n\n![](y.svg)");
    // The third: the other lesson's link to a heading that this text has lost.
    assert!(faults.contains("4 faults"), "{faults}");
}

#[test]
fn missing_and_unreadable_files_are_faults() {
    let faults = load(with_file("programme.toml", "title = 3").path()).unwrap_err();
    assert!(faults.contains("programme.toml:1: "), "{faults}");
    let faults = load(with_file(BELL, "no front matter").path()).unwrap_err();
    assert!(faults.contains("01-bell.md:1: a lesson begins with"), "{faults}");
    let faults = load(with_file(BELL, "+++\ntitle = \"T\"\ntilte = 1\n+++\n").path()).unwrap_err();
    assert!(faults.contains("01-bell.md:3: unknown field"), "{faults}");
    let module = std::fs::read_to_string(harbour().join("watch/module.toml")).unwrap();
    let module = module.replace("\"02-second-watch\"", "\"03-third-watch\"");
    let faults = load(with_file("watch/module.toml", &module).path()).unwrap_err();
    assert!(faults.contains("watch/03-third-watch/section.toml:1: the file is missing"), "{faults}");
}

#[test]
fn two_files_with_one_address_and_blank_titles_are_faults() {
    let faults = load(with_file("watch/01-first-watch/02-lamps.md", &format!("{FRONT}Text.")).path()).unwrap_err();
    assert!(faults.contains("02-lamps.md:1: its address is that of watch/01-first-watch/01-lamps.md too"), "{faults}");
    let faults = load(with_file(BELL, &FRONT.replace("\"T\"", "\" \"")).path()).unwrap_err();
    assert!(faults.contains("01-bell.md:2: `title` says nothing"), "{faults}");
    let section = "title = \"First watch\"\nsummary = \"\"\n";
    let faults = load(with_file("watch/01-first-watch/section.toml", section).path()).unwrap_err();
    assert!(faults.contains("section.toml:1: `summary` says nothing"), "{faults}");
}

#[test]
fn a_section_that_is_named_twice_is_a_fault() {
    let module = std::fs::read_to_string(harbour().join("watch/module.toml")).unwrap();
    let twice = module.replace("[\"01-first-watch\",", "[\"01-first-watch\", \"01-first-watch\",");
    assert!(
        faults_in("watch/module.toml", &twice)
            .contains("watch/module.toml:1: the section \"01-first-watch\" is named twice")
    );
}

#[test]
fn an_image_whose_size_can_be_read_keeps_its_place() {
    let folder = with_file(BELL, &format!("{FRONT}![A bell](bell.svg)\n\n![A rope](rope.svg)\n\n## Four strokes\n"));
    for (name, text) in [("bell.svg", "<svg viewBox=\"0 0 30 40\"/>"), ("rope.svg", "<svg/>")] {
        std::fs::write(folder.path().join("watch/02-second-watch").join(name), text).unwrap();
    }
    let library = load(folder.path()).unwrap();
    let (_, _, lesson) = library.find_module("watch").unwrap().find_lesson("second-watch", "bell").unwrap();
    let Some(Block::Html(html)) = lesson.blocks.first() else { panic!("text") };
    assert!(html.as_str().contains("alt=\"A bell\" width=\"30\" height=\"40\" loading"), "{}", html.as_str());
    assert!(html.as_str().contains("alt=\"A rope\" loading"), "{}", html.as_str());
}

#[test]
fn a_pool_is_checked_question_by_question() {
    let pool = std::fs::read_to_string(harbour().join("watch/pool.toml")).unwrap();
    let faults_after = |from: &str, to: &str| {
        assert!(pool.contains(from), "{from}");
        load(with_file("watch/pool.toml", &pool.replace(from, to)).path()).unwrap_err()
    };
    let faults = faults_after("section = \"02-second-watch\"\n", "");
    assert!(faults.contains("watch/pool.toml:17: the question \"duty\" needs `section`"), "{faults}");
    assert!(faults.contains("01-first-watch, 02-second-watch"), "{faults}");
    let faults = faults_after("id = \"duty\"", "id = \"lamp\"");
    assert!(faults.contains("watch/pool.toml:17: two questions of the pool have the id \"lamp\""), "{faults}");
    let faults = faults_after("prompt = \"", "prompt = \"[x](02-second-watch/01-bell.md#none) [y](#z) ");
    assert!(faults.contains("watch/pool.toml:1: watch/02-second-watch/01-bell.md has no heading #none"), "{faults}");
    assert!(faults.contains("watch/pool.toml:1: #z leads nowhere, since watch/pool.toml is no page"), "{faults}");
    let faults = faults_after("correct = false", "correct = true");
    assert!(faults.contains("watch/pool.toml:1: the question \"lamp\" takes one answer"), "{faults}");
    let module = std::fs::read_to_string(harbour().join("watch/module.toml")).unwrap();
    let module = module.replace("questions = 2", "questions = 3");
    let faults = load(with_file("watch/module.toml", &module).path()).unwrap_err();
    assert!(faults.contains("watch/pool.toml:1: an entry is asked 3 questions, and the pool has 2"), "{faults}");
    let folder = with_file("watch/pool.toml", "");
    std::fs::remove_file(folder.path().join("watch/pool.toml")).unwrap();
    assert!(load(folder.path()).unwrap_err().contains("watch/pool.toml:1: the file is missing"));
    let lesson = "```question\nid = \"q\"\nkind = \"short\"\nprompt = \"?\"\naccept = [\"a\"]\nsection = \"x\"\n```";
    assert!(faults_of(lesson).contains("names a section"));
}

#[test]
fn text_becomes_plain_and_safe_html() {
    let html = html_of("A **bold** `<tag>` & [out](https://example.org \"t\").");
    insta::assert_snapshot!(html.lines().next().unwrap(), @r#"<p>A <strong>bold</strong> <code class="whole">&lt;tag&gt;</code> &amp; <a href="https://example.org" title="t" rel="noopener noreferrer">out</a>.</p>"#);
}

#[test]
fn code_is_coloured_by_classes_and_escaped() {
    let html = html_of("```sh\necho \"<b>\" # why\n```");
    assert!(html.contains("class=\"hl-") && html.contains("&lt;b&gt;") && !html.contains("style="), "{html}");
    let html = html_of("```unknown\n<b>\n```");
    assert!(html.contains("&lt;b&gt;"), "{html}");
}

#[test]
fn callouts_tables_and_footnotes_are_marked_up() {
    let html = html_of("> [!WARNING]\n> Mind the step.\n\n| a |\n|---|\n| b |\n\nSee.[^1]\n\n[^1]: Note.");
    assert!(html.contains("<aside class=\"callout callout-warning\" role=\"note\" aria-label=\"Warning\">"), "{html}");
    assert!(html.contains("<div class=\"table-scroll\" tabindex=\"0\" role=\"group\""), "{html}");
    assert!(html.contains("footnote"), "{html}");
    let html = html_of("`kubectl get -l` and `a long command that no narrow screen could hold`");
    assert!(html.contains("<code class=\"whole\">kubectl get -l</code>") && html.contains("<code>a long"), "{html}");
    let html = html_of("| | a |\n|---|---|\n| b | c |");
    assert!(html.contains("<td></td>") && !html.contains("<th></th>"), "an empty corner is no heading: {html}");
}

#[test]
fn headings_have_anchors_that_do_not_clash() {
    let html = html_of("## Same\n\n## Same\n\n[up](#same-2)");
    assert!(html.contains("id=\"_same\"") && html.contains("id=\"_same-2\""), "{html}");
}

#[test]
fn a_mix_of_kinds_that_the_pool_cannot_fill_stops_the_start_with_its_key() {
    let pool = std::fs::read_to_string(harbour().join("watch/pool.toml")).unwrap();
    let with_draw = |draw: &str| with_file("watch/pool.toml", &format!("# The mix\n[draw]\n{draw}\n\n{pool}"));
    let faults = |draw: &str| load(with_draw(draw).path()).unwrap_err();
    let said = faults("single = 1\ntext = 2");
    assert!(
        said.contains("watch/pool.toml:4: `draw.text` asks for 2 questions of that kind, and the pool has 1"),
        "{said}"
    );
    assert!(said.contains("watch/pool.toml:2: `draw` adds up to 3, and an entry is asked 2 questions"), "{said}");
    assert!(faults("single = 1").contains("`draw` adds up to 1"));
    let said = faults("order = 1\ntext = 1");
    assert!(
        said.contains("watch/pool.toml:3: `draw.order` asks for 1 questions of that kind, and the pool has 0"),
        "{said}"
    );
    assert!(faults("essay = 2").contains("watch/pool.toml:3: unknown field `essay`"));
    assert!(faults("single = -1").contains("watch/pool.toml:3"));
    let library = load(with_draw("single = 1\ntext = 1").path()).unwrap();
    let mix = &library.find_module("watch").unwrap().checkpoint.mix;
    assert_eq!(mix.iter().collect::<Vec<_>>(), [("single", 1), ("text", 1)]);
}

#[test]
fn a_question_of_the_pool_that_nobody_can_answer_stops_the_start_with_its_line() {
    let pool = std::fs::read_to_string(harbour().join("watch/pool.toml")).unwrap();
    let line = pool.matches('\n').count() + 2;
    let question = "[[questions]]\nid = \"none\"\nsection = \"01-first-watch\"\nkind = \"short\"\nprompt = \"?\"\n\
                    accept = [\"\"]\nwhy = \"b\"\n";
    let faults = faults_in("watch/pool.toml", &format!("{pool}\n{question}"));
    assert!(faults.contains(&format!("watch/pool.toml:{line}: the question \"none\" accepts")), "{faults}");
}

#[test]
fn a_link_out_of_the_folder_or_to_a_file_of_another_type_is_not_read() {
    let folder = with_file("watch/02-second-watch/bell.svg", "<svg viewBox=\"0 0 9 9\"/>");
    let outside = tempfile::NamedTempFile::with_suffix(".png").unwrap();
    let link = |target: &Path, name: &str| std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    link(outside.path(), "watch/outside.png");
    link(&folder.path().join("watch/pool.toml"), "watch/key.png");
    link(Path::new("02-second-watch/bell.svg"), "watch/again.svg");
    link(Path::new("."), "watch/round");
    link(outside.path().parent().unwrap(), "watch/away");
    let library = load(folder.path()).unwrap();
    assert!(library.find_media("watch/again.svg").is_some());
    for name in ["watch/outside.png", "watch/key.png", "watch/round/key.png", "watch/round/02-second-watch/bell.svg"] {
        assert!(library.find_media(name).is_none(), "{name}");
    }
    link(Path::new("/nowhere/at-all.png"), "watch/dangling.png");
    assert!(load(folder.path()).unwrap_err().contains("watch/dangling.png"));
}

#[test]
fn rules_that_could_not_be_kept_are_reported_with_their_line() {
    let sound = std::fs::read_to_string(harbour().join("programme.toml")).unwrap()
        + "\n[[prizes]]\nkind = \"weekly\"\nname = \"A lantern\"\nwinners = 1\n";
    assert!(load(with_file("programme.toml", &sound).path()).is_ok());
    let changes = [
        ("version = 3", "version = 0", "programme.toml:6: `version` is 0; it is 1 at the least"),
        ("vouchers_per_week = 2", "vouchers_per_week = -1", "programme.toml:7: `vouchers_per_week` is -1; it is 1"),
        ("vouchers_per_week = 2", "vouchers_per_week = 0", "programme.toml:7: `vouchers_per_week` is 0; it is 1"),
        ("vouchers_per_week = 2", "vouchers_per_week = 100001", "it is 100000 at the most"),
        ("entries_per_developer = 3", "entries_per_developer = 0", "programme.toml:8: `entries_per_developer` is 0"),
        ("entries_per_developer = 3", "entries_per_developer = 1001", "it is 1000 at the most"),
        ("entries_per_developer = 3", "entries_per_developer = 99999999999999999999", "programme.toml:8: "),
        ("entries_per_developer = 3", "entries_per_developer = 2.5", "programme.toml:8: "),
        ("\"a hot chocolate\"", "\" \"", "programme.toml:9: `voucher_value` says nothing"),
        ("\"the harbour café\"", "\"\"", "programme.toml:10: `voucher_provider` says nothing"),
        ("winners = 1", "winners = 0", "programme.toml:16: `winners` is 0"),
        ("\"A lantern\"", "\"\"", "programme.toml:15: `name` says nothing"),
        ("\"Harbour school\"", "\"\u{a0}\u{200b}\"", "programme.toml:1: `title` says nothing"),
        ("[\"watch\"]", "[\"watch\", \"watch\"]", "programme.toml:3: the module \"watch\" is named twice"),
        ("[\"watch\"]", "[\"watch\", \"\"]", "programme.toml:3: \"\" is no folder beside programme.toml"),
        ("Pacific/Auckland", "Pacific/Aukland", "programme.toml:2: \"Pacific/Aukland\" is not an IANA time zone"),
    ];
    for (from, to, expected) in changes {
        assert!(sound.contains(from), "{from}");
        let faults = load(with_file("programme.toml", &sound.replace(from, to)).path()).unwrap_err();
        assert!(faults.contains(expected) && faults.contains("1 fault"), "{to}: {faults}");
    }
}

#[test]
fn a_nul_character_is_refused_with_its_line_wherever_it_stands() {
    assert!(faults_of("## Four\n\nOne \0 two\n").contains("01-bell.md:8: a NUL character"), "{}", faults_of("a\0"));
    let keys = faults_of("```sh own\necho a\x1b[201~\n```\n");
    assert!(keys.contains("the control character U+001B is here"), "{keys}");
    let escaped = "+++\ntitle = \"A\\u0000B\"\nsummary = \"Its strokes.\"\nminutes = 2\n+++\n\nText.\n";
    assert!(faults_in(BELL, escaped).contains("01-bell.md:2: a NUL character"), "{}", faults_in(BELL, escaped));
    let question =
        "```question\nid = \"q\"\nkind = \"text\"\nprompt = \"Why\\u0000?\"\nrubric = [\"a\"]\nmodel = \"b\"\n```\n";
    assert!(faults_of(question).contains("a NUL character"), "{}", faults_of(question));
}

#[test]
fn files_are_read_as_editors_write_them() {
    let bell = std::fs::read_to_string(harbour().join(BELL)).unwrap();
    let forms = [
        format!("\u{feff}{bell}"),
        format!("\n \n{bell}"),
        bell.replace("+++\n", "+++ \t\n"),
        bell.replace('\n', "\r\n"),
        format!("\u{feff}\r\n{}", bell.replace("+++\n", "+++  \n").replace('\n', "\r\n")),
    ];
    for form in &forms {
        let folder = with_file(BELL, form);
        for list in ["programme.toml", "watch/module.toml", "watch/glossary.toml", "watch/pool.toml"] {
            let text = std::fs::read_to_string(folder.path().join(list)).unwrap().replace('\n', "\r\n");
            std::fs::write(folder.path().join(list), format!("\u{feff}{text}")).unwrap();
        }
        let library = load(folder.path()).unwrap();
        let module = library.find_module("watch").unwrap();
        assert_eq!(module.find_lesson("second-watch", "bell").unwrap().2.title, "The bell", "{form:?}");
    }
    let fault = faults_in(BELL, &format!("\u{feff}\n\n{FRONT}One.\n\n[x](none.md)"));
    assert!(fault.contains(&format!("{BELL}:10: none.md leads to no lesson")), "{fault}");
    assert!(faults_in(BELL, "\n\n+++\ntitle = 3\n+++\n").contains(&format!("{BELL}:4: ")));
}
