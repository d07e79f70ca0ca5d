//! The edge: the table of addresses, refusals, headers, forms.

mod answers;
mod forms;
mod head;
mod kept;
mod origin;
mod problems;
mod routes;
