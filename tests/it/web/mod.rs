//! The edge: refusals, headers, forms.

mod forms;
mod problems;
