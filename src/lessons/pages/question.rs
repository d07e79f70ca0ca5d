//! A question as pages show it, and the answer in its form.

use serde::Serialize;

use crate::lessons::{Answer, AnswerFault, Item, Judgement, MAX_ANSWER_CHARS, Question, QuestionKind};
use crate::view::Html;
use crate::web::Fields;

/// What the name of the field that carries an answer begins with; the question's id follows.
const PREFIX: &str = "answer-";
/// The name that it had when each question had a form of its own, which pages opened before still send.
const ALONE: &str = "answer";

/// A question with a reader's answer.
#[derive(Debug, Serialize)]
pub struct QuestionView {
    /// Unique in the module.
    pub id: String,
    /// The name of its field.
    pub name: String,
    /// Where its form goes.
    pub action: String,
    /// Where the answer is asked for, while a miss has not shown it yet.
    pub show_action: Option<String>,
    /// `single`, `multiple`, `order`, `short` or `text`.
    pub kind: &'static str,
    /// What is asked.
    pub prompt: Html,
    /// The choices, for the kinds that have them.
    pub choices: Vec<ChoiceView>,
    /// What is to be put in order: as it was put, or shuffled.
    pub items: Vec<ItemView>,
    /// How many of them are where they belong, or of the selected choices are right, once the question was answered.
    pub right_count: usize,
    /// How many choices are selected.
    pub selected_count: usize,
    /// The items in the right order, once a miss shows it.
    pub right_order: Vec<Html>,
    /// What was typed.
    pub typed: String,
    /// How long that may be.
    pub max_chars: usize,
    /// `right`, `wrong` or `open`, once it was answered.
    pub judgement: Option<&'static str>,
    /// Why, for a short answer.
    pub why: Option<Html>,
    /// What is accepted, for a short answer, once a miss shows it.
    pub accepted: Option<String>,
    /// What a good answer has, for free text.
    pub rubric: Vec<String>,
    /// A good answer, for free text.
    pub model: Option<Html>,
    /// Why the answer was not taken.
    pub error: Option<String>,
}

/// A choice with a reader's mark.
#[derive(Debug, Serialize)]
pub struct ChoiceView {
    /// Its text.
    pub text: Html,
    /// Whether it was selected.
    pub is_selected: bool,
    /// Whether it is right, once that shows: of those selected after an answer, of the others after a right one or when the
    /// answer was shown.
    pub is_correct: Option<bool>,
    /// Why, once that shows.
    pub why: Option<Html>,
}

/// Something to be put in order, with the number given to it.
#[derive(Clone, Debug, Serialize)]
pub struct ItemView {
    /// Its index among those shown, by which the form names it.
    pub index: usize,
    /// Its text.
    pub text: Html,
    /// Its number, from 1; 0 for none.
    pub number: usize,
    /// Whether it is where it belongs, once the question was answered.
    pub is_in_place: Option<bool>,
    /// Why it belongs there, once it is there or the answer was shown.
    pub why: Option<Html>,
}

impl ItemView {
    /// The items of `question`, shuffled as `shown`, or in the order of a sound answer.
    pub fn list(question: &Question, shown: &[usize], answer: Option<&Answer>) -> Vec<Self> {
        let number = |written: &usize| answer.and_then(|answer| answer.selected.get(*written)).copied().unwrap_or(0);
        let item = |(index, written): (usize, &usize)| {
            let text = question.items().get(*written)?.text.clone();
            Some(Self { index, text, number: number(written), is_in_place: None, why: None })
        };
        let mut items: Vec<Self> = shown.iter().enumerate().filter_map(item).collect();
        if answer.is_some_and(|answer| question.find_fault(answer).is_none()) {
            items.sort_by_key(|item| item.number);
        }
        items
    }

    /// Three items, of which two have a number.
    pub fn samples() -> Vec<Self> {
        let item = |(index, text): (usize, &str)| Self {
            index,
            text: Html::trusted(text.to_owned()),
            number: index,
            is_in_place: None,
            why: None,
        };
        ["Learn", "Detect", "Mitigate"].into_iter().enumerate().map(item).collect()
    }

