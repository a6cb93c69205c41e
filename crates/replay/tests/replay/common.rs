//! What the tests share: plans against a loopback provider, and running them.

use retake_model::{Answer, Message, Request, Role};
use retake_replay::run::{self, Doing, MemoryLog, Outcome, Plan, PlanInput, no_filter};
use retake_replay::{ReplayError, Source, Variant};
use retake_wire::PriceTable;
use secrecy::SecretString;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub const KEY: &str = "sk-loopback-0000000000000000000000000000";

/// A pasted question for a model that has a price.
pub fn source(text: &str) -> Source {
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], "max_tokens": 100});
    Source::of_request(retake_wire::openai_chat::decode_request(&body).expect("a request"), None)
}

pub fn variant(spec: &str) -> Variant {
    retake_replay::variant::parse_spec(spec, &|_| Err("no files here".into())).expect(spec)
}

/// A variant for a loopback server.
pub fn at(base_url: &str) -> Variant {
    variant(&format!("provider=openai-compatible,base-url={base_url},retries=0"))
}

pub fn plan_of(
    sources: &[Source],
    variants: &[Variant],
    repeats: u32,
    max_usd_nanos: Option<i64>,
) -> Result<Plan, ReplayError> {
    let sources: Vec<(Source, Option<String>)> = sources.iter().map(|source| (source.clone(), None)).collect();
    run::plan(&PlanInput {
        sources: &sources,
        variants,
        repeats,
        concurrency: 50,
        max_usd_nanos,
        allowed_destinations: vec!["127.0.0.1".into()],
        connections: &|_| None,
        prompts: &|_, _| None,
        prices: PriceTable::builtin(),
        now_ns: 0,
    })
}

pub fn plan(text: &str, variant: Variant, repeats: u32, max_usd_nanos: Option<i64>) -> Plan {
    plan_of(&[source(text)], &[variant], repeats, max_usd_nanos).expect("a plan")
}

pub fn doing(log: &Arc<MemoryLog>) -> Doing {
    Doing {
        log: Arc::clone(log) as Arc<dyn run::RunLog>,
        keys: ["openai-compatible", "anthropic", "openai"]
            .map(|name| (name.to_owned(), SecretString::from(KEY)))
            .into(),
        recordings: Arc::new(|_| None),
        prices: Arc::new(PriceTable::builtin().clone()),
        filters: no_filter(),
        now_ns: Arc::new(|| 1),
        cancel: CancellationToken::new(),
        announce: Arc::new(|_| {}),
    }
}

pub async fn run_plan(plan: &Plan) -> (Outcome, Arc<MemoryLog>) {
    let log = Arc::new(MemoryLog::default());
    let outcome = run::execute(plan, &doing(&log)).await.expect("the log takes everything");
    (outcome, log)
}

/// Text of a take's committed chunks.
pub fn chunk_text(log: &MemoryLog, take_id: &str) -> String {
    let chunks = log.chunks_of(take_id);
    for (n, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.seq as usize, n, "numbers have no gaps");
    }
    let texts = chunks.iter().filter(|chunk| chunk.kind == retake_model::ChunkKind::Text);
    texts.map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect()
}

pub fn answers(known: HashMap<String, Answer>) -> retake_replay::provider::Recordings {
    Arc::new(move |hash| known.get(hash).cloned())
}

pub fn request(system: &str, user: &str) -> Request {
    Request {
        model: Some("m".into()),
        messages: vec![Message::text(Role::System, system), Message::text(Role::User, user)],
        ..Request::default()
    }
}
