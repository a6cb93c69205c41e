//! One conversation with the support assistant: each turn is a trace of an agent, a retrieval, a model call and at times
//! a tool, in the GenAI vocabulary. A call carries the messages of the turns before it.

use super::json::{Head, Span, quoted};
use super::words::Rng;
use super::{CJK, COMMON, PHRASE, RARE, Writer};
use std::io::Write;

/// Monday, 2 November 2026, 00:00 UTC.
const BEGIN_NS: u64 = 1_793_577_600_000_000_000;
const MS: u64 = 1_000_000;
const MODELS: [(&str, &str); 6] = [
    ("openai", "gpt-5-mini"),
    ("openai", "gpt-5"),
    ("anthropic", "claude-sonnet-5"),
    ("anthropic", "claude-haiku-5"),
    ("mistral_ai", "mistral-large"),
    ("aws.bedrock", "nova-pro"),
];
const FEATURES: [&str; 8] = [
    "support.answer",
    "billing.lookup",
    "mail.draft",
    "search.assist",
    "ticket.triage",
    "report.summary",
    "onboarding.guide",
    "contract.review",
];
const TOOLS: [&str; 5] = ["get_subscription", "find_orders", "issue_credit", "open_ticket", "read_calendar"];

#[derive(Clone, Copy, PartialEq)]
enum Script {
    Latin,
    Chinese,
    Japanese,
}

pub struct Conversation {
    id: String,
    tenant: u64,
    user: String,
    feature: &'static str,
    provider: &'static str,
    model: &'static str,
    prompt_version: u64,
    script: Script,
    turns_left: u64,
    now_ns: u64,
    /// The messages so far, as JSON objects joined by commas.
    history: String,
    messages: u64,
}

/// A document of a tenant: the same number has the same text.
struct Document {
    id: String,
    text: String,
    score: f64,
}

impl Conversation {
    pub fn begin<W: Write>(writer: &mut Writer<W>, number: u64) -> Self {
        let rng = &mut writer.rng;
        let tenant = rng.zipf(40) as u64;
        let (provider, model) = MODELS[rng.zipf(MODELS.len())];
        let script = match rng.below(100) {
            0..=5 => Script::Chinese,
            6..=8 => Script::Japanese,
            _ => Script::Latin,
        };
        Self {
            id: format!("c-{number:08}"),
            tenant,
            user: format!("u-{tenant:02}-{:04}", rng.zipf(400)),
            feature: FEATURES[rng.zipf(FEATURES.len())],
            provider,
            model,
            prompt_version: rng.between(3, 7),
            script,
            turns_left: rng.between(1, 4),
            now_ns: BEGIN_NS + number * 2_100 * MS + rng.below(1_000_000),
            history: String::new(),
            messages: 0,
        }
    }

    pub fn is_over(&self) -> bool {
        self.turns_left == 0
    }

    /// The spans of the next turn, children before the agent, as exporters send them.
    pub fn turn<W: Write>(&mut self, writer: &mut Writer<W>) -> Vec<String> {
        self.turns_left = self.turns_left.saturating_sub(1);
        let number = writer.stats.traces;
        writer.stats.traces += 1;
        let trace = format!("{:016x}{:016x}", writer.rng.next() | 1, writer.rng.next());
        let root = self.span_id(writer);
        let question = self.question(writer, number);
        let start_ns = self.now_ns;
        let mut spans = Vec::new();

        let documents = self.documents(writer);
        spans.push(self.retrieval(writer, (&trace, &root), &question, &documents));
        self.ask(writer, &question, &documents);
        let failed = writer.rng.permille(15);
        if !failed && writer.rng.permille(400) {
            spans.push(self.tool(writer, (&trace, &root)));
        }
        let answer = if failed { String::new() } else { self.text(writer, 420, 980) };
        spans.push(self.call(writer, (&trace, &root), &answer));

        let mut span = self.begin_span((&trace, &root), None, ("invoke_agent", self.feature, 1), start_ns);
        span.text("gen_ai.agent.name", self.feature);
        span.text("input.value", &question);
        span.text("output.value", &answer);
        spans.push(span.end(failed.then_some("the model did not answer")));
        self.now_ns += writer.rng.between(20_000, 90_000) * MS;
        spans
    }

