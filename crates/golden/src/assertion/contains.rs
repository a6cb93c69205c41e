//! `contains`: the answer holds a text, all of a list, any of a list, or none of a list.
//!
//! Runs of whitespace count as one space and typographic quotes and hyphens as plain ones; a number is found whole
//! only (`45 days` is not in `145 days`).

use super::locate::{Folded, Range, says};
use super::{AssertionType, Cache, Expectation, Observation, OneOrMany, Subject, field, quoted, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "contains",
    about: "The answer holds a text: `value` or `all` (each), `any` (one of), `none`.",
    example: "contains:45 days",
    main_field: "value",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `contains`. At least one of the lists is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContainsFields")]
struct Fields {
    /// A text, or several that must all be there.
    value: Option<OneOrMany>,
    /// Texts that must all be there.
    all: Option<OneOrMany>,
    /// Texts of which one must be there.
    any: Option<OneOrMany>,
    /// Texts of which none may be there.
    none: Option<OneOrMany>,
    /// Whether upper and lower case differ; they do unless set to false.
    case_sensitive: Option<bool>,
}

struct Contains {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
    case_sensitive: bool,
}

fn from_value(value: &str) -> Result<JsonMap, String> {
    if value.is_empty() {
        return Err("a text is missing".to_owned());
    }
    Ok(field("value", value))
}

fn prepare(fields: JsonMap, _: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    let list = |texts: &Option<OneOrMany>| texts.as_ref().map(|t| t.as_slice().to_vec()).unwrap_or_default();
    let mut all = list(&fields.value);
    all.extend(list(&fields.all));
    let expectation = Contains {
        all,
        any: list(&fields.any),
        none: list(&fields.none),
        case_sensitive: fields.case_sensitive.unwrap_or(true),
    };
    let mut texts = expectation.all.iter().chain(&expectation.any).chain(&expectation.none).peekable();
    if texts.peek().is_none() {
        return Err("needs `value`, `all`, `any` or `none` with a text".to_owned());
    }
    if texts.any(|text| text.trim().is_empty()) {
        return Err("an empty text is in every answer".to_owned());
    }
    Ok(Box::new(expectation))
}

impl Expectation for Contains {
    fn expected(&self, not: bool) -> String {
        let mut parts = Vec::new();
        if !self.all.is_empty() {
            parts.push(quoted(&self.all, " and "));
        }
        match self.any.as_slice() {
            [] => {}
            [one] => parts.push(format!("\"{one}\"")),
            several => parts.push(format!("one of {}", quoted(several, ", "))),
        }
        if !self.none.is_empty() {
            parts.push(format!("none of {}", quoted(&self.none, ", ")));
        }
        format!("the answer {} {}", if not { "does not contain" } else { "contains" }, parts.join(" and "))
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let folded = Folded::new(answer, self.case_sensitive);
        let places = |text: &String| folded.find(&Folded::new(text, self.case_sensitive));
        let mut evidence: Vec<Range> = Vec::new();
        let mut missing: Vec<&str> = Vec::new();
        for text in &self.all {
            let found = places(text);
            if found.is_empty() {
                missing.push(text);
            }
            evidence.extend(found);
        }
        let any: Vec<Range> = self.any.iter().flat_map(places).collect();
        if any.is_empty() {
            missing.extend(self.any.iter().map(String::as_str));
        }
        let any_held = self.any.is_empty() || !any.is_empty();
        evidence.extend(any);
        let forbidden: Vec<(&String, Vec<Range>)> =
            self.none.iter().map(|text| (text, places(text))).filter(|(_, found)| !found.is_empty()).collect();
        let held = forbidden.is_empty() && any_held && self.all.iter().all(|text| !missing.contains(&text.as_str()));
        let found = match forbidden.first() {
            Some((text, _)) => says(answer, &[text.as_str()]),
            None if held => says(answer, &self.all.iter().chain(&self.any).map(String::as_str).collect::<Vec<_>>()),
            None => says(answer, &missing),
        };
        evidence.extend(forbidden.into_iter().flat_map(|(_, found)| found));
        evidence.sort_unstable_by_key(|range| (range.start, range.end));
        Observation::new(held, found, evidence)
    }
}
