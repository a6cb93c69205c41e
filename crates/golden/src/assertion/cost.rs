//! `cost`: the call cost at most so much. Written in US dollars, compared in nano-dollars.

use super::{AssertionType, Cache, Expectation, Observation, Subject, field, latency::number_value, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;

const NANOS: f64 = 1e9;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "cost",
    about: "The call cost at most `max_usd` US dollars.",
    example: "cost:0.01",
    main_field: "max_usd",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `cost`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CostFields")]
struct Fields {
    /// Most dollars.
    max_usd: f64,
}

fn from_value(value: &str) -> Result<JsonMap, String> {
    let bare = value.trim_start_matches(['<', '=', '$', ' ']).trim_end_matches("USD").trim();
    let usd: f64 = bare.parse().map_err(|_| format!("{value:?} is no amount in US dollars"))?;
    Ok(field("max_usd", number_value(usd)))
}

fn prepare(fields: JsonMap, _: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    if !fields.max_usd.is_finite() || fields.max_usd < 0.0 {
        return Err("`max_usd` is below 0".to_owned());
    }
    Ok(Box::new(fields))
}

impl Expectation for Fields {
    fn expected(&self, not: bool) -> String {
        format!("it cost {} ${}", if not { "more than" } else { "at most" }, self.max_usd)
    }

    #[expect(clippy::cast_precision_loss, reason = "amounts below 9 million dollars are exact")]
    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(nanos) = subject.take.cost_usd_nanos else { return Observation::unknown("the cost") };
        let nanos = nanos as f64;
        Observation::new(nanos <= (self.max_usd * NANOS).round(), format!("it cost ${}", nanos / NANOS), Vec::new())
    }
}
