//! `show`, `context`, `findings`, `report`.

use super::search::{time, usd};
use crate::args::{Show, View};
use crate::output::Output;
use retake_api::dto::IdRequest;
use retake_api::dto::investigate::{
    Context, Findings, FindingsRequest, MessageView, Messages, SnippetRequest, SpanRequest, TraceRequest, Tree,
    TreeSpan,
};
use retake_api::dto::replay::{ReplayRequest, ReplaySnippetRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit, counted};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// `retake show`.
pub async fn run(core: Arc<Core>, args: &Show, output: &Output) -> Result<Exit, ApiError> {
    let at = handlers::investigate::locate(&core, &args.id)?;
    let writes = matches!(args.view, View::Curl | View::Python | View::Typescript);
    if args.variant.is_some() && !writes {
        return Err(ApiError::new(Code::UsageInvalid, "a variant changes what is sent, and this view shows what was")
            .with_hint("Use it with `--as curl`, `--as python` or `--as typescript`."));
    }
    let span = SpanRequest { trace_id: at.trace_id.clone(), span_id: at.span_id.clone() };
    match args.view {
        View::Tree => {
            let whole = TraceRequest { id: format!("trace:{}", at.trace_id), spans: None };
            let tree = handlers::investigate::trace_get(core, whole).await?;
            output.document("show-tree", &tree, |text| write_tree(text, &tree));
        }
        View::Messages => {
            let messages = handlers::investigate::span_messages(core, span).await?;
            output.document("show-messages", &messages, |text| {
                let _ = writeln!(text, "span {}", messages.span_id);
                write_other_calls(text, &messages);
                messages.messages.iter().for_each(|message| write_message(text, message));
            });
        }
        View::Request => {
            let request = handlers::investigate::span_request(core, span).await?;
            output.document("show-request", &request, |text| {
                let _ = writeln!(text, "fidelity {}", request.fidelity.level);
                for field in &request.fidelity.fields {
                    let _ = writeln!(text, "  {:<10} {:<28} {}", field.state, field.path, field.why);
                }
                let _ = writeln!(text, "{:#}", request.request);
            });
        }
        View::Context => {
            write_context_document(&handlers::investigate::span_context(core, span).await?, "show-context", output)
        }
        View::Audit => {
            let audit = handlers::investigate::span_audit(core, span).await?;
            output.document("show-audit", &audit, |text| {
                for event in &audit.events {
                    let _ = writeln!(
                        text,
                        "{}  {:<14} {:<10} {:<20} {:<24} {:<8} by {}",
                        event.time_ns.map_or_else(|| "—".to_owned(), |ns| time(ns.0)),
                        or_dash(event.actor.as_deref()),
                        or_dash(event.role.as_deref()),
                        or_dash(event.action.as_deref()),
                        or_dash(event.resource.as_deref()),
                        event.decision,
                        event.joined_by
                    );
                }
                for gap in &audit.missing {
                    let _ =
                        writeln!(text, "missing: {} of {} (span {})", gap.actions.join(", "), gap.tool, gap.span_id);
                }
            });
        }
        View::Takes => {
            let takes = handlers::investigate::span_takes(core, span).await?;
            output.document("show-takes", &takes, |text| {
                takes.takes.iter().for_each(|take| super::replay::write_take(text, take))
            });
        }
        View::Raw => {
            let raw = handlers::investigate::span_raw(core, span).await?;
            output.document("show-raw", &raw, |text| {
                for record in &raw.records {
                    let _ = writeln!(
                        text,
                        "{} at byte {} of {} (batch {})",
                        record.source, record.byte_offset, record.path, record.batch_id
                    );
                    let _ = writeln!(text, "{:#}", record.body);
                }
            });
        }
        View::Curl | View::Python | View::Typescript => {
            let language = match args.view {
                View::Curl => "curl",
                View::Python => "python",
                _ => "typescript",
            };
            let language = language.to_owned();
            let text = match &args.variant {
                Some(spec) => {
                    let replay = ReplayRequest::of(span.span_id.unwrap_or(span.trace_id), spec.clone());
                    handlers::replay::replay_snippet(core, ReplaySnippetRequest { replay, language }).await?
                }
                None => {
                    let request = SnippetRequest { trace_id: span.trace_id, span_id: span.span_id, language };
                    handlers::investigate::span_snippet(core, request).await?
                }
            };
            output.plain(&text.text);
        }
    }
    Ok(Exit::Done)
}

/// Says which model call of its trace this is, and where the others are.
fn write_other_calls(text: &mut String, messages: &Messages) {
    let others: Vec<&str> = messages.calls.iter().map(String::as_str).filter(|id| *id != messages.span_id).collect();
    let at = messages.calls.iter().position(|id| *id == messages.span_id);
    if let Some(at) = at.filter(|_| !others.is_empty()) {
        let _ = writeln!(text, "model call {} of {} of this trace", at + 1, messages.calls.len());
        let _ = writeln!(text, "others, each with `retake show span:ID --as messages`: {}", others.join(" "));
    }
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("—")
}

