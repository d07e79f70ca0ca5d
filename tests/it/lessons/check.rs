//! The author's check: what it finds beside the faults that stop a start, and how the program tells it.

use std::path::Path;
use std::process::{Command, Output};

use seaworthy::lessons::{ContentSettings, Fault, Highlighter, Report, Rule, Severity};
use serde_json::Value;

use super::{harbour, with_file};

const BELL: &str = "watch/02-second-watch/01-bell.md";
const LAMPS: &str = "watch/01-first-watch/01-lamps.md";

fn check(folder: &Path) -> Report {
    let settings = ContentSettings { folder: Some(folder.to_owned()), watch: false, edit_url: None };
    Report::make(&settings, &["knots".to_owned()], &Highlighter::load()).unwrap()
}

/// A lesson of `minutes` whose text begins on line 6.
fn lesson(minutes: usize, text: &str) -> String {
    format!("+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = {minutes}\n+++\n{text}\n\n## Four strokes\n")
}

/// The faults of a rule in the bell's file when it holds `text`.
fn found(rule: Rule, text: &str) -> Vec<Fault> {
    let report = check(with_file(BELL, text).path());
    report.faults.into_iter().filter(|fault| fault.rule == rule && fault.file == BELL).collect()
}

fn questions(count: usize) -> String {
    let question = |number| {
        format!(
            "```question\nid = \"q{number}\"\nkind = \"short\"\nprompt = \"?\"\naccept = [\"a\"]\nwhy = \"b\"\n```\n"
        )
    };
    (0..count).map(question).collect()
}

#[test]
fn the_shipped_module_has_nothing_to_fix() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let labs = std::fs::read_dir(folder.join("labs")).unwrap();
    let labs: Vec<String> = labs.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let report = Report::make(&ContentSettings::default(), &labs, &Highlighter::load()).unwrap();
    assert_eq!(report.faults, []);
    assert!(report.lessons.iter().all(|lesson| lesson.words > 0 && lesson.grade.is_some()));
}

#[test]
fn a_lesson_is_held_against_the_wanted_length() {
    let words = |count: usize| lesson(count / 200 + 1, &"sail ".repeat(count));
    // The heading has two words.
    let short = &found(Rule::Length, &words(597))[0].text;
    assert!(short.contains("599 words, and 600 to 1500 are wanted; say more"), "{short}");
    assert_eq!(found(Rule::Length, &words(700)), []);
    assert!(found(Rule::Length, &words(1_600))[0].text.contains("make two of it"));
    let code = lesson(5, &format!("{}\n\n```sh\n{}\n```", "sail ".repeat(700), "ls ".repeat(1_000)));
    assert_eq!(found(Rule::Length, &code), [], "code is not counted");
    assert_eq!(found(Rule::Length, &lesson(20, &questions(8))), [], "challenges are short");
}

#[test]
fn the_minutes_are_held_against_the_words() {
    let text = "sail ".repeat(1_000);
    assert!(found(Rule::Minutes, &lesson(3, &text))[0].text.contains("takes 3 minutes"));
    assert!(found(Rule::Minutes, &lesson(30, &text))[0].text.contains("at most 8"));
    assert_eq!(found(Rule::Minutes, &lesson(6, &text)), []);
    assert_eq!(found(Rule::Minutes, &lesson(30, &format!("{text}\n\n```sh\nls\n```"))), [], "doing takes its time");
    assert!(!found(Rule::Minutes, &lesson(0, "Short.")).is_empty());
}

#[test]
fn hard_prose_is_reported_and_hard_code_is_not() {
    let hard = "Organisational observability necessitates interdepartmental responsibility considerations. ";
    assert!(found(Rule::Grade, &lesson(1, &hard.repeat(5)))[0].text.contains("years of school"));
    assert_eq!(found(Rule::Grade, &lesson(1, &format!("Look.\n\n```\n{hard}\n```\n\n| a |\n|---|\n| {hard} |"))), []);
    assert_eq!(found(Rule::Grade, &lesson(1, &format!("Look at `{hard}` now."))), []);
}

#[test]
fn a_section_ends_in_eight_to_twelve_questions() {
    for (count, is_told) in [(0, true), (7, true), (8, false), (12, false), (13, true)] {
        let faults = found(Rule::Challenges, &lesson(9, &questions(count)));
        assert_eq!(!faults.is_empty(), is_told, "{count}: {faults:?}");
    }
}

