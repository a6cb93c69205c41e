//! Connections, keys, prices, policy.

mod local;

pub use local::connections_local;

use crate::analysis::policy::{self, Policy, PolicyError};
use crate::dto::connect::{
    ConnectAddRequest, ConnectTest, ConnectTestRequest, Connection, Connections, NameRequest, PolicySetRequest,
    PolicyView, Price, Pricing, PricingImported, SecretInfo, SecretSetRequest, Secrets,
};
use crate::dto::{Empty, IdRequest, Ns};
use crate::{ApiError, Core};
use retake_model::{Code, counted};
use retake_replay::provider::{self, Call, Provider, Way};
use retake_replay::{ProviderError, egress, secrets};
use retake_store::ConnectionRow;
use retake_wire::pricing::PriceTable;
use std::sync::Arc;
use std::time::Duration;

/// How long a test of a connection waits.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections by name.
///
/// # Errors
/// Those of the database.
pub async fn connections_list(core: Arc<Core>, _: Empty) -> Result<Connections, ApiError> {
    core.blocking(list).await
}

fn list(core: &Core) -> Result<Connections, ApiError> {
    let rows = core.workspace()?.connections()?;
    let connections = rows
        .into_iter()
        .map(|row| {
            let has_key = key_source(core, &row).is_some();
            Connection { name: row.name, kind: row.kind, base_url: row.base_url, has_key }
        })
        .collect();
    Ok(Connections { connections })
}

/// `keyring`, or the environment variable; a keyring that does not answer holds no key that could be used.
fn key_source(core: &Core, row: &ConnectionRow) -> Option<String> {
    let variables = vendor_variables(row);
    let places = secrets::list(&[(row.name.as_str(), variables)], &|name| core.host().variable(name));
    match places.into_iter().next()? {
        secrets::KeyPlace::Keyring => Some("keyring".to_owned()),
        secrets::KeyPlace::Variable(name) => Some(name),
        secrets::KeyPlace::Nowhere => None,
    }
}

/// The vendor's usual variables hold a key for the vendor's own address only.
fn vendor_variables(row: &ConnectionRow) -> &'static [&'static str] {
    let Ok(provider) = provider::by_name(&row.kind) else { return &[] };
    let own = provider.default_base_url().and_then(|url| egress::destination_of(url).ok());
    if own.is_some() && egress::destination_of(&row.base_url).ok() == own { provider.key_variables() } else { &[] }
}

fn known_kind(kind: &str) -> Result<&'static dyn Provider, ApiError> {
    let provider = provider::by_name(kind)?;
    if provider.is_offline() {
        return Err(ApiError::new(Code::ConnectionInvalid, format!("{kind:?} needs no connection")));
    }
    Ok(provider)
}

/// Adds or changes a connection.
///
/// # Errors
/// `RTK-C002` for a name, kind or base URL that cannot be used.
pub async fn connection_add(core: Arc<Core>, request: ConnectAddRequest) -> Result<Connections, ApiError> {
    core.blocking(move |core| {
        let name = request.name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return Err(ApiError::new(Code::ConnectionInvalid, format!("{name:?} cannot be the name of a connection"))
                .with_hint("Use letters, digits, dots and dashes."));
        }
        known_kind(&request.kind)?;
        egress::destination_of(&request.base_url).map_err(|why| ApiError::new(Code::ConnectionInvalid, why))?;
        let row = ConnectionRow { name: name.to_owned(), kind: request.kind, base_url: request.base_url };
        core.workspace()?.set_connection(&row)?;
        core.host().emit("workspace", "connections");
        list(core)
    })
    .await
}

/// Removes a connection; its key stays in the keyring until it is removed.
///
/// # Errors
/// `RTK-C001` for an unknown name.
pub async fn connection_remove(core: Arc<Core>, request: NameRequest) -> Result<Connections, ApiError> {
    core.blocking(move |core| {
        core.workspace()?.remove_connection(&request.name)?;
        core.host().emit("workspace", "connections");
        list(core)
    })
    .await
}

/// A connection by name.
pub(crate) fn connection(core: &Core, name: &str) -> Result<ConnectionRow, ApiError> {
    let rows = core.workspace()?.connections()?;
    rows.into_iter()
        .find(|row| row.name == name)
        .ok_or_else(|| ApiError::new(Code::ConnectionUnknown, format!("there is no connection {name:?}")))
}