fn write_tree(text: &mut String, tree: &Tree) {
    let _ = writeln!(
        text,
        "trace {}  {}  {}  {} → {} tokens  {}",
        tree.trace_id,
        or_dash(tree.summary.tenant.as_deref()),
        or_dash(tree.summary.feature.as_deref()),
        tree.summary.input_tokens.map_or_else(|| "—".to_owned(), |n| n.to_string()),
        tree.summary.output_tokens.map_or_else(|| "—".to_owned(), |n| n.to_string()),
        usd(tree.summary.cost_usd_nanos)
    );
    let ids: BTreeMap<&str, ()> = tree.spans.iter().map(|span| (span.span_id.as_str(), ())).collect();
    let is_root = |span: &TreeSpan| span.parent_span_id.as_deref().is_none_or(|parent| !ids.contains_key(parent));
    let mut stack: Vec<(usize, &TreeSpan)> =
        tree.spans.iter().rev().filter(|span| is_root(span)).map(|span| (0, span)).collect();
    // A parent that is its own descendant is broken by the store; the count guards against a file that says otherwise.
    let mut left = tree.spans.len();
    while let Some((depth, span)) = stack.pop() {
        if left == 0 {
            break;
        }
        left -= 1;
        let _ = writeln!(
            text,
            "{:indent$}{} {:<10} {}  {}  {}",
            "",
            span.span_id,
            span.kind,
            span.name,
            span.duration_ms.map_or_else(|| "—".to_owned(), |ms| format!("{ms:.1} ms")),
            span.flags.join(" "),
            indent = depth * 2
        );
        let children = tree.spans.iter().rev().filter(|child| child.parent_span_id.as_deref() == Some(&span.span_id));
        stack.extend(children.map(|child| (depth + 1, child)));
    }
}

fn write_message(text: &mut String, message: &MessageView) {
    let carried = message.introduced_by.as_deref().map(|span| format!(", since {span}")).unwrap_or_default();
    let _ = writeln!(text, "── {} {} ({}{carried})", message.direction, message.role, message.trust);
    if message.content_state != "present" {
        let _ = writeln!(text, "   [content {}]", message.content_state);
    }
    for part in &message.parts {
        match part.kind.as_str() {
            "tool_call" => {
                let arguments = part.arguments.as_ref().map(ToString::to_string).unwrap_or_default();
                let _ = writeln!(text, "→ {}({arguments})", or_dash(part.name.as_deref()));
            }
            "image" | "file" => {
                let _ = writeln!(text, "[{} {}]", part.kind, or_dash(part.media_type.as_deref()));
            }
            "opaque" => {
                let _ = writeln!(text, "[{}]", part.json.as_ref().map(ToString::to_string).unwrap_or_default());
            }
            _ => {
                let _ = writeln!(text, "{}", part.text.as_deref().unwrap_or_default());
            }
        }
    }
}

/// `retake context`.
pub async fn context(core: Arc<Core>, id: &str, output: &Output) -> Result<Exit, ApiError> {
    let at = handlers::investigate::locate(&core, id)?;
    let context =
        handlers::investigate::span_context(core, SpanRequest { trace_id: at.trace_id, span_id: at.span_id }).await?;
    write_context_document(&context, "context", output);
    Ok(Exit::Done)
}

fn write_context_document(context: &Context, name: &str, output: &Output) {
    output.document(name, context, |text| {
        let reranked = context.documents.iter().any(|document| document.rerank_score.is_some());
        for document in &context.documents {
            let score = |score: Option<f64>| score.map_or_else(|| "—".to_owned(), |score| format!("{score:.3}"));
            // A document that only a reranker recorded has no score of a retriever.
            let retrieval = document.score.filter(|_| document.score_kind.as_deref() != Some("rerank"));
            let rerank = if reranked { format!("rerank {:<8} ", score(document.rerank_score)) } else { String::new() };
            let _ = writeln!(
                text,
                "{:>3}  {:<14} v{:<8} {:<10} score {:<8} {rerank}{}{}{}",
                document.rank,
                or_dash(document.document_id.as_deref()),
                or_dash(document.version.as_deref()),
                or_dash(document.tenant.as_deref()),
                score(retrieval),
                if document.placed.is_empty() { "not placed" } else { "placed" },
                if document.truncated { ", cut" } else { "" },
                document.newer_version.as_deref().map(|version| format!(", newer is v{version}")).unwrap_or_default()
            );
            let first: String = document.content.as_deref().unwrap_or("").chars().take(100).collect();
            let _ = writeln!(text, "     {}", first.replace('\n', " "));
        }
        write_findings(text, &Findings { findings: context.findings.clone() });
    });
}

/// `retake findings`.
pub async fn findings(core: Arc<Core>, query: Option<&str>, output: &Output) -> Result<Exit, ApiError> {
    let found = handlers::investigate::findings_list(core, FindingsRequest { query: query.map(str::to_owned) }).await?;
    output.document("findings", &found, |text| write_findings(text, &found));
    Ok(Exit::Done)
}

fn write_findings(text: &mut String, found: &Findings) {
    for finding in &found.findings {
        let _ = writeln!(
            text,
            "{:<7} {:<20} {:<18} trace {} span {}\n        {}",
            finding.severity, finding.code, finding.subject, finding.trace_id, finding.span_id, finding.message
        );
    }
    let _ = writeln!(text, "{}", counted(found.findings.len(), "finding"));
}

/// `retake report`.
pub async fn report(core: Arc<Core>, id: &str, output: &Output) -> Result<Exit, ApiError> {
    let report = handlers::investigate::report(core, IdRequest { id: id.to_owned() }).await?;
    output.document("report", &report, |text| text.push_str(&report.text));
    Ok(Exit::Done)
}
