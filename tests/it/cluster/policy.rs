//! An admission policy, evaluated as the API server evaluates it.

use std::collections::HashMap;
use std::sync::Arc;

use kube::core::cel::KubeCelExt as _;
use kube::core::cel::cel::context::Context;
use kube::core::cel::cel::extractors::This;
use kube::core::cel::cel::parser::{Expression as Parsed, Parser};
use kube::core::cel::cel::{ExecutionError, Value as CelValue, to_value};
use serde_json::Value;

/// A request, as the API server passes it to a policy.
pub(crate) struct Admission<'a> {
    pub(crate) object: &'a Value,
    pub(crate) old_object: &'a Value,
    pub(crate) request: &'a Value,
    pub(crate) namespace: &'a Value,
}

impl Admission<'_> {
    fn context(&self) -> Context<'static> {
        let mut context = Context::default().with_all();
        context.add_function("dyn", |value: CelValue| -> Result<CelValue, ExecutionError> { Ok(value) });
        context.add_function("format", |This(_): This<Arc<String>>, values: Arc<Vec<CelValue>>| -> String {
            values.iter().map(write).collect()
        });
        let named = [
            ("object", self.object),
            ("oldObject", self.old_object),
            ("request", self.request),
            ("namespaceObject", self.namespace),
        ];
        for (name, value) in named {
            context.add_variable_from_value(name, to_cel(value));
        }
        context
    }
}

/// JSON as CEL sees an object in Kubernetes: whole numbers are of the signed kind, as literals are.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Number(number) if number.is_i64() => CelValue::Int(number.as_i64().unwrap()),
        Value::Array(items) => CelValue::List(items.iter().map(to_cel).collect::<Vec<_>>().into()),
        Value::Object(fields) => {
            let fields: HashMap<String, CelValue> =
                fields.iter().map(|(key, value)| (key.clone(), to_cel(value))).collect();
            CelValue::Map(fields.into())
        }
        other => to_value(other).unwrap(),
    }
}

/// A value as `format` writes it, as far as its length matters.
fn write(value: &CelValue) -> String {
    match value {
        CelValue::String(text) => format!("{text:?}"),
        CelValue::Int(number) => number.to_string(),
        CelValue::List(items) => format!("[{}]", items.iter().map(write).collect::<Vec<_>>().join(", ")),
        CelValue::Map(fields) => {
            let fields = fields.map.iter().map(|(key, value)| format!("{key}:{}", write(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// An expression, read once.
struct Expression {
    source: String,
    parsed: Parsed,
}

/// A condition, and the message when it does not hold.
struct Rule {
    condition: Expression,
    message: String,
    message_expression: Option<Expression>,
}

/// One policy.
pub(crate) struct Policy {
    pub(crate) name: String,
    resource_rules: Vec<Value>,
    conditions: Vec<Expression>,
    variables: Vec<(String, Expression)>,
    rules: Vec<Rule>,
}

impl Policy {
    pub(crate) fn read(object: &Value) -> Self {
        let spec = &object["spec"];
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let variable = |entry: &Value| (text(&entry["name"]), Expression::read(&text(&entry["expression"])));
        let rule = |entry: &Value| Rule {
            condition: Expression::read(&text(&entry["expression"])),
            message: text(&entry["message"]),
            message_expression: entry["messageExpression"].as_str().map(Expression::read),
        };
        Self {
            name: text(&object["metadata"]["name"]),
            resource_rules: list(&spec["matchConstraints"]["resourceRules"]),
            conditions: list(&spec["matchConditions"]).iter().map(|entry| variable(entry).1).collect(),
            variables: list(&spec["variables"]).iter().map(variable).collect(),
            rules: list(&spec["validations"]).iter().map(rule).collect(),
        }
    }

    /// Whether the policy is about this resource.
    pub(crate) fn concerns(&self, api_version: &str, resource: &str, operation: &str) -> bool {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        self.resource_rules.iter().any(|rule| {
            let holds = |key: &str, wanted: &str| {
                rule[key].as_array().unwrap().iter().any(|entry| entry == wanted || entry == "*")
            };
            holds("apiGroups", group)
                && holds("apiVersions", version)
                && holds("resources", resource)
                && holds("operations", operation)
        })
    }

    /// Why the policy refuses the request, if it does: the message of the first rule that does not hold.
    pub(crate) fn refusal(&self, admission: &Admission<'_>) -> Option<String> {
        let mut context = admission.context();
        for condition in &self.conditions {
            match condition.evaluate(&context) {
                Ok(CelValue::Bool(true)) => {}
                Ok(CelValue::Bool(false)) => return None,
                other => return Some(format!("{} gave {other:?}", condition.source)),
            }
        }
        let mut faults = Vec::new();
        let mut variables = HashMap::<String, CelValue>::new();
        for (name, expression) in &self.variables {
            // An error in a variable fails only the rules that use it, as in the API server.
            match expression.evaluate(&context) {
                Ok(value) => drop(variables.insert(name.clone(), value)),
                Err(fault) => faults.push(format!("{name}: {fault}")),
            }
            context.add_variable_from_value("variables", CelValue::Map(variables.clone().into()));
        }
        self.rules.iter().find_map(|rule| match rule.condition.evaluate(&context) {
            Ok(CelValue::Bool(true)) => None,
            Ok(CelValue::Bool(false)) => Some(rule.format_message(&context)),
            other => Some(format!("{} gave {other:?} after {faults:?}", rule.condition.source)),
        })
    }
}

impl Rule {
    fn format_message(&self, context: &Context<'_>) -> String {
        let Some(expression) = &self.message_expression else { return self.message.clone() };
        match expression.evaluate(context) {
            Ok(CelValue::String(text)) => text.to_string(),
            other => panic!("{} gave {other:?}", expression.source),
        }
    }
}

impl Expression {
    fn read(source: &str) -> Self {
        let parsed = Parser::new()
            .enable_optional_syntax(true)
            .parse(&with_optional_indices(source))
            .unwrap_or_else(|fault| panic!("{source} is not CEL: {fault}"));
        Self { source: source.to_owned(), parsed }
    }

    fn evaluate(&self, context: &Context<'_>) -> Result<CelValue, String> {
        CelValue::resolve(&self.parsed, context).map_err(|fault| fault.to_string())
    }
}

/// Writes `object.?field` as `object[?'field']`, which means the same: this implementation of CEL fails at the first where
/// the field is missing.
fn with_optional_indices(expression: &str) -> String {
    let mut parts = expression.split(".?");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| {
        let end = part.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(part.len());
        format!("[?'{}']{}", &part[..end], &part[end..])
    });
    std::iter::once(first).chain(rest).collect()
}
