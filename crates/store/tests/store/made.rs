//! Made-up facts: records whose body is the mapped form itself, as JSON.

use retake_model::{
    AuditEvent, Decision, Document, EntityKey, Fact, FactKind, FactRank, Id, Mapped, Message, Part, Retrieval, Role,
    Score, ScoreSource, Span, SpanKind, SpanStatus, ToolExecution, Usage,
};
use retake_query::{ParseContext, Query};
use retake_store::{BatchRow, Counters, MappedFact, OpenMode, Projector, Workspace};
use std::path::Path;

/// Maps what [`fact_of`] made, and takes field by field what the better fact says.
pub struct Mapper;

impl Projector for Mapper {
    fn remap(&self, _format: &str, body: &[u8], _mapping: Option<&str>) -> Mapped {
        serde_json::from_slice(body).unwrap_or(Mapped::Raw)
    }

    fn merge(&self, mut facts: Vec<MappedFact>) -> Span {
        facts.sort_by_key(|fact| std::cmp::Reverse((fact.rank, fact.updated_ns, fact.content_hash)));
        let mut merged = Span::default();
        for fact in facts {
            let Mapped::Span(span) = fact.mapped else { continue };
            let span = *span;
            merged.kind = merged.kind.or(span.kind);
            merged.name = merged.name.or(span.name);
            merged.parent_span_id = merged.parent_span_id.or(span.parent_span_id);
            merged.start_ns = merged.start_ns.or(span.start_ns);
            merged.end_ns = merged.end_ns.or(span.end_ns);
            if merged.status == SpanStatus::Unset {
                merged.status = span.status;
            }
            merged.status_message = merged.status_message.or(span.status_message);
            merged.tenant = merged.tenant.or(span.tenant);
            merged.user = merged.user.or(span.user);
            merged.feature = merged.feature.or(span.feature);
            merged.conversation = merged.conversation.or(span.conversation);
            merged.environment = merged.environment.or(span.environment);
            merged.request_id = merged.request_id.or(span.request_id);
            merged.prompt_name = merged.prompt_name.or(span.prompt_name);
            merged.prompt_version = merged.prompt_version.or(span.prompt_version);
            merged.provider = merged.provider.or(span.provider);
            merged.request_model = merged.request_model.or(span.request_model);
            merged.input = merged.input.or(span.input);
            merged.output = merged.output.or(span.output);
            merged.input_value = merged.input_value.or(span.input_value);
            merged.output_value = merged.output_value.or(span.output_value);
            merged.ttft_ns = merged.ttft_ns.or(span.ttft_ns);
            if merged.usage.is_empty() {
                merged.usage = span.usage;
            }
            merged.reported_usd_nanos = merged.reported_usd_nanos.or(span.reported_usd_nanos);
            merged.retrieval = merged.retrieval.or(span.retrieval);
            merged.tool = merged.tool.or(span.tool);
            merged.scores.extend(span.scores);
            for (key, value) in span.attributes {
                merged.attributes.entry(key).or_insert(value);
            }
        }
        merged
    }
}

pub fn trace_id(n: u32) -> Id {
    Id::new(format!("{:032x}", 0xabcd_0000_0000_u64 + u64::from(n)))
}

pub fn span_id(trace: u32, n: u32) -> Id {
    Id::new(format!("{:016x}", 0x5ba0_0000_0000_0000_u64 + (u64::from(trace) << 16) + u64::from(n)))
}

pub const SECOND: i64 = 1_000_000_000;
/// 2026-11-12T00:00:00Z
pub const DAY: i64 = 1_794_441_600 * SECOND;

/// A span of a trace: number, number of its parent, kind.
pub fn span(trace: u32, n: u32, parent: Option<u32>, kind: SpanKind, name: &str) -> Span {
    let start = DAY + i64::from(trace) * 60 * SECOND + i64::from(n) * SECOND;
    Span {
        trace_id: Some(trace_id(trace)),
        span_id: Some(span_id(trace, n)),
        parent_span_id: parent.map(|parent| span_id(trace, parent)),
        kind: Some(kind),
        name: Some(name.to_owned()),
        start_ns: Some(start),
        end_ns: Some(start + SECOND / 2),
        ..Span::default()
    }
}

pub fn said(role: Role, text: &str) -> Message {
    Message::text(role, text)
}

pub fn usage(input: i64, output: i64) -> Usage {
    Usage::from_inclusive(Some(input), Some(output), None, None, None)
}

