//! The edge: the table of addresses, refusals, headers, forms.

mod answers;
mod connections;
mod forms;
mod head;
mod origin;
mod preserved;
mod problems;
mod routes;
