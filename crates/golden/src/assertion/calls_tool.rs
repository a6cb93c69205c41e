//! `calls_tool`: the answer asks for a tool: by name, with (some of) its arguments, so many times, in an order, or never.

use super::locate::shorten;
use super::{AssertionType, Cache, Expectation, Observation, Subject, field, read};
use retake_model::{JsonMap, ToolCall, counted};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "calls_tool",
    about: "The answer calls a tool: `name`, some `arguments`, how often (`count`, `min`, `max`, `never`), in which `order`.",
    example: r#"calls_tool:get_order {"order_id":"A-1"}"#,
    main_field: "name",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `calls_tool`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "CallsToolFields")]
struct Fields {
    /// Tool name; `*` is any tool.
    name: Option<String>,
    /// Arguments that the call must hold; others may be there. Numbers are compared by value.
    arguments: Option<JsonMap>,
    /// Exactly so many such calls.
    count: Option<usize>,
    /// At least so many; 1 unless another number is set.
    min: Option<usize>,
    /// At most so many.
    max: Option<usize>,
    /// No such call.
    never: bool,
    /// Tools that must be called in this order; other calls may stand between.
    order: Vec<String>,
}

/// `NAME` or `NAME {arguments}`.
fn from_value(value: &str) -> Result<JsonMap, String> {
    if value.is_empty() {
        return Err("a tool name is missing".to_owned());
    }
    let Some(at) = value.find('{') else { return Ok(field("name", value)) };
    let (name, arguments) = value.split_at(at);
    let arguments: JsonMap =
        serde_json::from_str(arguments).map_err(|error| format!("the arguments are not a JSON object: {error}"))?;
    let mut fields = field("name", name.trim().trim_end_matches('(').trim());
    fields.insert("arguments".to_owned(), Value::Object(arguments));
    Ok(fields)
}

fn prepare(fields: JsonMap, _: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    if fields.name.is_none() && fields.order.is_empty() {
        return Err("needs `name` or `order`".to_owned());
    }
    if fields.never && (fields.count.is_some() || fields.min.is_some() || fields.max.is_some()) {
        return Err("`never` and a number of calls exclude each other".to_owned());
    }
    Ok(Box::new(fields))
}

impl Fields {
    fn bounds(&self) -> (usize, Option<usize>) {
        match (self.never, self.count, self.min, self.max) {
            (true, ..) => (0, Some(0)),
            (_, Some(n), ..) => (n, Some(n)),
            (_, _, Some(min), max) => (min, max),
            // A bare maximum allows none; without any number one call is wanted.
            (_, _, None, Some(max)) => (0, Some(max)),
            (_, _, None, None) => (1, None),
        }
    }

    fn matches(&self, call: &ToolCall) -> bool {
        self.name.as_deref().is_none_or(|name| name == "*" || name == call.name)
            && self.arguments.as_ref().is_none_or(|wanted| holds_map(&call.arguments, wanted))
    }

    fn wanted(&self) -> String {
        let name = match self.name.as_deref() {
            Some("*") | None => "a tool".to_owned(),
            Some(name) => name.to_owned(),
        };
        match &self.arguments {
            Some(arguments) => format!("{name} with {}", shorten(&Value::Object(arguments.clone()).to_string(), 160)),
            None => name,
        }
    }
}

impl Expectation for Fields {
    fn expected(&self, not: bool) -> String {
        let mut parts = Vec::new();
        if self.name.is_some() {
            parts.push(match self.bounds() {
                (0, Some(0)) => format!("{} is never called", self.wanted()),
                (1, None) => format!("{} is called", self.wanted()),
                (n, Some(m)) if n == m => format!("{} is called {}", self.wanted(), counted(n, "time")),
                (n, None) => format!("{} is called at least {}", self.wanted(), counted(n, "time")),
                (0, Some(m)) => format!("{} is called at most {}", self.wanted(), counted(m, "time")),
                (n, Some(m)) => format!("{} is called {n} to {m} times", self.wanted()),
            });
        }
        if !self.order.is_empty() {
            parts.push(format!("tools are called in the order {}", self.order.join(", ")));
        }
        let parts = parts.join(" and ");
        if not { format!("it is not so that {parts}") } else { parts }
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(calls) = subject.take.tool_calls.as_deref() else { return Observation::unknown("the tool calls") };
        let matching = calls.iter().filter(|call| self.matches(call)).count();
        let (min, max) = self.bounds();
        let counted = self.name.is_none() || (matching >= min && max.is_none_or(|max| matching <= max));
        let mut names = calls.iter().map(|call| call.name.as_str());
        let ordered = self.order.iter().all(|wanted| names.any(|name| name == wanted));
        Observation::new(counted && ordered, describe(calls), Vec::new())
    }
}

fn describe(calls: &[ToolCall]) -> String {
    if calls.is_empty() {
        return "the answer calls no tool".to_owned();
    }
    let list: Vec<String> = calls
        .iter()
        .take(8)
        .map(|call| format!("{} {}", call.name, shorten(&call.arguments.to_string(), 160)))
        .collect();
    let more = if calls.len() > list.len() { format!(" and {} more", calls.len() - list.len()) } else { String::new() };
    format!("the answer calls {}{more}", list.join(", "))
}

fn holds_map(value: &Value, wanted: &JsonMap) -> bool {
    value
        .as_object()
        .is_some_and(|map| wanted.iter().all(|(key, wanted)| map.get(key).is_some_and(|value| holds(value, wanted))))
}

/// True when `value` is `wanted`, or an object that holds all of it.
fn holds(value: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(wanted) => holds_map(value, wanted),
        other => retake_compare::json::equal(value, other),
    }
}
