//! What one person is asked in one week: questions drawn from the pool, their choices in an order of the person's own.
//!
//! Nothing is stored: the same seed gives the same paper after each reload. A question's rank in the draw is a keyed hash
//! of its own id, so that adding one question to the pool, or taking one away, changes little in the papers of others.

use std::collections::BTreeMap;

use super::model::Answers;
use crate::id::keyed_hash;
use crate::lessons::{Answer, AnswerFault, Checkpoint, Choice, Question};

/// The key to one person's paper of one week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperSeed([u8; 32]);

impl PaperSeed {
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
pub struct Paper<'m>(Vec<AskedQuestion<'m>>);

/// A question with its choices in the order in which they are shown.
#[derive(Clone, Debug)]
pub struct AskedQuestion<'m> {
    /// The question as it was written.
    pub question: &'m Question,
    /// The places of the choices or items as written, in the order shown.
    shown: Vec<usize>,
}

impl<'m> Paper<'m> {
    /// Draws as many questions as the checkpoint asks, as evenly from its sections as their number allows; which sections
    /// give one more is drawn too.
    pub fn draw(checkpoint: &'m Checkpoint, seed: &PaperSeed) -> Self {
        let mut sections: BTreeMap<usize, Vec<&Question>> = BTreeMap::new();
        for pooled in &checkpoint.pool {
            sections.entry(pooled.section).or_default().push(&pooled.question);
        }
        let mut stacks: Vec<(usize, Vec<&Question>)> = sections.into_iter().collect();
        stacks.sort_by_cached_key(|(section, _)| seed.rank("section", &section.to_string()));
        for (_, stack) in &mut stacks {
            stack.sort_by_cached_key(|question| seed.rank("question", &question.id));
        }
        // One of each section in turn, until there are enough.
        let deepest = stacks.iter().map(|(_, stack)| stack.len()).max().unwrap_or(0);
        let dealt =
            (0..deepest).flat_map(|turn| stacks.iter().filter_map(move |(at, stack)| Some((*at, *stack.get(turn)?))));
        let mut drawn: Vec<(usize, &Question)> = dealt.take(checkpoint.asked).collect();
        // They are asked in the order of the course.
        drawn.sort_by_key(|(section, _)| *section);
        Self(drawn.into_iter().map(|(_, question)| AskedQuestion::new(question, seed)).collect())
    }

    /// The questions in the order in which they are asked.
    pub fn questions(&self) -> impl Iterator<Item = &AskedQuestion<'m>> {
        self.0.iter()
    }

    /// Whether every answer can be judged.
    pub fn is_complete(&self, answers: &Answers) -> bool {
        self.questions().all(|asked| asked.find_fault(answers).is_none())
    }
}

