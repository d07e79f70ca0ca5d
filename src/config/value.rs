//! Values with the place they were set at, read as the type that is wanted.
//!
//! What a variable of the environment holds is text, and becomes a number or a truth value only where one is wanted: a
//! password of digits remains text.

use std::collections::BTreeMap;
use std::collections::btree_map::Iter;
use std::fmt;
use std::sync::Arc;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::Fault;

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of the file.
    File(Arc<str>, usize),
    /// A variable of the environment.
    Variable(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(formatter, "{path}:{line}"),
            Self::Variable(name) => formatter.write_str(name),
        }
    }
}

/// What was set, and where.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

/// What was set.
#[derive(Clone)]
pub(super) enum Value {
    /// Text of a variable, read as whatever is wanted.
    Plain(String),
    /// Text in quotes.
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// Something that no setting takes, such as a date.
    Other(&'static str),
}

/// The keys of a section.
pub(super) type Table = BTreeMap<String, Node>;

impl Node {
    /// The value that `keys` lead to.
    pub(super) fn find(&self, keys: &[impl AsRef<str>]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| match &node.value {
            Value::Table(table) => table.get(key.as_ref()),
            _ => None,
        })
    }

    /// Takes away the value that `keys` lead to; `false` when there is none.
    pub(super) fn remove(&mut self, keys: &[String]) -> bool {
        let (Some((key, rest)), Value::Table(table)) = (keys.split_first(), &mut self.value) else { return false };
        match (rest.is_empty(), table.get_mut(key)) {
            (true, _) => table.remove(key).is_some(),
            (false, Some(node)) => node.remove(rest),
            (false, None) => false,
        }
    }

    /// Lays `over` upon this: sections are merged, and its values stand in place of those that are here.
    pub(super) fn merge(&mut self, over: Self) {
        match (&mut self.value, over.value) {
            (Value::Table(table), Value::Table(over)) => {
                for (key, node) in over {
                    match table.get_mut(&key) {
                        Some(there) => there.merge(node),
                        None => drop(table.insert(key, node)),
                    }
                }
            }
            (_, value) => *self = Self { origin: over.origin, value },
        }
    }

    fn text(&self) -> Result<&str, Fault> {
        match &self.value {
            Value::Plain(text) | Value::Text(text) => Ok(text),
            Value::Table(_) => Err(Fault::new("is a section, and should be text in quotes")),
            _ => Err(Fault::new("must be text, in quotes")),
        }
    }

    fn whole_number<T>(&self, (least, most): (T, T)) -> Result<T, Fault>
    where
        T: TryFrom<i64> + std::str::FromStr + fmt::Display,
    {
        let words = || Fault::new(format_args!("must be a whole number from {least} to {most}"));
        match &self.value {
            Value::Plain(text) => text.trim().parse().map_err(|_not_a_number| words()),
            Value::Integer(number) => T::try_from(*number).map_err(|_range| words()),
            Value::Text(_) => Err(Fault::new("must be a whole number, without quotes")),
            _ => Err(words()),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ty;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.whole_number((<$number>::MIN, <$number>::MAX))?)
        }
    )+};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.value {
            Value::Plain(text) | Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::List(nodes) => visitor.visit_seq(Items(nodes.iter())),
            Value::Table(table) => visitor.visit_map(Entries { rest: table.iter(), current: None }),
            Value::Other(what) => Err(Fault::new(format_args!("is {what}, which no setting takes"))),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.value {
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::Plain(text) => match text.trim().parse() {
                Ok(truth) => visitor.visit_bool(truth),
                Err(_neither) => Err(Fault::new("must be true or false")),
            },
            _ => Err(Fault::new("must be true or false, without quotes")),
        }
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.value {
            Value::List(nodes) => visitor.visit_seq(Items(nodes.iter())),
            Value::Plain(text) => visitor.visit_seq(CommaSeparated(text.split(','))),
            _ => Err(Fault::new("must be a list, such as [\"a\", \"b\"]")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.value {
            Value::Table(table) => visitor.visit_map(Entries { rest: table.iter(), current: None }),
            _ => Err(Fault::new("is a section, and not a value")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let variant: StrDeserializer<'_, Fault> = self.text()?.into_deserializer();
        visitor.visit_enum(variant)
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// The entries of a section; a fault of one is told with its key.
struct Entries<'de> {
    rest: Iter<'de, String, Node>,
    current: Option<(&'de String, &'de Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.current = self.rest.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        let name: StrDeserializer<'_, Fault> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|fault| fault.within(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, node) = self.current.ok_or_else(|| Fault::new("has a value without a key"))?;
        seed.deserialize(node).map_err(|fault| fault.within(key))
    }
}

/// The values of a list.
struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        self.0.next().map(|node| seed.deserialize(node)).transpose()
    }
}

/// The parts of a variable that holds a list, between commas.
struct CommaSeparated<'de>(std::str::Split<'de, char>);

impl<'de> SeqAccess<'de> for CommaSeparated<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let next = self.0.next().map(|part| serde::de::value::BorrowedStrDeserializer::new(part.trim()));
        next.map(|part| seed.deserialize(part)).transpose()
    }
}