    /// Adds to each item whether it is where it belongs, and why: of those that are, or of all.
    fn judge(items: &mut [Self], question: &Question, shown: &[usize], is_all: bool) {
        for item in items {
            let written = shown.get(item.index).copied().unwrap_or_default();
            let is_in_place = item.number == written + 1;
            item.is_in_place = Some(is_in_place);
            item.why = question.items().get(written).filter(|_| is_all || is_in_place).map(|item| item.why.clone());
        }
    }
}

/// Where and to whom a question is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuestionContext<'a> {
    /// Where its form goes.
    pub action: &'a str,
    /// The id of the person who reads it; empty for somebody signed out.
    pub person: &'a str,
    /// Whether the answer was shown to them after a miss.
    pub is_shown: bool,
}

impl QuestionView {
    /// The question with the answer kept, if any.
    pub(super) fn new(question: &Question, context: QuestionContext<'_>, answer: Option<&Answer>) -> Self {
        let mut view = Self::unanswered(question, context, answer);
        let Some(answer) = answer else { return view };
        let judgement = question.judge(answer);
        view.judgement = Some(judgement.as_str());
        let is_hidden = judgement == Judgement::Wrong && !context.is_shown;
        view.show_action = is_hidden.then(|| format!("{}/show", context.action));
        for (shown, choice) in view.choices.iter_mut().zip(question.choices()) {
            if shown.is_selected || !is_hidden {
                shown.is_correct = Some(choice.correct);
                shown.why = Some(choice.why.clone());
            }
        }
        ItemView::judge(&mut view.items, question, &question.shown_to(context.person), !is_hidden);
        let selected = view.choices.iter().filter(|choice| choice.is_selected);
        view.selected_count = selected.clone().count();
        view.right_count = selected.filter(|choice| choice.is_correct == Some(true)).count()
            + view.items.iter().filter(|item| item.is_in_place == Some(true)).count();
        if !is_hidden {
            view.explain(question, judgement);
        }
        view
    }

    /// Adds what else shows with the answer.
    fn explain(&mut self, question: &Question, judgement: Judgement) {
        match &question.kind {
            QuestionKind::Short { why, accept } => {
                self.why = Some(why.clone());
                self.accepted = accept.first().filter(|_| judgement == Judgement::Wrong).cloned();
            }
            QuestionKind::Text { rubric, model } => {
                self.rubric.clone_from(rubric);
                self.model = Some(model.clone());
            }
            QuestionKind::Order(items) if judgement == Judgement::Wrong => {
                self.right_order = items.iter().map(|item| item.text.clone()).collect();
            }
            QuestionKind::Single(_) | QuestionKind::Multiple(_) | QuestionKind::Order(_) => {}
        }
    }

    /// The question with an answer that was not taken.
    pub(super) fn refused(
        question: &Question,
        context: QuestionContext<'_>,
        answer: &Answer,
        fault: AnswerFault,
    ) -> Self {
        Self { error: Some(fault.to_string()), ..Self::unanswered(question, context, Some(answer)) }
    }

    /// The question with an answer that was typed and not sent yet.
    pub(super) fn drafted(question: &Question, context: QuestionContext<'_>, answer: &Answer) -> Self {
        Self::unanswered(question, context, Some(answer))
    }

    fn unanswered(question: &Question, context: QuestionContext<'_>, answer: Option<&Answer>) -> Self {
        let is_selected = |index| answer.is_some_and(|answer| answer.selected.contains(&index));
        Self {
            id: question.id.clone(),
            name: field_of(question),
            action: context.action.to_owned(),
            show_action: None,
            kind: question.kind_name(),
            prompt: question.prompt.clone(),
            choices: question
                .choices()
                .iter()
                .enumerate()
                .map(|(index, choice)| ChoiceView {
                    text: choice.text.clone(),
                    is_selected: is_selected(index),
                    is_correct: None,
                    why: None,
                })
                .collect(),
            items: ItemView::list(question, &question.shown_to(context.person), answer),
            right_count: 0,
            selected_count: 0,
            right_order: Vec::new(),
            typed: answer.map(|answer| answer.text.clone()).unwrap_or_default(),
            max_chars: MAX_ANSWER_CHARS,
            judgement: None,
            why: None,
            accepted: None,
            rubric: Vec::new(),
            model: None,
            error: None,
        }
    }

