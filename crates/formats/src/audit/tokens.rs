//! Names of columns that nobody has listed, told by their words: `op_result` is a result, `subject_org` an organisation.
//! Tried after the listed names, for fields that nothing else gave.

/// Fields in the order in which they take columns, the more telling first.
const ORDER: &[(&str, Test)] = &[
    ("trace_id", trace_id),
    ("span_id", span_id),
    ("tool_call_id", tool_call_id),
    ("request_id", request_id),
    ("event_id", event_id),
    ("time", time),
    ("role", role),
    ("tenant", tenant),
    ("actor", actor),
    ("decision", decision),
    ("reason", reason),
    ("resource", resource),
    ("action", action),
];

type Test = fn(&[&str]) -> bool;

/// Words after a noun that leave its meaning: `actor_id`, `request_ref`.
const SAME: &[&str] = &["id", "ids", "uid", "uuid", "name", "key", "ref", "no", "number", "nr", "code", "guid"];

/// The field that a name in lower snake case means by its words, among those that `missing` tells.
pub(super) fn field_of(name: &str, missing: impl Fn(&str) -> bool) -> Option<&'static str> {
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    if words.is_empty() || words.len() > 5 {
        return None;
    }
    ORDER.iter().find(|(field, test)| missing(field) && test(&words)).map(|(field, _)| *field)
}

/// Its last word, or the one before a word of [`SAME`], is one of `nouns`.
fn noun_is(words: &[&str], nouns: &[&str]) -> bool {
    match words {
        [.., noun, suffix] if SAME.contains(suffix) => nouns.contains(noun) || nouns.contains(suffix),
        [.., noun] => nouns.contains(noun),
        [] => false,
    }
}

fn trace_id(words: &[&str]) -> bool {
    noun_is(words, &["trace", "traceparent", "w3c", "otel", "traceid"]) && !words.contains(&"span")
}

fn span_id(words: &[&str]) -> bool {
    noun_is(words, &["span", "spanid"])
}

fn tool_call_id(words: &[&str]) -> bool {
    matches!(words, [.., "call" | "toolcall" | "invocation", "id" | "ref" | "uuid"])
}

fn request_id(words: &[&str]) -> bool {
    noun_is(
        words,
        &["request", "requestid", "correlation", "correlationid", "req", "ticket", "transaction", "interaction"],
    )
}

fn event_id(words: &[&str]) -> bool {
    matches!(
        words,
        [
            ..,
            "event" | "log" | "entry" | "record" | "audit" | "row" | "meta" | "metadata",
            "id" | "uid" | "uuid" | "no" | "number" | "ref" | "guid"
        ]
    )
}

fn time(words: &[&str]) -> bool {
    let word = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let units = ["ms", "ns", "us", "s", "utc", "iso", "gmt", "z"];
    let bare = words.iter().rev().find(|word| !units.contains(word)).copied().unwrap_or_default();
    let moment = [
        "time",
        "timestamp",
        "ts",
        "datetime",
        "stamp",
        "epoch",
        "when",
        "logged",
        "occurred",
        "published",
        "recorded",
        "happened",
        "instant",
        "moment",
        "at",
    ];
    (moment.contains(&bare)
        || matches!(words, ["time" | "date", "generated" | "logged" | "recorded" | "of" | "created", ..]))
        && !word(&[
            "duration",
            "elapsed",
            "latency",
            "zone",
            "end",
            "response",
            "expires",
            "updated",
            "processing",
            "run",
            "out",
        ])
}

fn role(words: &[&str]) -> bool {
    matches!(words, [.., "role" | "roles" | "roletype"] | [.., "role", "name"])
}

fn tenant(words: &[&str]) -> bool {
    noun_is(
        words,
        &[
            "tenant",
            "tenantid",
            "org",
            "organization",
            "organisation",
            "customer",
            "client",
            "company",
            "workspace",
            "mandant",
        ],
    )
}

fn actor(words: &[&str]) -> bool {
    let by = matches!(words, [.., "by"]) || matches!(words, [.., "by", suffix] if SAME.contains(suffix));
    let nouns = [
        "actor",
        "user",
        "userid",
        "username",
        "principal",
        "operator",
        "employee",
        "subject",
        "caller",
        "initiator",
        "requester",
        "requestor",
        "login",
        "person",
        "email",
        "upn",
        "member",
        "account",
        "who",
    ];
    by || noun_is(words, &nouns)
}

fn decision(words: &[&str]) -> bool {
    let nouns = [
        "decision",
        "outcome",
        "verdict",
        "effect",
        "result",
        "disposition",
        "permitted",
        "allowed",
        "granted",
        "authorized",
        "authorised",
        "allow",
        "approved",
        "access",
        "ruling",
        "judgement",
        "judgment",
    ];
    words.last().is_some_and(|word| nouns.contains(word))
}

fn reason(words: &[&str]) -> bool {
    let nouns = [
        "reason",
        "note",
        "notes",
        "comment",
        "why",
        "message",
        "explanation",
        "justification",
        "because",
        "rationale",
        "remark",
        "remarks",
    ];
    words.last().is_some_and(|word| nouns.contains(word))
}

fn resource(words: &[&str]) -> bool {
    matches!(words, [.., "resource" | "object" | "target" | "asset" | "entity" | "item"])
        || matches!(words, [.., "resource" | "object" | "target" | "asset" | "entity" | "item", suffix] if SAME.contains(suffix) || *suffix == "path")
}

fn action(words: &[&str]) -> bool {
    let nouns = ["action", "operation", "op", "verb", "activity", "command", "event", "step"];
    noun_is(words, &nouns)
        || matches!(words, [.., noun, "type" | "performed" | "taken" | "class"] if nouns.contains(noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_words() {
        for (name, field) in [
            ("subject_id", Some("actor")),
            ("subject_org", Some("tenant")),
            ("op_result", Some("decision")),
            ("op_target", Some("resource")),
            ("http_request", Some("request_id")),
            ("w3c_trace", Some("trace_id")),
            ("time_generated_utc", Some("time")),
            ("epoch_ms", Some("time")),
            ("job_role", Some("role")),
            ("event_outcome", Some("decision")),
            ("handled_by", Some("actor")),
            ("user_agent", None),
            ("client_ip", None),
            ("response_time_ms", None),
            ("time_zone", None),
            ("request_method", None),
            ("http_status", None),
        ] {
            assert_eq!(field_of(name, |_| true), field, "{name}");
        }
    }
}
