//! A pasted text that holds a request: a JSON body, a curl command, a log line with either in it.

use crate::ReplayError;
use retake_model::Request;
use retake_wire::api;
use serde_json::Value;

/// Longest text that is looked at.
const LONGEST_BYTES: usize = 16 << 20;

/// A recognised request.
#[derive(Debug, Clone, PartialEq)]
pub struct Pasted {
    /// The request.
    pub request: Request,
    /// API of its shape: `openai`, `anthropic`.
    pub api: String,
    /// Base URL, when the text has an address.
    pub base_url: Option<String>,
}

/// Recognises a request.
///
/// # Errors
/// `RTK-W001` with what was tried.
pub fn recognise(text: &str) -> Result<Pasted, ReplayError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(unreadable("it is empty"));
    }
    if text.len() > LONGEST_BYTES {
        return Err(unreadable("it is larger than 16 MiB"));
    }
    if let Some(command) = curl_command(text) {
        return from_curl(command);
    }
    let body = match serde_json::from_str::<Value>(text) {
        Ok(value) => body_in(&value, 0).ok_or_else(|| unreadable("the JSON has no list `messages` with roles"))?,
        Err(_) => bodies_in_line(text)
            .ok_or_else(|| unreadable("it is no JSON body, no curl command and no log line with a JSON body"))?,
    };
    pasted(&body, address_in(text))
}

fn pasted(body: &Value, url: Option<String>) -> Result<Pasted, ReplayError> {
    let api = api::detect_request(body).ok_or_else(|| unreadable("the JSON has no list `messages` with roles"))?;
    let request = (api.decode_request)(body).map_err(|why| unreadable(&why.to_string()))?;
    let base_url = url.map(|url| base_of(&url));
    Ok(Pasted { request, api: api.name.to_owned(), base_url })
}

/// A request body within a value: itself, under a usual key, or as JSON text under one.
fn body_in(value: &Value, depth: usize) -> Option<Value> {
    if api::detect_request(value).is_some() {
        return Some(value.clone());
    }
    if depth > 4 {
        return None;
    }
    match value {
        Value::Object(object) => object.values().find_map(|value| body_in(value, depth + 1)),
        Value::Array(items) => items.iter().find_map(|value| body_in(value, depth + 1)),
        Value::String(text) if text.contains("\"messages\"") => body_in(&serde_json::from_str(text).ok()?, depth + 1),
        _ => None,
    }
}

/// A body in a line of other text: the first `{` from which a JSON object with a request can be read.
fn bodies_in_line(text: &str) -> Option<Value> {
    if !text.contains("messages") {
        return None;
    }
    text.match_indices('{').take(256).find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<Value>();
        body_in(&values.next()?.ok()?, 0)
    })
}

/// The command without a prompt sign, if the text is one.
fn curl_command(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(['$', '>', '%']).trim_start();
    let rest = text.strip_prefix("curl")?;
    let rest = rest.strip_prefix(".exe").unwrap_or(rest);
    rest.starts_with([' ', '\t', '\n', '\\', '^']).then_some(text)
}

fn from_curl(command: &str) -> Result<Pasted, ReplayError> {
    // A browser's "copy as cURL (cmd)" continues lines with `^`.
    let joined = command.replace("\\\r\n", " ").replace("\\\n", " ").replace("^\r\n", " ").replace("^\n", " ");
    let words = shell_words::split(&unquote_ansi(&joined))
        .map_err(|why| unreadable(&format!("the curl command cannot be split: {why}")))?;
    let mut words = words.into_iter().skip(1);
    let (mut url, mut data) = (None, String::new());
    while let Some(word) = words.next() {
        let (option, attached) = match word.split_once('=').filter(|(option, _)| option.starts_with("--")) {
            Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
            None => (word.clone(), None),
        };
        match option.as_str() {
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" | "--json" | "--data-urlencode" => {
                let value = attached.or_else(|| words.next()).unwrap_or_default();
                if let Some(path) = value.strip_prefix('@').filter(|_| option != "--data-raw") {
                    return Err(unreadable(&format!(
                        "the command reads its body from the file {path:?}; paste the body itself"
                    )));
                }
                data.push_str(&value);
            }
            "--url" => url = attached.or_else(|| words.next()),
            // Options with a value that says nothing about the request; a header may hold a key and is not kept.
            "-H" | "--header" | "-X" | "--request" | "-o" | "--output" | "-m" | "--max-time" | "-u" | "--user"
            | "-A" | "--user-agent" | "-x" | "--proxy" | "-e" | "--referer" | "-b" | "--cookie" | "-w"
            | "--write-out" | "--connect-timeout" | "--retry" => {
                if attached.is_none() {
                    words.next();
                }
            }
            _ if option.starts_with("-d") && option.len() > 2 => data.push_str(option.get(2..).unwrap_or_default()),
            _ if option.starts_with('-') => {}
            _ => url = Some(word),
        }
    }
    if data.trim().is_empty() {
        return Err(unreadable("the curl command has no body"));
    }
    let body: Value = serde_json::from_str(&data)
        .map_err(|why| unreadable(&format!("the body of the curl command is no JSON: {why}")))?;
    pasted(&body, url.filter(|url| url.contains("://")))
}