/// Asks a connection for its models. One request, to a destination that is allowed.
///
/// # Errors
/// `RTK-C001`, `RTK-R006`; a provider that fails is a result, not an error.
pub async fn connection_test(core: Arc<Core>, request: ConnectTestRequest) -> Result<ConnectTest, ApiError> {
    let asked = request.clone();
    let (row, key, destination) = core
        .blocking(move |core| {
            let row = connection(core, &asked.name)?;
            let destination =
                egress::destination_of(&row.base_url).map_err(|why| ApiError::new(Code::ConnectionInvalid, why))?;
            super::replay::check_destinations(core, std::slice::from_ref(&destination), &asked.allow_destinations)?;
            let key = match secrets::get(&row.name, vendor_variables(&row), &|name| core.host().variable(name)) {
                Ok(key) => key,
                // A server of one's own may need none; one that does will say so.
                Err(error) if retake_model::Coded::code(&error) == Code::KeyringMissing => None,
                Err(error) => return Err(error.into()),
            };
            Ok((row, key, destination))
        })
        .await?;
    let started = std::time::Instant::now();
    let call = Call { key, ..call_for_models(&row, TEST_TIMEOUT) };
    let models = ask_for_models(&core, &row.kind, &call, destination).await?;
    let latency_ms = Some(started.elapsed().as_secs_f64() * 1000.0);
    Ok(match models {
        Ok(models) => ConnectTest {
            name: row.name,
            ok: true,
            message: counted(models.len(), "model"),
            models,
            latency_ms,
            code: None,
        },
        Err(why) => ConnectTest {
            name: row.name,
            ok: false,
            message: why.to_string(),
            models: Vec::new(),
            latency_ms,
            code: Some(retake_model::Coded::code(&why).as_str().to_owned()),
        },
    })
}

/// One request for the models of a connection, through the ledger. A provider that fails is a result.
async fn ask_for_models(
    core: &Arc<Core>,
    kind: &str,
    call: &Call,
    destination: String,
) -> Result<Result<Vec<String>, ProviderError>, ApiError> {
    let provider = known_kind(kind)?;
    let clock = core.host_handle();
    let ledger = Arc::new(crate::run_log::WorkspaceLedger::new(core.workspace()?.clone(), core.host_handle()));
    let egress = egress::Egress::new([destination], Arc::new(move || clock.now_ns()), ledger)?;
    let way = Way { egress, recordings: Arc::new(|_| None) };
    Ok(provider.models(call, &way).await)
}

/// The call that asks a connection for its models, without a key.
fn call_for_models(row: &ConnectionRow, timeout: Duration) -> Call {
    Call {
        take_id: String::new(),
        connection: row.name.clone(),
        base_url: row.base_url.clone(),
        key: None,
        request: retake_model::Request::default(),
        stream: false,
        first_token_timeout: None,
        timeout: Some(timeout),
        retries: 0,
    }
}

/// Stores a key in the keyring, and nowhere else.
///
/// # Errors
/// `RTK-K001` without a keyring, `RTK-K003` for a key that no header can carry.
pub async fn secret_set(core: Arc<Core>, request: SecretSetRequest) -> Result<Secrets, ApiError> {
    core.blocking(move |core| {
        secrets::set(&request.name, &request.key.into())?;
        core.host().emit("workspace", "connections");
        secret_infos(core)
    })
    .await
}

/// Which connections have a key.
///
/// # Errors
/// Those of the database.
pub async fn secrets_list(core: Arc<Core>, _: Empty) -> Result<Secrets, ApiError> {
    core.blocking(secret_infos).await
}

/// Removes a key.
///
/// # Errors
/// `RTK-K001` without a keyring, `RTK-K002` when there is none.
pub async fn secret_remove(core: Arc<Core>, request: NameRequest) -> Result<Secrets, ApiError> {
    core.blocking(move |core| {
        if !secrets::remove(&request.name)? {
            return Err(ApiError::new(Code::KeyMissing, format!("the keyring holds no key of {:?}", request.name)));
        }
        core.host().emit("workspace", "connections");
        secret_infos(core)
    })
    .await
}

fn secret_infos(core: &Core) -> Result<Secrets, ApiError> {
    let rows = core.workspace()?.connections()?;
    let secrets = rows
        .iter()
        .map(|row| SecretInfo {
            name: row.name.clone(),
            source: key_source(core, row),
            variables: std::iter::once(secrets::variable_of(&row.name))
                .chain(vendor_variables(row).iter().map(|name| (*name).to_owned()))
                .collect(),
        })
        .collect();
    Ok(Secrets { secrets })
}

