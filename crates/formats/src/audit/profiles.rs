//! Audit logs whose form is published by their makers: where each field stands. Source of truth: the makers' documentation
//! (AWS CloudTrail, Kubernetes audit.k8s.io, Google Cloud Audit Logs, Azure activity logs, Okta System Log, Auth0 logs,
//! OCSF 1.x, Open Policy Agent decision logs, PostgreSQL jsonlog, HashiCorp Vault, CloudEvents).

use super::recognise::plain;
use retake_model::{Decision, JsonMap};
use serde_json::Value;

/// One published form.
pub(super) struct Profile {
    /// Fields that are all there in such a record.
    marks: &'static [&'static str],
    /// Where each field of an event stands, the best place first. Steps are parted by `>`; a number is a place in a list.
    pub fields: &'static [(&'static str, &'static [&'static str])],
    /// True when further fields are looked for by their names.
    pub open: bool,
    /// The decision and the words that say so, where no single field holds it.
    pub decide: Option<Decide>,
}

type Decide = fn(&JsonMap) -> Option<(Decision, String)>;

/// The form that a record has.
pub(super) fn profile_of(record: &JsonMap) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.marks.iter().all(|mark| at(record, mark).is_some()))
}

/// The value at a place of a record; `None` when it is not there or empty.
pub(super) fn at<'v>(record: &'v JsonMap, path: &str) -> Option<&'v Value> {
    let mut steps = path.split('>');
    let mut value = record.get(steps.next()?)?;
    for step in steps {
        value = match value {
            Value::Object(inner) => inner.get(step)?,
            Value::Array(list) => list.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    (!value.is_null() && value != "").then_some(value)
}

const PROFILES: &[Profile] = &[
    // AWS CloudTrail.
    Profile {
        marks: &["eventSource", "eventName", "eventTime"],
        fields: &[
            ("time", &["eventTime"]),
            ("event_id", &["eventID"]),
            (
                "actor",
                &["userIdentity>arn", "userIdentity>userName", "userIdentity>principalId", "userIdentity>invokedBy"],
            ),
            ("role", &["userIdentity>sessionContext>sessionIssuer>userName"]),
            ("tenant", &["recipientAccountId", "userIdentity>accountId"]),
            ("action", &["eventName"]),
            ("resource", &["resources>0>ARN", "requestParameters>functionName", "requestParameters>modelId"]),
            ("reason", &["errorMessage"]),
            ("request_id", &["requestID"]),
        ],
        open: false,
        decide: Some(cloudtrail),
    },
    // Kubernetes.
    Profile {
        marks: &["auditID", "verb", "stage"],
        fields: &[
            ("time", &["requestReceivedTimestamp", "stageTimestamp"]),
            ("event_id", &["auditID"]),
            ("actor", &["user>username"]),
            ("tenant", &["objectRef>namespace"]),
            ("action", &["verb"]),
            ("resource", &["objectRef", "requestURI"]),
            ("decision", &["annotations>authorization.k8s.io/decision", "responseStatus>code"]),
            ("reason", &["annotations>authorization.k8s.io/reason", "responseStatus>message"]),
        ],
        open: false,
        decide: None,
    },
    // Google Cloud.
    Profile {
        marks: &["protoPayload>methodName", "timestamp"],
        fields: &[
            ("time", &["timestamp"]),
            ("event_id", &["insertId"]),
            (
                "actor",
                &["protoPayload>authenticationInfo>principalEmail", "protoPayload>authenticationInfo>principalSubject"],
            ),
            ("tenant", &["resource>labels>project_id"]),
            ("action", &["protoPayload>methodName"]),
            ("resource", &["protoPayload>resourceName", "protoPayload>authorizationInfo>0>resource"]),
            ("reason", &["protoPayload>status>message"]),
            ("request_id", &["operation>id"]),
            ("trace_id", &["trace"]),
            ("span_id", &["spanId"]),
        ],
        open: false,
        decide: Some(google),
    },
    // Azure Monitor: activity and resource logs.
    Profile {
        marks: &["operationName", "resultType", "category"],
        fields: &[
            ("time", &["time", "eventTimestamp"]),
            ("event_id", &["eventDataId"]),
            (
                "actor",
                &[
                    "identity>claims>name",
                    "properties>initiatedBy>user>userPrincipalName",
                    "properties>userPrincipalName",
                    "caller",
                    "identity>UserName",
                    "identity",
                ],
            ),
            ("role", &["identity>authorization>evidence>role"]),
            ("tenant", &["tenantId"]),
            ("action", &["operationName>value", "operationName"]),
            ("resource", &["resourceId"]),
            ("reason", &["resultDescription"]),
            ("request_id", &["correlationId"]),
        ],
        open: false,
        decide: Some(azure),
    },
    // Okta.
    Profile {
        marks: &["eventType", "published", "outcome>result"],
        fields: &[
            ("time", &["published"]),
            ("event_id", &["uuid"]),
            ("actor", &["actor>alternateId", "actor>id", "actor>displayName"]),
            ("action", &["eventType"]),
            ("resource", &["target>0>displayName", "target>0>alternateId", "target>0>id"]),
            ("decision", &["outcome>result"]),
            ("reason", &["outcome>reason", "displayMessage"]),
            ("request_id", &["transaction>id"]),
        ],
        open: false,
        decide: None,
    },
    // Auth0, exported and streamed.
    Profile {
        marks: &["log_id", "type", "date", "client_id"],
        fields: &[
            ("time", &["date"]),
            ("event_id", &["log_id"]),
            ("actor", &["user_id", "user_name", "client_name"]),
            ("action", &["type"]),
            ("resource", &["client_name", "client_id"]),
            ("reason", &["description"]),
        ],
        open: false,
        decide: Some(|record| auth0(record, "type")),
    },
    Profile {
        marks: &["log_id", "data>type", "data>date"],
        fields: &[
            ("time", &["data>date"]),
            ("event_id", &["log_id"]),
            ("actor", &["data>user_id", "data>user_name", "data>client_name"]),
            ("action", &["data>type"]),
            ("resource", &["data>client_name", "data>client_id"]),
            ("reason", &["data>description"]),
        ],
        open: false,
        decide: Some(|record| auth0(record, "data>type")),
    },
    // OCSF.
    Profile {
        marks: &["class_uid", "category_uid", "time"],
        fields: &[
            ("time", &["time"]),
            ("event_id", &["metadata>uid"]),
            ("actor", &["actor>user>uid", "actor>user>name", "user>uid", "user>name", "actor>invoked_by"]),
            ("tenant", &["metadata>tenant_uid", "cloud>account>uid"]),
            ("action", &["api>operation", "activity_name", "type_name", "class_name"]),
            ("resource", &["resources>0>name", "resources>0>uid", "resource>name", "web_resources>0>name"]),
            ("reason", &["status_detail", "message"]),
            ("request_id", &["metadata>correlation_uid", "api>request>uid"]),
        ],
        open: false,
        decide: Some(ocsf),
    },
    // Open Policy Agent.
    Profile {
        marks: &["decision_id", "input", "result"],
        fields: &[
            ("time", &["timestamp"]),
            ("event_id", &["decision_id"]),
            (
                "actor",
                &[
                    "input>user>id",
                    "input>user>name",
                    "input>user",
                    "input>subject>id",
                    "input>subject",
                    "input>principal",
                ],
            ),
            ("role", &["input>user>role", "input>role", "input>subject>role"]),
            ("tenant", &["input>tenant", "input>tenant_id", "input>user>tenant", "input>organization"]),
            ("action", &["input>action", "input>method", "path"]),
            ("resource", &["input>resource", "input>tool", "input>object", "input>path"]),
            ("decision", &["result>allow", "result>allowed", "result>decision", "result"]),
            ("reason", &["result>reason", "result>reasons", "result>message"]),
            ("request_id", &["input>request_id", "input>requestId", "req_id"]),
            ("trace_id", &["trace_id", "input>trace_id", "input>traceId"]),
            ("span_id", &["span_id"]),
        ],
        open: false,
        decide: None,
    },
    // PostgreSQL's JSON log (pgaudit writes into it).
    Profile {
        marks: &["timestamp", "user", "dbname", "ps", "backend_type"],
        fields: &[
            ("time", &["timestamp"]),
            ("actor", &["user"]),
            ("tenant", &["dbname"]),
            ("action", &["ps"]),
            ("reason", &["message"]),
        ],
        open: false,
        decide: None,
    },
    // HashiCorp Vault.
    Profile {
        marks: &["auth", "request>operation", "request>path"],
        fields: &[
            ("time", &["time"]),
            ("actor", &["auth>display_name", "auth>entity_id"]),
            ("tenant", &["request>namespace>path", "request>namespace>id"]),
            ("action", &["request>operation"]),
            ("resource", &["request>path"]),
            ("reason", &["error"]),
            ("request_id", &["request>id"]),
        ],
        open: false,
        decide: Some(vault),
    },
    // CloudEvents around an event of the application.
    Profile {
        marks: &["specversion", "source", "type", "data"],
        fields: &[
            ("time", &["time", "data>time", "data>timestamp"]),
            ("event_id", &["id"]),
            ("action", &["data>action", "data>operation", "type"]),
            ("resource", &["data>resource", "data>target", "data>object", "data>tool", "subject"]),
        ],
        open: true,
        decide: None,
    },
];

fn cloudtrail(record: &JsonMap) -> Option<(Decision, String)> {
    let Some(code) = record.get("errorCode").and_then(plain) else { return Some((Decision::Allowed, String::new())) };
    let denied = ["Denied", "Unauthorized", "Forbidden", "NotAuthorized"].iter().any(|sign| code.contains(sign));
    Some((if denied { Decision::Denied } else { Decision::Unknown }, code))
}

/// A grant that is missing is none: `granted` is left out when it is false.
fn google(record: &JsonMap) -> Option<(Decision, String)> {
    let code = at(record, "protoPayload>status>code").and_then(Value::as_i64).unwrap_or(0);
    let grants = at(record, "protoPayload>authorizationInfo").and_then(Value::as_array);
    let refused = grants.is_some_and(|list| list.iter().any(|grant| grant.get("granted") != Some(&Value::Bool(true))));
    let decision = match code {
        7 | 16 => Decision::Denied,
        _ if refused => Decision::Denied,
        0 => Decision::Allowed,
        _ => Decision::Unknown,
    };
    Some((decision, format!("status {code}")))
}

fn azure(record: &JsonMap) -> Option<(Decision, String)> {
    let signature = at(record, "resultSignature").and_then(plain);
    let kind = at(record, "resultType").and_then(plain)?;
    let told = |word: &str| match word {
        "0" => Some(Decision::Allowed),
        word if word.parse::<i64>().is_ok_and(|n| n >= 1000) => Some(Decision::Denied),
        word => super::decision_words::decision_of(word).filter(|decision| *decision != Decision::Unknown),
    };
    let by_signature = signature.as_deref().filter(|word| *word != "0").and_then(told);
    let decision = by_signature.or_else(|| told(&kind)).unwrap_or_default();
    Some((decision, if by_signature.is_some() { signature.unwrap_or_default() } else { kind }))
}

fn auth0(record: &JsonMap, place: &str) -> Option<(Decision, String)> {
    let kind = at(record, place).and_then(plain)?;
    let decision = match kind.chars().next() {
        Some('s') => Decision::Allowed,
        Some('f') => Decision::Denied,
        _ => Decision::Unknown,
    };
    Some((decision, kind))
}

fn ocsf(record: &JsonMap) -> Option<(Decision, String)> {
    let number = |place| at(record, place).and_then(Value::as_i64);
    let word = |place| at(record, place).and_then(plain).unwrap_or_default();
    match (number("disposition_id"), number("status_id")) {
        (Some(1), _) => Some((Decision::Allowed, word("disposition"))),
        (Some(2), _) => Some((Decision::Denied, word("disposition"))),
        (_, Some(1)) => Some((Decision::Allowed, word("status"))),
        (_, Some(2)) => Some((Decision::Denied, word("status"))),
        _ => None,
    }
}

fn vault(record: &JsonMap) -> Option<(Decision, String)> {
    let error = at(record, "error").and_then(plain);
    let decision = match (&error, record.get("type").and_then(Value::as_str)) {
        (Some(error), _) if error.contains("denied") => Decision::Denied,
        (None, Some("response")) => Decision::Allowed,
        _ => Decision::Unknown,
    };
    Some((decision, error.unwrap_or_default()))
}
