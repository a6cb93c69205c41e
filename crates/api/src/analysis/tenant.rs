//! Whose a thing is: the owner of a document or of a row, and whether it is another tenant than the one that asked.
//!
//! What names an owner, best first: the policy's prefix of the document's id, the policy's owner field, a field that
//! always means a tenant (`tenant`, `tenant_id` …), and fields that mean one in some products only (`organization`,
//! `customer`, `account`, `owner` …), which count when they hold the name of a known tenant. No owner is no finding.

use super::naming::words;
use super::policy::Policy;
use super::survey::Survey;
use retake_model::{Document, JsonMap};
use serde_json::Value;

/// Words that mean *everybody*, unless a tenant goes by that name.
const SHARED: &[&str] = &["*", "all", "any", "public", "shared", "common", "global", "everyone", "everybody"];

/// Fields that mean a tenant in some products, something else in others.
const WEAK: &[&str] = &[
    "organization",
    "organisation",
    "org",
    "customer",
    "account",
    "owner",
    "company",
    "client",
    "workspace",
    "namespace",
    "team",
    "partner",
    "merchant",
    "realm",
    "owned",
];

/// What may follow the noun in a field's name: `tenant_id`, `customer.name`.
const SUFFIXES: &[&str] = &["id", "name", "key", "slug", "code", "uuid", "handle", "ref", "by"];

/// The names by which tenants are told apart.
#[derive(Debug, Clone, Copy)]
pub struct TenantNames<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What the workspace knows.
    pub survey: &'a Survey,
}

/// Whose something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Everybody's.
    Shared,
    /// The tenant's that asks.
    Own,
    /// Another tenant's.
    Foreign {
        /// Its name as written.
        name: String,
        /// What says so: `policy prefix KB`, a field's name.
        basis: String,
    },
    /// Nothing names one that could be told.
    Unknown,
}

/// What is asked about. A document is somebody's text by its nature; a row of a result is about anything, and a `tenant`
/// in it may rent a flat, so that a policy which lists the tenants is taken at its word there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Document,
    Row,
}

/// How far a field can be trusted to name a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    Policy,
    Always,
    Sometimes,
}