    fn question<W: Write>(&self, writer: &mut Writer<W>, number: u64) -> String {
        let mut question = self.text(writer, 60, 220);
        if writer.rng.permille(570) {
            question = format!("{COMMON} {question}");
            writer.stats.common += 1;
        }
        if number % 4000 == 17 {
            question.push_str(&format!(" {RARE}?"));
            writer.stats.rare += 1;
        }
        if number % 500 == 123 {
            question.push_str(&format!(" The {PHRASE} again."));
            writer.stats.phrase += 1;
        }
        if self.script == Script::Chinese && writer.rng.permille(333) {
            question.push_str(CJK);
        }
        writer.saw(&question);
        question
    }

    fn text<W: Write>(&self, writer: &mut Writer<W>, low: u64, high: u64) -> String {
        let bytes = writer.rng.between(low, high);
        text_of(self.script, writer, bytes)
    }

    /// Three documents of the tenant, mostly known ones.
    fn documents<W: Write>(&self, writer: &mut Writer<W>) -> Vec<Document> {
        let mut documents: Vec<Document> = Vec::new();
        for rank in 0..3 {
            let number = writer.rng.zipf(60_000) as u64;
            let id = format!("T{:02}-{number}", self.tenant);
            if documents.iter().any(|document| document.id == id) {
                continue;
            }
            // The text is the document's own, whoever asks for it.
            let ours = std::mem::replace(&mut writer.rng, Rng::new(self.tenant << 32 | number));
            let bytes = writer.rng.between(240, 560);
            let text = text_of(Script::Latin, writer, bytes);
            writer.rng = ours;
            let score = 0.95 - 0.2 * f64::from(rank) - writer.rng.below(100) as f64 / 1000.0;
            documents.push(Document { id, text, score });
        }
        documents
    }

    fn retrieval<W: Write>(
        &mut self,
        writer: &mut Writer<W>,
        ids: (&str, &str),
        question: &str,
        documents: &[Document],
    ) -> String {
        let own = self.span_id(writer);
        let start_ns = self.now_ns;
        self.now_ns += writer.rng.between(8, 120) * MS;
        let mut span = self.begin_span((ids.0, &own), Some(ids.1), ("retrieval", "handbook", 3), start_ns);
        span.text("gen_ai.retrieval.query.text", question);
        let mut list = String::from("[");
        for document in documents {
            if list.len() > 1 {
                list.push(',');
            }
            list.push_str(&format!(
                r#"{{"id":"{}","score":{:.3},"content":{},"tenant":"tenant-{:02}","version":"{}"}}"#,
                document.id,
                document.score,
                quoted(&document.text),
                self.tenant,
                1 + super::words::hash(&document.id) % 5
            ));
            writer.saw(&document.text);
        }
        list.push(']');
        writer.stats.documents += documents.len() as u64;
        span.text("gen_ai.retrieval.documents", &list);
        span.end(None)
    }

