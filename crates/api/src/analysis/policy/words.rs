//! Values of the policy file that may be written in more than one way: a word or a list of words, a word that YAML reads as
//! a number, tenants with or without their other names.

use schemars::JsonSchema;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One word or a list of words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Words(#[schemars(schema_with = "words_schema")] pub Vec<String>);

/// A word that may be written as a number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Word(#[schemars(schema_with = "word_schema")] pub String);

/// Tenants and their other names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Tenants(#[schemars(schema_with = "tenants_schema")] pub BTreeMap<String, Vec<String>>);

impl Tenants {
    /// The name of the tenant that `word` means: itself or one of its other names, case folded.
    pub fn canonical(&self, word: &str) -> Option<&str> {
        let word = word.trim();
        self.0
            .iter()
            .find(|(name, others)| {
                name.eq_ignore_ascii_case(word) || others.iter().any(|other| other.eq_ignore_ascii_case(word))
            })
            .map(|(name, _)| name.as_str())
    }
}

struct WordsVisitor;

impl<'de> de::Visitor<'de> for WordsVisitor {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a word or a list of words")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(vec![value.to_owned()])
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut words = Vec::new();
        while let Some(Word(word)) = seq.next_element()? {
            words.push(word);
        }
        Ok(words)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = deserializer.deserialize_any(WordsVisitor)?;
        <[String; 1]>::try_from(words).map(|[word]| Self(word)).map_err(|_| de::Error::custom("expected one word"))
    }
}

struct TenantsVisitor;

impl<'de> de::Visitor<'de> for TenantsVisitor {
    type Value = BTreeMap<String, Vec<String>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of tenants, or a map from tenants to their other names")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut tenants = BTreeMap::new();
        while let Some(Word(word)) = seq.next_element()? {
            tenants.insert(word, Vec::new());
        }
        Ok(tenants)
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tenants = BTreeMap::new();
        while let Some((Word(name), Words(others))) = map.next_entry()? {
            tenants.insert(name, others);
        }
        Ok(tenants)
    }
}

impl<'de> Deserialize<'de> for Tenants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TenantsVisitor).map(Self)
    }
}

fn word_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": ["string", "number", "boolean"]})
}

fn words_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "oneOf": [{"type": ["string", "number", "boolean"]}, {"type": "array", "items": {"type": ["string", "number", "boolean"]}}]
    })
}

fn tenants_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "oneOf": [
            {"type": "array", "items": {"type": ["string", "number"]}},
            {"type": "object", "additionalProperties": {"type": ["array", "string", "null"], "items": {"type": "string"}}}
        ]
    })
}
