//! An admission policy, judged here as the API server judges it.

use kube::core::cel::KubeCelExt as _;
use kube::core::cel::cel::context::Context;
use kube::core::cel::cel::parser::Parser;
use kube::core::cel::cel::{ExecutionError, Value as CelValue, to_value};
use serde_json::Value;

/// What the API server knows of a request.
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
            let fields: std::collections::HashMap<String, CelValue> =
                fields.iter().map(|(key, value)| (key.clone(), to_cel(value))).collect();
            CelValue::Map(fields.into())
        }
        other => to_value(other).unwrap(),
    }
}

/// Whether the policy is about this resource.
pub(crate) fn concerns(policy: &Value, group: &str, resource: &str, operation: &str) -> bool {
    policy["spec"]["matchConstraints"]["resourceRules"].as_array().unwrap().iter().any(|rule| {
        let holds =
            |key: &str, wanted: &str| rule[key].as_array().unwrap().iter().any(|entry| entry == wanted || entry == "*");
        holds("apiGroups", group) && holds("resources", resource) && holds("operations", operation)
    })
}

/// Why the policy refuses the request, if it does: the words of the first rule that does not hold.
pub(crate) fn refusal(policy: &Value, admission: &Admission<'_>) -> Option<String> {
    let spec = &policy["spec"];
    let mut context = admission.context();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for condition in list(&spec["matchConditions"]) {
        match run(condition["expression"].as_str().unwrap(), &context) {
            Ok(CelValue::Bool(true)) => {}
            Ok(CelValue::Bool(false)) => return None,
            other => return Some(format!("{}: {other:?}", condition["name"])),
        }
    }
    let mut faults = Vec::new();
    let mut variables = std::collections::HashMap::<String, CelValue>::new();
    for variable in list(&spec["variables"]) {
        let name = variable["name"].as_str().unwrap().to_owned();
        // One that cannot be found matters only to the rules that name it, as in the API server.
        match run(variable["expression"].as_str().unwrap(), &context) {
            Ok(value) => drop(variables.insert(name, value)),
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
        context.add_variable_from_value("variables", CelValue::Map(variables.clone().into()));
    }
    list(&spec["validations"]).iter().find_map(|rule| {
        let expression = rule["expression"].as_str().unwrap();
        match run(expression, &context) {
            Ok(CelValue::Bool(true)) => None,
            Ok(CelValue::Bool(false)) => Some(words(rule, &context)),
            other => Some(format!("{expression} gave {other:?} after {faults:?}")),
        }
    })
}

fn words(rule: &Value, context: &Context<'_>) -> String {
    match rule["messageExpression"].as_str() {
        Some(expression) => match run(expression, context) {
            Ok(CelValue::String(text)) => text.to_string(),
            other => panic!("{expression} gave {other:?}"),
        },
        None => rule["message"].as_str().unwrap().to_owned(),
    }
}

fn run(expression: &str, context: &Context<'_>) -> Result<CelValue, String> {
    let parsed = Parser::new()
        .enable_optional_syntax(true)
        .parse(&with_optional_indices(expression))
        .unwrap_or_else(|fault| panic!("{expression} is not CEL: {fault}"));
    CelValue::resolve(&parsed, context).map_err(|fault| fault.to_string())
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
