//! The JSON Schemas of `lab.yaml` and of the files of `tasks/`, for editors and for programs that write labs.
//!
//! They are made of the types that read the files, so that a name or a bound has one place. `labs/*.schema.json` hold them,
//! `seaworthy lab schema` prints them, and the site serves them. What a schema cannot say, such as whether an expression can
//! be compiled, is told when the lab is read.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::source::TaskSource;
use crate::labs::Lab;

/// The schema of `lab.yaml`.
pub fn lab_schema() -> Value {
    let mut generator = generator();
    let mut tasks = generator.subschema_for::<Vec<TaskSource>>();
    let mut schema = generator.into_root_schema_for::<Lab>();
    if let Some(place) = schema.pointer_mut("/properties/tasks").and_then(Value::as_object_mut) {
        RecursiveTransform(tidy).transform(&mut tasks);
        place.extend(tasks.as_object().cloned().unwrap_or_default());
    }
    titled(schema, "A lab: lab.yaml")
}

/// The schema of a file of `tasks/`.
pub fn task_schema() -> Value {
    titled(generator().into_root_schema_for::<TaskSource>(), "A task of a lab: a file of tasks/")
}

/// A schema as it is published: indented, with a line break at its end.
pub fn publish(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// Editors know draft 7 best.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft07().with_transform(RecursiveTransform(tidy)).into_generator()
}

fn titled(mut schema: Schema, title: &str) -> Value {
    schema.insert("title".to_owned(), json!(title));
    schema.to_value()
}

/// Leaves out what no author writes: `null` for what can be left out, and defaults that are empty.
fn tidy(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("writeOnly");
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    let is_empty = |value: &Value| [json!(null), json!([]), json!({})].contains(value);
    if object.get("default").is_some_and(is_empty) {
        object.remove("default");
    }
    // How large a number is in the memory of the program is no matter of an author's.
    let is_width =
        |value: &Value| value.as_str().is_some_and(|text| text.starts_with("uint") || text.starts_with("int"));
    if object.get("format").is_some_and(is_width) {
        object.remove("format");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(forms)) = object.get_mut("anyOf") {
        forms.retain(|form| *form != json!({ "type": "null" }));
        if forms.len() == 1
            && let Some(one) = object.remove("anyOf")
        {
            object.insert("allOf".to_owned(), one);
        }
    }
}
