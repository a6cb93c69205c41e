//! `equals`: the answer is a given text. Outer whitespace does not count unless asked for.

use super::locate::{Range, shorten};
use super::{AssertionType, Cache, Expectation, Observation, Subject, field, one_line, read};
use retake_compare::{Op, diff_words};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "equals",
    about: "The answer is the given text.",
    example: "equals:Approved",
    main_field: "value",
    from_value: |value| Ok(field("value", value)),
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `equals`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EqualsFields")]
struct Fields {
    /// The text.
    value: String,
    /// What whitespace means; `trim` unless set.
    whitespace: Option<Whitespace>,
    /// Whether upper and lower case differ; they do unless set to false.
    case_sensitive: Option<bool>,
}

/// How whitespace is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Whitespace {
    /// Every character counts.
    Exact,
    /// Whitespace at both ends does not count.
    Trim,
    /// Each run of whitespace counts as one space, none at the ends.
    Collapse,
}

fn prepare(fields: JsonMap, _: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    Ok(Box::new(read::<Fields>(fields)?))
}

impl Fields {
    fn normal(&self, text: &str) -> String {
        let text = match self.whitespace.unwrap_or(Whitespace::Trim) {
            Whitespace::Exact => text.to_owned(),
            Whitespace::Trim => text.trim().to_owned(),
            Whitespace::Collapse => one_line(text),
        };
        if self.case_sensitive.unwrap_or(true) { text } else { text.to_lowercase() }
    }
}

impl Expectation for Fields {
    fn expected(&self, not: bool) -> String {
        format!("the answer {} \"{}\"", if not { "is not" } else { "is" }, shorten(&self.value, 160))
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let (want, have) = (self.normal(&self.value), self.normal(answer));
        if want == have {
            return Observation::new(true, "it is", vec![Range { start: 0, end: answer.chars().count() }]);
        }
        if answer.trim().is_empty() {
            return Observation::new(false, "the answer is empty", Vec::new());
        }
        let diff = diff_words(&self.value, answer);
        let changes: Vec<_> = diff.ops.iter().filter(|op| op.op != Op::Equal).collect();
        let evidence =
            changes.iter().filter(|op| !op.b.is_empty()).map(|op| Range { start: op.b_start, end: op.b_end }).collect();
        let first = changes.iter().find(|op| !(op.a.trim().is_empty() && op.b.trim().is_empty()));
        let found = match first {
            Some(op) if op.a.trim().is_empty() => format!("the answer adds \"{}\"", shorten(&op.b, 100)),
            Some(op) if op.b.trim().is_empty() => format!("the answer lacks \"{}\"", shorten(&op.a, 100)),
            Some(op) => format!("the answer says \"{}\" for \"{}\"", shorten(&op.b, 100), shorten(&op.a, 100)),
            None => "only whitespace differs".to_owned(),
        };
        Observation::new(false, found, evidence)
    }
}