impl<'m> AskedQuestion<'m> {
    fn new(question: &'m Question, seed: &PaperSeed) -> Self {
        Self { question, shown: question.shuffle(&seed.0) }
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
    use crate::lessons::{PoolQuestion, QuestionKind};
    use crate::view::Html;

    fn seed(person: &str) -> PaperSeed {
        PaperSeed::derive(&[7; 32], (person, "m", "2026-03-02T00:00:00Z"))
    }

    fn question(id: &str) -> Question {
        let html = |text: &str| Html::trusted(text.to_owned());
        let choice = |correct| Choice { text: html("x"), correct, why: html("y") };
        let kind = QuestionKind::Single([true, false, false, false].map(choice).into());
        Question { id: id.to_owned(), prompt: html("?"), prompt_text: "?".to_owned(), kind }
    }

    /// A pool with so many questions in each of its sections.
    fn checkpoint(asked: usize, sections: &[usize]) -> Checkpoint {
        let numbered =
            sections.iter().enumerate().flat_map(|(section, count)| (0..*count).map(move |at| (section, at)));
        let pool =
            numbered.map(|(section, at)| PoolQuestion { section, question: question(&format!("q{section}-{at}")) });
        Checkpoint { asked, pool: pool.collect() }
    }

    fn ids(paper: &Paper<'_>) -> Vec<String> {
        paper.questions().map(|asked| asked.question.id.clone()).collect()
    }

    fn count_by_section(paper: &Paper<'_>, sections: usize) -> Vec<usize> {
        (0..sections)
            .map(|section| ids(paper).iter().filter(|id| id.starts_with(&format!("q{section}-"))).count())
            .collect()
    }

    #[test]
    fn a_paper_is_the_same_each_time_and_differs_between_neighbours() {
        let checkpoint = checkpoint(8, &[7, 7, 7, 7]);
        assert_eq!(ids(&Paper::draw(&checkpoint, &seed("ada"))), ids(&Paper::draw(&checkpoint, &seed("ada"))));
        let papers: BTreeSet<_> = (0..50).map(|at| ids(&Paper::draw(&checkpoint, &seed(&format!("p{at}"))))).collect();
        assert!(papers.len() >= 49, "{} different papers of 50", papers.len());
        let orders: BTreeSet<_> = (0..50)
            .map(|at| AskedQuestion::new(&checkpoint.pool[0].question, &seed(&format!("p{at}"))).shown)
            .collect();
        assert!(orders.len() > 10, "{} different orders of 24", orders.len());
    }

    #[test]
    fn every_week_and_module_has_its_own_paper() {
        let key = [7; 32];
        let seeds = [("ada", "m", "1"), ("ada", "m", "2"), ("ada", "n", "1"), ("bo", "m", "1")];
        let seeds = seeds.map(|names| PaperSeed::derive(&key, names));
        for (at, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..at].contains(seed));
        }
        assert_ne!(seeds[0], PaperSeed::derive(&[8; 32], ("ada", "m", "1")));
    }

    #[test]
    fn sections_are_drawn_from_evenly() {
        for person in 0..30 {
            let seed = seed(&format!("p{person}"));
            assert_eq!(count_by_section(&Paper::draw(&checkpoint(8, &[7, 7, 7, 7]), &seed), 4), [2, 2, 2, 2]);
            let uneven = count_by_section(&Paper::draw(&checkpoint(6, &[7, 7, 7, 7]), &seed), 4);
            assert!(uneven.iter().all(|count| (1..=2).contains(count)), "{uneven:?}");
            // A section with one question gives it, and the others give the rest.
            assert_eq!(count_by_section(&Paper::draw(&checkpoint(5, &[1, 7, 7]), &seed), 3), [1, 2, 2]);
            assert_eq!(ids(&Paper::draw(&checkpoint(9, &[1, 2]), &seed)).len(), 3);
        }
    }

    #[test]
    fn over_many_people_every_question_is_asked_about_as_often() {
        let checkpoint = checkpoint(8, &[7, 7, 7, 7]);
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        for person in 0..700 {
            for id in ids(&Paper::draw(&checkpoint, &seed(&format!("p{person}")))) {
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
            let before: BTreeSet<_> = ids(&Paper::draw(&before, &seed)).into_iter().collect();
            let after: BTreeSet<_> = ids(&Paper::draw(&after, &seed)).into_iter().collect();
            assert!(before.difference(&after).count() <= 1);
        }
    }

    #[test]
    fn a_choice_is_read_by_the_place_at_which_it_is_shown() {
        let checkpoint = checkpoint(1, &[1]);
        let paper = Paper::draw(&checkpoint, &seed("ada"));
        let asked = paper.questions().next().unwrap();
        for (shown, (written, _)) in asked.choices().enumerate() {
            assert_eq!(asked.parse_answer(&[shown.to_string()]).chosen, [written]);
        }
        assert!(asked.parse_answer(&["4".to_owned(), "x".to_owned()]).chosen.is_empty());
        assert!(!paper.is_complete(&Answers::new()));
    }
}
