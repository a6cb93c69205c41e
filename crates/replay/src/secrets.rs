//! Keys of connections: the system keyring, or the environment. The only user of `keyring`. A key leaves as
//! [`SecretString`] alone; no error holds one. The keyring blocks: call from a thread that may.

use crate::run::Plan;
use crate::{ReplayError, egress};
use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeSet, HashMap};

const SERVICE: &str = "retake";

/// Where a key is, for lists; never the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the keyring.
    Keyring,
    /// In this environment variable.
    Variable(String),
    /// Nowhere.
    Nowhere,
}

/// The environment variable of a connection: `RETAKE_KEY_` and its name in capitals, other characters as `_`.
pub fn variable_of(connection: &str) -> String {
    let name: String =
        connection.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("RETAKE_KEY_{name}")
}

/// Stores a key in the keyring.
///
/// # Errors
/// `RTK-K003` for a key that no header can carry, `RTK-K001` when no keyring answers.
pub fn set(connection: &str, key: &SecretString) -> Result<(), ReplayError> {
    check_key(connection, key)?;
    entry(connection)?.set_password(key.expose_secret()).map_err(|why| missing(connection, &why))
}

/// The key of a connection: its own variable, the keyring, then the vendor's usual variables. `Ok(None)` when there is none
/// anywhere; a keyring that does not answer is an error only if it is the last hope.
///
/// # Errors
/// `RTK-K001` when no variable is set and no keyring answers, `RTK-K003` for a key that no header can carry.
pub fn get(
    connection: &str,
    vendor_variables: &[&str],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<SecretString>, ReplayError> {
    let from_env = |name: &str| {
        env(name).filter(|key| !key.trim().is_empty()).map(|key| SecretString::from(key.trim().to_owned()))
    };
    if let Some(key) = from_env(&variable_of(connection)) {
        check_key(connection, &key)?;
        return Ok(Some(key));
    }
    let stored = stored(connection);
    if let Ok(Some(key)) = stored {
        check_key(connection, &key)?;
        return Ok(Some(key));
    }
    if let Some(key) = vendor_variables.iter().find_map(|name| from_env(name)) {
        check_key(connection, &key)?;
        return Ok(Some(key));
    }
    stored
}

/// The keys that a plan needs, by connection. A server on this machine needs none, and a vendor's usual variable is looked
/// at only for the vendor's own address: a key must not go to whoever speaks the same API.
///
/// # Errors
/// `RTK-K002` for a vendor's address without a key, `RTK-K001` when only the keyring could have had it, `RTK-K003` for a
/// key that no header can carry.
pub fn of_plan(
    plan: &Plan,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<HashMap<String, SecretString>, ReplayError> {
    let mut keys = HashMap::new();
    let mut seen = BTreeSet::new();
    for take in &plan.takes {
        let (target, Some(destination)) = (&take.target, &take.destination) else { continue };
        if !seen.insert(&target.connection) {
            continue;
        }
        let provider = target.provider()?;
        let vendor = provider.default_base_url().and_then(|url| egress::destination_of(url).ok());
        let at_vendor = vendor.as_deref() == Some(destination);
        let variables = if at_vendor { provider.key_variables() } else { &[] };
        match get(&target.connection, variables, env) {
            Ok(Some(key)) => {
                keys.insert(target.connection.clone(), key);
            }
            Err(error @ ReplayError::KeyInvalid { .. }) => return Err(error),
            // Many servers of one's own need no key; one that does will say so.
            Ok(None) | Err(_) if !at_vendor => {}
            Ok(None) => {
                let own = [variable_of(&target.connection)];
                let variables = own.into_iter().chain(variables.iter().map(|name| (*name).to_owned())).collect();
                return Err(ReplayError::KeyMissing { connection: target.connection.clone(), variables });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(keys)
}

/// Removes a key from the keyring. `Ok(false)` when there was none.
///
/// # Errors
/// `RTK-K001` when no keyring answers.
pub fn remove(connection: &str) -> Result<bool, ReplayError> {
    match entry(connection)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(why) => Err(missing(connection, &why)),
    }
}

/// Where the keys of these connections are. The keyring cannot be listed, so the names come from the caller; a keyring
/// that does not answer counts as empty.
pub fn list(connections: &[(&str, &[&str])], env: &dyn Fn(&str) -> Option<String>) -> Vec<KeyPlace> {
    let set = |name: &str| env(name).is_some_and(|key| !key.trim().is_empty());
    connections
        .iter()
        .map(|(connection, vendor_variables)| {
            let own = variable_of(connection);
            if set(&own) {
                return KeyPlace::Variable(own);
            }
            if matches!(stored(connection), Ok(Some(_))) {
                return KeyPlace::Keyring;
            }
            let vendor = vendor_variables.iter().find(|name| set(name));
            vendor.map_or(KeyPlace::Nowhere, |name| KeyPlace::Variable((*name).to_owned()))
        })
        .collect()
}

/// Whether a keyring answers, for the doctor: it is asked for a key that is not there.
///
/// # Errors
/// `RTK-K001` with the platform's words.
pub fn status() -> Result<(), ReplayError> {
    stored("doctor").map(drop)
}

fn stored(connection: &str) -> Result<Option<SecretString>, ReplayError> {
    match entry(connection)?.get_password() {
        Ok(key) => Ok(Some(SecretString::from(key))),
        Err(Error::NoEntry) => Ok(None),
        Err(why) => Err(missing(connection, &why)),
    }
}

fn entry(connection: &str) -> Result<Entry, ReplayError> {
    if let Err(why) = Entry::store_status() {
        return Err(missing(connection, why));
    }
    Entry::new(SERVICE, connection).map_err(|why| missing(connection, &why))
}

/// The keyring's error without its payload: some variants hold the bytes that were read.
fn missing(connection: &str, why: &Error) -> ReplayError {
    let why = match why {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "the stored key cannot be read".to_owned(),
        other => other.to_string(),
    };
    ReplayError::KeyringMissing { why, variable: variable_of(connection) }
}

fn check_key(connection: &str, key: &SecretString) -> Result<(), ReplayError> {
    let plain = |c: char| c.is_ascii_graphic();
    let text = key.expose_secret();
    if text.is_empty() || !text.chars().all(plain) {
        return Err(ReplayError::KeyInvalid { connection: connection.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use retake_model::Coded;

    #[test]
    fn variables_go_before_the_keyring_and_bad_keys_are_named_without_being_shown() {
        assert_eq!(variable_of("my gateway-2"), "RETAKE_KEY_MY_GATEWAY_2");
        let env = |name: &str| (name == "RETAKE_KEY_GATE").then(|| " sk-one \n".to_owned());
        let key = get("gate", &["OTHER"], &env).expect("from the variable").expect("a key");
        assert_eq!(key.expose_secret(), "sk-one");
        let bad = |name: &str| (name == "RETAKE_KEY_GATE").then(|| "sk-two\nmore".to_owned());
        let error = get("gate", &[], &bad).expect_err("a line break");
        assert!(!format!("{error} {error:?}").contains("sk-two"));
    }

    #[test]
    fn without_a_keyring_the_variable_is_named_and_with_one_a_key_comes_back() {
        let none = |_: &str| None;
        let name = "retake-own-test";
        let key = SecretString::from("sk-test-0000".to_owned());
        if let Err(error) = status() {
            retake_testkit::skip("keyring", "no keyring answers here");
            assert!(matches!(error, ReplayError::KeyringMissing { .. }), "{error:?}");
            let error = set(name, &key).expect_err("no keyring");
            assert!(error.hint().is_some_and(|hint| hint.contains("RETAKE_KEY_RETAKE_OWN_TEST")), "{error:?}");
            assert!(matches!(get(name, &[], &none), Err(ReplayError::KeyringMissing { .. })));
            let vendor = |variable: &str| (variable == "VENDOR_KEY").then(|| "sk-v".to_owned());
            let found = get(name, &["VENDOR_KEY"], &vendor).expect("the variable is set").expect("a key");
            assert_eq!(found.expose_secret(), "sk-v");
            assert_eq!(list(&[(name, &["VENDOR_KEY"])], &vendor), [KeyPlace::Variable("VENDOR_KEY".into())]);
            return;
        }
        set(name, &key).expect("a keyring");
        assert_eq!(get(name, &[], &none).expect("a keyring").expect("a key").expose_secret(), key.expose_secret());
        assert_eq!(list(&[(name, &[])], &none), [KeyPlace::Keyring]);
        assert!(remove(name).expect("a keyring"));
        assert!(!remove(name).expect("a keyring"));
        assert!(get(name, &[], &none).expect("a keyring").is_none());
    }
}
