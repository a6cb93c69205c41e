//! A shell command; quoting is that of POSIX shells.

use super::Parts;

pub(super) fn write(parts: &Parts) -> String {
    let mut lines = vec![format!("curl {}", quoted(&parts.url)), "-H 'content-type: application/json'".to_owned()];
    for (name, value) in &parts.headers {
        match value.split_once("{key}") {
            // Double quotes, so that the shell puts the key in.
            Some((before, after)) => lines.push(format!("-H \"{name}: {before}${}{after}\"", parts.variable)),
            None => lines.push(format!("-H '{name}: {value}'")),
        }
    }
    lines.push(format!("--data-raw {}", quoted(&pretty(&parts.body))));
    lines.join(" \\\n  ") + "\n"
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

pub(super) fn pretty(body: &serde_json::Value) -> String {
    serde_json::to_string_pretty(body).unwrap_or_else(|_| body.to_string())
}
