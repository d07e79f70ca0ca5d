//! What one person is asked in one week: questions drawn from the pool, their choices in an order of the person's own.
//!
//! Nothing is stored: the same seed gives the same questions after each reload. A question's rank in the draw is a keyed hash
//! of its own id, so that adding one question to the pool, or taking one away, changes little in the sets of others.

use std::collections::BTreeMap;

use super::model::Answers;
use super::spread::{Cell, spread};
use crate::id::keyed_hash;
use crate::lessons::{Answer, AnswerFault, Checkpoint, Choice, KindMix, Question};

/// The key to one person's questions of one week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionSeed([u8; 32]);

impl QuestionSeed {
    /// The seed of a person and module in the week that begins at `week_start`, under the installation's key.
    pub fn derive(key: &[u8; 32], (person, module, week_start): (&str, &str, &str)) -> Self {
        Self(keyed_hash(key, format!("{person}\n{module}\n{week_start}").as_bytes()))
    }

    fn rank(&self, purpose: &str, name: &str) -> [u8; 32] {
        keyed_hash(&self.0, format!("{purpose}\n{name}").as_bytes())
    }
}

/// The questions of one entry.
#[derive(Clone, Debug)]
pub struct QuestionSet<'m>(Vec<AskedQuestion<'m>>);

/// A question with its choices in the order in which they are shown.
#[derive(Clone, Debug)]
pub struct AskedQuestion<'m> {
    /// The question as it was written.
    pub question: &'m Question,
    /// The places of the choices or items as written, in the order shown.
    shown: Vec<usize>,
}

impl<'m> QuestionSet<'m> {
    /// Draws as many questions of each kind as the checkpoint's mix says, so that everybody has the same of each, and as
    /// evenly from its sections as that allows; which section gives which kind, and which gives one more, is drawn too.
    pub fn draw(checkpoint: &'m Checkpoint, seed: &QuestionSeed) -> Self {
        let mut cells: BTreeMap<Cell, Vec<&Question>> = BTreeMap::new();
        for pooled in &checkpoint.pool {
            cells.entry((pooled.section, pooled.question.kind_name())).or_default().push(&pooled.question);
        }
        for questions in cells.values_mut() {
            questions.sort_by_cached_key(|question| seed.rank("question", &question.id));
        }
        let available: BTreeMap<Cell, usize> = cells.iter().map(|(cell, questions)| (*cell, questions.len())).collect();
        let mut sections: Vec<usize> = cells.keys().map(|(section, _)| *section).collect();
        sections.dedup();
        sections.sort_by_cached_key(|section| seed.rank("section", &section.to_string()));
        let mut numbers: Vec<(&'static str, usize)> = checkpoint.mix.iter().collect();
        numbers.sort_by_cached_key(|(kind, _)| seed.rank("kind", kind));
        let taken = spread(&available, &sections, numbers);
        let drawn = cells.iter().flat_map(|(cell, questions)| {
            questions.iter().take(taken.get(cell).copied().unwrap_or(0)).map(|question| (cell.0, *question))
        });
        let mut drawn: Vec<(usize, &Question)> = drawn.collect();
        // They are asked in the order of the course.
        drawn.sort_by_cached_key(|(section, question)| (*section, seed.rank("question", &question.id)));
        Self(drawn.into_iter().map(|(_, question)| AskedQuestion::new(question, seed)).collect())
    }

    /// The questions in the order in which they are asked.
    pub fn questions(&self) -> impl Iterator<Item = &AskedQuestion<'m>> {
        self.0.iter()
    }

    /// How many questions of each kind there are.
    pub fn mix(&self) -> KindMix {
        KindMix::count(self.0.iter().map(|asked| asked.question))
    }

    /// Whether every answer can be judged.
    pub fn is_complete(&self, answers: &Answers) -> bool {
        self.questions().all(|asked| asked.find_fault(answers).is_none())
    }
}

impl<'m> AskedQuestion<'m> {
    fn new(question: &'m Question, seed: &QuestionSeed) -> Self {
        Self { question, shown: question.shuffle(&seed.0) }
    }

    /// Names what the person sees of the question: another one when its text, its choices or their order change.
    pub fn revision(&self) -> String {
        let items = self.question.items().iter().map(|item| item.text.as_str());
        let shown = self.question.choices().iter().map(|choice| choice.text.as_str()).chain(items);
        let parts = [self.question.kind_name(), self.question.prompt.as_str()].into_iter().chain(shown);
        let text = parts.collect::<Vec<_>>().join("\n");
        hex::encode(&keyed_hash(b"question", format!("{text}\n{:?}", self.shown).as_bytes())[..8])
    }