/// The price table in use: the built-in one, and above it what was imported.
pub(crate) fn price_table(core: &Core) -> Result<PriceTable, ApiError> {
    let mut table = PriceTable::builtin().clone();
    for row in core.workspace()?.pricing()? {
        table = table.with(&PriceTable::parse(&row.json, &row.source)?);
    }
    Ok(table)
}

/// Prices in use.
///
/// # Errors
/// Those of the database.
pub async fn pricing_list(core: Arc<Core>, _: Empty) -> Result<Pricing, ApiError> {
    core.blocking(|core| {
        let table = price_table(core)?;
        let prices = table
            .rows()
            .iter()
            .map(|row| Price {
                model: row.model.clone(),
                provider: row.provider.clone(),
                input_usd_nanos_per_mtok: row.rates.input,
                output_usd_nanos_per_mtok: row.rates.output,
                cache_read_usd_nanos_per_mtok: row.rates.cache_read,
                cache_write_usd_nanos_per_mtok: row.rates.cache_write,
                from_ns: row.from_ns.map(Ns),
            })
            .collect();
        Ok(Pricing { as_of: table.version().to_owned(), prices })
    })
    .await
}

/// Imports prices from a file.
///
/// # Errors
/// `RTK-I001` for a file that cannot be read, the wire's code for one that is no price table.
pub async fn pricing_import(core: Arc<Core>, request: IdRequest) -> Result<PricingImported, ApiError> {
    core.blocking(move |core| {
        let path = request.id;
        let json = std::fs::read_to_string(&path)
            .map_err(|why| ApiError::new(Code::InputUnreadable, format!("{why}: {path}")))?;
        let table = PriceTable::parse(&json, &path)?;
        let date = jiff::Timestamp::from_nanosecond(i128::from(core.host().now_ns()))
            .map_or_else(|_| "1970-01-01".to_owned(), |now| now.strftime("%Y-%m-%d").to_string());
        core.workspace()?.set_pricing(&retake_store::PricingRow { date, source: path, json })?;
        let models = u32::try_from(table.rows().len()).unwrap_or(u32::MAX);
        Ok(PricingImported { models })
    })
    .await
}

/// Sets the policy and judges all traces by it.
///
/// # Errors
/// `RTK-X001` for a file that cannot be used, with the place.
pub async fn policy_set(core: Arc<Core>, request: PolicySetRequest) -> Result<PolicyView, ApiError> {
    core.blocking(move |core| {
        // An empty file would take the place of the rules that are there, as if someone had wanted none.
        if policy::is_blank(request.text.trim_start_matches('\u{feff}')) {
            return Err(ApiError::from(PolicyError::empty())
                .with_hint("See `retake schema policy` for its form; `retake policy clear` removes a policy."));
        }
        Policy::parse(&request.text)?;
        core.workspace()?.set_policy(Some(&request.text))?;
        super::investigate::refresh_all_findings(core)?;
        core.host().emit("workspace", "policy");
        policy_view(core)
    })
    .await
}

/// The policy.
///
/// # Errors
/// Those of the database.
pub async fn policy_get(core: Arc<Core>, _: Empty) -> Result<PolicyView, ApiError> {
    core.blocking(policy_view).await
}

/// Removes the policy and judges all traces without it.
///
/// # Errors
/// Those of the database.
pub async fn policy_clear(core: Arc<Core>, _: Empty) -> Result<PolicyView, ApiError> {
    core.blocking(|core| {
        core.workspace()?.set_policy(None)?;
        super::investigate::refresh_all_findings(core)?;
        core.host().emit("workspace", "policy");
        policy_view(core)
    })
    .await
}

/// The policy as it is set.
pub(crate) fn policy(core: &Core) -> Result<Option<Policy>, ApiError> {
    Ok(core.workspace()?.policy()?.map(|text| Policy::parse(&text)).transpose()?)
}

/// Names of the tools that the traces call.
fn tools_called(core: &Core) -> Result<Vec<String>, ApiError> {
    let called = core.workspace()?.values_of(retake_query::Field::Tool.name(), "", usize::MAX)?;
    Ok(called.into_iter().map(|(name, _)| name).filter(|name| !name.is_empty()).collect())
}

fn policy_view(core: &Core) -> Result<PolicyView, ApiError> {
    let text = core.workspace()?.policy()?;
    let policy = policy(core)?;
    let warnings = match &policy {
        Some(policy) => policy::unknown_tools(policy, &tools_called(core)?),
        None => Vec::new(),
    };
    let policy = policy.map(|policy| serde_json::to_value(policy).map_err(ApiError::internal)).transpose()?;
    Ok(PolicyView { text, policy, warnings })
}
