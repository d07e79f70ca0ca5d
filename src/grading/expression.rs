//! An expression in CEL, the language of Kubernetes' own admission policies, over what was read from the cluster.
//!
//! Beside the functions of the Kubernetes dialect there are:
//!
//! - `annotation(object, key)` and `label(object, key)`, an empty string for what is not there, the object included;
//! - `fold(text)` and `same(one, other)`, which compare texts as people do ([`crate::text::fold`]);
//! - `words(text)`, how many different words a text has in any script ([`crate::text::count_words`]);
//! - `hasName(text)`, whether it has a letter, a digit or a picture ([`crate::text::has_name`]);
//! - `near(one, other, relative, absolute)`, whether two numbers differ by no more than the larger of `absolute` and of the
//!   share `relative` of the second;
//! - `isOwnMachine(text)`, whether an address is that of the machine on which it is opened;
//! - `lint(service)`, what is wrong with the annotations of a Service by itself, a text for each finding, at most
//!   [`crate::ownership::MAX_FINDINGS`];
//! - `ownership(service)`, its ownership score from 0 to 100 ([`crate::ownership`]);
//! - `dependencies(service)`, the names of Services in its `a8r.io/dependencies`, none where that is text or `none`.
//!
//! The last three take the time of one pass over the annotations, which Kubernetes bounds to 256 KiB an object.
//!
//! `isURL` is as strict as Kubernetes' own, which kube's is not.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use kube::core::cel::KubeCelExt as _;
use kube::core::cel::cel::objects::Key;
use kube::core::cel::cel::{Context, Program, Value as CelValue};

use serde_json::Value;

use super::metadata::{self, entry};
use super::model::Variables;
use crate::ownership::address;
use crate::text;

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    source: String,
    program: Arc<Program>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Expression").field(&self.source).finish()
    }
}

impl Expression {
    /// Compiles `source`, which may use no other variables than `known`.
    pub fn compile(source: &str, known: &[&str]) -> Result<Self, String> {
        let program = Program::compile(source).map_err(|fault| format!("{source:?} is not CEL: {fault}"))?;
        let unknown: Vec<String> = program
            .references()
            .variables()
            .into_iter()
            .filter(|name| !known.contains(name) && !is_bound_inside(source, name))
            .map(str::to_owned)
            .collect();
        if !unknown.is_empty() {
            return Err(format!("{source:?} names {}, which is neither read nor known", unknown.join(", ")));
        }
        Ok(Self { source: source.to_owned(), program: Arc::new(program) })
    }

    /// The expression as its author wrote it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The variables that it uses.
    pub(super) fn variables(&self) -> impl Iterator<Item = String> {
        let names: Vec<String> = self.program.references().variables().into_iter().map(str::to_owned).collect();
        names.into_iter()
    }

    /// Whether it is true; the error is that of its evaluation.
    pub fn holds(&self, variables: &Variables) -> Result<bool, String> {
        match self.evaluate(variables)? {
            CelValue::Bool(holds) => Ok(holds),
            other => Err(format!("{:?} gave {}, not true or false", self.source, other.type_of())),
        }
    }

    /// The text that it gives; the error is that of its evaluation.
    pub fn text(&self, variables: &Variables) -> Result<String, String> {
        match self.evaluate(variables)? {
            CelValue::String(text) => Ok(text.to_string()),
            other => Err(format!("{:?} gave {}, not a text", self.source, other.type_of())),
        }
    }

    fn evaluate(&self, variables: &Variables) -> Result<CelValue, String> {
        let mut context = FUNCTIONS.new_inner_scope();
        for (name, value) in variables {
            context.add_variable_from_value(name.clone(), to_cel(value));
        }
        self.program.execute(&context).map_err(|fault| format!("{:?}: {fault}", self.source))
    }
}

/// The functions of every expression, made once: that takes longer than the evaluation of most expressions.
static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default().with_all();
    context.add_function("annotation", |object: CelValue, key: Arc<String>| entry(&object, "annotations", &key));
    context.add_function("label", |object: CelValue, key: Arc<String>| entry(&object, "labels", &key));
    context.add_function("fold", |text: Arc<String>| text::fold(&text));
    context.add_function("same", |one: Arc<String>, other: Arc<String>| text::is_same(&one, &other));
    context.add_function("words", |text: Arc<String>| i64::try_from(text::count_words(&text)).unwrap_or(i64::MAX));
    context.add_function("hasName", |text: Arc<String>| text::has_name(&text));
    context.add_function("near", |one: CelValue, other: CelValue, relative: CelValue, absolute: CelValue| {
        is_near((&one, &other), (&relative, &absolute))
    });
    context.add_function("isOwnMachine", |text: Arc<String>| address::is_own_machine(&text));
    context.add_function("lint", |service: CelValue| metadata::lint(&service));
    context.add_function("ownership", |service: CelValue| metadata::ownership(&service));
    context.add_function("dependencies", |service: CelValue| metadata::dependencies(&service));
    context.add_function("isURL", |text: Arc<String>| address::is_url(&text));
    context
});