#[test]
fn headings_and_paragraphs_are_reported_with_their_lines() {
    let skipped = found(Rule::HeadingLevel, &lesson(1, "## One\n\n#### Two"));
    assert_eq!((skipped[0].line, skipped.len()), (8, 1));
    assert!(skipped[0].text.contains("write ### in place of ####"));
    assert_eq!(found(Rule::HeadingLevel, &lesson(1, "## One\n\n### Two\n\n## Three")), []);
    let long = found(Rule::Paragraph, &lesson(1, &format!("Short.\n\n{}", "sail `on` ".repeat(61))));
    assert_eq!((long[0].line, long.len()), (8, 1));
    assert_eq!(found(Rule::Paragraph, &lesson(1, &format!("- {}", "sail ".repeat(60)))), []);
}

#[test]
fn files_that_nobody_reads_are_reported() {
    let names = |folder: &Path| -> Vec<(Rule, String)> {
        let faults = check(folder).faults.into_iter();
        let wanted = |fault: &Fault| matches!(fault.rule, Rule::UnnamedFile | Rule::UnusedMedia);
        faults.filter(wanted).map(|fault| (fault.rule, fault.file)).collect()
    };
    assert_eq!(names(&harbour()), []);
    let folder = with_file("watch/03-draft.md", "text");
    let bell = std::fs::read_to_string(folder.path().join(BELL)).unwrap();
    let bell = bell.replace("Middle `watch`", "![Middle watch](middle.svg)");
    std::fs::write(folder.path().join(BELL), format!("{bell}\n![A bell](bell.svg)\n")).unwrap();
    for image in ["bell.svg", "middle.svg", "spare.svg"] {
        std::fs::write(folder.path().join("watch/02-second-watch").join(image), "<svg viewBox=\"0 0 9 9\"/>").unwrap();
    }
    for aside in ["README.md", ".hidden", "watch/module.toml~"] {
        std::fs::write(folder.path().join(aside), "aside").unwrap();
    }
    let spare = "watch/02-second-watch/spare.svg";
    assert_eq!(
        names(folder.path()),
        [(Rule::UnusedMedia, spare.to_owned()), (Rule::UnnamedFile, "watch/03-draft.md".to_owned()),]
    );
}

#[test]
fn files_that_are_left_out_are_reported_with_the_reason() {
    let folder = with_file("watch/pool.toml.orig", "questions = []");
    let write = |name: &str| std::fs::write(folder.path().join(name), "x").unwrap();
    for name in ["watch/pool.yaml", "watch/pool.toml~", "watch/.pool.toml.swp", "watch/#pool.toml#", ".gitignore"] {
        write(name);
    }
    let outside = tempfile::NamedTempFile::with_suffix(".png").unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("watch/key.png")).unwrap();
    let report = check(folder.path());
    let told = report.faults.iter().filter(|fault| fault.rule == Rule::IgnoredFile);
    let told: Vec<(&str, &str)> = told.map(|fault| (fault.file.as_str(), &fault.text[..25])).collect();
    let (copy, kind, link) = ("this file is left out, as", "this file is left out, fo", "this link is left out, fo");
    assert_eq!(
        told,
        [
            ("watch/#pool.toml#", copy),
            ("watch/.pool.toml.swp", copy),
            ("watch/key.png", link),
            ("watch/pool.toml.orig", kind),
            ("watch/pool.toml~", copy),
            ("watch/pool.yaml", kind),
        ]
    );
}

#[test]
fn an_image_that_does_not_say_its_size_is_reported() {
    let folder = with_file(BELL, &lesson(1, "![A bell](bell.svg)"));
    let image = folder.path().join("watch/02-second-watch/bell.svg");
    let faults = |text: &str| {
        std::fs::write(&image, text).unwrap();
        let faults = check(folder.path()).faults.into_iter();
        faults.filter(|fault| fault.rule == Rule::ImageSize).map(|fault| fault.file).collect::<Vec<_>>()
    };
    assert_eq!(faults("<svg/>"), ["watch/02-second-watch/bell.svg"]);
    assert_eq!(faults("<svg viewBox=\"0 0 9 9\"/>"), Vec::<String>::new());
}

