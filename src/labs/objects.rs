//! A lab's own objects: YAML whose strings may hold placeholders, filled in for one session.
//!
//! The YAML is parsed before the placeholders inside its strings are filled in, so that a learner's name cannot add keys. A
//! string that is one placeholder and nothing else gets the value's own type.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Value, json};

use super::model::LabSession;
use crate::accounts::Person;
use crate::cluster::ImagesSettings;
use crate::yaml;

/// How long a container may take to stop; the deletion of its namespace waits for it.
const GRACE_SECONDS: i64 = 2;

/// The variables of placeholders.
#[derive(Clone, Debug, Serialize)]
pub struct TemplateContext<'a> {
    /// The session's namespace.
    pub namespace: &'a str,
    /// The secret that marks this session's objects.
    pub nonce: &'a str,
    /// What the learner is called.
    pub learner: &'a str,
    /// The host name of the namespace.
    pub host: String,
    /// The images that labs run, by name.
    pub images: &'a BTreeMap<&'static str, String>,
    /// The lab's own values.
    pub values: &'a BTreeMap<String, Value>,
}

impl<'a> TemplateContext<'a> {
    /// The variables of a session whose namespace has the host name `host`.
    pub fn of(
        session: &'a LabSession,
        learner: Option<&'a Person>,
        host: String,
        (images, values): (&'a BTreeMap<&'static str, String>, &'a BTreeMap<String, Value>),
    ) -> Self {
        let learner = learner.map_or("", |learner| learner.name.as_str());
        Self { namespace: &session.namespace, nonce: &session.nonce, learner, host, images, values }
    }
}

/// One object with its placeholders.
#[derive(Clone, Debug)]
pub struct ObjectTemplate {
    object: Arc<Value>,
}

impl ObjectTemplate {
    /// Reads every object of a YAML file, and fills its placeholders once to find their faults.
    pub fn parse_all(source: &str, values: &BTreeMap<String, Value>) -> anyhow::Result<Vec<Self>> {
        let objects = yaml::read_all::<Value>(source)?.into_iter().filter(|object| !object.is_null());
        objects.map(|object| Self::new(object, values)).collect()
    }

    /// One object, whose placeholders are filled once to find their faults.
    pub fn new(object: Value, values: &BTreeMap<String, Value>) -> anyhow::Result<Self> {
        let images = ImagesSettings::default().by_name();
        let sample = TemplateContext {
            namespace: "0",
            nonce: "0",
            learner: "Ada",
            host: "0.example.org".to_owned(),
            images: &images,
            values,
        };
        let template = Self { object: Arc::new(object) };
        let filled = template.fill(&sample)?;
        for key in ["/apiVersion", "/kind", "/metadata/name"] {
            filled.pointer(key).and_then(Value::as_str).with_context(|| format!("{key} is missing"))?;
        }
        Ok(template)
    }

    /// The object for one session, in its namespace.
    pub fn fill(&self, context: &TemplateContext<'_>) -> anyhow::Result<Value> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let variables = minijinja::Value::from(Serde(context));
        let mut object = fill_value(&self.object, &environment, &variables)?;
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("namespace".to_owned(), context.namespace.into());
        }
        shorten_grace(&mut object);
        Ok(object)
    }
}

fn fill_value(value: &Value, environment: &Environment<'_>, context: &minijinja::Value) -> anyhow::Result<Value> {
    Ok(match value {
        Value::String(text) => fill_text(text, environment, context)?,
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill_value(item, environment, context)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), fill_value(field, environment, context)?)))
                .collect::<anyhow::Result<_>>()?,
        ),
        other => other.clone(),
    })
}

fn fill_text(text: &str, environment: &Environment<'_>, context: &minijinja::Value) -> anyhow::Result<Value> {
    if !text.contains("{{") {
        return Ok(text.into());
    }
    let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).filter(|inner| !inner.contains("{{"));
    if let Some(expression) = inner {
        let value = environment.compile_expression(expression)?.eval(context)?;
        anyhow::ensure!(!value.is_undefined(), "{text} names nothing");
        return Ok(serde_json::to_value(value)?);
    }
    Ok(environment.render_str(text, context)?.into())
}

fn shorten_grace(object: &mut Value) {
    let path = if object["kind"] == "Pod" { "/spec" } else { "/spec/template/spec" };
    if let Some(pod) = object.pointer_mut(path).and_then(Value::as_object_mut)
        && pod.contains_key("containers")
    {
        pod.entry("terminationGracePeriodSeconds").or_insert(json!(GRACE_SECONDS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(source: &str, learner: &str) -> anyhow::Result<Value> {
        let values = BTreeMap::from([("replicas".to_owned(), json!(3))]);
        let images = ImagesSettings::default().by_name();
        let context = TemplateContext {
            namespace: "ns",
            nonce: "n0",
            learner,
            host: "ns.labs".to_owned(),
            images: &images,
            values: &values,
        };
        ObjectTemplate::parse_all(source, &values)?[0].fill(&context)
    }

    const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n";

    #[test]
    fn placeholders_are_filled_and_keep_their_type() {
        let source =
            format!("{CONFIG_MAP}data: {{ at: \"x.{{{{ host }}}}\", count: \"{{{{ values.replicas }}}}\" }}\n");
        let object = fill(&source, "Ada").unwrap();
        assert_eq!(object["data"], json!({ "at": "x.ns.labs", "count": 3 }));
        assert_eq!(object["metadata"]["namespace"], "ns");
    }

    #[test]
    fn images_are_known_by_name() {
        let object = fill(&format!("{CONFIG_MAP}data: {{ image: \"{{{{ images.grafana }}}}\" }}\n"), "Ada").unwrap();
        assert_eq!(object["data"]["image"], "seaworthy.local/grafana-standin:1");
    }

    #[test]
    fn a_name_cannot_add_keys() {
        let learner = "Ada\"\nkind: Secret\n{{ nonce }}";
        let object = fill(&format!("{CONFIG_MAP}data: {{ who: \"I am {{{{ learner }}}}\" }}\n"), learner).unwrap();
        assert_eq!(object["kind"], "ConfigMap");
        assert_eq!(object["data"]["who"], format!("I am {learner}"));
    }

    #[test]
    fn an_unknown_placeholder_is_refused() {
        for text in ["{{ nonsense }}", "a {{ values.none }}", "{{ images.loki }}", "{{ images.loki }}:1"] {
            assert!(fill(&format!("{CONFIG_MAP}data: {{ x: \"{text}\" }}\n"), "Ada").is_err(), "{text}");
        }
    }

    #[test]
    fn pods_get_a_short_grace_period() {
        let source = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [] } } }\n";
        let object = fill(source, "Ada").unwrap();
        assert_eq!(object["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], GRACE_SECONDS);
    }
}
