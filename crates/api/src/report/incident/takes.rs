//! What was tried, and how exactly the call could be rebuilt for it.

use super::super::markdown::{cell_code, code, escape, fence, shorten, table};
use super::summary::calls_in;
use super::{Report, TakeFact, dollars, duration};
use retake_model::{Fidelity, Message};
use std::fmt::Write as _;

const LONGEST_ANSWER: usize = 2_000;
const MOST_TAKES: usize = 40;

impl Report<'_> {
    pub(super) fn takes(&mut self) -> String {
        let takes = self.input.takes;
        if takes.is_empty() {
            return String::new();
        }
        let rows: Vec<Vec<String>> = takes.iter().take(MOST_TAKES).map(|take| self.take_row(take)).collect();
        let mut out = String::from("## What was tried\n\n");
        out.push_str(&table(&["Variant", "Changed", "Model", "Result", "Took", "Cost", "Fidelity"], &rows));
        if takes.len() > MOST_TAKES {
            let _ = writeln!(out, "\n… and {} more.", takes.len() - MOST_TAKES);
        }
        let mut shown: Vec<String> = Vec::new();
        for take in takes.iter().take(MOST_TAKES) {
            let said = said(take);
            if said.is_empty() || self.recorded(take).as_deref() == Some(said.as_str()) || shown.contains(&said) {
                continue;
            }
            let text = shorten(&self.text(&said), LONGEST_ANSWER);
            let _ = write!(out, "\nWith {}:\n\n{}", code(&self.text(&take.variant)), fence(&text));
            shown.push(said);
        }
        out
    }

    pub(super) fn fidelity(&mut self) -> String {
        let Some((level, fields)) = self.input.fidelity else { return String::new() };
        let worse: Vec<_> = fields.iter().filter(|field| field.state > Fidelity::Exact).collect();
        let mut out = format!(
            "## How exactly the call can be repeated\n\nThe request of the answering call is rebuilt as *{}*",
            level.as_str().replace('_', " ")
        );
        if worse.is_empty() {
            out.push_str(": every field was recorded.\n");
            return out;
        }
        out.push_str("; these fields were not recorded as such:\n\n");
        let rows: Vec<Vec<String>> = worse
            .iter()
            .take(40)
            .map(|field| vec![cell_code(&field.path), field.state.as_str().to_owned(), self.words(&field.why)])
            .collect();
        out.push_str(&table(&["Field", "State", "Why"], &rows));
        out
    }

    fn take_row(&mut self, take: &TakeFact) -> Vec<String> {
        let changed: Vec<String> = take.changed.iter().map(|clause| self.words(clause)).collect();
        let said = said(take);
        let result = match (take.status.as_str(), self.recorded(take)) {
            ("done", Some(recorded)) if recorded == said => "the same answer".to_owned(),
            ("done", Some(_)) => "**another answer**".to_owned(),
            ("done", None) => "an answer".to_owned(),
            (status, _) => match &take.error {
                Some(error) => format!("{}: {}", self.words(status), escape(&shorten(&self.text(error), 200))),
                None => self.words(status),
            },
        };
        let model =
            [take.provider.as_deref(), take.model.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![
            cell_code(&self.text(&take.variant)),
            if changed.is_empty() { "nothing".to_owned() } else { changed.join("; ") },
            cell_code(&self.text(&model)),
            result,
            take.latency_ms.map_or_else(|| "—".to_owned(), duration),
            take.cost_usd_nanos.map_or_else(|| "—".to_owned(), dollars),
            take.fidelity.map_or_else(|| "—".to_owned(), |level| level.as_str().replace('_', " ")),
        ]
    }

    /// What the replayed call said when it was recorded.
    fn recorded(&self, take: &TakeFact) -> Option<String> {
        let id = take.span_id.as_ref()?;
        let output = self.evidence().spans.iter().find(|span| span.span_id.as_ref() == Some(id))?.output.as_deref()?;
        let texts: Vec<String> =
            output.iter().map(Message::joined_text).filter(|text| !text.is_empty()).chain(calls_in(output)).collect();
        Some(texts.join("\n")).filter(|text| !text.is_empty())
    }
}

/// Answer and tool calls of a take as one text.
fn said(take: &TakeFact) -> String {
    let answer = take.answer.iter().filter(|text| !text.is_empty()).cloned();
    answer.chain(take.tool_calls.iter().cloned()).collect::<Vec<_>>().join("\n")
}