pub fn document(id: &str, rank: u32, tenant: &str, content: &str) -> Document {
    Document {
        document_id: Some(id.to_owned()),
        rank,
        score: Some(1.0 / f64::from(rank)),
        tenant: Some(tenant.to_owned()),
        version: Some("2".to_owned()),
        content: Some(content.to_owned()),
        ..Document::default()
    }
}

/// A fact of a span, a full export.
pub fn fact_of(span: &Span) -> Fact {
    let (Some(trace), Some(id)) = (&span.trace_id, &span.span_id) else { panic!("a made span has ids") };
    let mapped = Mapped::Span(Box::new(span.clone()));
    let entity = EntityKey::span("made", trace, id);
    fact(entity.clone(), entity, FactKind::Span, mapped)
}

/// A log record that carries the messages of a span.
pub fn log_of(span: &Span, input: Vec<Message>, output: Vec<Message>) -> Fact {
    let (Some(trace), Some(id)) = (&span.trace_id, &span.span_id) else { panic!("a made span has ids") };
    let said = Span {
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        input: Some(input),
        output: Some(output),
        ..Span::default()
    };
    let mapped = Mapped::Span(Box::new(said));
    let record = EntityKey::content(b'l', blake3_of(&mapped).as_slice(), 0);
    fact(EntityKey::span("made", trace, id), record, FactKind::LogRecord, mapped)
}

pub fn audit(event_id: &str, trace: Option<u32>, actor: &str, action: &str, decision: Decision) -> Fact {
    let event = AuditEvent {
        event_id: Some(event_id.to_owned()),
        time_ns: Some(DAY),
        actor: Some(actor.to_owned()),
        action: Some(action.to_owned()),
        decision,
        trace_id: trace.map(trace_id),
        ..AuditEvent::default()
    };
    let key = EntityKey::audit(event_id);
    fact(key.clone(), key, FactKind::AuditEvent, Mapped::Audit(Box::new(event)))
}

fn blake3_of(mapped: &Mapped) -> [u8; 16] {
    // Any stable hash of the content will do here.
    let text = serde_json::to_string(mapped).expect("a made value is JSON");
    let (mut a, mut b) = (0xcbf2_9ce4_8422_2325_u64, 0x9e37_79b9_7f4a_7c15_u64);
    for byte in text.bytes() {
        a = (a ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        b = b.rotate_left(5) ^ a;
    }
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&a.to_le_bytes());
    hash[8..].copy_from_slice(&b.to_le_bytes());
    hash
}

fn fact(entity: EntityKey, record: EntityKey, kind: FactKind, mapped: Mapped) -> Fact {
    Fact {
        entity,
        record,
        content_hash: blake3_of(&mapped),
        format: "made",
        kind,
        rank: FactRank::FullExport,
        updated_ns: 0,
        body: serde_json::to_vec(&mapped).expect("a made value is JSON"),
        mapped,
        byte_offset: 0,
        line: None,
    }
}

