//! What the whole workspace says, gathered once before single traces are judged: which tenants there are, which versions
//! of a document, what the audit log covers. Times are nanoseconds since the epoch.

use super::event::is_about_a_tool;
use super::naming::names_tool;
use super::policy::Policy;
use super::tenant::{fold_tenant, weak_owner_fields};
use retake_model::{AuditEvent, Document, Span};
use std::collections::{BTreeMap, BTreeSet};

/// How near an audit event must be for the log to cover a time: a day, as logs are exported by day.
const COVERED_WITHIN_NS: i64 = 24 * 3_600 * 1_000_000_000;

/// Facts about the workspace. Feed it every span (or at least retrievals, tools and who asked) and every audit event,
/// in any order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    trace_tenants: BTreeSet<String>,
    audit_tenants: BTreeSet<String>,
    /// Times of audit events by what they are about.
    events: BTreeMap<About, Vec<i64>>,
    has_trace_ids: bool,
    has_request_ids: bool,
    has_actors: bool,
    /// Values of fields that name an owner in some products only, to be trusted once one of them is a tenant.
    weak_values: BTreeMap<String, BTreeSet<String>>,
    versions: BTreeMap<String, BTreeMap<String, Option<i64>>>,
    sorted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct About {
    resource: String,
    action: String,
    tool: bool,
}

/// A version of a document that exists somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownVersion<'a> {
    /// As the source wrote it.
    pub version: &'a str,
    /// When it was made, if anything says so.
    pub updated_ns: Option<i64>,
}

impl Survey {
    /// Notes who asked and the documents of a span.
    pub fn see_span(&mut self, span: &Span) {
        if let Some(tenant) = &span.tenant {
            self.see_tenant(tenant);
        }
        let retrieval = span.retrieval.iter();
        for document in retrieval.flat_map(|r| r.documents.iter().chain(&r.input_documents)) {
            self.see_document(document);
        }
    }

    /// Notes a tenant of traces.
    pub fn see_tenant(&mut self, tenant: &str) {
        let folded = fold_tenant(tenant);
        if !folded.is_empty() {
            self.trace_tenants.insert(folded);
        }
    }

    /// Notes a document's version and the fields that may name its owner.
    pub fn see_document(&mut self, document: &Document) {
        if let (Some(id), Some(version)) = (&document.document_id, &document.version) {
            let versions = self.versions.entry(id.clone()).or_default();
            let updated = versions.entry(version.clone()).or_default();
            *updated = match (*updated, document.updated_ns) {
                (Some(known), Some(new)) => Some(known.min(new)),
                (known, new) => known.or(new),
            };
        }
        for (field, value) in weak_owner_fields(&document.metadata) {
            self.weak_values.entry(field).or_default().insert(fold_tenant(&value));
        }
    }

    /// Notes an audit event.
    pub fn see_event(&mut self, event: &AuditEvent) {
        self.has_trace_ids |= event.trace_id.is_some();
        self.has_request_ids |= event.request_id.is_some();
        self.has_actors |= event.actor.is_some();
        if let Some(tenant) = &event.tenant {
            self.audit_tenants.insert(fold_tenant(tenant));
        }
        let Some(time_ns) = event.time_ns else { return };
        let about = About {
            resource: event.resource.clone().unwrap_or_default(),
            action: event.action.clone().unwrap_or_default(),
            tool: is_about_a_tool(event),
        };
        self.events.entry(about).or_default().push(time_ns);
        self.sorted = false;
    }

    /// Puts the times in order; call it once when all is seen. Without it answers are right and slower.
    pub fn finish(&mut self) {
        for times in self.events.values_mut() {
            times.sort_unstable();
        }
        self.sorted = true;
    }

    /// True when `tenant` is one that traces, the audit log or the policy know.
    pub fn knows_tenant(&self, tenant: &str, policy: &Policy) -> bool {
        let folded = fold_tenant(tenant);
        policy.tenants.canonical(tenant).is_some()
            || policy.documents.prefixes.values().any(|owner| fold_tenant(owner) == folded)
            || self.trace_tenants.contains(&folded)
            || self.audit_tenants.contains(&folded)
    }

    /// True when a field that names an owner in some products does so here: one of its values is a known tenant.
    pub fn trusts_field(&self, field: &str, policy: &Policy) -> bool {
        self.weak_values.get(field).is_some_and(|values| values.iter().any(|value| self.knows_tenant(value, policy)))
    }

    /// True when the audit log has an event within a day of the time.
    pub fn covers(&self, time_ns: i64) -> bool {
        self.any_near(time_ns, |_| true)
    }

    /// True when the log tells of tools within a day of the time: it names one, or `names` one of those given.
    pub fn covers_tools(&self, time_ns: i64, tools: &[&str]) -> bool {
        self.any_near(time_ns, |about| about.tool || tools.iter().any(|tool| about.names(tool)))
    }

    /// True when the log tells of this tool, at any time.
    pub fn audits_tool(&self, tool: &str) -> bool {
        self.events.keys().any(|about| about.names(tool))
    }

    /// True when the log leaves this tenant out though it tells tenants in the words that traces use.
    pub fn log_leaves_out(&self, tenant: &str) -> bool {
        let same_words = self.audit_tenants.intersection(&self.trace_tenants).next().is_some();
        same_words && !self.audit_tenants.contains(&fold_tenant(tenant))
    }

    /// True when some row of the log could be joined to a trace that has these keys.
    pub fn can_join(&self, has_request_id: bool, has_user: bool) -> bool {
        self.has_trace_ids || (self.has_request_ids && has_request_id) || (self.has_actors && has_user)
    }

    /// Versions of a document that the workspace knows, in the order of their text.
    pub fn versions_of(&self, document_id: &str) -> impl Iterator<Item = KnownVersion<'_>> {
        let known = self.versions.get(document_id).into_iter().flatten();
        known.map(|(version, updated_ns)| KnownVersion { version, updated_ns: *updated_ns })
    }

    fn any_near(&self, time_ns: i64, mut fits: impl FnMut(&About) -> bool) -> bool {
        let (from, to) = (time_ns.saturating_sub(COVERED_WITHIN_NS), time_ns.saturating_add(COVERED_WITHIN_NS));
        self.events.iter().filter(|(about, _)| fits(about)).any(|(_, times)| {
            if self.sorted {
                times.get(times.partition_point(|time| *time < from)).is_some_and(|time| *time <= to)
            } else {
                times.iter().any(|time| (from..=to).contains(time))
            }
        })
    }
}

impl About {
    fn names(&self, tool: &str) -> bool {
        names_tool(&self.resource, tool) || names_tool(&self.action, tool)
    }
}
