//! Lessons, each a file of Markdown, rendered on all processors.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::content_reader::ContentReader;
use super::front_matter::{DividedLesson, FrontMatter, split_front_matter};
use super::page_path::{page_path, slug_of};
use crate::lessons::markdown::{RenderedBlock, Source};
use crate::lessons::model::{Block, Lesson};
use crate::lessons::question_source::QuestionSource;

impl ContentReader<'_> {
    /// Renders the lessons of a module on all processors: colouring code is most of the work of a start. A file that is no
    /// lesson gives none.
    pub(super) fn read_lessons(&mut self, paths: &[&String]) -> Vec<Option<Lesson>> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (files, renderer) = (self.files, self.renderer);
        // Lessons differ in length, so each thread takes the next one rather than a share.
        let next = AtomicUsize::new(0);
        let read = || {
            let (mut reader, mut lessons) = (ContentReader::new(files, renderer), Vec::new());
            while let Some((index, path)) = take_next(paths, &next) {
                lessons.push((index, reader.read_lesson(path)));
            }
            (lessons, reader)
        };
        let parts: Vec<(Vec<_>, ContentReader<'_>)> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads.min(paths.len())).map(|_thread| scope.spawn(read)).collect();
            // A panic in rendering is a bug, so it is passed on.
            running.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let mut lessons = Vec::new();
        for (part, reader) in parts {
            lessons.extend(part);
            self.faults.extend(reader.faults);
            self.anchors.extend(reader.anchors);
            self.questions.extend(reader.questions);
            self.unmarked_commands.extend(reader.unmarked_commands);
        }
        lessons.sort_by_key(|(index, _)| *index);
        lessons.into_iter().map(|(_, lesson)| lesson).collect()
    }

    fn read_lesson(&mut self, file: &str) -> Option<Lesson> {
        let text = self.read_text(file)?;
        let Some(divided) = split_front_matter(&text) else {
            self.faults.add(file, 1, "a lesson begins with its title, summary and minutes between two lines of +++");
            return None;
        };
        let DividedLesson { front, front_line, body, body_line } = divided;
        let matter: FrontMatter = self.parse_toml(file, front, front_line)?;
        let rendered = self.renderer.render(Source { file, first_line: body_line, text: body }, &mut self.faults);
        self.require_words((file, front_line), &matter.title, &matter.summary);
        self.anchors.insert(file.to_owned(), rendered.anchors);
        self.unmarked_commands.insert(file.to_owned(), rendered.unmarked_commands);
        Some(Lesson {
            slug: slug_of(file),
            title: matter.title,
            summary: matter.summary,
            minutes: matter.minutes,
            file: file.to_owned(),
            path: page_path(file)?,
            blocks: rendered.blocks.into_iter().filter_map(|block| self.read_block(file, block)).collect(),
            contents: rendered.contents,
            text_sections: rendered.text_sections,
            terms: rendered.terms,
            cached_articles: Default::default(),
        })
    }

    fn read_block(&mut self, file: &str, block: RenderedBlock) -> Option<Block> {
        match block {
            RenderedBlock::Html(html) => Some(Block::Html(html)),
            RenderedBlock::Lab(name) => Some(Block::Lab(name)),
            RenderedBlock::Step(step) => {
                step.refuse(file, &mut self.faults);
                None
            }
            RenderedBlock::Question { first_line, toml } => {
                let source = Source { file, first_line, text: &toml };
                let question = QuestionSource::read(source, self.renderer, &mut self.faults)?;
                self.questions.push((file.to_owned(), first_line, question.id.clone()));
                Some(Block::Question(Box::new(question)))
            }
        }
    }
}

/// The next of `paths` that no thread has taken yet, with its index.
fn take_next<'p>(paths: &[&'p String], next: &AtomicUsize) -> Option<(usize, &'p String)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    paths.get(index).map(|path| (index, *path))
}
