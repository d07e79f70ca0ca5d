//! What is wrong with a form, collected while its page is rendered: the layout lists it before the page, with links.

use minijinja::value::Serde;
use minijinja::{Environment, State, Value};
use serde::Serialize;

/// One fault of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct FormError {
    /// The id of the control that it is about; empty when it is about the whole form.
    control: String,
    /// What is wrong, in words.
    message: String,
}

/// The faults of the page that is being rendered, in the order in which they stand on it.
#[derive(Debug, Default)]
struct FormErrors(Vec<FormError>);

/// Lets a template note a fault where it shows it, `note_error(control, message)`, and the layout list all of them,
/// `noted_errors()`, once the page inside it has been rendered.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function("note_error", |state: &mut State<'_, '_>, control: String, message: String| {
        let error = FormError { control, message };
        let FormErrors(errors) = state.get_or_insert_extension(FormErrors::default());
        if !errors.contains(&error) {
            errors.push(error);
        }
        ""
    });
    environment.add_function("noted_errors", |state: &State<'_, '_>| {
        let errors = state.get_extension::<FormErrors>();
        Value::from(Serde(errors.map_or(&[][..], |FormErrors(errors)| errors)))
    });
}
