//! `regex`: a pattern (Rust's regular expressions, linear time) matches somewhere in the answer.

use super::locate::{Range, says};
use super::{AssertionType, Cache, Expectation, Observation, Subject, field, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Matches that are marked.
const SHOWN: usize = 32;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "regex",
    about: "A regular expression matches somewhere in the answer.",
    example: r"regex:within \d+ days",
    main_field: "value",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `regex`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegexFields")]
struct Fields {
    /// The pattern; `(?i)` at its start ignores case, `(?m)` lets ^ and $ match at lines.
    value: String,
}

struct Matches(Arc<::regex::Regex>);

fn from_value(value: &str) -> Result<JsonMap, String> {
    if value.is_empty() {
        return Err("a pattern is missing".to_owned());
    }
    Ok(field("value", value))
}

fn prepare(fields: JsonMap, cache: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    Ok(Box::new(Matches(cache.pattern(&fields.value)?)))
}

impl Expectation for Matches {
    fn expected(&self, not: bool) -> String {
        format!("the answer {} /{}/", if not { "does not match" } else { "matches" }, self.0.as_str())
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let found: Vec<_> = self.0.find_iter(answer).take(SHOWN).collect();
        let evidence = found.iter().map(|m| Range::of_bytes(answer, m.start(), m.end())).collect();
        let wanted = found.first().map_or_else(|| self.0.as_str(), |m| m.as_str());
        Observation::new(!found.is_empty(), says(answer, &[wanted]), evidence)
    }
}
