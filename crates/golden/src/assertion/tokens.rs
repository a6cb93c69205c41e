//! `tokens`: the call used at most so many tokens: in, out, or both. Totals include cached and reasoning tokens.

use super::{AssertionType, Cache, Expectation, Observation, Subject, field, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "tokens",
    about: "The call used at most `max` tokens; `of` is `total` (unless set), `input` or `output`.",
    example: "tokens:output<=500",
    main_field: "max",
    from_value,
    prepare: |fields, _: &mut Cache| Ok(Box::new(read::<Fields>(fields)?)),
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `tokens`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokensFields")]
struct Fields {
    /// Most tokens.
    max: u32,
    /// Which tokens are counted; `total` unless set.
    of: Option<Of>,
}

/// Which tokens are counted.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Of {
    /// Input, cached or not.
    Input,
    /// Output, reasoning included.
    Output,
    /// Both.
    Total,
}

/// `N`, `input<=N`, `output<=N` or `total<=N`.
fn from_value(value: &str) -> Result<JsonMap, String> {
    let split = value.find(|c: char| c.is_ascii_digit()).unwrap_or(value.len());
    let (of, number) = value.split_at(split);
    let max: u32 = number.trim().parse().map_err(|_| format!("{value:?} is no number of tokens"))?;
    let mut fields = field("max", max);
    match of.trim_end_matches(['<', '=', ' ', ':']) {
        "" => {}
        of @ ("input" | "output" | "total") => {
            fields.insert("of".to_owned(), of.into());
        }
        other => return Err(format!("{other:?} is none of input, output, total")),
    }
    Ok(fields)
}

impl Fields {
    fn what(&self) -> &'static str {
        match self.of.unwrap_or(Of::Total) {
            Of::Input => "input tokens",
            Of::Output => "output tokens",
            Of::Total => "tokens",
        }
    }
}

impl Expectation for Fields {
    fn expected(&self, not: bool) -> String {
        format!("it used {} {} {}", if not { "more than" } else { "at most" }, self.max, self.what())
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let usage = &subject.take.usage;
        let (input, output) = (usage.input_tokens(), usage.output_tokens());
        let n = match self.of.unwrap_or(Of::Total) {
            Of::Input => input,
            Of::Output => output,
            Of::Total => input.zip(output).map(|(input, output)| input.saturating_add(output)),
        };
        let Some(n) = n else { return Observation::unknown(format!("the number of {}", self.what())) };
        Observation::new(n <= i64::from(self.max), format!("it used {n}"), Vec::new())
    }
}
