//! Whose data, who asked, for what: the names that applications give these, whatever the vocabulary.

use super::attributes::{Attributes, json_in, scalar_text};
use retake_model::{JsonMap, Span};
use serde_json::Value;

pub(crate) const TENANT: &[&str] = &[
    "tenant",
    "tenant.id",
    "tenant_id",
    "tenantId",
    "tenant.name",
    "organization.id",
    "organization_id",
    "customer.id",
    "customer_id",
];
pub(crate) const FEATURE: &[&str] =
    &["feature", "feature.name", "feature.id", "feature_name", "feature_id", "gen_ai.feature", "featureName"];
pub(crate) const USER: &[&str] =
    &["user.id", "enduser.id", "user", "user_id", "userId", "gen_ai.user.id", "end_user", "end_user_id"];
pub(crate) const ROLE: &[&str] = &["user.role", "enduser.role", "user_role", "role", "userRole", "user.roles"];
pub(crate) const CONVERSATION: &[&str] = &[
    "gen_ai.conversation.id",
    "session.id",
    "thread.id",
    "conversation.id",
    "conversation_id",
    "session_id",
    "thread_id",
    "sessionId",
    "conversationId",
];
pub(crate) const REQUEST: &[&str] =
    &["request.id", "request_id", "requestId", "http.request.id", "correlation.id", "correlation_id"];
pub(crate) const ENVIRONMENT: &[&str] =
    &["deployment.environment.name", "deployment.environment", "environment", "env", "langfuse.environment"];
const PROMPT_NAME: &[&str] = &["prompt_name", "prompt.name", "promptName"];
const PROMPT_VERSION: &[&str] = &["prompt_version", "prompt.version", "promptVersion"];

/// Where bags of such names stand in an attribute, as JSON.
const BAGS: &[&str] = &["metadata", "gen_ai.metadata", "langfuse.metadata", "langsmith.metadata"];
/// Prefixes under which such names stand flattened.
const PREFIXES: &[&str] = &[
    "traceloop.association.properties.",
    "metadata.",
    "langfuse.trace.metadata.",
    "langfuse.observation.metadata.",
    "langsmith.metadata.",
    "app.",
];

/// Fills what is unknown: own attributes, then prefixed ones, then metadata objects, then the resource.
pub(crate) fn fill(span: &mut Span, attributes: &Attributes, resource: &JsonMap) {
    let bags: Vec<Value> = BAGS.iter().filter_map(|name| attributes.json(name)).collect();
    let own = |names: &[&str]| attributes.any_text(names);
    let prefixed = |names: &[&str]| {
        PREFIXES.iter().find_map(|prefix| names.iter().find_map(|name| attributes.text(&format!("{prefix}{name}"))))
    };
    let in_bag = |names: &[&str]| bags.iter().find_map(|bag| in_object(bag.as_object()?, names));
    let on_resource = |names: &[&str]| in_object(resource, names);
    let near = |names: &[&str]| own(names).or_else(|| prefixed(names)).or_else(|| in_bag(names));

    let fill = |slot: &mut Option<String>, found: &dyn Fn() -> Option<String>| {
        if slot.is_none() {
            *slot = found();
        }
    };
    fill(&mut span.tenant, &|| near(TENANT).or_else(|| on_resource(TENANT)));
    fill(&mut span.feature, &|| near(FEATURE).or_else(|| on_resource(FEATURE)));
    fill(&mut span.user, &|| near(USER));
    fill(&mut span.user_role, &|| {
        // A bare `role` attribute of a span may be a message's: it counts in metadata only.
        let explicit: Vec<&str> = ROLE.iter().copied().filter(|name| *name != "role").collect();
        own(&explicit).or_else(|| prefixed(ROLE)).or_else(|| in_bag(ROLE))
    });
    fill(&mut span.conversation, &|| near(CONVERSATION));
    fill(&mut span.request_id, &|| near(REQUEST));
    fill(&mut span.environment, &|| {
        let explicit = &ENVIRONMENT[..2];
        own(explicit).or_else(|| on_resource(ENVIRONMENT)).or_else(|| near(ENVIRONMENT))
    });
    fill(&mut span.prompt_name, &|| {
        own(&PROMPT_NAME[1..2]).or_else(|| prefixed(PROMPT_NAME)).or_else(|| in_bag(PROMPT_NAME))
    });
    fill(&mut span.prompt_version, &|| {
        own(&PROMPT_VERSION[1..2]).or_else(|| prefixed(PROMPT_VERSION)).or_else(|| in_bag(PROMPT_VERSION))
    });
    fill(&mut span.service, &|| on_resource(&["service.name"]));
}

/// The first of these names in an object: as it is, or nested (`tenant: {id}`).
pub(crate) fn in_object(object: &JsonMap, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name) {
        Some(Value::Object(inner)) => inner.get("id").or_else(|| inner.get("name")).and_then(scalar_text),
        Some(Value::String(text)) if text.starts_with('{') => {
            let inner = json_in(&Value::String(text.clone()))?;
            inner.get("id").or_else(|| inner.get("name")).and_then(scalar_text).or_else(|| Some(text.clone()))
        }
        Some(value) => scalar_text(value),
        None => {
            let (outer, inner) = name.split_once('.')?;
            object.get(outer)?.as_object()?.get(inner).and_then(scalar_text)
        }
    })
}
