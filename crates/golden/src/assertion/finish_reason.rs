//! `finish_reason`: the answer ended for one of the given reasons. Any vendor's word is understood.

use super::{AssertionType, Cache, Expectation, Observation, OneOrMany, Subject, field, quoted, read};
use retake_model::{FinishReason, JsonMap};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "finish_reason",
    about: "The answer ended with `stop`, `length`, `tool_calls`, `content_filter`, `error` or a vendor's word.",
    example: "finish_reason:stop",
    main_field: "value",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `finish_reason`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FinishReasonFields")]
struct Fields {
    /// The reason, or several of which one is wanted.
    value: OneOrMany,
}

struct Ends(Vec<FinishReason>);

fn from_value(value: &str) -> Result<JsonMap, String> {
    if value.is_empty() {
        return Err("a reason is missing".to_owned());
    }
    Ok(field("value", value))
}

fn prepare(fields: JsonMap, _: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    let reasons: Vec<FinishReason> = fields.value.as_slice().iter().map(|word| FinishReason::parse(word)).collect();
    if reasons.is_empty() {
        return Err("`value` is an empty list".to_owned());
    }
    Ok(Box::new(Ends(reasons)))
}

impl Expectation for Ends {
    fn expected(&self, not: bool) -> String {
        let words: Vec<String> = self.0.iter().map(|reason| reason.as_str().to_owned()).collect();
        format!("the answer {} with {}", if not { "does not end" } else { "ends" }, quoted(&words, " or "))
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(reason) = &subject.take.finish_reason else { return Observation::unknown("the finish reason") };
        Observation::new(self.0.contains(reason), format!("it ended with \"{}\"", reason.as_str()), Vec::new())
    }
}
