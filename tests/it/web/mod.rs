//! The edge: refusals, headers, forms.

mod problems;
