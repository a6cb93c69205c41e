//! Common names of an audit log's columns, by the field that they mean.

use std::collections::BTreeSet;

/// Common names by field, the more explicit first. Names are compared in lower snake case.
pub(super) const NAMES: &[(&str, &[&str])] = &[
    (
        "time",
        &[
            "timestamp",
            "ts",
            "time",
            "event_time",
            "occurred_at",
            "event_timestamp",
            "created_at",
            "logged_at",
            "recorded_at",
            "datetime",
            "date_time",
            "date",
            "at",
            "when",
            "created",
            "time_stamp",
            "_time",
            "timestamp_utc",
            "time_utc",
            "ts_ms",
            "timestamp_ms",
            "time_ms",
            "time_ns",
            "request_received_timestamp",
            "stage_timestamp",
            "start_time",
        ],
    ),
    (
        "event_id",
        &["event_id", "audit_id", "id", "event_uuid", "log_id", "record_id", "entry_id", "uid", "uuid", "seq_id"],
    ),
    (
        "actor",
        &[
            "actor",
            "actor_id",
            "actor_name",
            "principal",
            "principal_id",
            "performed_by",
            "initiated_by",
            "initiator",
            "user_id",
            "user",
            "username",
            "user_name",
            "who",
            "by",
            "caller",
            "operator",
            "subject",
            "user_identity",
            "identity",
            "account",
            "actor_email",
            "user_email",
            "email",
            "employee",
            "agent",
            "staff",
            "person",
            "requester",
        ],
    ),
    (
        "role",
        &[
            "role",
            "actor_role",
            "user_role",
            "roles",
            "principal_role",
            "acting_as",
            "as_role",
            "job_role",
            "user_roles",
            "group",
        ],
    ),
    (
        "tenant",
        &[
            "tenant",
            "tenant_id",
            "tenant_name",
            "customer",
            "customer_id",
            "organization",
            "organization_id",
            "organisation",
            "organisation_id",
            "org",
            "org_id",
            "company",
            "company_id",
            "client",
            "client_id",
            "workspace",
            "workspace_id",
            "recipient_account_id",
            "realm",
        ],
    ),
    (
        "action",
        &[
            "action",
            "operation",
            "event_action",
            "event_name",
            "event_type",
            "activity",
            "verb",
            "op",
            "event",
            "what",
            "act",
            "action_name",
            "action_type",
            "operation_name",
            "permission",
            "method",
            "type",
            "kind",
            "did",
        ],
    ),
    (
        "resource",
        &[
            "resource",
            "resource_name",
            "object",
            "object_name",
            "target",
            "target_name",
            "entity",
            "resource_id",
            "object_id",
            "target_id",
            "entity_id",
            "resource_ref",
            "object_ref",
            "on",
            "item",
            "asset",
        ],
    ),
    (
        "decision",
        &[
            "decision",
            "outcome",
            "verdict",
            "effect",
            "result",
            "access_decision",
            "authorization_decision",
            "allowed",
            "granted",
            "permitted",
            "authorized",
            "denied",
            "blocked",
            "status",
            "disposition",
            "response",
            "state",
            "success",
            "status_code",
        ],
    ),
    (
        "reason",
        &[
            "reason",
            "note",
            "notes",
            "comment",
            "message",
            "details",
            "detail",
            "description",
            "explanation",
            "why",
            "remark",
            "justification",
            "error_message",
            "cause",
        ],
    ),
    (
        "request_id",
        &[
            "request_id",
            "correlation_id",
            "req_id",
            "x_request_id",
            "request",
            "correlation",
            "transaction_id",
            "req",
            "request_uuid",
            "interaction_id",
            "app_request_id",
            "corr_id",
        ],
    ),
    (
        "trace_id",
        &[
            "trace_id",
            "otel_trace_id",
            "otel_trace",
            "trace",
            "traceparent",
            "trace_parent",
            "w3c_trace_id",
            "tracing_id",
            "dd_trace_id",
        ],
    ),
    ("span_id", &["span_id", "otel_span_id", "otel_span", "span"]),
    ("tool_call_id", &["tool_call_id", "call_id", "tool_use_id", "invocation_id"]),
];

/// Names that only an audit log has; one of them at least must be there.
pub(super) const TELLING: &[&str] = &[
    "actor",
    "actor_id",
    "actor_name",
    "principal",
    "performed_by",
    "initiated_by",
    "action",
    "operation",
    "decision",
    "outcome",
    "verdict",
    "effect",
    "allowed",
    "granted",
    "permitted",
    "authorized",
    "denied",
    "audit_id",
    "event_action",
    "event_type",
    "user_identity",
    "verb",
    "permission",
    "access_decision",
];

/// Objects within which names are looked for when the record itself lacks them.
pub(super) const CONTEXTS: &[&str] = &[
    "context",
    "metadata",
    "meta",
    "details",
    "request",
    "data",
    "attributes",
    "labels",
    "http",
    "trace",
    "extra",
    "event",
    "audit",
    "annotations",
];

/// `userRole`, `User Role`, `user-role` are `user_role`.
pub(crate) fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    for c in name.trim().trim_start_matches('@').chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && previous_lower {
                out.push('_');
            }
            previous_lower = c.is_lowercase() || c.is_ascii_digit();
            out.extend(c.to_lowercase());
        } else {
            previous_lower = false;
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
        }
    }
    let out = out.trim_end_matches('_');
    for prefix in ["audit_", "event_audit_"] {
        if let Some(rest) = out.strip_prefix(prefix)
            && !matches!(rest, "id" | "log" | "event")
        {
            return rest.to_owned();
        }
    }
    out.to_owned()
}

/// How many of these columns mean something, by listed names or by their words.
pub(crate) fn n_told(names: &[String]) -> usize {
    let listed = |name: &String| NAMES.iter().any(|(_, list)| list.contains(&name.as_str()));
    names.iter().filter(|name| listed(name) || super::tokens::field_of(name, |_| true).is_some()).count()
}

/// Fields that a set of column names covers, and whether they are those of an audit log.
pub(super) fn covers(names: &[String]) -> (BTreeSet<&'static str>, bool) {
    let known: BTreeSet<&'static str> = NAMES
        .iter()
        .filter(|(_, candidates)| candidates.iter().any(|candidate| names.iter().any(|name| name == candidate)))
        .map(|(field, _)| *field)
        .collect();
    let telling = TELLING.iter().any(|name| names.iter().any(|own| own == name));
    let has = |field: &str| known.contains(field);
    let enough = has("time") && telling && has("action") && (has("actor") || has("decision"));
    (known, enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_audit_log_is_told_apart() {
        let names = |list: &[&str]| list.iter().map(|name| normalised(name)).collect::<Vec<_>>();
        assert!(covers(&names(&["occurred_at", "id", "user", "operation", "outcome"])).1);
        assert!(covers(&names(&["ts", "actor", "action"])).1);
        for other in [
            &["type", "timestamp", "message", "sessionId"][..],
            &["id", "title", "version", "updated_at", "tenant", "source", "text"],
            &["date", "user", "status"],
            &["question", "answer", "score"],
        ] {
            assert!(!covers(&names(other)).1, "{other:?}");
        }
    }
}