/// Whether two numbers are within a tolerance; what is no number is within none.
fn is_near((one, other): (&CelValue, &CelValue), (relative, absolute): (&CelValue, &CelValue)) -> bool {
    let (Some(one), Some(other)) = (as_number(one), as_number(other)) else { return false };
    let relative = as_number(relative).unwrap_or_default() * other.abs();
    (one - other).abs() <= relative.max(as_number(absolute).unwrap_or_default())
}

fn as_number(value: &CelValue) -> Option<f64> {
    match value {
        CelValue::Int(whole) => i32::try_from(*whole).ok().map(f64::from),
        CelValue::UInt(whole) => u32::try_from(*whole).ok().map(f64::from),
        CelValue::Float(number) => Some(*number),
        _ => None,
    }
}

/// Whether `name` is the variable of a macro such as `list.all(name, ..)`.
fn is_bound_inside(source: &str, name: &str) -> bool {
    ["all", "exists", "exists_one", "map", "filter"].iter().any(|macro_name| {
        source.match_indices(&format!(".{macro_name}(")).any(|(at, found)| {
            let rest = source[at + found.len()..].trim_start();
            rest.strip_prefix(name).is_some_and(|after| after.trim_start().starts_with(','))
        })
    })
}

/// JSON as CEL sees an object in Kubernetes: whole numbers are of the signed kind, as literals are.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(flag) => CelValue::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => CelValue::Int(whole),
            None => CelValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(items) => CelValue::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(fields) => {
            let fields: HashMap<Key, CelValue> =
                fields.iter().map(|(key, value)| (Key::from(key.as_str()), to_cel(value))).collect();
            CelValue::Map(fields.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grading::model::CheckInput;

    fn input() -> CheckInput {
        let service = json!({
            "metadata": { "annotations": {
                "a8r.io/owner": "Ada", "a8r.io/bugs": " ", "a8r.io/dependencies": "quote, auth",
            }, "labels": { "app": "qotm" } },
            "spec": { "ports": [{ "port": 80 }] },
        });
        CheckInput {
            learner: "Ada".to_owned(),
            read: [("service".to_owned(), service), ("gone".to_owned(), json!(null))].into(),
            ..CheckInput::default()
        }
    }

    fn holds(source: &str) -> Result<bool, String> {
        Expression::compile(source, &["learner", "service", "gone"]).unwrap().holds(&input().variables())
    }

    #[test]
    fn it_reads_objects_and_built_in_variables() {
        for source in [
            "annotation(service, 'a8r.io/owner') == learner",
            "annotation(service, 'a8r.io/chat') == ''",
            "annotation(gone, 'a8r.io/chat') == ''",
            "label(service, 'app') == 'qotm'",
            "gone == null",
            "service != null",
            "service.spec.ports.all(port, port.port == 80)",
            "service.spec.ports.size() == 1",
            "'  Ada '.trim().lowerAscii() == 'ada'",
            "'a b  c'.split(' ').filter(word, word != '').size() == 3",
            "'https://example.org/x'.matches('^https?://[^/ ]+')",
            "same(' ADA ', learner) && !same('Bea', learner)",
            "fold('Ada\u{2019}s') == \"ada's\"",
            "words('Answers each request with a quote.') >= 4 && words('- - - -') == 0",
            "isURL('https://Wiki/x') && url('https://Wiki/x').getHostname() == 'wiki'",
            "hasName('#42') && !hasName('#!?')",
            "isOwnMachine('http://localhost.:80/x') && !isOwnMachine('https://wiki/x')",
            "!isURL('https:///x') && !isURL('not a url') && isURL('/x')",
            "near(98.0, 100.0, 0.02, 0.0) && !near(97.9, 100.0, 0.02, 0.0) && near(1, 2, 0.0, 1)",
            "!near(gone, 1.0, 1.0, 1.0) && !near(1.0, 'a', 1.0, 1.0)",
            "lint(service).size() == 1 && lint(service)[0].startsWith('a8r.io/bugs has an empty value')",
            "lint(service).exists(finding, finding.contains('a8r.io/bugs'))",
            "ownership(service) == 30 && ownership(gone) == 0",
            "dependencies(service) == ['quote', 'auth'] && dependencies(gone).size() == 0 && lint(gone).size() == 0",
            "isIP('127.0.0.1') && ip('127.0.0.1').isLoopback()",
        ] {
            assert_eq!(holds(source), Ok(true), "{source}");
        }
    }

    #[test]
    fn it_gives_a_text() {
        let text = |source: &str| Expression::compile(source, &["service", "gone"]).unwrap().text(&input().variables());
        assert_eq!(text("annotation(service, 'a8r.io/owner')").unwrap(), "Ada");
        assert_eq!(text("annotation(gone, 'a8r.io/owner')").unwrap(), "");
        assert!(text("service.spec.ports.size()").unwrap_err().contains("not a text"));
    }

    #[test]
    fn a_fault_inside_it_is_no_verdict() {
        assert!(holds("service.spec.replicas > 1").is_err());
        assert!(holds("learner").unwrap_err().contains("not true or false"));
    }

    #[test]
    fn what_is_not_known_is_refused_before_it_runs() {
        assert!(Expression::compile("servce != null", &["service"]).unwrap_err().contains("servce"));
        assert!(Expression::compile("service !=", &["service"]).unwrap_err().contains("not CEL"));
    }
}
