//! The index: made from a library, asked with words.

use std::fmt;

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{DocAddress, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument};

use super::excerpt::{Excerpt, Excerpts};
use super::words::{self, Meaning};
use super::{Found, Hit, MOST_HITS};
use crate::lessons::library::Library;
use crate::lessons::model::{Lesson, TextSection};

const ANALYSIS: &str = "stems";
const NUMBER: &str = "number";
/// Beyond so many bytes the index is made in several parts, which costs time and nothing else.
const BUDGET: usize = 100_000_000;
/// How many passages are looked at for [`MOST_HITS`] lessons.
const MOST_PASSAGES: usize = 200;
/// How many passages of one lesson are shown.
const MOST_EXCERPTS: usize = 3;

/// Where words stand.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    title: Field,
    heading: Field,
    pub(super) text: Field,
}

impl Fields {
    /// Each with how much more a word counts there than in the text.
    pub(super) fn weighed(self) -> [(Field, f32); 3] {
        [(self.title, 3.0), (self.heading, 2.0), (self.text, 1.0)]
    }
}

/// A passage's place: module, section, lesson, passage.
#[derive(Clone, Copy)]
struct PassagePlace {
    lesson: super::Place,
    passage: usize,
}

/// All passages of a library, by their words.
pub(super) struct Index {
    reader: IndexReader,
    fields: Fields,
    places: Vec<PassagePlace>,
}

impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Index of {} passages", self.places.len())
    }
}

impl Index {
    pub(super) fn make(library: &Library) -> tantivy::Result<Self> {
        let (schema, fields, number) = schema();
        let tokenizers = TokenizerManager::default();
        tokenizers.register(ANALYSIS, words::analyzer());
        let index = tantivy::Index::builder().schema(schema).tokenizers(tokenizers).create_in_ram()?;
        let mut writer: IndexWriter = index.writer_with_num_threads(1, BUDGET)?;
        let mut places = Vec::new();
        for (place, lesson, passage) in passages(library) {
            let mut document = TantivyDocument::new();
            document.add_text(fields.title, &lesson.title);
            document.add_text(fields.heading, passage.heading.as_ref().map_or(lesson.summary.as_str(), |it| &it.text));
            document.add_text(fields.text, &passage.text);
            document.add_u64(number, places.len() as u64);
            places.push(place);
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { reader, fields, places })
    }

    pub(super) fn find(&self, library: &Library, text: &str) -> tantivy::Result<Found> {
        let searcher = self.reader.searcher();
        let meanings = words::understand(&searcher, self.fields, text)?;
        let is_close = meanings.iter().any(|meaning| meaning.is_close);
        let mut is_partial = false;
        let mut places = self.list_places(&searcher, &meanings, Occur::Must)?;
        if places.is_empty() && meanings.len() > 1 {
            places = self.list_places(&searcher, &meanings, Occur::Should)?;
            is_partial = !places.is_empty();
        }
        let excerpts = Excerpts::new(&searcher, self.fields.text, &meanings)?;
        Ok(Found { hits: gather(library, &places, &excerpts), is_close, is_partial })
    }

    /// The places of the passages that have all or any of the words, the best first.
    fn list_places(
        &self,
        searcher: &Searcher,
        meanings: &[Meaning],
        occur: Occur,
    ) -> tantivy::Result<Vec<PassagePlace>> {
        if meanings.is_empty() {
            return Ok(Vec::new());
        }
        let clauses: Vec<(Occur, Box<dyn Query>)> = meanings.iter().map(|meaning| (occur, meaning.query())).collect();
        let found =
            searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(MOST_PASSAGES).order_by_score())?;
        found
            .into_iter()
            .map(|(_score, address)| self.place_of(searcher, address))
            .filter_map(Result::transpose)
            .collect()
    }

    fn place_of(&self, searcher: &Searcher, address: DocAddress) -> tantivy::Result<Option<PassagePlace>> {
        let numbers = searcher.segment_reader(address.segment_ord).fast_fields().u64(NUMBER)?;
        let number = numbers.first(address.doc_id).and_then(|number| usize::try_from(number).ok());
        Ok(number.and_then(|number| self.places.get(number)).copied())
    }
}

fn schema() -> (Schema, Fields, Field) {
    let indexing = TextFieldIndexing::default().set_tokenizer(ANALYSIS).set_index_option(IndexRecordOption::WithFreqs);
    let words = TextOptions::default().set_indexing_options(indexing);
    let mut schema = Schema::builder();
    let fields = Fields {
        title: schema.add_text_field("title", words.clone()),
        heading: schema.add_text_field("heading", words.clone()),
        text: schema.add_text_field("text", words),
    };
    let number = schema.add_u64_field(NUMBER, FAST);
    (schema.build(), fields, number)
}

fn passages(library: &Library) -> impl Iterator<Item = (PassagePlace, &Lesson, &TextSection)> {
    let sections = library.modules().iter().enumerate().flat_map(|(number, module)| {
        module.sections.iter().enumerate().map(move |(section, found)| ((number, section), found))
    });
    let lessons = sections.flat_map(|((module, section), found)| {
        found.lessons.iter().enumerate().map(move |(lesson, found)| ((module, section, lesson), found))
    });
    lessons.flat_map(|(lesson, found)| {
        let place = move |passage| PassagePlace { lesson, passage };
        found.text_sections.iter().enumerate().map(move |(passage, text)| (place(passage), found, text))
    })
}

/// The lessons of passages, each at the place of its best one.
fn gather(library: &Library, places: &[PassagePlace], excerpts: &Excerpts) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for place in places {
        let (module, section, lesson) = place.lesson;
        let passage = &library.modules()[module].sections[section].lessons[lesson].text_sections[place.passage];
        if let Some(hit) = hits.iter_mut().find(|hit| hit.place == place.lesson) {
            let excerpt = (hit.excerpts.len() < MOST_EXCERPTS).then(|| excerpts.cut(passage));
            // Those that a lesson's title alone brought here say nothing about the words.
            hit.excerpts.extend(excerpt.filter(Excerpt::has_match));
        } else if hits.len() < MOST_HITS {
            hits.push(Hit { place: place.lesson, excerpts: vec![excerpts.cut(passage)] });
        }
    }
    hits
}
