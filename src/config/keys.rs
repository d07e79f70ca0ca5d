//! Every key that there is, found out from the sections' own types, so that no list of them can fall behind.

use std::cell::Cell;

use serde::Deserialize as _;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Config;
use super::fault::Fault;

/// The path of every key: its sections and its name.
pub(super) fn list() -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    explore(&[], &mut found);
    found
}

fn explore(path: &[&'static str], found: &mut Vec<Vec<&'static str>>) {
    let fields = Cell::new(None);
    // It always fails: there are no values here, only the question what would be read.
    Config::deserialize(Probe { path, fields: &fields }).map(drop).unwrap_or_default();
    match fields.get() {
        Some(fields) => fields.iter().for_each(|field| explore(&[path, &[*field]].concat(), found)),
        None => found.push(path.to_vec()),
    }
}

/// Follows one path into the types, and notes the fields of what it leads to.
#[derive(Clone, Copy)]
struct Probe<'p> {
    path: &'p [&'static str],
    fields: &'p Cell<Option<&'static [&'static str]>>,
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Fault> {
        Err(Fault::new("is a value"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if self.path.is_empty() {
            self.fields.set(Some(fields));
            return Err(Fault::new("is a section"));
        }
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Probe<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let next = self.path.first().map(|field| BorrowedStrDeserializer::new(field));
        next.map(|field| seed.deserialize(field)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(Self { path: self.path.get(1..).unwrap_or_default(), fields: self.fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_sections_within_sections_are_found() {
        let keys: Vec<String> = list().iter().map(|path| path.join(".")).collect();
        for key in ["server.listen", "database.url", "mail.smtp.password", "mail.from", "log.format", "content.watch"] {
            assert!(keys.iter().any(|found| found == key), "{key} is not among {keys:?}");
        }
        assert!(!keys.iter().any(|key| key == "mail.smtp"));
    }

    /// The table of the README, whose rows begin with a key.
    #[test]
    fn the_readme_has_a_row_for_each_key_and_for_nothing_else() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        let is_key = |name: &&str| name.contains('.') && !name.contains(['/', ' ']);
        let told: Vec<&str> =
            readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).filter(is_key).collect();
        let keys: Vec<String> = list().iter().map(|path| path.join(".")).collect();
        let missing: Vec<_> = keys.iter().filter(|key| !told.contains(&key.as_str())).collect();
        assert!(missing.is_empty(), "the README does not tell of {missing:?}");
        let gone: Vec<_> = told.iter().filter(|key| !keys.iter().any(|known| known == *key)).collect();
        assert!(gone.is_empty(), "the README tells of {gone:?}");
    }
}