impl TenantNames<'_> {
    /// Owner of a document for the tenant `own`.
    pub fn owner_of(&self, document: &Document, own: &str) -> Owner {
        let mut shared = false;
        if let Some(id) = &document.document_id {
            match self.owner_of_id(id, own) {
                Owner::Shared => shared = true,
                Owner::Unknown => {}
                decided => return decided,
            }
        }
        let tenant = document.tenant.clone().map(Value::String);
        let fields = tenant.iter().map(|tenant| ("tenant", tenant));
        let metadata = document.metadata.iter().map(|(key, value)| (key.as_str(), value));
        match self.owner_of_fields(fields.chain(metadata), own, Thing::Document) {
            Owner::Unknown if shared => Owner::Shared,
            decided => decided,
        }
    }

    /// Owner of a row of a tool's result.
    pub fn owner_of_row(&self, row: &JsonMap, own: &str) -> Owner {
        self.owner_of_fields(row.iter().map(|(key, value)| (key.as_str(), value)), own, Thing::Row)
    }

    /// Owner of a row by the policy's prefix of its id.
    pub fn owner_of_id(&self, id: &str, own: &str) -> Owner {
        let Some(owner) = self.policy.owner_by_prefix(id) else { return Owner::Unknown };
        let head: String = id.chars().take_while(|c| c.is_alphanumeric()).collect();
        self.judge(owner, own, (Trust::Policy, Thing::Document), || format!("policy prefix of {head}"))
    }

    /// Owner told by one field of a text (`tenant: globex`).
    pub fn owner_of_field(&self, field: &str, value: &str, own: &str) -> Owner {
        self.owner_of_fields(std::iter::once((field, &Value::String(value.to_owned()))), own, Thing::Row)
    }

    /// True when a field of this name can name an owner.
    pub fn is_owner_field(&self, field: &str) -> bool {
        self.trust(field).is_some()
    }

    /// True when `name` is a tenant that the policy, traces or the audit log know.
    pub fn is_known(&self, name: &str) -> bool {
        self.survey.knows_tenant(name, self.policy)
    }

    /// The best field decides; when one of several says that it is the asking tenant's own, it is.
    fn owner_of_fields<'f>(
        &self,
        fields: impl Iterator<Item = (&'f str, &'f Value)>,
        own: &str,
        thing: Thing,
    ) -> Owner {
        let mut best: Option<(Trust, Owner)> = None;
        for (field, value) in fields {
            let Some(trust) = self.trust(field) else { continue };
            let owner = self.judge_value(field, value, own, (trust, thing));
            match (&owner, &best) {
                (Owner::Unknown, _) => {}
                (Owner::Own, Some((known, Owner::Foreign { .. }))) if trust <= *known || trust == Trust::Always => {
                    best = Some((trust, owner));
                }
                (_, Some((known, _))) if trust >= *known => {}
                _ => best = Some((trust, owner)),
            }
        }
        best.map_or(Owner::Unknown, |(_, owner)| owner)
    }

    fn trust(&self, field: &str) -> Option<Trust> {
        if self.policy.documents.owner_field.0.iter().any(|name| name.eq_ignore_ascii_case(field)) {
            return Some(Trust::Policy);
        }
        let words = words(field);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let noun = match words.as_slice() {
            [noun, suffix] | [_, noun, suffix] if SUFFIXES.contains(suffix) => noun,
            [noun] | [_, noun] => noun,
            _ => return None,
        };
        let plain = words.first() == Some(noun);
        let telling = plain
            || matches!(
                words.first(),
                Some(&("owner" | "owning" | "x" | "metadata" | "data" | "doc" | "document" | "record" | "row"))
            );
        match *noun {
            "tenant" | "tenants" | "tenantid" | "tenantname" if telling => Some(Trust::Always),
            noun if plain && WEAK.contains(&noun) => Some(Trust::Sometimes),
            _ => None,
        }
    }

    fn judge_value(&self, field: &str, value: &Value, own: &str, (trust, thing): (Trust, Thing)) -> Owner {
        let basis = || format!("field {field}");
        match value {
            Value::String(name) => self.judge(name, own, (self.weigh(field, name, trust), thing), basis),
            Value::Number(number) => self.judge(&number.to_string(), own, (trust, thing), basis),
            Value::Array(names) => {
                // A list says who may see it.
                let owners: Vec<Owner> = names
                    .iter()
                    .filter(|name| name.is_string() || name.is_number())
                    .map(|name| self.judge_value(field, name, own, (trust, thing)))
                    .collect();
                let open = owners.iter().find(|owner| matches!(owner, Owner::Own | Owner::Shared)).cloned();
                open.or_else(|| owners.into_iter().find(|owner| *owner != Owner::Unknown)).unwrap_or(Owner::Unknown)
            }
            Value::Object(object) => {
                let names = ["id", "name", "slug", "key", "code"].iter().filter_map(|key| object.get(*key));
                let owners: Vec<Owner> = names.map(|name| self.judge_value(field, name, own, (trust, thing))).collect();
                let open = owners.iter().find(|owner| matches!(owner, Owner::Own | Owner::Shared)).cloned();
                open.or_else(|| owners.into_iter().find(|owner| *owner != Owner::Unknown)).unwrap_or(Owner::Unknown)
            }
            _ => Owner::Unknown,
        }
    }

    /// A field of some products is trusted in this one when it has held the name of a tenant.
    fn weigh(&self, field: &str, value: &str, trust: Trust) -> Trust {
        let proven = trust == Trust::Sometimes && !self.is_known(value) && self.survey.trusts_field(field, self.policy);
        if proven { Trust::Always } else { trust }
    }

    fn judge(&self, name: &str, own: &str, (trust, thing): (Trust, Thing), basis: impl Fn() -> String) -> Owner {
        let name = name.trim();
        if name.is_empty() || name.eq_ignore_ascii_case("null") || name.eq_ignore_ascii_case("none") {
            return Owner::Unknown;
        }
        if self.same(name, own) {
            return Owner::Own;
        }
        let known = self.is_known(name) && !self.policy.is_shared(name);
        if self.policy.is_shared(name) || (!known && SHARED.contains(&name.to_lowercase().as_str())) {
            return Owner::Shared;
        }
        let open = self.policy.tenants.0.is_empty();
        let told = known
            || match (trust, thing) {
                (Trust::Policy, Thing::Document) => true,
                (Trust::Always, Thing::Document) => comparable(name, own),
                (Trust::Policy | Trust::Always, Thing::Row) => open && comparable(name, own),
                (Trust::Sometimes, _) => false,
            };
        if told { Owner::Foreign { name: name.to_owned(), basis: basis() } } else { Owner::Unknown }
    }

    /// True when two words mean the same tenant.
    pub fn same(&self, a: &str, b: &str) -> bool {
        let canonical = |name: &str| self.policy.tenants.canonical(name).map(fold_tenant);
        fold_tenant(a) == fold_tenant(b)
            || canonical(a).is_some_and(|name| canonical(b).as_ref() == Some(&name) || name == fold_tenant(b))
            || canonical(b).is_some_and(|name| name == fold_tenant(a))
    }
}

/// Fields of a document's metadata that name an owner in some products, with their text.
pub fn weak_owner_fields(metadata: &JsonMap) -> impl Iterator<Item = (String, String)> {
    metadata.iter().filter_map(|(field, value)| {
        let words = words(field);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let weak = match words.as_slice() {
            [noun] => WEAK.contains(noun),
            [noun, suffix] => WEAK.contains(noun) && SUFFIXES.contains(suffix),
            _ => false,
        };
        weak.then_some(())?;
        value.as_str().map(|text| (field.clone(), text.to_owned()))
    })
}

/// A tenant's name without what systems add or change: case, separators, a leading `tenant:` or `org/`.
pub fn fold_tenant(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let bare = ["tenant:", "tenant/", "tenants/", "org:", "orgs/", "organization:", "customer:", "urn:tenant:"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix).map(str::to_owned))
        .unwrap_or(name);
    let folded: String = bare.chars().filter(|c| c.is_alphanumeric()).collect();
    if folded.is_empty() { bare } else { folded }
}

/// Whether two names can be of the same list: a number or a UUID beside a word says nothing about who is meant.
fn comparable(a: &str, b: &str) -> bool {
    kind(a) == kind(b)
}

fn kind(name: &str) -> u8 {
    let bare: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    if !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit()) {
        1
    } else if bare.len() >= 16 && bare.chars().all(|c| c.is_ascii_hexdigit()) {
        2
    } else {
        0
    }
}
