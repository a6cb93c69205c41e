//! Spans and audit events on one axis.

use super::super::markdown::{cell_code, table};
use super::{Report, duration};
use retake_model::{SpanKind, SpanStatus};

const MOST_ROWS: usize = 120;

impl Report<'_> {
    pub(super) fn timeline(&mut self) -> String {
        let evidence = self.input.evidence;
        let spans = evidence.spans.iter().filter_map(|span| {
            let kind = span.kind.unwrap_or(SpanKind::Other);
            let took = span.end_ns.zip(span.start_ns).map(|(end, start)| duration((end - start) as f64 / 1e6));
            let status = if span.status == SpanStatus::Error { " **error**" } else { "" };
            let name = crate::analysis::tool_run::tool_name(span)
                .filter(|_| kind == SpanKind::Tool)
                .or(span.name.as_deref())
                .unwrap_or_default();
            Some((span.start_ns?, 0_u8, kind.as_str().to_owned(), name.to_owned(), took, status.to_owned()))
        });
        let events = evidence.events.iter().filter_map(|row| {
            let what = [row.event.action.as_deref(), row.event.resource.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ");
            let decision = match row.decision.as_str() {
                "denied" => " **denied**".to_owned(),
                "unknown" => String::new(),
                word => format!(" {word}"),
            };
            Some((row.event.time_ns?, 1_u8, "audit".to_owned(), what, None, decision))
        });
        let mut rows: Vec<_> = spans.chain(events).collect();
        rows.sort_by_key(|row| (row.0, row.1));
        let Some(first) = evidence.root().and_then(|span| span.start_ns).or_else(|| rows.first().map(|row| row.0))
        else {
            return String::new();
        };
        let n = rows.len();
        let lines: Vec<Vec<String>> = rows
            .into_iter()
            .take(MOST_ROWS)
            .map(|(ns, _, kind, name, took, mark)| {
                let name = self.text(&name);
                vec![
                    offset(ns, first),
                    kind,
                    format!("{}{mark}", cell_code(&name)),
                    took.unwrap_or_else(|| "—".to_owned()),
                ]
            })
            .collect();
        let mut out = format!("## Timeline\n\n{}", table(&["After", "Kind", "What", "Took"], &lines));
        if n > MOST_ROWS {
            out.push_str(&format!("\n… and {} more.\n", n - MOST_ROWS));
        }
        out
    }
}

fn offset(ns: i64, first: i64) -> String {
    let ms = (ns.saturating_sub(first)) as f64 / 1e6;
    if ms < 0.0 { format!("−{}", duration(-ms)) } else { duration(ms) }
}
