//! Small traces for tests, as OTLP JSON in the GenAI vocabulary.

use serde_json::{Value, json};

/// One call of a model in a trace of its own, with one retrieved document.
pub struct Call {
    /// Tells calls apart; ids and times follow from it.
    pub number: u64,
    /// Whose request it is.
    pub tenant: &'static str,
    /// What the user asked.
    pub question: String,
    /// Id and text of the document that was retrieved and placed in the prompt.
    pub document: (&'static str, String),
    /// What the model said.
    pub answer: String,
    /// When the request began.
    pub start_ns: u64,
}

/// 9 November 2026, 10:00 UTC.
pub const TEN_O_CLOCK_NS: u64 = 1_794_218_400_000_000_000;

impl Call {
    /// A call of tenant *north* about parcels.
    pub fn new(number: u64, question: &str, answer: &str) -> Self {
        Self {
            number,
            tenant: "north",
            question: question.into(),
            document: ("DOC-1", "Parcels arrive within four days.".into()),
            answer: answer.into(),
            start_ns: TEN_O_CLOCK_NS + number * 1_000_000_000,
        }
    }

    /// Id of its trace.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", 0xa000_0000_0000_u64 + self.number)
    }

    /// Span id of the model call.
    pub fn span_id(&self) -> String {
        format!("{:016x}", 0xb000_0000_u64 + self.number)
    }

    /// The spans: the request's root, the retrieval, the model call.
    pub fn spans(&self) -> Vec<Value> {
        let root = format!("{:016x}", 0xc000_0000_u64 + self.number);
        let retriever = format!("{:016x}", 0xd000_0000_u64 + self.number);
        let prompt = format!("[{}] {}\n{}", self.document.0, self.document.1, self.question);
        let documents = json!([{"id": self.document.0, "score": 0.8, "content": self.document.1}]);
        let input = json!([{"role": "user", "parts": [{"type": "text", "content": prompt}]}]);
        let output = json!([{"role": "assistant", "parts": [{"type": "text", "content": self.answer}], "finish_reason": "stop"}]);
        let system = json!([{"type": "text", "content": "Answer from the sources."}]);
        let shared = [("tenant.id", json!(self.tenant)), ("feature.name", json!("parcel.answer"))];
        let agent = [("gen_ai.operation.name", json!("invoke_agent"))];
        let retrieval = [
            ("gen_ai.operation.name", json!("retrieval")),
            ("gen_ai.retrieval.documents", json!(documents.to_string())),
        ];
        let chat = [
            ("gen_ai.operation.name", json!("chat")),
            ("gen_ai.provider.name", json!("openai")),
            ("gen_ai.request.model", json!("small")),
            ("gen_ai.response.model", json!("small")),
            ("gen_ai.request.temperature", json!(0.0)),
            ("gen_ai.usage.input_tokens", json!(30)),
            ("gen_ai.usage.output_tokens", json!(8)),
            ("gen_ai.system_instructions", json!(system.to_string())),
            ("gen_ai.input.messages", json!(input.to_string())),
            ("gen_ai.output.messages", json!(output.to_string())),
        ];
        vec![
            self.span((&root, None, "invoke_agent parcel"), (0, 900), &[&shared, &agent]),
            self.span((&retriever, Some(&root), "retrieval parcels"), (10, 60), &[&shared, &retrieval]),
            self.span((&self.span_id(), Some(&root), "chat small"), (100, 800), &[&shared, &chat]),
        ]
    }

    /// A span from so many to so many milliseconds after the request began.
    fn span(
        &self,
        (id, parent, name): (&str, Option<&str>, &str),
        ms: (u64, u64),
        attributes: &[&[(&str, Value)]],
    ) -> Value {
        let attribute = |(key, value): &(&str, Value)| {
            let value = match value {
                Value::String(text) => json!({"stringValue": text}),
                Value::Number(number) if number.is_u64() => json!({"intValue": number.to_string()}),
                other => json!({"doubleValue": other}),
            };
            json!({"key": key, "value": value})
        };
        let mut span = json!({"traceId": self.trace_id(), "spanId": id, "name": name, "kind": 1,
            "startTimeUnixNano": (self.start_ns + ms.0 * 1_000_000).to_string(),
            "endTimeUnixNano": (self.start_ns + ms.1 * 1_000_000).to_string(),
            "attributes": attributes.iter().copied().flatten().map(attribute).collect::<Vec<_>>(), "status": {"code": 1}});
        if let Some(parent) = parent {
            span["parentSpanId"] = json!(parent);
        }
        span
    }
}

/// One OTLP document.
pub fn document(spans: Vec<Value>) -> String {
    json!({"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "parcels"}}]},
        "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]})
    .to_string()
}

/// A file of JSON lines, one document a call.
pub fn lines(calls: &[Call]) -> String {
    calls.iter().map(|call| document(call.spans()) + "\n").collect()
}