    /// The choices as shown, each with its place as written.
    pub fn choices(&self) -> impl Iterator<Item = (usize, &'m Choice)> {
        let choices = self.question.choices();
        self.shown.iter().filter_map(move |place| Some((*place, choices.get(*place)?)))
    }

    /// The places of the choices or items as written, in the order shown.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// Reads the values of the question's form field, which name choices and items as they are shown.
    pub fn parse_answer(&self, values: &[String]) -> Answer {
        self.question.parse_answer(values, &self.shown)
    }

    /// What is wrong with the answer to it, if anything.
    pub fn find_fault(&self, answers: &Answers) -> Option<AnswerFault> {
        self.question.find_fault(answers.get(&self.question.id).unwrap_or(&Answer::default()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    use crate::lessons::{PoolQuestion, QuestionKind};
    use crate::view::Html;

    fn seed(person: &str) -> QuestionSeed {
        QuestionSeed::derive(&[7; 32], (person, "m", "2026-03-02T00:00:00Z"))
    }

    fn question(id: &str) -> Question {
        let html = |text: &str| Html::trusted(text.to_owned());
        let choice = |correct| Choice { text: html("x"), correct, why: html("y") };
        let kind = QuestionKind::Single([true, false, false, false].map(choice).into());
        Question { id: id.to_owned(), prompt: html("?"), prompt_text: "?".to_owned(), kind }
    }

    fn mix(pool: &[PoolQuestion], question_count: usize) -> KindMix {
        KindMix::count(pool.iter().map(|pooled| &pooled.question)).scale_to(question_count)
    }

    /// A pool with so many questions in each of its sections.
    fn checkpoint(question_count: usize, sections: &[usize]) -> Checkpoint {
        let numbered =
            sections.iter().enumerate().flat_map(|(section, count)| (0..*count).map(move |at| (section, at)));
        let pool: Vec<PoolQuestion> = numbered
            .map(|(section, at)| PoolQuestion { section, question: question(&format!("q{section}-{at}")) })
            .collect();
        Checkpoint { question_count, mix: mix(&pool, question_count), pool }
    }

    fn ids(set: &QuestionSet<'_>) -> Vec<String> {
        set.questions().map(|question_count| question_count.question.id.clone()).collect()
    }

    fn count_by_section(set: &QuestionSet<'_>, sections: usize) -> Vec<usize> {
        (0..sections)
            .map(|section| ids(set).iter().filter(|id| id.starts_with(&format!("q{section}-"))).count())
            .collect()
    }

    #[test]
    fn a_question_set_is_the_same_each_time_and_differs_between_neighbours() {
        let checkpoint = checkpoint(8, &[7, 7, 7, 7]);
        assert_eq!(
            ids(&QuestionSet::draw(&checkpoint, &seed("ada"))),
            ids(&QuestionSet::draw(&checkpoint, &seed("ada")))
        );
        let sets: BTreeSet<_> =
            (0..50).map(|at| ids(&QuestionSet::draw(&checkpoint, &seed(&format!("p{at}"))))).collect();
        assert!(sets.len() >= 49, "{} different sets of 50", sets.len());
        let orders: BTreeSet<_> = (0..50)
            .map(|at| AskedQuestion::new(&checkpoint.pool[0].question, &seed(&format!("p{at}"))).shown)
            .collect();
        assert!(orders.len() > 10, "{} different orders of 24", orders.len());
    }

    #[test]
    fn every_week_and_module_has_its_own_question_set() {
        let key = [7; 32];
        let seeds = [("ada", "m", "1"), ("ada", "m", "2"), ("ada", "n", "1"), ("bo", "m", "1")];
        let seeds = seeds.map(|names| QuestionSeed::derive(&key, names));
        for (at, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..at].contains(seed));
        }
        assert_ne!(seeds[0], QuestionSeed::derive(&[8; 32], ("ada", "m", "1")));
    }

    #[test]
    fn sections_are_drawn_from_evenly() {
        for person in 0..30 {
            let seed = seed(&format!("p{person}"));
            assert_eq!(count_by_section(&QuestionSet::draw(&checkpoint(8, &[7, 7, 7, 7]), &seed), 4), [2, 2, 2, 2]);
            let uneven = count_by_section(&QuestionSet::draw(&checkpoint(6, &[7, 7, 7, 7]), &seed), 4);
            assert!(uneven.iter().all(|count| (1..=2).contains(count)), "{uneven:?}");
            // A section with one question gives it, and the others give the rest.
            assert_eq!(count_by_section(&QuestionSet::draw(&checkpoint(5, &[1, 7, 7]), &seed), 3), [1, 2, 2]);
            assert_eq!(ids(&QuestionSet::draw(&checkpoint(9, &[1, 2]), &seed)).len(), 3);
        }
    }

    #[test]
    fn over_many_people_every_question_is_asked_about_as_often() {
        let checkpoint = checkpoint(8, &[7, 7, 7, 7]);
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        for person in 0..700 {
            for id in ids(&QuestionSet::draw(&checkpoint, &seed(&format!("p{person}")))) {
                *asked.entry(id).or_default() += 1;
            }
        }
        // Two of seven are drawn from each section: 200 times each, give or take five standard deviations.
        assert!(asked.len() == 28 && asked.values().all(|times| (140..=260).contains(times)), "{asked:?}");
    }

    #[test]
    fn one_question_more_changes_at_most_one_of_a_section() {
        let (before, after) = (checkpoint(8, &[7, 7, 7, 7]), checkpoint(8, &[8, 7, 7, 7]));
        for person in 0..30 {
            let seed = seed(&format!("p{person}"));
            let before: BTreeSet<_> = ids(&QuestionSet::draw(&before, &seed)).into_iter().collect();
            let after: BTreeSet<_> = ids(&QuestionSet::draw(&after, &seed)).into_iter().collect();
            assert!(before.difference(&after).count() <= 1);
        }
    }

    #[test]
    fn a_question_has_another_revision_once_its_words_or_its_order_change() {
        let written = question("q");
        let mut reworded = written.clone();
        reworded.prompt = Html::trusted("Another?".to_owned());
        let mut fewer = written.clone();
        if let QuestionKind::Single(choices) = &mut fewer.kind {
            choices.pop();
        }
        let revision = |question: &Question, person: &str| AskedQuestion::new(question, &seed(person)).revision();
        assert_eq!(revision(&written, "ada"), revision(&written, "ada"));
        assert_ne!(revision(&written, "ada"), revision(&reworded, "ada"));
        assert_ne!(revision(&written, "ada"), revision(&fewer, "ada"));
        let orders: BTreeSet<_> = (0..50).map(|at| revision(&written, &format!("p{at}"))).collect();
        assert!(orders.len() > 10, "{} different orders", orders.len());
    }

    #[test]
    fn a_choice_is_read_by_the_place_at_which_it_is_shown() {
        let checkpoint = checkpoint(1, &[1]);
        let set = QuestionSet::draw(&checkpoint, &seed("ada"));
        let asked = set.questions().next().unwrap();
        for (shown, (written, _)) in asked.choices().enumerate() {
            assert_eq!(asked.parse_answer(&[shown.to_string()]).selected, [written]);
        }
        assert!(asked.parse_answer(&["4".to_owned(), "x".to_owned()]).selected.is_empty());
        assert!(!set.is_complete(&Answers::new()));
    }

    fn kind_of(number: usize) -> QuestionKind {
        let html = || Html::trusted("x".to_owned());
        match number {
            0 => QuestionKind::Single(Vec::new()),
            1 => QuestionKind::Multiple(Vec::new()),
            2 => QuestionKind::Order(Vec::new()),
            3 => QuestionKind::Short { accept: Vec::new(), why: html() },
            _ => QuestionKind::Text { rubric: Vec::new(), model: html() },
        }
    }

    proptest! {
        #[test]
        fn everybody_of_a_week_is_asked_as_many_questions_of_each_kind(
            pool in prop::collection::vec((0_usize..4, 0_usize..5), 1..40),
            question_count in 1_usize..12,
            people in prop::collection::vec("[a-z]{1,8}", 2..6),
        ) {
            let numbered = pool.into_iter().enumerate();
            let pool: Vec<PoolQuestion> = numbered
                .map(|(at, (section, kind))| {
                    PoolQuestion { section, question: Question { kind: kind_of(kind), ..question(&format!("q{at}")) } }
                })
                .collect();
            let mix = mix(&pool, question_count);
            let checkpoint = Checkpoint { question_count, mix: mix.clone(), pool };
            for person in people {
                let set = QuestionSet::draw(&checkpoint, &seed(&person));
                let ids: BTreeSet<String> = ids(&set).into_iter().collect();
                prop_assert_eq!(ids.len(), question_count.min(checkpoint.pool.len()));
                prop_assert_eq!(set.mix(), mix.clone());
            }
        }
    }
}
