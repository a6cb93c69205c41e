//! What was asked, by whom, and what was answered.

use super::super::markdown::{cell_code, code, escape, fence, shorten, table};
use super::{Report, dollars, duration, time};
use retake_model::{Message, Part, Role, Span, counted};

const LONGEST_TITLE: usize = 90;
const LONGEST_TEXT: usize = 6_000;

impl Report<'_> {
    pub(super) fn summary(&mut self) -> String {
        let question = question(self.input.evidence.root(), &self.input.evidence.model_calls());
        let title = match &question {
            Some(question) => escape(&shorten(&self.text(question.lines().next().unwrap_or_default()), LONGEST_TITLE)),
            None => format!("trace {}", code(&self.text(self.input.evidence.trace_id.as_str()))),
        };
        let mut out = format!("# Incident: {title}\n\n{}\n\n", self.in_short());
        out.push_str(&self.facts());
        let answer = self.input.evidence.answer();
        for (head, text, missing) in
            [("Question", question, "The question was not recorded."), ("Answer", answer, "No answer was recorded.")]
        {
            out.push_str(&format!("\n**{head}**\n\n"));
            match text.filter(|text| !text.trim().is_empty()) {
                Some(text) => {
                    let text = shorten(&self.text(&text), LONGEST_TEXT);
                    out.push_str(&fence(&text));
                }
                None => out.push_str(&format!("{missing}\n")),
            }
        }
        out
    }

    /// Two or three sentences that stand for the whole.
    fn in_short(&mut self) -> String {
        let evidence = self.input.evidence;
        let root = evidence.root();
        let who = match (&evidence.user, &evidence.role) {
            (Some(user), Some(role)) => format!("{} (role {})", code(&self.text(user)), code(&self.text(role))),
            (Some(user), None) => code(&self.text(user)),
            (None, Some(role)) => format!("A user with role {}", code(&self.text(role))),
            (None, None) => "An unknown user".to_owned(),
        };
        let tenant = evidence
            .tenant
            .as_deref()
            .map(|tenant| format!(" of tenant {}", code(&self.text(tenant))))
            .unwrap_or_default();
        let feature = evidence.spans.iter().find_map(|span| span.feature.as_deref());
        let asked =
            feature.map_or_else(|| "asked".to_owned(), |feature| format!("asked {}", code(&self.text(feature))));
        let when = root.and_then(|span| span.start_ns).map(|ns| format!(" on {} UTC", time(ns))).unwrap_or_default();
        let findings = match self.input.findings {
            [] => "No rule of Retake found anything wrong by itself.".to_owned(),
            [one] => format!("One finding: {}", self.words(&one.message)),
            many => format!("{} findings, the worst first: {}", many.len(), self.words(&many[0].message)),
        };
        let outdated = self
            .context
            .documents
            .iter()
            .filter(|known| known.newer_version.is_some() && !known.placed.is_empty())
            .count();
        let outdated = match outdated {
            0 => String::new(),
            1 => " One document in the prompt was outdated.".to_owned(),
            n => format!(" {n} documents in the prompt were outdated."),
        };
        format!("{who}{tenant} {asked}{when}. {findings}{outdated}")
    }

    fn facts(&mut self) -> String {
        let evidence = self.input.evidence;
        let root = evidence.root();
        let calls = evidence.model_calls();
        let first = |field: fn(&Span) -> Option<&String>| {
            root.and_then(field).or_else(|| evidence.spans.iter().find_map(field)).cloned()
        };
        let models = distinct(calls.iter().filter_map(|call| {
            let model = call.response_model.as_ref().or(call.request_model.as_ref())?;
            Some(call.provider.as_ref().map_or_else(|| model.clone(), |provider| format!("{provider} {model}")))
        }));
        let prompts =
            distinct(evidence.spans.iter().filter_map(|span| match (&span.prompt_name, &span.prompt_version) {
                (Some(name), Some(version)) => Some(format!("{name} version {version}")),
                (Some(name), None) => Some(name.clone()),
                (None, Some(version)) => Some(format!("version {version}")),
                (None, None) => None,
            }));
        let rows = [
            ("Trace", Some(evidence.trace_id.to_string())),
            ("Request", first(|span| span.request_id.as_ref())),
            ("Conversation", first(|span| span.conversation.as_ref())),
            ("Environment", first(|span| span.environment.as_ref())),
            ("Service", first(|span| span.service.as_ref())),
            ("Prompt", (!prompts.is_empty()).then(|| prompts.join(", "))),
            ("Model", (!models.is_empty()).then(|| models.join(", "))),
        ];
        let mut rows: Vec<Vec<String>> = rows
            .into_iter()
            .filter_map(|(name, value)| Some(vec![name.to_owned(), cell_code(&self.text(&value?))]))
            .collect();
        let took = root.and_then(|span| Some(span.end_ns? - span.start_ns?)).filter(|ns| *ns >= 0);
        let sum =
            |field: fn(&Span) -> Option<i64>| calls.iter().filter_map(|call| field(call)).reduce(i64::saturating_add);
        let input = sum(|span| span.usage.input_tokens());
        let output = sum(|span| span.usage.output_tokens());
        let cost = sum(|span| span.reported_usd_nanos.or(span.computed_usd_nanos));
        let mut work = vec![counted(calls.len(), "model call")];
        work.extend(took.map(|ns| duration(ns as f64 / 1e6)));
        work.extend(input.map(|n| format!("{} in", counted(n, "token"))));
        work.extend(output.map(|n| format!("{n} out")));
        work.extend(cost.map(dollars));
        rows.push(vec!["Work".to_owned(), work.join(", ")]);
        table(&["", ""], &rows)
    }
}

/// What the user asked: the request's input, else the last user message of the first model call.
pub(super) fn question(root: Option<&Span>, calls: &[&Span]) -> Option<String> {
    let of_root = root
        .and_then(|span| span.input_value.clone())
        .filter(|text| !text.trim().is_empty() && !text.trim_start().starts_with('{'));
    of_root.or_else(|| {
        calls.iter().find_map(|call| {
            let messages = call.input.as_deref()?;
            messages
                .iter()
                .rev()
                .filter(|message| message.role == Role::User)
                .map(Message::joined_text)
                .find(|text| !text.is_empty())
        })
    })
}

fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut out = Vec::new();
    for value in values {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    out
}

/// Tool calls that a model asked for, as `name(arguments)`.
pub(super) fn calls_in(messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .flat_map(|message| &message.parts)
        .filter_map(|part| match part {
            Part::ToolCall { name, arguments, .. } => Some(format!("{name}({arguments})")),
            _ => None,
        })
        .collect()
}