    /// A tool that the model called.
    fn tool<W: Write>(&mut self, writer: &mut Writer<W>, ids: (&str, &str)) -> String {
        let own = self.span_id(writer);
        let name = TOOLS[writer.rng.zipf(TOOLS.len())];
        let start_ns = self.now_ns;
        self.now_ns += writer.rng.between(5, 400) * MS;
        let mut span = self.begin_span((ids.0, &own), Some(ids.1), ("execute_tool", name, 1), start_ns);
        let arguments = format!(
            r#"{{"account_id":"ACC-{}","limit":{}}}"#,
            writer.rng.between(1000, 9999),
            writer.rng.between(1, 9)
        );
        let bytes = writer.rng.between(80, 260);
        let note = text_of(Script::Latin, writer, bytes);
        let result = format!(r#"{{"status":"ok","seats":{},"note":{}}}"#, writer.rng.between(1, 500), quoted(&note));
        span.text("gen_ai.tool.name", name);
        span.text("gen_ai.tool.type", "function");
        span.text("gen_ai.tool.call.id", &format!("call_{own}"));
        span.text("gen_ai.tool.call.arguments", &arguments);
        span.text("gen_ai.tool.call.result", &result);
        writer.saw(&arguments);
        writer.saw(&result);
        self.remember(&format!(
            r#"{{"role":"assistant","parts":[{{"type":"tool_call","id":"call_{own}","name":"{name}","arguments":{arguments}}}]}}"#
        ));
        self.remember(&format!(
            r#"{{"role":"tool","parts":[{{"type":"tool_call_response","id":"call_{own}","response":{}}}]}}"#,
            quoted(&result)
        ));
        span.end(writer.rng.permille(20).then_some("the tool timed out"))
    }

    /// The user's message: the documents and the question.
    fn ask<W: Write>(&mut self, writer: &mut Writer<W>, question: &str, documents: &[Document]) {
        let mut prompt = String::from("Use only these sources.\n");
        for document in documents {
            prompt.push_str(&format!("[{}] {}\n", document.id, document.text));
        }
        prompt.push_str(question);
        writer.saw(&prompt);
        self.remember(&format!(r#"{{"role":"user","parts":[{{"type":"text","content":{}}}]}}"#, quoted(&prompt)));
    }

    fn call<W: Write>(&mut self, writer: &mut Writer<W>, ids: (&str, &str), answer: &str) -> String {
        writer.saw(answer);
        let own = self.span_id(writer);
        let start_ns = self.now_ns;
        let first_token_ms = writer.rng.between(90, 900);
        self.now_ns += (first_token_ms + writer.rng.between(200, 3500)) * MS;
        let mut span = self.begin_span((ids.0, &own), Some(ids.1), ("chat", self.model, 3), start_ns);
        span.text("gen_ai.request.model", self.model);
        span.text("gen_ai.response.model", self.model);
        span.text("gen_ai.response.id", &format!("resp-{own}"));
        span.double("gen_ai.request.temperature", 0.2);
        span.int("gen_ai.request.max_tokens", 400);
        span.int("gen_ai.usage.input_tokens", self.history.len() as u64 / 4);
        span.int("gen_ai.usage.output_tokens", answer.len() as u64 / 4);
        span.double("gen_ai.response.time_to_first_chunk", first_token_ms as f64 / 1000.0);
        span.text(
            "gen_ai.system_instructions",
            &format!(r#"[{{"type":"text","content":{}}}]"#, quoted(&self.instructions())),
        );
        writer.saw(&self.instructions());
        span.text("gen_ai.input.messages", &format!("[{}]", self.history));
        writer.stats.messages += 1 + self.messages;
        if answer.is_empty() {
            return span.end(Some("connection reset by peer"));
        }
        span.list("gen_ai.response.finish_reasons", "stop");
        let message = format!(r#"{{"role":"assistant","parts":[{{"type":"text","content":{}}}]"#, quoted(answer));
        span.text("gen_ai.output.messages", &format!(r#"[{message},"finish_reason":"stop"}}]"#));
        writer.stats.messages += 1;
        self.remember(&format!("{message}}}"));
        span.end(None)
    }

    fn instructions(&self) -> String {
        format!(
            "You are the {} assistant of tenant-{:02}, prompt version {}. Answer from the sources alone and name the one \
             that you used. Say so when they do not hold the answer. Never speak of another customer. Keep it short, and \
             end with the next step that the customer can take.",
            self.feature, self.tenant, self.prompt_version
        )
    }

    fn remember(&mut self, message: &str) {
        if !self.history.is_empty() {
            self.history.push(',');
        }
        self.history.push_str(message);
        self.messages += 1;
    }

    /// A span that ends now, with what every span of the conversation says; `what` is operation, its object, OTLP kind.
    fn begin_span(&self, ids: (&str, &str), parent: Option<&str>, what: (&str, &str, u8), start_ns: u64) -> Span {
        let (operation, object, kind) = what;
        let name = format!("{operation} {object}");
        let mut span =
            Span::begin(&Head { trace: ids.0, id: ids.1, parent, name: &name, kind, start_ns, end_ns: self.now_ns });
        span.text("gen_ai.operation.name", operation);
        span.text("gen_ai.provider.name", self.provider);
        span.text("tenant.id", &format!("tenant-{:02}", self.tenant));
        span.text("feature.name", self.feature);
        span.text("user.id", &self.user);
        span.text("gen_ai.conversation.id", &self.id);
        span.text("gen_ai.prompt.name", self.feature);
        span.text("gen_ai.prompt.version", &self.prompt_version.to_string());
        span
    }

    fn span_id<W: Write>(&self, writer: &mut Writer<W>) -> String {
        format!("{:016x}", writer.rng.next() | 1)
    }
}

fn text_of<W: Write>(script: Script, writer: &mut Writer<W>, bytes: u64) -> String {
    match script {
        Script::Latin => writer.words.prose(&mut writer.rng, bytes),
        Script::Chinese => writer.words.without_spaces(&mut writer.rng, bytes, false),
        Script::Japanese => writer.words.without_spaces(&mut writer.rng, bytes, true),
    }
}
