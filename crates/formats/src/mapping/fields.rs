//! The fields that a mapping can fill: their names, groups, and of which kind of log they are. The struct of a mapping file
//! and the list that a person chooses from come from one table here.

use super::MappingKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a record needs a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it the record is hardly worth reading.
    Required,
    /// One of the fields with this mark is needed.
    OneOf,
    /// It is good to have.
    Optional,
}

/// A field that a mapping can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Name in the mapping file.
    pub name: &'static str,
    /// What it is, a clause.
    pub about: &'static str,
    /// Group, as `usage`.
    pub group: &'static str,
    /// Of an audit log.
    pub of_audit: bool,
    /// Of a log of model calls.
    pub of_traces: bool,
    /// How much it is needed.
    pub need: Need,
}

impl Target {
    /// Whether a log of this kind has it.
    pub fn is_of(&self, kind: MappingKind) -> bool {
        match kind {
            MappingKind::Audit => self.of_audit,
            MappingKind::Traces => self.of_traces,
        }
    }
}

/// The time, which stands in a key of its own since a zone and a form belong to it.
pub const TIME: Target = Target {
    name: "time",
    about: "when it began",
    group: "time",
    of_audit: true,
    of_traces: true,
    need: Need::Required,
};

macro_rules! fields {
    ($($name:ident: $group:literal, $audit:literal, $traces:literal, $need:ident, $about:literal;)*) => {
        /// Column or path of each field. Those of `kind: audit` that are not named are recognised by themselves.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct FieldMapping {
            $(#[doc = $about] #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<String>,)*
        }

        impl FieldMapping {
            /// Every field but the time, in the order in which it is asked for.
            pub const TARGETS: &'static [Target] = &[$(Target {
                name: stringify!($name),
                about: $about,
                group: $group,
                of_audit: $audit,
                of_traces: $traces,
                need: Need::$need,
            }),*];

            /// The column of a field.
            pub fn get(&self, name: &str) -> Option<&str> {
                match name {
                    $(stringify!($name) => self.$name.as_deref(),)*
                    _ => None,
                }
            }

            /// Names the column of a field; `false` for a name that is none.
            pub fn set(&mut self, name: &str, column: Option<String>) -> bool {
                match name {
                    $(stringify!($name) => self.$name = column,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

fields! {
    trace_id: "identity", true, true, Optional, "id of the trace; without one each record is a trace of its own";
    span_id: "identity", true, true, Optional, "id of the call within its trace";
    parent_span_id: "identity", false, true, Optional, "id of the call that made this one";
    event_id: "identity", true, false, Optional, "the log's own id of the event";
    request_id: "identity", true, true, Optional, "the application's id of the request; joins audit events to traces";
    tool_call_id: "identity", true, true, Optional, "id of the tool call";
    conversation: "identity", false, true, Optional, "conversation, session or thread";

    end_time: "time", false, true, Optional, "when it ended, written as the time is";
    duration_ms: "time", false, true, Optional, "how long it took, in milliseconds";
    duration_s: "time", false, true, Optional, "how long it took, in seconds";
    ttft_ms: "time", false, true, Optional, "milliseconds until the first token";

    actor: "who", true, false, OneOf, "who";
    role: "who", true, true, Optional, "in which role";
    user: "who", false, true, Optional, "who asked";
    tenant: "who", true, true, Optional, "whose data";
    feature: "who", false, true, Optional, "product function";
    environment: "who", false, true, Optional, "production, staging …";

    action: "what", true, false, OneOf, "what was done";
    resource: "what", true, false, Optional, "to what";
    decision: "what", true, false, OneOf, "what was decided";
    reason: "what", true, false, Optional, "why";
    kind: "what", false, true, Optional, "llm, embedding, retriever, reranker, tool, agent, chain …";
    name: "what", false, true, Optional, "name of the operation";
    status: "what", false, true, Optional, "whether it succeeded";
    error: "what", false, true, Optional, "what went wrong; a call with one has failed";

    messages: "message", false, true, OneOf, "the messages that went in, as JSON";
    system: "message", false, true, Optional, "the system text, before the messages";
    input: "message", false, true, OneOf, "what was asked, as text or JSON";
    output: "message", false, true, OneOf, "what was answered, as text or JSON";
    tools: "message", false, true, Optional, "the tools that were offered, as JSON";
    documents: "message", false, true, Optional, "what was retrieved, as a JSON list";

    provider: "model", false, true, Optional, "openai, anthropic …";
    model: "model", false, true, Optional, "the model that was asked";
    params: "model", false, true, Optional, "parameters of the call, as a JSON object";
    finish_reason: "model", false, true, Optional, "why the answer ended";
    prompt_name: "model", false, true, Optional, "name of the prompt";
    prompt_version: "model", false, true, Optional, "version of the prompt";

    input_tokens: "usage", false, true, Optional, "tokens in, cached ones included";
    output_tokens: "usage", false, true, Optional, "tokens out, reasoning included";
    cache_read_tokens: "usage", false, true, Optional, "of those in, read from a cache";
    cache_write_tokens: "usage", false, true, Optional, "of those in, written to a cache";
    reasoning_tokens: "usage", false, true, Optional, "of those out, reasoning";
    cost_usd: "usage", false, true, Optional, "cost in US dollars";

    tool_name: "tool", false, true, Optional, "the tool that ran";
    tool_arguments: "tool", false, true, Optional, "what it was called with";
    tool_result: "tool", false, true, Optional, "what it gave back";
}

/// Every field of a kind of log, the time first.
pub fn targets(kind: MappingKind) -> impl Iterator<Item = Target> {
    std::iter::once(TIME).chain(FieldMapping::TARGETS.iter().copied()).filter(move |target| target.is_of(kind))
}
