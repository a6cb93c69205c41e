//! A request as plain text to be run elsewhere: curl, Python, TypeScript. The key is a variable of the environment, never
//! a value.

use crate::{ReplayError, Target, secrets};
use retake_model::Request;
use serde_json::Value;

mod curl;
mod python;
mod typescript;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A shell command.
    Curl,
    /// Python with `requests`.
    Python,
    /// TypeScript with `fetch`.
    TypeScript,
}

impl Language {
    /// Reads `curl`, `python` or `typescript`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "curl" => Some(Self::Curl),
            "python" => Some(Self::Python),
            "typescript" => Some(Self::TypeScript),
            _ => None,
        }
    }
}

/// What a snippet is written from.
struct Parts {
    url: String,
    /// Headers besides the content type; a value with the key holds `{key}`.
    headers: Vec<(&'static str, &'static str)>,
    /// Variable that holds the key.
    variable: String,
    body: Value,
}

/// Writes a request for a target. The body is what a take would send, without its stream.
///
/// # Errors
/// `RTK-P008` for an unknown provider; an offline one has no address.
pub fn snippet(request: &Request, target: &Target, language: Language) -> Result<String, ReplayError> {
    let provider = target.provider()?;
    if provider.is_offline() {
        return Err(ReplayError::ConnectionInvalid {
            name: target.connection.clone(),
            why: "it has no address to write down".into(),
        });
    }
    let mut body = provider.encode(request, false).body;
    if let Some(object) = body.as_object_mut() {
        object.shift_remove("stream");
    }
    let base = target.base_url.trim_end_matches('/');
    let variable = provider
        .key_variables()
        .first()
        .map_or_else(|| secrets::variable_of(&target.connection), |name| (*name).to_owned());
    let parts = if provider.name() == "anthropic" {
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let headers = vec![("x-api-key", "{key}"), ("anthropic-version", "2023-06-01")];
        Parts { url: format!("{base}/v1/messages"), headers, variable, body }
    } else {
        Parts {
            url: format!("{base}/chat/completions"),
            headers: vec![("authorization", "Bearer {key}")],
            variable,
            body,
        }
    };
    Ok(match language {
        Language::Curl => curl::write(&parts),
        Language::Python => python::write(&parts),
        Language::TypeScript => typescript::write(&parts),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use retake_model::{Message, Role};

    #[test]
    fn a_curl_snippet_is_recognised_again() {
        let mut request = Request {
            model: Some("m".into()),
            messages: vec![Message::text(Role::User, "It's \"5\" $HOME\n`x` \\n")],
            ..Request::default()
        };
        request.params.insert("grammar".into(), "root ::= \"a'b\"".into());
        let target = Target {
            provider: "openai-compatible".into(),
            connection: "my gate".into(),
            base_url: "http://127.0.0.1:9/v1/".into(),
        };
        let text = snippet(&request, &target, Language::Curl).expect("a snippet");
        assert!(text.contains("$RETAKE_KEY_MY_GATE"), "{text}");
        let back = crate::paste::recognise(&text).expect("our own snippet");
        assert_eq!(back.base_url.as_deref(), Some("http://127.0.0.1:9/v1"));
        assert_eq!((back.request.messages, back.request.params), (request.messages, request.params));
    }

    #[test]
    fn python_and_typescript_hold_the_body_and_a_variable() {
        let request = Request {
            model: Some("claude-x".into()),
            messages: vec![Message::text(Role::User, "'''\"\"\" \\ ${a} `b` é")],
            ..Request::default()
        };
        let target = Target {
            provider: "anthropic".into(),
            connection: "anthropic".into(),
            base_url: "https://api.anthropic.com".into(),
        };
        for language in [Language::Python, Language::TypeScript] {
            let text = snippet(&request, &target, language).expect("a snippet");
            assert!(
                text.contains("ANTHROPIC_API_KEY") && text.contains("https://api.anthropic.com/v1/messages"),
                "{text}"
            );
            assert!(text.contains("max_tokens"), "{text}");
        }
    }
}
