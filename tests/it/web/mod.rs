//! The edge: refusals, headers, forms.

mod forms;
mod head;
mod problems;
