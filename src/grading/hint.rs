//! The hint that a learner reads on a failure, rendered from the input of the check.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value as TemplateValue};

use super::expression::Expression;
use super::model::{VALUE, Variables};

/// How many characters of one value a hint quotes.
const MAX_QUOTED_CHARS: usize = 120;

/// A sentence for one kind of failure.
#[derive(Clone, Debug)]
pub struct Hint {
    when: Option<Expression>,
    say: String,
    variables: BTreeSet<String>,
}

impl Hint {
    /// Compiles the sentence, which is for work that `when`, if any, holds of.
    pub fn compile(when: Option<Expression>, say: &str, known: &[&str]) -> Result<Self, String> {
        let environment = environment();
        let template = environment.template_from_str(say).map_err(|fault| format!("hint {say:?}: {fault}"))?;
        let used = template.undeclared_variables(false);
        let unknown: Vec<String> = used.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        if !unknown.is_empty() {
            return Err(format!("hint {say:?} names {}, which is neither read nor known", unknown.join(", ")));
        }
        let variables = used.into_iter().chain(when.iter().flat_map(Expression::variables)).collect();
        Ok(Self { when, say: say.to_owned(), variables })
    }

    /// The variables that it uses.
    pub(super) fn variables(&self) -> impl Iterator<Item = &String> {
        self.variables.iter()
    }

    /// The sentence, if its condition holds.
    pub fn render(&self, variables: &Variables) -> Result<Option<String>, String> {
        if let Some(when) = &self.when
            && !when.holds(variables)?
        {
            return Ok(None);
        }
        let mut shown = variables.clone();
        if let Some(value) = shown.get_mut(VALUE) {
            *value = truncate(value.as_str().unwrap_or_default()).into();
        }
        let context = TemplateValue::from(Serde(shown));
        let text = environment().render_str(&self.say, context).map_err(|fault| fault.to_string())?;
        Ok(Some(text))
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // A hint often names a field that is missing.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_filter("annotation", |object: &TemplateValue, key: &str| quoted(object, "annotations", key));
    environment.add_filter("label", |object: &TemplateValue, key: &str| quoted(object, "labels", key));
    environment
}

fn quoted(object: &TemplateValue, map: &str, key: &str) -> String {
    let found =
        object.get_attr("metadata").and_then(|metadata| metadata.get_attr(map)).and_then(|map| map.get_attr(key));
    let text = found.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    truncate(&text)
}

/// As much of a text as a hint quotes.
pub(super) fn truncate(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grading::model::CheckInput;

    fn variables(owner: &str) -> Variables {
        let service = json!({ "metadata": { "annotations": { "a8r.io/owner": owner } } });
        let read = [("service".to_owned(), service)].into();
        CheckInput { learner: "Ada".to_owned(), read, ..CheckInput::default() }.variables()
    }

    const KNOWN: [&str; 2] = ["learner", "service"];

    #[test]
    fn it_quotes_what_was_read() {
        let say = "The owner is {{ service | annotation('a8r.io/owner') }}.";
        let when = Expression::compile("annotation(service, 'a8r.io/owner') != learner", &KNOWN).unwrap();
        let hint = Hint::compile(Some(when), say, &KNOWN).unwrap();
        assert_eq!(hint.render(&variables("Bea")).unwrap().unwrap(), "The owner is Bea.");
        assert_eq!(hint.render(&variables("Ada")).unwrap(), None);
        let long = hint.render(&variables(&"x".repeat(500))).unwrap().unwrap();
        assert!(long.ends_with("x…."), "{long}");
    }

    #[test]
    fn a_long_value_is_truncated() {
        let hint = Hint::compile(None, "\"{{ value }}\" is too long.", &["value"]).unwrap();
        let variables = [(VALUE.to_owned(), json!("y".repeat(500)))].into();
        let text = hint.render(&variables).unwrap().unwrap();
        assert!(text.chars().count() < 150 && text.ends_with("y…\" is too long."), "{text}");
    }

    #[test]
    fn a_name_that_is_not_known_is_refused() {
        assert!(Hint::compile(None, "It is {{ sevice }}.", &KNOWN).unwrap_err().contains("sevice"));
        assert!(Hint::compile(None, "It is {{ ", &KNOWN).is_err());
    }
}
