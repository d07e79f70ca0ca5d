//! The configuration's file, read so that every value knows its line.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{Node, Origin, Table, Value};

/// Reads a file of TOML. What is wrong with its writing is told by its line alone, for the line may hold a password.
pub(super) fn read(path: &Path) -> anyhow::Result<Node> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    // A byte order mark is no part of what somebody wrote.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines = Lines { path: path.display().to_string().into(), text };
    let root = DeTable::parse(text).map_err(|fault| {
        let place = lines.origin(fault.span().map_or(0, |span| span.start));
        anyhow::anyhow!("{place}: this is not TOML: {}", fault.message())
    })?;
    Ok(Node { origin: lines.origin(0), value: Value::Table(lines.table(root.get_ref())) })
}

/// Where in a file something stands.
struct Lines<'t> {
    path: Arc<str>,
    text: &'t str,
}

impl Lines<'_> {
    fn origin(&self, at: usize) -> Origin {
        let line = 1 + self.text.get(..at).unwrap_or_default().matches('\n').count();
        Origin::File(Arc::clone(&self.path), line)
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        table
            .iter()
            .map(|(key, value)| {
                let origin = self.origin(key.span().start);
                (key.get_ref().to_string(), Node { origin, value: self.value(value.get_ref()) })
            })
            .collect()
    }

    fn value(&self, value: &DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(truth) => Value::Boolean(*truth),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_range) => Value::Other("a number beyond all bounds"),
            },
            DeValue::Float(_) => Value::Other("a number with a fraction"),
            DeValue::Datetime(_) => Value::Other("a date or a time"),
            DeValue::Array(values) => Value::List(values.iter().map(|value| self.item(value)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
        }
    }

    fn item(&self, value: &Spanned<DeValue<'_>>) -> Node {
        Node { origin: self.origin(value.span().start), value: self.value(value.get_ref()) }
    }
}