    pub(super) fn samples() -> Vec<Self> {
        let html = |text: &str| Html::trusted(text.to_owned());
        let choice = |correct| crate::lessons::Choice { text: html("A choice"), correct, why: html("Why") };
        let question = |id: &str, kind| Question {
            id: id.to_owned(),
            prompt: html("Who owns it?"),
            prompt_text: "Who owns it?".to_owned(),
            kind,
        };
        let selected = |list: &[usize]| Answer { selected: list.to_vec(), text: String::new() };
        let typed = |text: &str| Answer { selected: Vec::new(), text: text.to_owned() };
        let single = question("single", QuestionKind::Single(vec![choice(true), choice(false)]));
        let multiple = question("multiple", QuestionKind::Multiple(vec![choice(true), choice(false)]));
        let short = question("short", QuestionKind::Short { accept: vec!["us".to_owned()], why: html("We do.") });
        let text = question("text", QuestionKind::Text { rubric: vec!["names a team".to_owned()], model: html("We.") });
        let items = ["Detect", "Mitigate", "Learn"].map(|text| Item { text: html(text), why: html("Because.") });
        let order = question("order", QuestionKind::Order(items.into()));
        let context = QuestionContext { action: "/l", person: "", is_shown: false };
        let shown = QuestionContext { is_shown: true, ..context };
        let mut samples = vec![
            Self::new(&single, context, None),
            Self::new(&multiple, context, Some(&selected(&[0]))),
            Self::new(&short, context, Some(&typed("them"))),
            Self::new(&text, context, Some(&typed("The team that wrote it."))),
            Self::new(&order, context, None),
        ];
        let again = |id: &str, view: Self| Self { id: id.to_owned(), ..view };
        samples.push(again("refused", Self::refused(&text, context, &typed("dunno"), AnswerFault::TooShort)));
        samples.push(again("none", Self::refused(&single, context, &selected(&[]), AnswerFault::NothingSelected)));
        samples.push(again("halfway", Self::new(&order, context, Some(&selected(&[1, 3, 2])))));
        samples.push(again("twice", Self::refused(&order, context, &selected(&[1, 1, 0]), AnswerFault::NoOrder)));
        samples.push(again("shown", Self::new(&multiple, shown, Some(&selected(&[1])))));
        samples.push(again("shown-short", Self::new(&short, shown, Some(&typed("them")))));
        samples.push(again("shown-order", Self::new(&order, shown, Some(&selected(&[1, 3, 2])))));
        samples
    }
}

/// The name of the field that carries the answer to a question.
pub(super) fn field_of(question: &Question) -> String {
    format!("{PREFIX}{}", question.id)
}

/// The answer to a question in a form, as it was shown to `person`.
pub(super) fn read_answer(question: &Question, fields: &Fields, person: &str) -> Answer {
    let values = fields.get(&field_of(question)).map_or(&[][..], Vec::as_slice);
    question.parse_answer(values, &question.shown_to(person))
}

/// The fields of the form with which a question was sent, from pages of either version of the program.
pub(super) fn name_alone(question: &Question, mut fields: Fields) -> Fields {
    if let Some(values) = fields.remove(ALONE) {
        fields.entry(field_of(question)).or_insert(values);
    }
    fields
}

/// Where the form of a question in a lesson goes.
pub(super) fn action_of(lesson_path: &str, question: &Question) -> String {
    format!("{lesson_path}/questions/{}", question.id)
}