#[test]
fn errors_and_warnings_are_reported_together_and_lessons_measured_all_the_same() {
    let report = check(with_file(BELL, &lesson(1, "[x](02-none.md)")).path());
    assert_eq!(report.count(Severity::Error), 1);
    assert!(report.count(Severity::Warning) > 0);
    assert!(report.faults.is_sorted());
    let files: Vec<&str> = report.lessons.iter().map(|lesson| lesson.file.as_str()).collect();
    assert_eq!(files, [LAMPS, BELL]);
    assert_eq!((report.lessons[0].minutes, report.lessons[0].questions), (2, 2));
    let report = check(with_file("programme.toml", "title = 3").path());
    assert!(report.count(Severity::Error) > 0 && report.lessons.is_empty());
}

/// Runs `content check` far from any configuration.
fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .env_clear()
        .args(["content", "check"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_program_says_nothing_of_a_sound_module_but_its_size() {
    let output = run(&["--strict"]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).ends_with(" lessons, and nothing to mend.\n"));
    let output = run(&["--table"]);
    assert!(text(&output.stdout).lines().any(|line| line.starts_with("lesson ") && line.ends_with("grade  questions")));
}

#[test]
fn a_folder_can_be_named_and_warnings_fail_when_asked() {
    let folder = with_file(BELL, &lesson(1, "Short."));
    let path = folder.path().display().to_string();
    let output = run(&[&path]);
    assert_eq!(output.status.code(), Some(0));
    let lines = text(&output.stdout);
    assert!(
        lines.lines().any(|line| line.starts_with(&format!("{path}/{BELL}:1: warning: the lesson has"))),
        "{lines}"
    );
    assert!(!lines.contains('\u{1b}'), "no colours without a terminal");
    assert_eq!(run(&[&path, "--strict"]).status.code(), Some(1));
    let output = run(&["/nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere"));
    assert_eq!(run(&["--format", "xml"]).status.code(), Some(2));
}

#[test]
fn an_error_fails_and_json_is_one_document() {
    let folder = with_file(BELL, &lesson(1, "[x](02-none.md)"));
    let path = folder.path().display().to_string();
    let output = run(&[&path, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["folder"], &document["errors"]), (&Value::from(path), &Value::from(1)));
    let faults = document["faults"].as_array().unwrap();
    let link = faults.iter().find(|fault| fault["code"] == "link").unwrap();
    assert_eq!((&link["file"], &link["line"], &link["severity"]), (&BELL.into(), &6.into(), &"error".into()));
    assert_eq!(document["lessons"][0]["file"], LAMPS);
    assert_eq!(document["lessons"][0]["questions"], 2);
}

#[test]
fn markup_that_readers_would_see_is_told_with_its_line() {
    let question =
        "```question\nid = \"q\"\nkind = \"short\"\nprompt = \"A[^2]?\"\naccept = [\"a\"]\nwhy = \"{{< b >}}\"\n```";
    let text =
        format!("One.[^1]\n\nSee [the rule][rule]. {{#here}}\n\n{{{{< note >}}}}\n\n{question}\n\n`[^3]` \\[^4]");
    let told = found(Rule::RawMarkup, &lesson(1, &text));
    let told: Vec<(usize, &str)> =
        told.iter().map(|fault| (fault.line, fault.text.split(" as it stands").next().unwrap())).collect();
    let see = |line: usize, words: &str| (line, format!("readers see {words}"));
    let expected = [
        see(6, "[^1]"),
        see(8, "[the rule][rule]"),
        see(8, "{#here}"),
        see(10, "{{< note >}}"),
        see(15, "A[^2]".trim_start_matches('A')),
        see(17, "{{< b >}}"),
    ];
    assert_eq!(told, expected.iter().map(|(line, text)| (*line, text.as_str())).collect::<Vec<_>>());
    let folder = with_file(
        "watch/module.toml",
        "title = \"T\"\nsummary = \"S {{ x }}\"\nsections = [\"01-first-watch\", \"02-second-watch\"]\n",
    );
    let report = check(folder.path());
    assert!(report.faults.iter().any(|fault| fault.rule == Rule::RawMarkup && fault.line == 2), "{:?}", report.faults);
}