/// A refund question with retrieval, a model call, a tool and an answer.
pub fn refund(trace: u32, tenant: &str, question: &str, answer: &str) -> Vec<Span> {
    let mut root = span(trace, 0, None, SpanKind::Chain, "support.answer");
    root.tenant = Some(tenant.to_owned());
    root.user = Some(format!("u-{tenant}-{trace}"));
    root.feature = Some("support.answer".to_owned());
    root.environment = Some("production".to_owned());
    root.request_id = Some(format!("q-{trace:04}"));
    root.input_value = Some(question.to_owned());
    root.output_value = Some(answer.to_owned());
    root.end_ns = root.start_ns.map(|start| start + 5 * SECOND);
    let mut retriever = span(trace, 1, Some(0), SpanKind::Retriever, "retrieve");
    retriever.retrieval = Some(Retrieval {
        query: Some(question.to_owned()),
        documents: vec![
            document(
                "KB-17",
                1,
                "*",
                "The refund period of the yearly plan is thirty\ndays from the first invoice, in full.",
            ),
            document("ACM-3", 2, "acme", "Acme pays by bank transfer only."),
        ],
        input_documents: Vec::new(),
    });
    let system =
        said(Role::System, "You answer from the passages alone and you keep numbers exactly as they are written.");
    let mut call = span(trace, 2, Some(0), SpanKind::Llm, "chat model-a");
    call.provider = Some("openai".to_owned());
    call.request_model = Some("model-a-mini".to_owned());
    call.input = Some(vec![system.clone(), said(Role::User, question)]);
    let asked = Part::ToolCall {
        id: Some(format!("call_{trace}")),
        name: "get_plan".to_owned(),
        arguments: serde_json::json!({"account": format!("ACC-{trace}")}),
    };
    let ask = Message { role: Role::Assistant, parts: vec![asked], name: None, content_state: Default::default() };
    call.output = Some(vec![ask.clone()]);
    call.usage = usage(100, 10);
    call.reported_usd_nanos = Some(2_000_000);
    call.ttft_ns = Some(SECOND / 10);
    let mut tool = span(trace, 3, Some(0), SpanKind::Tool, "get_plan");
    tool.tool = Some(ToolExecution {
        name: "get_plan".to_owned(),
        call_id: Some(format!("call_{trace}")),
        arguments: Some(serde_json::json!({"account": format!("ACC-{trace}")})),
        result: Some(r#"{"plan": "yearly"}"#.to_owned()),
        description: None,
    });
    let mut second = span(trace, 4, Some(0), SpanKind::Llm, "chat model-a");
    second.provider = Some("openai".to_owned());
    second.request_model = Some("model-a-large".to_owned());
    let result = Part::ToolResult {
        id: Some(format!("call_{trace}")),
        name: None,
        text: r#"{"plan": "yearly"}"#.to_owned(),
        is_error: false,
    };
    second.input = Some(vec![
        system,
        said(Role::User, question),
        ask,
        Message { role: Role::Tool, parts: vec![result], name: None, content_state: Default::default() },
    ]);
    second.output = Some(vec![said(Role::Assistant, answer)]);
    second.usage = usage(200, 20);
    second.reported_usd_nanos = Some(5_000_000);
    second.scores = vec![Score {
        name: "thumbs".to_owned(),
        value: Some(if trace.is_multiple_of(2) { -1.0 } else { 1.0 }),
        label: None,
        explanation: None,
        source: ScoreSource::Human,
    }];
    vec![root, retriever, call, tool, second]
}

pub struct Made {
    /// Keeps the folder until the workspace is closed.
    pub _folder: tempfile::TempDir,
    pub workspace: Workspace,
}

pub fn workspace() -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::open(&folder.path().join("w.retake"), OpenMode::Create).expect("a workspace");
    Made { _folder: folder, workspace }
}

/// Imports facts as one batch, in slices; gives the batch's id and what was counted.
pub fn import(workspace: &Workspace, facts: Vec<Fact>, slice: usize) -> (String, Counters) {
    let mut batch = workspace.begin_batch(&["made".to_owned()], 1, None, DAY).expect("a batch");
    let file = workspace.add_file(&mut batch, "made.jsonl").expect("a file");
    let mut preparer = workspace.preparer(&Mapper);
    let mut total = Counters::default();
    for slice in facts.chunks(slice.max(1)) {
        let slice = slice.iter().map(|fact| preparer.prepare(fact.clone())).collect();
        let added = workspace.append(&mut batch, file, slice, &Mapper).expect("appended").counters;
        total.traces += added.traces;
        total.spans += added.spans;
        total.log_records += added.log_records;
        total.messages += added.messages;
        total.tool_calls += added.tool_calls;
        total.documents += added.documents;
        total.audit_events += added.audit_events;
        total.scores += added.scores;
        total.exchanges += added.exchanges;
        total.duplicates += added.duplicates;
        total.rejected += added.rejected;
    }
    let batch_id = batch.batch_id.clone();
    let row = BatchRow {
        batch_id: batch_id.clone(),
        at_ns: DAY,
        sources: vec!["made".to_owned()],
        state: "done".to_owned(),
        totals: total.clone(),
        files: Vec::new(),
        skipped: Vec::new(),
        rules_version: 1,
    };
    workspace.finish_batch(batch, &row).expect("finished");
    (batch_id, total)
}

pub fn facts(spans: &[Span]) -> Vec<Fact> {
    spans.iter().map(fact_of).collect()
}

pub fn canonical(workspace: &Workspace) -> String {
    let mut out = Vec::new();
    workspace.export_canonical(&Query::all(), &mut out).expect("exported");
    String::from_utf8(out).expect("text")
}

pub fn healthy(workspace: &Workspace) {
    for check in workspace.doctor().expect("doctor runs") {
        assert!(check.ok, "{}: {}", check.id, check.message);
    }
}

pub fn context() -> ParseContext {
    ParseContext { zone: jiff::tz::TimeZone::UTC, now_ns: DAY }
}

pub fn query(text: &str) -> Query {
    retake_query::parse(text, &context()).unwrap_or_else(|error| panic!("{text}: {error} ({})", error.hint))
}

pub fn path(made: &Made) -> &Path {
    made.workspace.path()
}
