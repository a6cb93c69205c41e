//! Tools that ran, and who had allowed or denied them.

use super::super::markdown::{cell_code, code, shorten, table};
use super::{Report, duration, time};
use crate::analysis::audit::gaps;
use crate::analysis::join::JoinedEvent;
use crate::analysis::rows::foreign_rows;
use crate::analysis::tool_run::{Outcome, ToolRun};
use retake_model::JoinBasis;
use std::fmt::Write as _;

const LONGEST_VALUE: usize = 400;

impl Report<'_> {
    pub(super) fn tools(&mut self) -> String {
        let evidence = self.input.evidence;
        if evidence.runs.is_empty() && evidence.events.is_empty() {
            return String::new();
        }
        let mut out = String::from("## Tools and decisions\n");
        let gaps = gaps(evidence);
        for run in &evidence.runs {
            out.push_str(&self.run(run));
            let rows: Vec<&JoinedEvent> = evidence.events_of(run).collect();
            let missing: Vec<String> = gaps
                .iter()
                .filter(|gap| gap.span_id == run.span_id)
                .flat_map(|gap| &gap.actions)
                .map(|action| code(action))
                .collect();
            out.push_str(&self.events(&rows));
            if rows.is_empty() {
                out.push_str("\nNo audit event tells of this call.\n");
            }
            if !missing.is_empty() {
                let _ = writeln!(out, "\nNot in the audit log: {}.", missing.join(", "));
            }
        }
        let of_runs = |row: &&JoinedEvent| evidence.runs.iter().any(|run| row.span_id.as_ref() == Some(&run.span_id));
        let others: Vec<&JoinedEvent> = evidence.events.iter().filter(|row| !of_runs(row)).collect();
        if !others.is_empty() {
            out.push_str(if evidence.runs.is_empty() {
                "\nAudit events of the request:\n"
            } else {
                "\nOther audit events of the request:\n"
            });
            out.push_str(&self.events(&others));
        }
        out
    }

    fn run(&mut self, run: &ToolRun) -> String {
        let evidence = self.input.evidence;
        let when = run.start_ns.map(|ns| format!(" at {}", time(ns))).unwrap_or_default();
        let took = run
            .start_ns
            .zip(run.end_ns)
            .map(|(start, end)| format!(", {}", duration((end - start) as f64 / 1e6)))
            .unwrap_or_default();
        let what = match run.outcome {
            Outcome::Ran => "ran",
            Outcome::Failed => "ended in an error",
            Outcome::Refused => "was turned away",
            Outcome::NoSuchTool => "does not exist",
        };
        let mut out = format!("\n### {} {what}{when}{took}\n\n", code(&self.text(&run.name)));
        if let Some(arguments) = &run.arguments {
            let arguments = shorten(&self.text(&arguments.to_string()), LONGEST_VALUE);
            let _ = writeln!(out, "- Arguments: {}", code(&arguments));
        }
        if let Some(result) = &run.result {
            let own = evidence.tenant.as_deref();
            let foreign = own.is_some_and(|own| !foreign_rows(result, own, evidence.names).is_empty());
            let result = if foreign { None } else { Some(shorten(&self.text(result), LONGEST_VALUE)) };
            let _ = match result {
                Some(result) => writeln!(out, "- Result: {}", code(&result)),
                None => writeln!(out, "- Result: left out, it holds rows of another tenant"),
            };
        }
        if let Some(rules) = evidence.policy().tool(&run.name).filter(|rules| rules.irreversible) {
            let confirmation = if rules.confirmation == crate::analysis::policy::Confirmation::Required {
                ", a confirmation is required"
            } else {
                ""
            };
            let _ = writeln!(out, "- The policy calls it irreversible{confirmation}");
        }
        out
    }

    fn events(&mut self, rows: &[&JoinedEvent]) -> String {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| self.event_row(row)).collect();
        let text = table(&["Time", "Action", "Resource", "Decision", "Actor", "Role", "Joined by", "Reason"], &rows);
        if text.is_empty() { text } else { format!("\n{text}") }
    }

    fn event_row(&mut self, row: &JoinedEvent) -> Vec<String> {
        let event = &row.event;
        let decision = row.decision.as_str();
        let decision = if decision == "denied" { "**denied**" } else { decision };
        let joined = match row.basis {
            JoinBasis::TraceId => "trace id",
            JoinBasis::RequestId => "request id",
            JoinBasis::ActorAndTime => "actor and time",
        };
        let mut cell =
            |text: Option<&String>| text.map_or_else(|| "—".to_owned(), |text| cell_code(&self.masker.mask(text)));
        vec![
            event.time_ns.map_or_else(|| "—".to_owned(), time),
            cell(event.action.as_ref()),
            cell(event.resource.as_ref()),
            decision.to_owned(),
            cell(event.actor.as_ref()),
            cell(event.role.as_ref()),
            joined.to_owned(),
            cell(event.reason.as_ref()),
        ]
    }
}