/// `$'…'` as other shells write it becomes a plain quoted word.
fn unquote_ansi(command: &str) -> String {
    let mut out = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(at) = rest.find("$'") {
        out.push_str(rest.get(..at).unwrap_or_default());
        let body = rest.get(at + 2..).unwrap_or_default();
        let mut plain = String::new();
        let mut characters = body.char_indices();
        let mut end = body.len();
        while let Some((at, c)) = characters.next() {
            match c {
                '\'' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next().map(|(_, c)| c) {
                    Some('n') => plain.push('\n'),
                    Some('t') => plain.push('\t'),
                    Some('r') => plain.push('\r'),
                    // `\u0021` and its like belong to JSON inside the word.
                    Some('u') => {
                        let code: String = characters.by_ref().take(4).map(|(_, c)| c).collect();
                        plain.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                    }
                    Some(c) => plain.push(c),
                    None => plain.push('\\'),
                },
                _ => plain.push(c),
            }
        }
        out.push('\'');
        out.push_str(&plain.replace('\'', "'\\''"));
        out.push('\'');
        rest = body.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The first address of an API's endpoint in a text.
fn address_in(text: &str) -> Option<String> {
    let at = text.find("http://").or_else(|| text.find("https://"))?;
    let url: String = text
        .get(at..)?
        .chars()
        .take_while(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '>' | '}' | '\\'))
        .collect();
    ["/chat/completions", "/messages", "/responses"].iter().any(|path| url.contains(path)).then_some(url)
}

/// The base URL of an endpoint's address.
fn base_of(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let endpoints = ["/chat/completions", "/messages", "/responses", "/completions"];
    endpoints.into_iter().find_map(|endpoint| url.strip_suffix(endpoint)).unwrap_or(url).to_owned()
}

fn unreadable(why: &str) -> ReplayError {
    ReplayError::PasteUnreadable { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"It's {x}"}],"temperature":0}"#;

    #[test]
    fn bodies_curl_commands_and_log_lines_are_recognised() {
        let quoted = BODY.replace('\'', "'\\''");
        let embedded = serde_json::json!({"level": "info", "request": {"body": BODY}}).to_string();
        for (text, base_url) in [
            (BODY.to_owned(), None),
            (
                format!("curl https://h.example/v1/chat/completions -H 'Authorization: Bearer sk-1' -d '{quoted}'"),
                Some("https://h.example/v1"),
            ),
            (
                format!(
                    "$ curl -sS \\\n  -X POST \\\n  --url http://127.0.0.1:1/v1/chat/completions?x=1 \\\n  --data-raw=$'{}'",
                    BODY.replace('\'', "\\'")
                ),
                Some("http://127.0.0.1:1/v1"),
            ),
            (
                format!("2026-11-12 INFO POST https://h.example/v1/chat/completions {BODY} took 1 s"),
                Some("https://h.example/v1"),
            ),
            (embedded, None),
        ] {
            let got = recognise(&text).expect(&text);
            assert_eq!(got.request.messages.first().map(|m| m.joined_text()).as_deref(), Some("It's {x}"), "{text}");
            assert_eq!((got.api.as_str(), got.base_url.as_deref()), ("openai", base_url), "{text}");
            assert!(!format!("{got:?}").contains("sk-1"));
        }
    }

    #[test]
    fn anthropic_is_told_apart() {
        let body = r#"{"model":"claude-x","max_tokens":5,"system":"s","messages":[{"role":"user","content":"q"}]}"#;
        let got = recognise(&format!("curl https://h.example/v1/messages -d '{body}'")).expect("a request");
        assert_eq!((got.api.as_str(), got.base_url.as_deref()), ("anthropic", Some("https://h.example/v1")));
    }

    #[test]
    fn what_holds_no_request_says_why() {
        for (text, part) in [
            ("", "empty"),
            ("hello", "no JSON body"),
            (r#"{"prompt":"x"}"#, "messages"),
            ("curl https://h.example", "no body"),
            ("curl https://h.example -d @body.json", "body.json"),
            ("curl https://h.example -d '{'", "no JSON"),
            ("curl 'https://h.example -d x", "cannot be split"),
        ] {
            let error = recognise(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
