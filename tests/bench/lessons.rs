//! Lessons in any number, the same every time: words and code of the shipped module, drawn anew.

use std::fmt::Write as _;
use std::path::Path;

use seaworthy::id::Random;

const LESSONS_PER_SECTION: usize = 100;

/// Writes `count` lessons of some 300 words each into a programme below `folder`.
pub(crate) fn generate(shipped: &Path, folder: &Path, count: usize) {
    let material = Material::gather(shipped);
    let programme = std::fs::read_to_string(shipped.join("programme.toml")).unwrap();
    let programme: String = programme
        .lines()
        .map(|line| if line.starts_with("modules") { "modules = [\"many\"]\n".to_owned() } else { format!("{line}\n") })
        .collect();
    let sections: Vec<String> =
        (0..count.div_ceil(LESSONS_PER_SECTION)).map(|number| format!("{number:03}-part")).collect();
    std::fs::create_dir_all(folder.join("many")).unwrap();
    std::fs::write(folder.join("programme.toml"), programme).unwrap();
    let module = format!("title = \"Many lessons\"\nsummary = \"Many.\"\nsections = {sections:?}\n");
    std::fs::write(folder.join("many/module.toml"), module).unwrap();
    for (number, section) in sections.iter().enumerate() {
        let path = folder.join("many").join(section);
        std::fs::create_dir(&path).unwrap();
        let slug = format!("{number:03}");
        std::fs::write(path.join("section.toml"), format!("title = \"Part {slug}\"\nsummary = \"One of many.\"\n"))
            .unwrap();
        for lesson in 0..LESSONS_PER_SECTION.min(count - number * LESSONS_PER_SECTION) {
            let text = material.write_lesson(number * LESSONS_PER_SECTION + lesson);
            std::fs::write(path.join(format!("{lesson:03}-lesson-{number:03}-{lesson:03}.md")), text).unwrap();
        }
    }
}

/// What lessons are made of.
struct Material {
    random: Random,
    words: Vec<String>,
    code: Vec<(String, String)>,
}

impl Material {
    fn gather(shipped: &Path) -> Self {
        let mut material = Self { random: Random::seeded(42), words: Vec::new(), code: Vec::new() };
        let mut files = Vec::new();
        list_lessons(shipped, &mut files);
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            let body = text.splitn(3, "+++").nth(2).unwrap().to_owned();
            for (number, part) in body.split("\n```").enumerate() {
                let (first, rest) = part.split_once('\n').unwrap_or((part, ""));
                if number % 2 == 0 {
                    let is_word = |word: &&str| word.chars().all(char::is_alphabetic);
                    material.words.extend(rest.split_whitespace().filter(is_word).map(str::to_owned));
                } else if !["question", "lab", ""].contains(&first) && rest.lines().count() < 40 {
                    material.code.push((first.to_owned(), rest.to_owned()));
                }
            }
        }
        material
    }

    fn pick<'m, T>(&self, among: &'m [T]) -> &'m T {
        &among[usize::try_from(self.random.below(among.len() as u64)).unwrap()]
    }

    fn sentence(&self) -> String {
        let words: Vec<&str> = (0..8 + self.random.below(8)).map(|_word| self.pick(&self.words).as_str()).collect();
        let mut sentence = words.join(" ");
        sentence[..1].make_ascii_uppercase();
        sentence + ". "
    }

    fn write_lesson(&self, number: usize) -> String {
        let mut text = format!(
            "+++\ntitle = \"Lesson {number} {}\"\nsummary = \"{}\"\nminutes = 2\n+++\n",
            self.pick(&self.words),
            self.sentence().trim()
        );
        for part in 0..3 {
            let (first, second) = (self.pick(&self.words), self.pick(&self.words));
            write!(text, "\n## {first} {second}\n\n").unwrap();
            for _ in 0..5 {
                text += &self.sentence();
            }
            write!(
                text,
                "\n\n- **{}** {}\n- `{}` {}\n\n",
                self.sentence().trim(),
                self.sentence(),
                first,
                self.sentence()
            )
            .unwrap();
            if part == 1 {
                let (language, code) = self.pick(&self.code);
                // No two blocks are alike, so that none could be remembered.
                let comment = if language.starts_with("mermaid") { "%%" } else { "#" };
                write!(text, "```{language}\n{code}\n{comment} {number}\n```\n").unwrap();
            }
        }
        write!(text, "\n| {} | what |\n|---|---|\n| one | {} |\n", self.pick(&self.words), self.sentence().trim())
            .unwrap();
        text
    }
}

pub(crate) fn list_lessons(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_lessons(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "md") && path.file_name().unwrap() != "README.md" {
            files.push(path);
        }
    }
}
