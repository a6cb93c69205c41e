//! `connect`, `policy`, `secret`, `pricing`.

use crate::args::{Connect, Policy, Pricing, Secret};
use crate::output::Output;
use retake_api::dto::connect::{
    ConnectAddRequest, ConnectTestRequest, Connections, NameRequest, PolicySetRequest, PolicyView, SecretSetRequest,
    Secrets,
};
use retake_api::dto::{Empty, IdRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit, counted};
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Arc;

/// `retake connect`.
pub async fn connect(core: Arc<Core>, command: &Connect, output: &Output) -> Result<Exit, ApiError> {
    let list = match command {
        Connect::Add { name, kind, base_url } => {
            let request = ConnectAddRequest { name: name.clone(), kind: kind.clone(), base_url: base_url.clone() };
            handlers::connect::connection_add(core, request).await?
        }
        Connect::List => handlers::connect::connections_list(core, Empty {}).await?,
        Connect::Local => {
            let found = handlers::connect::connections_local(core, Empty {}).await?;
            output.document("connect-local", &found, |text| {
                for server in &found.servers {
                    let models = counted(server.models.len(), "model");
                    let _ = writeln!(text, "{:<12} {}  {models}", server.name, server.base_url);
                }
                if found.servers.is_empty() {
                    let ports: Vec<String> = found.ports.iter().map(u16::to_string).collect();
                    let _ = writeln!(text, "none answers on the usual ports: {}", ports.join(", "));
                }
            });
            return Ok(Exit::Done);
        }
        Connect::Remove { name } => {
            handlers::connect::connection_remove(core, NameRequest { name: name.clone() }).await?
        }
        Connect::Test { name, allow_destination } => {
            let request = ConnectTestRequest { name: name.clone(), allow_destinations: allow_destination.clone() };
            let test = handlers::connect::connection_test(core, request).await?;
            output.document("connect-test", &test, |text| {
                let _ = writeln!(text, "{}: {}", test.name, test.message);
                test.models.iter().for_each(|model| {
                    let _ = writeln!(text, "  {model}");
                });
            });
            if test.ok {
                return Ok(Exit::Done);
            }
            let code = test.code.as_deref().and_then(Code::parse).unwrap_or(Code::ProviderUnreachable);
            let error = ApiError::new(code, test.message);
            return Err(match code {
                Code::ProviderKeyRejected => {
                    error.with_hint(format!("Store a valid key with `retake secret set {}`.", test.name))
                }
                _ => error,
            });
        }
    };
    print_connections(&list, output);
    Ok(Exit::Done)
}

fn print_connections(list: &Connections, output: &Output) {
    output.document("connect", list, |text| {
        for connection in &list.connections {
            let key = if connection.has_key { "key" } else { "no key" };
            let _ =
                writeln!(text, "{:<16} {:<18} {:<8} {}", connection.name, connection.kind, key, connection.base_url);
        }
    });
}

/// `retake policy`.
pub async fn policy(core: Arc<Core>, command: &Policy, output: &Output) -> Result<Exit, ApiError> {
    let view: PolicyView = match command {
        Policy::Set { file } => {
            let text = super::read_text(&file.display().to_string())?;
            let view = handlers::connect::policy_set(core, PolicySetRequest { text }).await?;
            output.document("policy-show", &view, |text| write_policy(text, &view));
            return Ok(Exit::Done);
        }
        Policy::Show => handlers::connect::policy_get(core, Empty {}).await?,
        Policy::Clear => handlers::connect::policy_clear(core, Empty {}).await?,
    };
    output.document("policy-show", &view, |text| match &view.text {
        Some(policy) => text.push_str(policy),
        None => text.push_str("no policy\n"),
    });
    Ok(Exit::Done)
}

/// What was set, in one line, and what the workspace does not know of it.
fn write_policy(text: &mut String, view: &PolicyView) {
    let entries = |path: &str| {
        let section = view.policy.as_ref().and_then(|policy| policy.pointer(path));
        section.map_or(0, |section| section.as_object().map_or(0, |entries| entries.len()))
    };
    let sections = [
        ("/tenants", "tenant"),
        ("/documents/prefixes", "document rule"),
        ("/documents/versions", "document version"),
        ("/roles", "role"),
        ("/tools", "tool"),
    ];
    let set: Vec<String> = sections
        .iter()
        .map(|(path, word)| (entries(path), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| counted(n, word))
        .collect();
    let set = if set.is_empty() { "no names".to_owned() } else { set.join(", ") };
    let _ = writeln!(text, "policy set: {set}");
    for warning in &view.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
}

/// `retake secret`.
pub async fn secret(core: Arc<Core>, command: &Secret, output: &Output) -> Result<Exit, ApiError> {
    let secrets: Secrets = match command {
        Secret::Set { name } => {
            if std::io::stdin().is_terminal() {
                output.note("Paste the key and press Enter.");
            }
            let mut key = String::new();
            std::io::stdin().read_line(&mut key).map_err(ApiError::internal)?;
            let key = key.trim_end_matches(['\r', '\n']).to_owned();
            if key.trim().is_empty() {
                let message = format!("no key of {name:?} was read: the first line of standard input is empty");
                return Err(ApiError::new(Code::UsageInvalid, message).with_hint(format!(
                    "Type it on a terminal, or give it on standard input: `retake secret set {name} < FILE`."
                )));
            }
            let request = SecretSetRequest { name: name.clone(), key };
            handlers::connect::secret_set(core, request).await?
        }
        Secret::List => handlers::connect::secrets_list(core, Empty {}).await?,
        Secret::Remove { name } => handlers::connect::secret_remove(core, NameRequest { name: name.clone() }).await?,
    };
    output.document("secret", &secrets, |text| {
        for secret in &secrets.secrets {
            let from = secret.source.as_deref().unwrap_or("none");
            let _ = writeln!(text, "{:<16} {from:<12} {}", secret.name, secret.variables.join(" "));
        }
    });
    Ok(Exit::Done)
}

/// `retake pricing`.
pub async fn pricing(core: Arc<Core>, command: &Pricing, output: &Output) -> Result<Exit, ApiError> {
    match command {
        Pricing::List => {
            let list = handlers::connect::pricing_list(core, Empty {}).await?;
            output.document("pricing", &list, |text| {
                let per_mtok = |nanos: Option<i64>| super::search::usd(nanos);
                let _ = writeln!(text, "as of {}, dollars per million tokens", list.as_of);
                for price in &list.prices {
                    let _ = writeln!(
                        text,
                        "{:<36} {:>14} {:>14}",
                        price.model,
                        per_mtok(price.input_usd_nanos_per_mtok),
                        per_mtok(price.output_usd_nanos_per_mtok)
                    );
                }
            });
        }
        Pricing::Import { file } => {
            let imported = handlers::connect::pricing_import(core, IdRequest { id: file.clone() }).await?;
            output.document("pricing-import", &imported, |text| {
                let _ = writeln!(text, "{}", counted(imported.models, "model"));
            });
        }
    }
    Ok(Exit::Done)
}
