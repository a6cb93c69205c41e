//! What is wrong, each with its evidence.

use super::super::markdown::code;
use super::{Report, time};
use retake_model::{Finding, FindingCode};
use serde_json::Value;
use std::fmt::Write as _;

impl Report<'_> {
    pub(super) fn findings(&mut self) -> String {
        if self.input.findings.is_empty() {
            return String::new();
        }
        let mut out = String::from("## Findings\n");
        for (n, finding) in self.input.findings.iter().enumerate() {
            let title = title(finding.code);
            let _ = write!(
                out,
                "\n### {}. {title}: {} ({})\n\n{}\n\n",
                n + 1,
                code(&self.text(&finding.subject)),
                finding.severity.as_str(),
                self.words(&finding.message)
            );
            for line in self.evidence_lines(finding) {
                let _ = writeln!(out, "- {line}");
            }
            let _ = writeln!(out, "- Span {}", code(&self.text(finding.span_id.as_str())));
        }
        out
    }

    fn evidence_lines(&mut self, finding: &Finding) -> Vec<String> {
        let evidence = &finding.evidence;
        let word = |key: &str| evidence[key].as_str().map(str::to_owned);
        let mut lines = Vec::new();
        match finding.code {
            FindingCode::Leak => {
                let owners = evidence["owners"]
                    .as_array()
                    .map(|owners| owners.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
                if let (Some(owner), Some(seen)) = (word("owner").or(owners), word("seen_by_tenant")) {
                    lines.push(format!("Belongs to {}, seen by {}", code(&owner), code(&seen)));
                }
                if let Some(basis) = word("owner_named_by") {
                    lines.push(format!("Its owner is named by {}", self.words(&basis)));
                }
                if let (Some(rank), Some(by)) = (evidence["rank"].as_u64(), evidence["retrieved_by"].as_array()) {
                    lines.push(format!("Retrieved at rank {rank} by {}", plural(by.len() as u64, "retriever")));
                }
                lines.extend(match &evidence["placed_in_prompt"] {
                    Value::Bool(true) => Some(format!(
                        "Stood in the prompt at {}",
                        plural(evidence["placed"].as_array().map_or(0, Vec::len) as u64, "place")
                    )),
                    Value::Bool(false) if evidence["kind"] == "document" => Some("Did not reach a prompt".to_owned()),
                    _ => None,
                });
                if evidence["cited"] == true {
                    lines.push("The answer cites it".to_owned());
                }
                if let Some(n) = evidence["n_rows"].as_u64() {
                    let ids: Vec<String> = evidence["rows"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|row| row["id"].as_str().map(str::to_owned))
                        .take(10)
                        .collect();
                    let ids: Vec<String> = ids.iter().map(|id| code(&self.text(id))).collect();
                    lines.push(format!(
                        "{} of the result{}",
                        plural(n, "row"),
                        if ids.is_empty() { String::new() } else { format!(": {}", ids.join(", ")) }
                    ));
                }
            }
            FindingCode::ToolWithoutAudit => {
                if let Some(why) = word("owed_because") {
                    lines.push(format!("An audit event is owed: {}", self.words(&why)));
                }
                let missing: Vec<String> =
                    evidence["missing"].as_array().into_iter().flatten().filter_map(Value::as_str).map(code).collect();
                if !missing.is_empty() {
                    lines.push(format!("Missing: {}", missing.join(", ")));
                }
                if let Some(n) = evidence["audit_events_of_trace"].as_u64() {
                    lines.push(format!("Audit events that belong to this request: {n}"));
                }
            }
            FindingCode::DeniedButExecuted => {
                if let Some(line) = self.event_line("Denied", &evidence["denied"]) {
                    lines.push(line);
                }
                if let Some(ns) = word("started_ns").and_then(|ns| ns.parse().ok()) {
                    lines.push(format!("The tool's span began at {}", time(ns)));
                }
                lines.push(
                    self.event_line("Carried out", &evidence["invoked"]).unwrap_or_else(|| {
                        "No audit row tells that it was carried out; the tool's span does".to_owned()
                    }),
                );
                if evidence["irreversible"] == true {
                    lines.push("The policy calls this tool irreversible".to_owned());
                }
            }
        }
        lines
    }

    fn event_line(&mut self, what: &str, event: &Value) -> Option<String> {
        let action = event["action"].as_str()?;
        let ns: Option<i64> = event["time_ns"].as_str().and_then(|ns| ns.parse().ok());
        let when = ns.map(|ns| format!(" at {}", time(ns))).unwrap_or_default();
        let reason = event["reason"]
            .as_str()
            .filter(|reason| !reason.is_empty())
            .map(|reason| format!(": {}", self.words(reason)))
            .unwrap_or_default();
        let joined = match event["joined_by"].as_str() {
            Some("trace_id") => "joined by trace id",
            Some("request_id") => "joined by request id",
            _ => "joined by actor and time",
        };
        let id = event["event_id"].as_str().map(|id| format!(", event {}", code(id))).unwrap_or_default();
        Some(format!("{what}{when} by {}{reason} ({joined}{id})", code(&self.text(action))))
    }
}

fn title(code: FindingCode) -> &'static str {
    match code {
        FindingCode::Leak => "Data of another tenant",
        FindingCode::ToolWithoutAudit => "Tool call without an audit event",
        FindingCode::DeniedButExecuted => "Denied, and executed all the same",
    }
}

fn plural(n: u64, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}
