//! `latency`: the whole answer came within a time. Milliseconds.

use super::{AssertionType, Cache, Expectation, Observation, Subject, field, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "latency",
    about: "The whole answer came within `max_ms`.",
    example: "latency:2s",
    main_field: "max_ms",
    from_value,
    prepare: |fields, _: &mut Cache| {
        let limit = limit(fields)?;
        Ok(Box::new(Within { what: "the latency", limit, fact: |subject| subject.take.latency_ms }))
    },
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `latency` and `ttft`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MaxMsFields")]
pub(super) struct Fields {
    /// Longest time in milliseconds.
    max_ms: f64,
}

/// A time with an upper limit.
pub(super) struct Within {
    pub(super) what: &'static str,
    pub(super) limit: f64,
    pub(super) fact: fn(&Subject<'_>) -> Option<f64>,
}

pub(super) fn limit(fields: JsonMap) -> Result<f64, String> {
    let fields: Fields = read(fields)?;
    if fields.max_ms.is_finite() && fields.max_ms >= 0.0 {
        Ok(fields.max_ms)
    } else {
        Err("`max_ms` is below 0".to_owned())
    }
}

/// A number of milliseconds, or one with `ms`, `s` or `m`; a leading `<` or `<=` is allowed.
pub(super) fn from_value(value: &str) -> Result<JsonMap, String> {
    let bare = value.trim_start_matches(['<', '=']).trim();
    let split = bare.find(|c: char| c.is_alphabetic()).unwrap_or(bare.len());
    let (number, unit) = bare.split_at(split);
    let factor = match unit {
        "" | "ms" => 1.0,
        "s" => 1_000.0,
        "m" | "min" => 60_000.0,
        _ => return Err(format!("{value:?} is no time; units are ms, s, m")),
    };
    let number: f64 = number.trim().parse().map_err(|_| format!("{value:?} is no time"))?;
    Ok(field("max_ms", number_value(number * factor)))
}

/// A number without a needless fraction.
#[expect(clippy::cast_possible_truncation, clippy::float_cmp, reason = "only whole numbers below 2^53 are cast")]
pub(crate) fn number_value(number: f64) -> Value {
    if number.trunc() == number && number.abs() < 9e15 { Value::from(number as i64) } else { Value::from(number) }
}

impl Expectation for Within {
    fn expected(&self, not: bool) -> String {
        format!("{} is {} {} ms", self.what, if not { "above" } else { "at most" }, number_value(self.limit))
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(ms) = (self.fact)(subject) else { return Observation::unknown(self.what) };
        Observation::new(
            ms <= self.limit,
            format!("it is {} ms", number_value((ms * 1_000.0).round() / 1_000.0)),
            Vec::new(),
        )
    }
}
